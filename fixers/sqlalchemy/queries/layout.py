"""Text around a statement that is written over several lines, so that it still looks as a person would write it."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.chains import Step
from autofix.fixers.sqlalchemy.queries.outcome import Place
from autofix.languages.python.code import Constant, Expression, Text
from autofix.languages.python.code_walk import walk

_INDENT = "    "


def enclosed(place: Place, statement: Expression, before: str, suffix: str, after: str, following: Step | None) -> list[Piece]:
    """The pieces that put `before` and `after` around a statement, and the method call `suffix` at its end.

    A chain with a line for each call gets lines of its own between the two.
    """
    indent = _indent_of_chain(place, statement, following)
    if indent is None:
        return [Wrap(statement.start, statement.end, before, f"{suffix}{after}")]
    newline = "\r\n" if b"\r\n" in place.text else "\n"
    inner = f"{newline}{indent}{_INDENT}"
    return [
        Wrap(statement.start, statement.end, f"{before}{inner}", f"{inner if suffix else ''}{suffix}{newline}{indent}{after}"),
        *(Replace(at, at, _INDENT) for at in _line_starts(place.text, statement)),
    ]


def _indent_of_chain(place: Place, statement: Expression, following: Step | None) -> str | None:
    """The indentation of a chain that begins on a line of its own and goes on on further ones; None for any other."""
    line = place.text.rfind(b"\n", 0, statement.start) + 1
    indent = place.text[line : statement.start]
    if indent.strip() or b"\n" not in place.text[statement.start : statement.end]:
        return None
    if following is not None:
        line = place.text.rfind(b"\n", 0, following.dot) + 1
        if line <= statement.start or place.text[line : following.dot].strip():
            return None
    return indent.decode()


def _line_starts(text: bytes, node: Expression) -> Iterator[int]:
    """The offsets of the lines that begin within an expression, without those within strings and empty ones."""
    strings = [(part.start, part.end) for part in walk(node) if isinstance(part, Constant | Text)]
    at = text.find(b"\n", node.start, node.end) + 1
    while at:
        if text[at : at + 1] not in (b"\n", b"\r") and not any(start < at < end for start, end in strings):
            yield at
        at = text.find(b"\n", at, node.end) + 1
