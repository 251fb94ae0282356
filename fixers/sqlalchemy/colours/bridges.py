"""What works synchronously on purpose within asynchronous code: bridges, those of an earlier migration among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import Connection, Kind, Method, Origin, Query, Session
from autofix.languages.python.code import Attribute, Call, Expression, Lambda, Module
from autofix.languages.python.code_walk import walk

KindOf = Callable[[Expression], Kind]


def run_by_sync(node: Call, kind_of: KindOf) -> Iterator[Lambda]:
    """The functions that `run_sync` runs: what waits for the database in them is waited for by its caller."""
    if isinstance(node.function, Attribute) and node.function.name == "run_sync":
        match kind_of(node.function):
            case Method(receiver=Session(is_async=True) | Connection(is_async=True)):
                yield from (argument.value for argument in node.arguments[:1] if isinstance(argument.value, Lambda))


class Bridged(NamedTuple):
    """Where a file has queries of the synchronous session within an asynchronous one."""

    inner: frozenset[int] = frozenset()
    """The offsets where `session.sync_session` begins, and the query that is made of it."""
    lambdas: tuple[tuple[int, int], ...] = ()
    """The spans of the functions that `run_sync` runs."""

    def begins(self, origin: Origin) -> bool:
        """Whether a query of this file begins there."""
        return origin.start in self.inner or any(start <= origin.start < end for start, end in self.lambdas)


def bridged(text: bytes, module: Module, kind_of: KindOf) -> Bridged:
    """The bridges of a file."""
    inner: set[int] = set()
    lambdas: list[tuple[int, int]] = []
    for node in walk(module.body) if b"sync_session" in text or b"run_sync" in text else ():
        if isinstance(node, Call):
            lambdas += [(each.start, each.end) for each in run_by_sync(node, kind_of)]
        elif isinstance(node, Attribute) and node.name == "sync_session":
            match kind_of(node.value):
                case Session(is_async=True):
                    inner.add(node.start)
                case _:
                    pass
    return Bridged(frozenset(inner), tuple(lambdas))


def is_bridged(kind: Kind, files: Callable[[str], Bridged]) -> bool:
    """Whether a value is a query that is synchronous on purpose, wherever it may have begun."""
    if not isinstance(kind, Query) or not kind.shape.origins:
        return False
    return all(files(origin.path).begins(origin) for origin in kind.shape.origins)
