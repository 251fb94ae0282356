"""Events: they are those of the synchronous engine or session inside, and their listeners stay synchronous."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.kinds import Connection, Engine, External, Session
from autofix.languages.python.code import Argument, Attribute, Call, Expression, Function, Name
from autofix.languages.python.code_walk import walk
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

_INNER = frozenset(("sync_connection", "sync_engine", "sync_session"))


def event_target(source: Source, call: Call, context: Context, *, sync_class: str = "", twin: str = "") -> Outcome:
    """The first argument of `event.listen`, `listens_for`, `remove` or `contains`: events are those of the synchronous engine.

    `sync_class` takes the place of a session maker (see `session_maker`). With `twin`, a decorator is written once
    more, for the synchronous engine of that name.
    """
    subject = call.arguments[0] if call.arguments else None
    if subject is None or subject.stars or subject.keyword not in (None, "target"):
        return Refused("the target of the event is not written as an argument")
    value, kind = subject.value, context.kind_of(subject.value)
    if isinstance(value, Attribute) and value.name in _INNER:
        return Rewritten(())
    if isinstance(kind, Engine):
        edits = [insert(value.end, ".sync_engine")] if _is_postfix(value) else []
        if not edits:
            edits = [insert(value.start, "("), insert(value.end, ").sync_engine")]
        return Rewritten((*edits, *(_again(source, call, subject, twin) if twin else ())))
    if isinstance(kind, Connection):
        return (
            Rewritten((insert(value.end, ".sync_connection"),)) if _is_postfix(value) else Refused("the target is made there")
        )
    if isinstance(kind, Session) and not kind.is_registry:
        return Rewritten((insert(value.end, ".sync_session"),)) if _is_postfix(value) else Refused("the target is made there")
    if not sync_class:
        return Refused("sessions made by it have no events of their own")
    return Rewritten((replace(value.start, value.end, sync_class),))


def _is_postfix(expression: Expression) -> bool:
    return isinstance(expression, Name | Attribute | Call)


def _again(source: Source, call: Call, subject: Argument, twin: str) -> list[Edit]:
    """The same decorator, or statement, for another engine, on a line of its own."""
    start, end = source.line_range(source.line_of(call.start))[0], source.line_range(source.line_of(call.end))[1]
    head, rest = source.slice(start, call.start), source.slice(call.end, end).strip()
    if head.strip() not in ("@", "") or (rest and not rest.startswith("#")):
        return []
    text = source.slice(call.start, subject.start) + twin + source.slice(subject.end, call.end)
    return [insert(start, f"{head}{text}{source.newline}")]


_SQLITE_CONNECTIONS = frozenset(("sqlite3.Connection", "sqlite3.dbapi2.Connection", "_sqlite3.Connection"))
# What the connections have in common that SQLAlchemy puts around those of aiosqlite, asyncpg and their like.
_ADAPTED = frozenset(
    (
        "cursor",
        "commit",
        "rollback",
        "close",
        "execute",
        "isolation_level",
        "autocommit",
        "create_function",
        "driver_connection",
    )
)


_POOL_EVENTS = frozenset(("connect", "first_connect", "checkout", "checkin", "close", "reset", "invalidate", "soft_invalidate"))


def listener(function: Function, event: str, context: Context) -> Outcome:
    """The body of a listener for `connect` and other events of a pool, which is given a connection of the driver.

    It stays synchronous, and nothing is said of other events. `isinstance(connection, sqlite3.Connection)` is never true of an
    asynchronous driver's connection: the PRAGMA below it would silently no longer be set.
    """
    if event not in _POOL_EVENTS or not function.parameters:
        return Rewritten()
    name, edits = function.parameters[0].name, []
    for node in walk(function.body):
        if (
            isinstance(node, Attribute)
            and isinstance(node.value, Name)
            and node.value.name == name
            and node.name not in _ADAPTED
        ):
            return Refused(
                f"the listener uses {node.name} of the driver's connection, which an asynchronous driver does not have"
            )
        if isinstance(node, Call) and isinstance(node.function, Name) and node.function.name == "isinstance":
            tested = node.arguments[1].value if len(node.arguments) == 2 else None
            kind = context.kind_of(tested) if tested is not None else None
            if tested is not None and isinstance(kind, External) and kind.name in _SQLITE_CONNECTIONS:
                edits += [insert(tested.start, "("), insert(tested.end, ", AsyncAdapt_aiosqlite_connection)")]
    imports = (Import("sqlalchemy.dialects.sqlite.aiosqlite", "AsyncAdapt_aiosqlite_connection"),) if edits else ()
    return Rewritten(tuple(edits), imports)
