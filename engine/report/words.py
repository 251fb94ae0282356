"""What the reports for people have in common."""

from __future__ import annotations

from collections.abc import Callable

Style = Callable[[str, str], str]
"""Colours a piece of text: style name and text."""


def plain(text: str) -> str:
    """Names and texts of a repository must not move the cursor of a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 or noun == "more" else f"{number} {noun}s"
