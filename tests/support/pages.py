"""The code blocks of Markdown pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The text of a page of this repository."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The blocks of a language, in order."""
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def named_blocks(text: str) -> dict[str, str]:
    """The blocks that follow a line with nothing but a path, by that path."""
    return dict(_NAMED.findall(text))


def commands(block: str) -> list[str]:
    """What is typed in a block of a console."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def rows(text: str, header: str) -> Iterator[list[str]]:
    """The cells of the table that begins with a header line."""
    lines = text[text.index(header) :].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
