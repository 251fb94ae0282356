"""Small changes around and inside of expressions, which nest without knowing of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from autofix.languages.python.code import Attribute, Call, Expression, Subscript
from autofix.languages.python.code_walk import Parents
from autofix.text.edit import Edit


class Wrap(NamedTuple):
    """Text before and behind the bytes from `start` to `end`."""

    start: int
    end: int
    before: str
    after: str = ""


class Replace(NamedTuple):
    """Text in the place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


Piece = Wrap | Replace


def compose(pieces: Iterable[Piece]) -> tuple[Edit, ...]:
    """The edits of pieces that nest: what stands around a larger span is written further out.

    Of two wraps around the same span the one that comes first is the outer one. Indentation within what is replaced is dropped.
    """
    placed: list[tuple[tuple[int, int, int, int], Edit]] = []
    given = tuple(pieces)
    replaced = [piece for piece in given if isinstance(piece, Replace) and piece.start < piece.end]
    for order, piece in enumerate(given):
        if isinstance(piece, Replace):
            if piece.text.isspace() and any(other.start < piece.start and piece.end < other.end for other in replaced):
                continue
            placed.append(((piece.start, 2, 0, order), Edit(piece.start, piece.end, piece.text)))
            continue
        if piece.before:
            placed.append(((piece.start, 1, -piece.end, order), Edit(piece.start, piece.start, piece.before)))
        if piece.after:
            placed.append(((piece.end, 0, -piece.start, -order), Edit(piece.end, piece.end, piece.after)))
    return tuple(edit for _, edit in sorted(placed, key=lambda item: item[0]))


def awaited(expression: Expression, parents: Parents, text: bytes) -> Wrap:
    """`await` before an expression, in parentheses where what follows would bind tighter."""
    return Wrap(
        expression.start, expression.end, *(("(await ", ")") if binds_tighter(expression, parents, text) else ("await ", ""))
    )


def binds_tighter(expression: Expression, parents: Parents, text: bytes) -> bool:
    """Whether an attribute, a call or a subscript follows, with no parenthesis between."""
    parent = parents.of(expression)
    match parent:
        case Attribute(value=inner) | Subscript(value=inner) | Call(function=inner) if inner is expression:
            return not is_parenthesized(expression, text)
        case _:
            return False


def is_parenthesized(expression: Expression, text: bytes) -> bool:
    """Whether a closing parenthesis follows an expression that an attribute, call or subscript is written behind."""
    return text[expression.end : expression.end + 200].lstrip().startswith(b")")
