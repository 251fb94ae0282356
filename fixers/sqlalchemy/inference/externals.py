"""What the names of SQLAlchemy, SQLModel and the standard library stand for, by their dotted names."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import (
    Column,
    Connection,
    Engine,
    External,
    Foreign,
    Kind,
    Maker,
    Model,
    Query,
    Result,
    Select,
    Session,
    Shape,
    Statement,
)

SYNC = Session()
ASYNC = Session(is_async=True)
SQLMODEL = Session(is_sqlmodel=True)
ASYNC_SQLMODEL = Session(is_async=True, is_sqlmodel=True)

METADATA = Foreign("sqlalchemy.MetaData")
REGISTRY = Foreign("sqlalchemy.orm.registry")
DECLARATIVE_BASE = External("sqlalchemy.orm.DeclarativeBase")
TABLE = Foreign("sqlalchemy.Table")
ANY_MODULE = Foreign("types.ModuleType")
"""A module of which it is not told which one it is."""

CLIENTS = frozenset(("fastapi.testclient.TestClient", "starlette.testclient.TestClient"))
"""The classes whose objects run an application in an event loop of their own, and send it requests."""

APPLICATIONS = frozenset(("fastapi.FastAPI", "fastapi.applications.FastAPI"))

POOLS = frozenset(
    (
        *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"),
        *("concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"),
        *("multiprocessing.Pool", "multiprocessing.pool.Pool", "multiprocessing.pool.ThreadPool"),
    )
)
"""The classes whose objects call functions in threads or processes of their own, and give themselves to `with`."""

_UNKNOWN_SHAPE = Shape(None)

# By the last component: SQLAlchemy offers most names from several modules.
_VALUES: dict[str, Kind] = {
    "Session": SYNC,
    "AsyncSession": ASYNC,
    "scoped_session": Session(is_registry=True),
    "async_scoped_session": Session(is_async=True, is_registry=True),
    "sessionmaker": Maker(SYNC),
    "async_sessionmaker": Maker(ASYNC),
    "Engine": Engine(),
    "AsyncEngine": Engine(is_async=True),
    "Connection": Connection(),
    "AsyncConnection": Connection(is_async=True),
    "Query": Query(_UNKNOWN_SHAPE),
    "Select": Select(_UNKNOWN_SHAPE),
    "Result": Result(),
    "CursorResult": Result(),
    "ScalarResult": Result(None, scalars=True),
    "Insert": Statement(),
    "Update": Statement(),
    "Delete": Statement(),
    "TextClause": Statement(),
    "ColumnElement": Column(),
    "DeclarativeBase": Model(),
    "MetaData": METADATA,
    "Table": TABLE,
    "registry": REGISTRY,
}
_BASES = frozenset(("DeclarativeBase", "DeclarativeBaseNoMeta", "declarative_base", "automap_base"))
_EXPRESSIONS = frozenset(
    (
        *("and_", "or_", "not_", "literal", "literal_column", "case", "cast", "type_coerce", "desc", "asc", "nulls_first"),
        *("nulls_last", "nullsfirst", "nullslast", "extract", "null", "true", "false", "distinct", "over", "within_group"),
        *("collate", "between", "bindparam", "column", "any_", "all_", "tuple_", "try_cast", "funcfilter", "label"),
    )
)
_STATEMENTS = frozenset(("insert", "update", "delete", "text", "DDL"))
_ENGINES = frozenset(("create_engine", "engine_from_config", "create_mock_engine"))
_ASYNC_ENGINES = frozenset(("create_async_engine", "async_engine_from_config"))


def is_sqlalchemy(name: str) -> bool:
    """Whether a dotted name is one of SQLAlchemy's, or of SQLModel's, which passes most of them on."""
    return name.partition(".")[0] in ("sqlalchemy", "sqlmodel")


def last(name: str) -> str:
    """The last component."""
    return name.rpartition(".")[2]


def is_sqlmodel(name: str) -> bool:
    """SQLModel's base class."""
    return name.startswith("sqlmodel.") and last(name) == "SQLModel"


def is_declarative_base(name: str) -> bool:
    """What makes the classes that inherit from it mapped ones."""
    return is_sqlalchemy(name) and last(name) in _BASES


def value_of(name: str) -> Kind:
    """What an annotation with this name says of a value; None where it says nothing of interest."""
    if not is_sqlalchemy(name):
        return None
    if name.startswith("sqlmodel.") and last(name) == "Session":
        return SQLMODEL
    if name.startswith("sqlmodel.") and last(name) == "AsyncSession":
        return ASYNC_SQLMODEL
    return _VALUES.get(last(name))


def constructed(name: str) -> Kind:
    """What a call of this name returns, where the arguments do not matter."""
    if not is_sqlalchemy(name):
        return None
    short = last(name)
    if short in _ENGINES:
        return Engine()
    if short in _ASYNC_ENGINES:
        return Engine(is_async=True)
    if short in _STATEMENTS:
        return Statement()
    if short in _EXPRESSIONS or ".func." in name:
        return Column()
    if short in _BASES:
        return DECLARATIVE_BASE
    if short in ("Session", "AsyncSession", "MetaData", "Table", "registry"):
        return value_of(name)
    return None


# Types that hold values of the type in brackets.
_CONTAINERS = frozenset(
    (
        *("list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Iterator", "Collection"),
        *("Generator", "AsyncGenerator", "AsyncIterator", "AsyncIterable", "MutableSequence", "deque", "ScalarResult"),
    )
)
_TRANSPARENT = frozenset(
    ("Optional", "Union", "Annotated", "Mapped", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Coroutine")
)
_TYPING = ("typing", "typing_extensions", "collections.abc", "collections", "builtins", "sqlalchemy", "sqlmodel", "contextlib")


def is_container(name: str) -> bool:
    """`list[X]` and its kin."""
    return last(name) in _CONTAINERS and name.startswith(_TYPING)


def is_transparent(name: str) -> bool:
    """`Optional[X]` and others that a value of type X can be said to have."""
    return last(name) in _TRANSPARENT and name.startswith(_TYPING)


def object_of(name: str) -> Kind:
    """An object of a class from outside of the program, told by its name; None for what is no class."""
    short = last(name)
    if not short[:1].isupper() or name.startswith(("builtins.", "typing.", "typing_extensions.", "collections.abc.")):
        return None
    return None if is_sqlalchemy(name) else Foreign(name)
