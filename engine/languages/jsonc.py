"""JSON as people write it: with comments and trailing commas, as in `tsconfig.json` and editor settings."""

from __future__ import annotations

import json
import re

from autofix.text.source import Source

# Strings first, so that `//` in one is no comment.
_TOKEN = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"|//[^\r\n]*|/\*.*?\*/|,(?=(?:\s|//[^\r\n]*|/\*.*?\*/)*[\]}])', re.DOTALL)


def comments(source: Source) -> list[tuple[int, int]]:
    """The byte ranges of the comments, in order."""
    found = (token.span() for token in _TOKEN.finditer(source.text))
    return [(start, end) for start, end in found if source.text[start : start + 1] == b"/"]


def parse(text: bytes) -> object:
    """The value.

    Raises:
        ValueError: the text is no JSON, comments and trailing commas aside; the message names the line.
    """
    if text.startswith(b"\xef\xbb\xbf"):
        text = text[3:]
    return json.loads(_TOKEN.sub(_blank, text))


def _blank(token: re.Match[bytes]) -> bytes:
    # Lines and columns stay as they were: error messages name them.
    found = token[0]
    return found if found[:1] == b'"' else re.sub(rb"[^\r\n]", b" ", found)


def check(source: Source) -> str | None:
    """The first error in one line, None where there is none. Comments and trailing commas are none."""
    try:
        parse(source.text)
    except (ValueError, RecursionError) as error:
        return f"not valid JSON: {error}"
    return None


def regressed(before: Source, after: Source) -> str | None:
    """Why a changed text is worse: it no longer parses, or only with comments and commas that were not there. None if not."""
    problem = check(after)
    if problem is not None:
        return None if check(before) is not None else problem
    if _is_strict(before.text) and not _is_strict(after.text):
        return "not valid JSON: has got a comment or a trailing comma"
    return None


def _is_strict(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
