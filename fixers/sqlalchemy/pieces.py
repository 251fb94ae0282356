"""Small edits that nest: text around expressions, composed whatever stands inside of what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from autofix.languages.python.code import (
    Attribute,
    Call,
    Expression,
    Subscript,
)
from autofix.text.edit import Edit, in_order, insert, replace


class Wrap(NamedTuple):
    """Text before and after the bytes from `start` to `end`, usually those of an expression."""

    start: int
    end: int
    before: str
    after: str


class Replace(NamedTuple):
    """Text in the place of the bytes from `start` to `end`; nothing else may touch what is between."""

    start: int
    end: int
    text: str


Piece = Wrap | Replace


def compose(pieces: Iterable[Piece]) -> tuple[Edit, ...]:
    """The edits of all pieces. Of texts that meet at one place those of the inner span stand nearer to it; of equal spans the
    first given is the inner one. Of equal pieces one is made.

    Raises:
        Overlap: a piece changes something inside of what another one replaces.
    """
    insertions: list[tuple[tuple[int, int, int, int], Edit]] = []
    edits: list[Edit] = []
    for number, piece in enumerate(dict.fromkeys(pieces)):
        if isinstance(piece, Replace):
            edits.append(replace(*piece))
            continue
        if piece.after:
            insertions.append(((piece.end, 0, -piece.start, number), insert(piece.end, piece.after)))
        if piece.before:
            insertions.append(((piece.start, 1, -piece.end, -number), insert(piece.start, piece.before)))
    ordered = [edit for _, edit in sorted(insertions, key=lambda entry: entry[0])]
    return tuple(in_order([*ordered, *edits]))


def awaited(expression: Expression, parent: object, *, in_brackets: bool = False) -> Wrap:
    """`await` before an expression, in brackets where `parent`, the node around it, would bind tighter. `in_brackets` tells
    that there are some around the expression already.
    """
    if not is_followed(expression, parent) or in_brackets:
        return Wrap(expression.start, expression.end, "await ", "")
    return Wrap(expression.start, expression.end, "(await ", ")")


def is_followed(expression: Expression, parent: object) -> bool:
    """Whether an attribute, a call or a subscript follows the expression; `await` in `await` needs brackets as little as
    anything else does.
    """
    if isinstance(parent, Attribute | Subscript):
        return parent.value == expression
    return isinstance(parent, Call) and parent.function == expression
