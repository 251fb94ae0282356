"""Events: what is listened to becomes the synchronous engine or session inside; listeners meet another driver."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.engines import events
from autofix.fixers.sqlalchemy.engines.outcome import Context
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.kinds import Connection, Engine, External, Maker, Session
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.migration.twins import twin_in
from autofix.languages.python.code import Call

# Classes whose events are those of all their engines or pools.
_TARGETS_OF_CONNECTIONS = frozenset(("Engine", "Pool", "QueuePool", "NullPool", "StaticPool"))


def rewrite_target(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    """What a call listens to: the synchronous engine or session inside."""
    subject, own = call.arguments[0].value if call.arguments else None, migration.worlds.own
    kind = migration.kind(changes.path, subject) if subject is not None else None
    if isinstance(kind, Engine | Connection | Session | Maker) and migration.worlds.resource(changes.path, subject) not in own:
        twin = twin_in(migration, changes.path, subject)
        inner = twin if isinstance(kind, Maker) else ""
        outcome = events.event_target(changes.source, call, context, sync_class=inner, twin="" if inner else twin)
        migration.accept(changes.path, call.start, outcome)


def rewrite(migration: Migration, path: str, context: Context) -> None:
    """The listeners of a file that are given connections of the driver, which is another one from now on."""
    program = migration.inference.program
    for key, event in dict.fromkeys(_of_connections(migration, program)):
        function = program.functions[key]
        if function.path == path:
            migration.accept(path, function.node.start, events.listener(function.node, event, context))


def _of_connections(migration: Migration, program: Program) -> Iterator[tuple[str, str]]:
    for each in migration.listenings:
        kind = migration.kind(each.path, each.target)
        is_class = isinstance(kind, External) and last(kind.name) in _TARGETS_OF_CONNECTIONS
        if (is_class or (isinstance(kind, Engine) and not kind.is_async)) and each.function in program.functions:
            yield each.function, each.event
