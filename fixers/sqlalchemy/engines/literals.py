"""URLs that stand in the text: their driver, and their options, with their places."""

from __future__ import annotations

import re
from typing import NamedTuple

from autofix.fixers.sqlalchemy.engines.urls import Option, options_of
from autofix.languages.python.code import Attribute, Call, Constant, Expression, Operation, Text

_URL = re.compile(rb"[A-Za-z]{0,2}(?P<quote>\"\"\"|'''|\"|')(?P<driver>[a-z][a-z0-9]*(?:\+[a-z0-9_]+)?):")
_QUERY = re.compile(rb"\?([^\"'\s\\?]*)")
_FORMATS = {"%": re.compile(rb"%(?:\(\w+\))?[sdr]"), "format": re.compile(rb"\{[^{}]*\}")}


class Url(NamedTuple):
    """A URL as it is written. Places are byte offsets; `shape` has NUL bytes where expressions make a part of it."""

    drivername: str
    start: int
    end: int
    """Of the driver's name."""
    shape: str
    options: tuple[Option, ...]
    query: tuple[int, int] | None
    """The place of the options behind the question mark; the byte before it is that."""
    is_whole: bool
    """No other string or operand follows, in which there might be more options."""


def literal(text: bytes, expression: Expression) -> Url | None:
    """The URL that an expression is, if its text begins with the driver's name.

    Strings, f-strings, strings one after the other, and strings with `%`, `+` or `.format()` behind them.
    """
    match expression:
        case Constant(value=str()) | Text():
            return _read(text, expression, _masked(text, expression))
        case Operation(operators=("%",), operands=(Constant(value=str()) as first, _)):
            return _read(text, first, _formatted(text, first, "%"))
        case Operation(operators=operators, operands=(first, *_)) if set(operators) == {"+"}:
            found = literal(text, first)
            rest = text[first.end : expression.end].decode("utf-8", "replace")
            return found._replace(is_whole=False, shape=found.shape + rest) if found is not None else None
        case Call(function=Attribute(value=Constant(value=str()) as first, name="format")):
            return _read(text, first, _formatted(text, first, "format"))
    return None


def _masked(text: bytes, expression: Expression) -> bytes:
    """The text of a string, with NUL bytes over the interpolations."""
    masked = bytearray(text[expression.start : expression.end])
    for part in expression.parts if isinstance(expression, Text) else ():
        opening = masked.rfind(b"{", 0, part.start - expression.start)
        closing = masked.find(b"}", part.end - expression.start)
        if opening >= 0 <= closing:
            masked[opening : closing + 1] = b"\0" * (closing + 1 - opening)
    return bytes(masked)


def _formatted(text: bytes, expression: Expression, kind: str) -> bytes:
    return _FORMATS[kind].sub(lambda match: b"\0" * len(match[0]), text[expression.start : expression.end])


def _read(text: bytes, expression: Expression, masked: bytes) -> Url | None:
    head = _URL.match(masked)
    if head is None:
        return None
    quote, start = head["quote"], expression.start
    query = _QUERY.search(masked, head.end())
    rest = masked[query.end() :] if query else masked[head.end() :]
    is_whole = rest == quote if query else rest.endswith(quote) and rest.count(quote) == 1
    shape = masked[head.start("driver") :].decode("utf-8", "replace")
    place = (start + query.start(1), start + query.end(1)) if query else None
    return Url(
        head["driver"].decode(),
        start + head.start("driver"),
        start + head.end("driver"),
        shape.removesuffix(quote.decode()),
        _options(text, place, query[1]) if query and query[1] and place else (),
        place,
        is_whole,
    )


def _options(text: bytes, place: tuple[int, int], masked: bytes) -> tuple[Option, ...]:
    """The options as the masked text tells them, each with the text that really stands there."""
    found, at = [], place[0]
    for option, part in zip(options_of(masked.decode()), masked.split(b"&"), strict=True):
        found.append(option._replace(text=text[at : at + len(part)].decode()))
        at += len(part) + 1
    return tuple(found)
