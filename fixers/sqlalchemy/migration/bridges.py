"""Calls of functions that stay synchronous: `await db.run_sync(helper, x)` where they take a session, in a thread otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.colours.sites import Site
from autofix.fixers.sqlalchemy.engines.schema import is_plain
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import Connection, Kind, Method, Query, Result, Session
from autofix.fixers.sqlalchemy.migration import blocking
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap, binds_tighter
from autofix.fixers.sqlalchemy.worlds.reach import reached
from autofix.fixers.sqlalchemy.worlds.resources import is_handed
from autofix.languages.python.code import Argument, Await, Call, Expression, Lambda, Name, Walrus, Yield
from autofix.languages.python.code_walk import own, walk


def rewrite(migration: Migration, site: Site) -> None:
    """`helper(db, x)` to `await db.run_sync(helper, x)`: the helper gets the session inside of the asynchronous one."""
    changes, call = migration.files[site.path], site.node
    if not isinstance(call, Call):
        return
    reason = _of_call(migration, changes, call) or next(_of_functions(migration, site), "")
    if reason:
        migration.block(site.path, call.start, reason, "Give it a helper of its own.", unit=site.unit)
        return
    names = sorted({migration.inference.program.functions[target].node.name for target in site.targets})
    note = f"bridged: `{'`, `'.join(names)}` stays synchronous for those who cannot await it"
    migration.notes.append((site.path, call.start, note))
    handed = _handed(migration, changes, call)
    first = call.arguments[0]
    session = changes.source.slice(handed[0].value.start, handed[0].value.end)
    opened, closed = ("(await ", ")") if binds_tighter(call, changes.parents, changes.text) else ("await ", "")
    if handed[0] is first and first.keyword is None and is_plain(call.function) and not _collides(call):
        changes.pieces.append(Wrap(call.start, call.end, opened, closed))
        changes.pieces.append(Replace(call.function.start, call.function.end, f"{session}.run_sync"))
        function = changes.source.slice(call.function.start, call.function.end)
        changes.pieces.append(Replace(first.value.start, first.value.end, function))
        return
    name = _free_name(call)
    changes.pieces.append(Wrap(call.start, call.end, f"{opened}{session}.run_sync(lambda {name}: ", f"){closed}"))
    changes.pieces.append(Replace(handed[0].value.start, handed[0].value.end, name))


def _handed(migration: Migration, changes: FileChanges, call: Call) -> list[Argument]:
    return [argument for argument in call.arguments if is_handed(migration.kind(changes.path, argument.value))]


def _collides(call: Call) -> bool:
    """Whether a keyword is one of `run_sync` itself."""
    return any(argument.keyword in ("fn", "self") for argument in call.arguments)


def _of_call(migration: Migration, changes: FileChanges, call: Call) -> str:
    """Why a call cannot be handed to `run_sync`; empty where it can."""
    handed = _handed(migration, changes, call)
    if len(handed) != 1:
        return "more than a session is handed to a function that stays synchronous"
    argument = handed[0]
    kind = migration.kind(changes.path, argument.value)
    if not isinstance(kind, Session | Connection) or (isinstance(kind, Session) and kind.is_registry):
        return "what is handed to a function that stays synchronous cannot be its own in both worlds"
    if not is_plain(argument.value) or argument.stars:
        return "the session that is handed to a function that stays synchronous is made there"
    is_first = argument is call.arguments[0] and argument.keyword is None and is_plain(call.function) and not _collides(call)
    if not is_first and any(_waits(migration, changes, part) for part in walk(call) if part is not call):
        return "something has to be awaited among the arguments of a function that stays synchronous"
    return ""


def _waits(migration: Migration, changes: FileChanges, part: object) -> bool:
    if isinstance(part, Await | Yield | Walrus | Lambda):
        return True
    if not isinstance(part, Call):
        return False
    kind = migration.kind(changes.path, part.function)
    is_async = any(
        target in migration.colours.because or target in migration.colours.kept
        for target in migration.colours.sites.called(kind)
    )
    return is_async or (isinstance(kind, Method) and is_handed(kind.receiver))


def _of_functions(migration: Migration, site: Site) -> Iterator[str]:
    """What a function that stays synchronous does that cannot be done in an event loop, or returns that cannot leave it."""
    functions = migration.inference.program.functions
    for key in site.targets:
        function = functions[key]
        if function.is_generator or function.node.is_async:
            yield "a function that stays synchronous and works with this session is no plain function"
        elif _is_alive(migration.inference.store.peek(("return", key))):
            yield "a function that stays synchronous returns what has to be read with its session"
        else:
            yield from _blocking(migration, function)


def _is_alive(kind: Kind) -> bool:
    return isinstance(kind, Query | Result) or is_handed(kind)


def _blocking(migration: Migration, function: FunctionInfo) -> Iterator[str]:
    colours, inference = migration.colours, migration.inference
    for unit in sorted(reached(inference, {**colours.of_unit, **colours.of_kept}, (function.key,))):
        inner = inference.program.functions.get(unit)
        for node in own(inner.node.body) if inner is not None else ():
            if isinstance(node, Call) and inner is not None and blocking.blocks(migration.kind(inner.path, node.function)):
                yield f"`{inner.node.name}` waits for something else than the database, which would block the event loop"
            elif isinstance(node, Name) and inner is not None and _is_other(migration, inner, node):
                yield f"`{inner.node.name}` works with a database connection of its own, which would block the event loop"


def _is_other(migration: Migration, function: FunctionInfo, node: Name) -> bool:
    return migration.worlds.resource(function.path, node) in (migration.worlds.twins | migration.worlds.own)


def _free_name(call: Expression) -> str:
    used = {part.name for part in walk(call) if isinstance(part, Name)}
    return next(name for name in ("session", "sync_session", "sync_session_") if name not in used)
