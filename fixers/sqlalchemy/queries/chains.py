"""Chains of calls that are written in one piece: `session.query(...)`, what builds on it, and what executes it."""

from __future__ import annotations

from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import Query, Session
from autofix.fixers.sqlalchemy.queries.criteria import KindOf
from autofix.fixers.sqlalchemy.queries.outcome import Context
from autofix.fixers.sqlalchemy.queries.table import ROLES, Role
from autofix.languages.python.code import Argument, Attribute, Call


class Chain(NamedTuple):
    """The calls of a chain: `session.query(...)`, those that build on it, and what comes last, if that builds no query."""

    make: Call
    builders: tuple[Call, ...]
    last: Call | None

    @property
    def method(self) -> str:
        """The name of what comes last."""
        return method_of(self.last) if self.last is not None else ""

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of what builds."""
        return tuple(method_of(call) for call in self.builders)


def method_of(call: Call) -> str:
    """The name of the method that is called."""
    return call.function.name if isinstance(call.function, Attribute) else ""


def makes_query(call: Call, kind_of: KindOf) -> bool:
    """Whether it is `session.query(...)`."""
    function = call.function
    return isinstance(function, Attribute) and function.name == "query" and isinstance(kind_of(function.value), Session)


def chain_of(call: Call, context: Context) -> Chain | None:
    """The chain that a call is part of; None where it does not begin with `session.query`."""
    current: Call = call
    while not makes_query(current, context.kind_of):
        function = current.function
        if not isinstance(function, Attribute) or not isinstance(function.value, Call):
            return None
        current = function.value
    make = current
    builders: list[Call] = []
    while (outer := _outer(current, context)) is not None:
        if ROLES.get(method_of(outer)) is not Role.BUILDS:
            return Chain(make, tuple(builders), outer)
        builders.append(outer)
        current = outer
    return Chain(make, tuple(builders), None)


def _outer(call: Call, context: Context) -> Call | None:
    """The call of a method of what a call returns, where that is a query."""
    if not isinstance(context.kind_of(call), Query):
        return None
    attribute = context.parents.of(call)
    if not isinstance(attribute, Attribute):
        return None
    outer = context.parents.of(attribute)
    return outer if isinstance(outer, Call) and outer.function == attribute else None


def argument_named(call: Call, name: str, position: int | None = None) -> Argument | None:
    """The argument that is given by name, or at a position (0-based)."""
    for argument in call.arguments:
        if argument.keyword == name:
            return argument
    positional = [argument for argument in call.arguments if argument.keyword is None and not argument.stars]
    return positional[position] if position is not None and position < len(positional) else None


def is_written_out(call: Call) -> bool:
    """Whether no argument is starred."""
    return not any(argument.stars for argument in call.arguments)
