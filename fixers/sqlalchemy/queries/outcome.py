"""What a rewrite of a query is told and what it answers."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from autofix.fixers.sqlalchemy.kinds import Kind
from autofix.fixers.sqlalchemy.pieces import Piece
from autofix.languages.python.code import Argument, Call, Expression
from autofix.languages.python.code_walk import Parents

Import = tuple[str, str]
"""`from module import name`."""


class Style(enum.Enum):
    """What sessions are going to be."""

    SYNC = "sync"
    ASYNC = "async"


class ModelFacts(Protocol):
    """What is known of mapped classes, by the keys of their `ClassFacts`."""

    def has_eager_collections(self, model: str) -> bool | None:
        """Whether loading an object joins a collection that belongs to it, however indirectly; None where that is not known."""

    def is_unhashable(self, model: str, column: str) -> bool:
        """Whether the values of a column cannot be hashed: JSON, arrays."""


class Rewritten(NamedTuple):
    """The same in 2.0 style."""

    pieces: tuple[Piece, ...] = ()
    imports: tuple[Import, ...] = ()


class Bridge(NamedTuple):
    """Left as it is, on the synchronous session inside the asynchronous one: not known to be the same in 2.0 style."""

    pieces: tuple[Piece, ...]
    imports: tuple[Import, ...]
    reason: str


class Refused(NamedTuple):
    """Why nothing can be done, in words that follow a line number."""

    reason: str


Outcome = Rewritten | Bridge | Refused


Received = Callable[[Call, Argument], Iterable[Kind]]
"""What the parameters are that an argument of a call is passed for, whatever others pass; None for unknown ones."""


def nothing(_call: Call, _argument: Argument) -> Iterable[Kind]:
    """Nothing is known."""
    return (None,)


class NotTheSame(Exception):
    """Why a use has no known equal in 2.0 style, in words that follow a line number."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known around a use of a query."""

    parents: Parents
    kind_of: Callable[[Expression], Kind]
    text: bytes
    facts: ModelFacts
    style: Style = Style.ASYNC
    session_text: str = ""
    """The session to use where a query knows none that can be named: `db`."""
    received: Received = nothing

    @property
    def awaits(self) -> bool:
        """Whether executing is awaited."""
        return self.style is Style.ASYNC

    def slice(self, node: Expression) -> str:
        """The text of an expression."""
        return self.text[node.start : node.end].decode()
