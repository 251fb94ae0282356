"""What a rewrite answers, and what it has to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from autofix.fixers.sqlalchemy.kinds import Alias, Model, Query, Shape
from autofix.fixers.sqlalchemy.parents import Parents
from autofix.fixers.sqlalchemy.pieces import Piece
from autofix.fixers.sqlalchemy.queries.criteria import KindOf
from autofix.fixers.sqlalchemy.queries.names import Import, Names, Written
from autofix.languages.python.code import Attribute, Call
from autofix.text.source import Source


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Pieces of one file, and the imports that the new text needs."""

    pieces: tuple[Piece, ...] = ()
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """The legacy query kept as it is, run on the sync session behind the asynchronous one; `reason` says why."""

    pieces: tuple[Piece, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a place cannot be rewritten, in words that follow its line number."""

    reason: str


class CannotRewrite(Exception):
    """Raised within the rewrites; its text is the reason of a `Refused`."""


class ModelFacts(Protocol):
    """What has to be known of mapped classes, by their keys; None where it is not known."""

    def has_joined_collections(self, model: str) -> bool | None:
        """Whether loading it loads a collection by a join (`lazy="joined"`), its own or one of what it loads so."""

    def has_unhashable_columns(self, model: str, column: str) -> bool | None:
        """Whether values of the column may be unhashable: JSON, ARRAY."""

    def has_own_table(self, model: str) -> bool | None:
        """Whether all rows of its table are objects of it: no inheritance in a single table."""

    def has_attribute(self, model: str, name: str) -> bool | None:
        """Whether the class has a mapped attribute of that name, its own or an inherited one."""


class NoFacts:
    """Nothing is known."""

    def has_joined_collections(self, model: str) -> bool | None:
        """Unknown."""

    def has_unhashable_columns(self, model: str, column: str) -> bool | None:
        """Unknown."""

    def has_own_table(self, model: str) -> bool | None:
        """Unknown."""

    def has_attribute(self, model: str, name: str) -> bool | None:
        """Unknown."""


def _no_name(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known around the uses of queries in a file."""

    source: Source
    kind_of: KindOf
    parents: Parents
    names: Names
    is_async: bool
    """Whether the new code awaits; otherwise the session stays synchronous."""
    facts: ModelFacts = field(default_factory=NoFacts)
    model_name: Callable[[str], str] = _no_name
    """How the model of a key is written in the file; empty where it has no name there."""
    session_text: str = ""
    """How the session is written where a query does not tell: that of a new parameter."""


class Use(NamedTuple):
    """The call of a method of a query."""

    call: Call
    query: Query
    """What it is called of."""
    context: Context

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.function.name

    @property
    def function(self) -> Attribute:
        """The method as it is written."""
        function = self.call.function
        if not isinstance(function, Attribute):
            raise CannotRewrite("no method is called")
        return function

    @property
    def shape(self) -> Shape:
        """The shape of the query."""
        return self.query.shape

    @property
    def session(self) -> str:
        """How the session that executes the query is written.

        Raises:
            CannotRewrite: there is no name for it here.
        """
        return session_of(self.query, self.context)


def session_of(query: Query, context: Context) -> str:
    """How the session that executes a query is written.

    Raises:
        CannotRewrite: there is no name for it here.
    """
    text = query.session or context.session_text
    if not text:
        raise CannotRewrite("no session is at hand where the query is executed")
    return text


def imports_of(*names: Written) -> tuple[Import, ...]:
    """The imports that names need."""
    return tuple(name.needed for name in names if name.needed is not None)


def needs_unique(shape: Shape, facts: ModelFacts) -> bool:
    """Whether `Query` may drop rows that the statement returns twice.

    Raises:
        CannotRewrite: it is not known whether an entity is selected, or `unique()` would raise.
    """
    if shape.has_entity is None:
        raise CannotRewrite("it is not known what the query selects")
    if not shape.has_entity or shape.streams:
        return False
    items = shape.selected or ()
    entities = [item.key if isinstance(item, Model) else item.model for item in items if isinstance(item, Model | Alias)]
    if not shape.is_joined and all(facts.has_joined_collections(key) is False for key in entities):
        return False
    if not shape.is_entity:
        _check_hashable(shape, facts)
    return True


def _check_hashable(shape: Shape, facts: ModelFacts) -> None:
    for item in shape.selected or ():
        if isinstance(item, Model | Alias) or item is None:
            continue
        if item.model and facts.has_unhashable_columns(item.model, item.name) is not False:
            raise CannotRewrite("rows with an object and a value that may be unhashable are not made unique in the same way")


def joined(outcomes: Iterable[Rewritten]) -> Rewritten:
    """Several rewrites as one."""
    found = list(outcomes)
    pieces = tuple(piece for outcome in found for piece in outcome.pieces)
    return Rewritten(pieces, tuple(dict.fromkeys(name for outcome in found for name in outcome.imports)))
