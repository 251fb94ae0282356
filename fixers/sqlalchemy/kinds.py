"""What a value may be, as far as SQLAlchemy is concerned: the results of following values through a program.

A kind is what is *known*: None stands for everything else, and whoever asks must leave such a value alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Origin(NamedTuple):
    """Where an object of a mapped class may come from: what a load of its relationships has to be added to."""

    path: str
    start: int
    end: int
    """The offsets of the expression: the call that begins a query or select, `session.get(...)`, or the constructor."""
    how: str
    """`query`, `get`, `merge` or `new`."""
    relations: tuple[str, ...] = ()
    """The relationships that lead from what comes from there to the object itself."""


Origins = frozenset[Origin]
NOWHERE: Origins = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """An ORM session. Also what a `scoped_session` registry proxies."""

    is_async: bool = False
    is_sqlmodel: bool = False
    """SQLModel's own class, which has `exec`."""
    is_registry: bool = False
    """A `scoped_session`: a session by itself, and a session when it is called."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes sessions when it is called: a `sessionmaker`, a session class."""

    session: Session


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine."""

    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """A Core connection."""

    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """What `begin()` and `begin_nested()` return; `of` is what a `with` statement binds."""

    of: Session | Connection


@dataclass(frozen=True, slots=True)
class Model:
    """A mapped class. `key` is the key of its `ClassFacts`; empty for a class known to be mapped but not which."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column attribute of a mapped class or any other SQL expression: `Model.name`, `func.count()`, `literal(1)`."""

    model: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship attribute of a mapped class; `target` is the key of the class that it leads to, if known."""

    model: str
    name: str
    target: str = ""
    is_collection: bool = True


@dataclass(frozen=True, slots=True)
class Alias:
    """`aliased(Model)`: an entity."""

    model: str = ""


Selected = Model | Alias | Column | Relationship | None
"""One thing that is selected; None where it is not known what it is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a query or select will return, and what has been done to it on the way."""

    selected: tuple[Selected, ...] | None
    """None where an argument is starred or the arguments are unknown."""
    is_joined: bool = False
    """Rows may be multiplied: a join, or an eager join of a collection, or it is not known."""
    streams: bool = False
    """`yield_per` was called."""
    is_compound: bool = False
    """`union` and its kin."""
    is_limited: bool = False
    is_grouped: bool = False
    is_distinct: bool = False
    is_ordered: bool = False
    is_filtered: bool = False
    is_statement: bool = False
    """`from_statement`."""
    joined_entity: str = ""
    """What `filter_by` filters after a join, as it is written; empty for the first entity, `?` where that is not known."""
    joined_model: str = ""
    """The key of that entity's model, where it is known."""
    loaded: frozenset[str] = frozenset()
    """The keys of the models that options load by a join, one object for each row."""
    options: frozenset[str] = field(default=frozenset())
    """Settings that a terminal has to know: `populate_existing`, `with_for_update`, `options`, `execution_options`."""
    origins: Origins = NOWHERE
    """The calls that began it."""

    @property
    def is_entity(self) -> bool:
        """Whether plain objects are returned: exactly one entity is selected."""
        return self.selected is not None and len(self.selected) == 1 and isinstance(self.selected[0], Model | Alias)

    @property
    def has_entity(self) -> bool | None:
        """Whether any entity is selected, which makes `Query` drop duplicates; None where that is not known."""
        if self.selected is None:
            return None
        if any(isinstance(item, Model | Alias) for item in self.selected):
            return True
        return None if None in self.selected else False


@dataclass(frozen=True, slots=True)
class Query:
    """A legacy query, not executed yet. `session` is the text of an expression for its session that is valid wherever this
    value is: a name or attribute of the same function that is not bound again; empty where there is none; `<query` for
    whatever session the query has that is passed for the parameter `query`.
    """

    shape: Shape
    session: str = ""
    is_async: bool = False
    """Made of an `AsyncSession`, which has no `query`: the program crashes there."""


@dataclass(frozen=True, slots=True)
class Select:
    """A `select()` statement (or another executable that returns rows)."""

    shape: Shape
    is_sqlmodel: bool = False
    """Made by SQLModel's own `select`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An `insert()`, `update()`, `delete()`, `text()` or other statement."""


@dataclass(frozen=True, slots=True)
class Result:
    """What `execute` returned. `scalars` when it yields single values, `is_stream` for the results of `stream`."""

    shape: Shape | None = None
    scalars: bool = False
    is_stream: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the program, by its key; empty for an object of an unknown mapped class."""

    cls: str
    origins: Origins = NOWHERE
    """For a mapped class: all known places where it may have been loaded or made."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list, set, tuple or iterator of values of one kind."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple with items of known kinds."""

    of: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dictionary with values of one kind."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Coroutine:
    """What a call of an async function returns: `of` once it is awaited."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager that binds `of`."""

    of: Kind
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Callable:
    """A function of the program, by its key; `receiver` is bound as the first argument where it is a method."""

    key: str
    receiver: Kind = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several functions or methods of the program."""

    of: frozenset[Callable]


@dataclass(frozen=True, slots=True)
class Method:
    """A method that is no function of the program, not called yet: `session.commit`."""

    receiver: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object of a class from outside of the program, by the dotted name of the class: `fastapi.FastAPI`."""

    name: str


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` in a method of `cls`; `receiver` is what the method is bound to."""

    cls: str
    receiver: Kind


@dataclass(frozen=True, slots=True)
class Form:
    """A type as a value: `Annotated[Session, Depends(get_db)]`; `of` is what it says of a value."""

    of: Kind
    provider: Kind = None
    """What `Depends` names in it."""


@dataclass(frozen=True, slots=True)
class Never:
    """Nothing yet: the value of what has not been followed. Only while inference runs."""


@dataclass(frozen=True, slots=True)
class ClassObject:
    """A class of the program, by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class ModuleObject:
    """A module of the program, by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class External:
    """Something that is imported from outside of the program, by its dotted name: `sqlalchemy.orm.Session`."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant of the text, or something that cannot be any of the others: a string, a number, a plain collection."""

    value: object = ...


Kind = (
    Session
    | Maker
    | Engine
    | Connection
    | Transaction
    | Model
    | Column
    | Relationship
    | Alias
    | Query
    | Select
    | Statement
    | Result
    | Instance
    | Many
    | Items
    | Mapping
    | Coroutine
    | Context
    | Callable
    | OneOf
    | Method
    | Foreign
    | Super
    | Form
    | Never
    | ClassObject
    | ModuleObject
    | External
    | Literal
    | None
)
