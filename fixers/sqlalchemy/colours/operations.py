"""Which methods of sessions, engines and connections wait for the database: those that are coroutines of their async kin."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.inference.externals import CLIENTS
from autofix.fixers.sqlalchemy.kinds import (
    Connection,
    Engine,
    External,
    Foreign,
    Kind,
    Maker,
    Method,
    Query,
    Session,
    Transaction,
)
from autofix.fixers.sqlalchemy.queries.methods import is_terminal

# Of `dir(AsyncSession)` and its kin, what is a coroutine function there.
_SESSION = frozenset(
    (
        *("commit", "rollback", "flush", "refresh", "execute", "scalar", "scalars", "get", "get_one", "merge", "delete"),
        *("close", "connection", "exec", "reset", "invalidate", "delete_all", "merge_all"),
        *("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"),
    )
)
_REGISTRY = _SESSION | {"remove"}
_CONNECTION = frozenset(("execute", "scalar", "scalars", "commit", "rollback", "close", "exec_driver_sql", "invalidate"))
_TRANSACTION = frozenset(("commit", "rollback", "close", "start"))
_ENGINE = frozenset(("dispose",))
_METADATA = frozenset(("create_all", "drop_all", "reflect"))
_TABLE = frozenset(("create", "drop"))
_CLIENT = frozenset(("get", "post", "put", "patch", "delete", "options", "head", "request", "stream", "send"))


def is_operation(callee: Kind) -> bool:
    """Whether calling it waits for the database today, and has to be awaited once sessions and engines are async."""
    match callee:
        case Method(receiver=Session() as session, name=name):
            return not session.is_async and name in (_REGISTRY if session.is_registry else _SESSION)
        case Method(receiver=Query() as query, name=name):
            return not query.is_async and is_terminal(name)
        case Method(receiver=Connection() as connection, name=name):
            return not connection.is_async and name in _CONNECTION
        case Method(receiver=Engine() as engine, name=name):
            return not engine.is_async and name in _ENGINE
        case Method(receiver=Transaction(of=of), name=name):
            return not of.is_async and name in _TRANSACTION
        case Method(receiver=Foreign(name="sqlalchemy.MetaData"), name=name):
            return name in _METADATA
        case Method(receiver=Foreign(name="sqlalchemy.Table"), name=name):
            return name in _TABLE
        case _:
            return False


def is_client(kind: Kind) -> bool:
    """Whether a value is a client of the application under test, which runs it in an event loop of its own."""
    return isinstance(kind, Foreign) and kind.name in CLIENTS


def is_request(callee: Kind) -> bool:
    """Whether calling it sends a request to the application under test."""
    return isinstance(callee, Method) and is_client(callee.receiver) and callee.name in _CLIENT


def is_stream(callee: Kind) -> bool:
    """Whether calling it gives a context manager that sends a request to the application under test when it is entered."""
    return is_request(callee) and isinstance(callee, Method) and callee.name == "stream"


def is_entered(manager: Kind) -> bool:
    """Whether a `with` over it has to become `async with` once sessions and engines are async."""
    match manager:
        case Session() | Connection():
            return not manager.is_async
        case Transaction(of=of):
            return not of.is_async
        case _:
            return False


def is_handle(callee: Kind) -> bool:
    """Whether calling it gives a handle that has to be awaited unless `async with` enters it."""
    match callee:
        case Method(receiver=Session() | Connection() as receiver, name=name):
            return not receiver.is_async and name in ("begin", "begin_nested")
        case Method(receiver=Engine() as engine, name=name):
            return not engine.is_async and name == "connect"
        case Method(receiver=Maker()) | External():
            return False
        case _:
            return False


# Of `dir(AsyncSession)` and its kin, what is there and waits for nothing.
_AT_ONCE = frozenset(
    (
        *("add", "add_all", "expunge", "expunge_all", "expire", "expire_all", "is_modified", "in_transaction", "info", "new"),
        *("in_nested_transaction", "dirty", "deleted", "identity_map", "no_autoflush", "get_bind", "get_transaction", "bind"),
        *("begin", "begin_nested", "get_nested_transaction", "sync_session", "autoflush", "is_active", "object_session"),
        *("identity_key", "close_all", "configure", "registry", "session_factory", "query", "run_sync", "__contains__"),
        *(
            "execution_options",
            "connect",
            "url",
            "dialect",
            "engine",
            "pool",
            "name",
            "driver",
            "echo",
            "sync_engine",
            "closed",
        ),
        *("closed", "invalidated", "sync_connection", "default_isolation_level", "in_transaction"),
    )
)


def has_no_async_form(callee: Kind) -> bool:
    """Whether it is a member of a session, engine or connection that their async kin lacks."""
    match callee:
        case Method(receiver=Session() | Connection() | Engine() as receiver, name=name):
            return not receiver.is_async and name not in _AT_ONCE and not is_operation(callee) and not name.startswith("_")
        case _:
            return False
