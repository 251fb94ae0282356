"""Chains of calls, `db.query(User).filter(...).all()`, as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import External, Method, Model, Query, Session
from autofix.fixers.sqlalchemy.queries.outcome import Place
from autofix.fixers.sqlalchemy.queries.selecting import thing
from autofix.languages.python.code import Argument, Attribute, Call, Expression
from autofix.languages.python.code_walk import dotted


class Step(NamedTuple):
    """`value.name(...)`, a method call on a query."""

    call: Call
    value: Expression
    name: str
    dot: int
    """The offset of the dot."""
    name_start: int

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What is passed."""
        return self.call.arguments

    @property
    def positional(self) -> tuple[Expression, ...] | None:
        """The arguments where all are plain positional ones, else None."""
        if any(argument.stars or argument.keyword is not None for argument in self.call.arguments):
            return None
        return tuple(argument.value for argument in self.call.arguments)


def step(node: Expression, place: Place) -> Step | None:
    """A call of a method of a query, as a step."""
    match node:
        case Call(function=Attribute(value=value, name=name, name_start=start)) if isinstance(place.kind_of(value), Query):
            return Step(node, value, name, place.text.rfind(b".", value.end, start), start)
        case _:
            return None


def is_root(node: Expression, place: Place) -> bool:
    """Whether it is the call that begins a query: `session.query(...)`."""
    return isinstance(node, Call) and isinstance(node.function, Attribute) and _begins(place, node.function)


def _begins(place: Place, function: Attribute) -> bool:
    kind = place.kind_of(function)
    return function.name == "query" and isinstance(kind, Method) and isinstance(kind.receiver, Session)


def is_constructed(node: Expression, place: Place) -> bool:
    """Whether it is `Query(...)`, which begins a query without a session's `query`."""
    return isinstance(node, Call) and isinstance(place.kind_of(node.function), External)


def steps(node: Expression, place: Place) -> Iterator[Step]:
    """The method calls that end in `node`, the last one first, as far as they are one expression."""
    current = step(node, place)
    while current is not None:
        yield current
        current = step(current.value, place)


def root(node: Expression, place: Place) -> Call | None:
    """The call that begins the query, where it is part of the same expression."""
    current = node
    for each in steps(node, place):
        current = each.value
    return current if isinstance(current, Call) and is_root(current, place) else None


def ends_in(node: Expression, place: Place, *, only_next: bool = False) -> str:
    """The name of the method that ends the chain which begins with `node`, or of the next one; empty for none."""
    name = ""
    current = following(node, place)
    while current is not None:
        name = current.name
        current = None if only_next else following(current.call, place)
    return name


def following(node: Expression, place: Place) -> Step | None:
    """The method call on `node`."""
    attribute = place.parents.of(node)
    call = place.parents.of(attribute) if isinstance(attribute, Attribute) else None
    return step(call, place) if isinstance(call, Call) and call.function is attribute else None


def is_counted_directly(node: Expression, place: Place) -> bool:
    """Whether `node` is, or begins, a query for the number of objects of one class with nothing but filters."""
    while (after := following(node, place)) is not None:
        node = after.call
    names = [each.name for each in steps(node, place)]
    begun = root(node, place)
    if begun is None or len(begun.arguments) != 1 or not isinstance(thing(begun.arguments[0].value, place.kind_of), Model):
        return False
    return names[:1] == ["count"] and set(names[1:]) <= {"filter", "where", "filter_by"}


def session_of(query: Expression, place: Place) -> str:
    """The text of the session that executes a query; empty where there is none that can be written here."""
    begun = root(query, place)
    if begun is not None and isinstance(begun.function, Attribute):
        return dotted(begun.function.value)
    kind = place.kind_of(query)
    known = kind.session if isinstance(kind, Query) and not kind.session.startswith("<") else ""
    return known or place.session_text
