"""`await` where a coroutine is called, `async with` and `async for` where one is entered or iterated over."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.colours.operations import is_client, is_entered, is_stream
from autofix.fixers.sqlalchemy.colours.sites import Site, Sort, is_awaited
from autofix.fixers.sqlalchemy.colours.walker import Barrier
from autofix.fixers.sqlalchemy.kinds import Context, External, Foreign, Kind, Method, Query, Session
from autofix.fixers.sqlalchemy.migration import bridges, generators
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap, awaited, binds_tighter
from autofix.fixers.sqlalchemy.suites import clients, streams
from autofix.languages.python.code import Argument, Attribute, Call, Comprehension, Expression, With

_BULK = frozenset(("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"))


def rewrite(migration: Migration, unit: str) -> None:
    """All sites of a unit."""
    if unit in migration.files:
        # What runs while a module is imported is for `entries`.
        return
    for site in migration.colours.of_unit[unit]:
        if not migration.colours.is_affected(site) or is_awaited(site.node, migration.files[site.path].parents):
            continue
        if site.barrier is Barrier.GENERATOR:
            _as_list(migration, site)
        if migration.colours.is_bridge(site):
            bridges.rewrite(migration, site)
        elif site.sort is Sort.CALL:
            _call(migration, site)
        elif site.sort in (Sort.OPERATION, Sort.REQUEST):
            _operation(migration, site)
        elif site.sort is Sort.ENTER:
            _enter(migration, site.path, site.node)
        elif site.sort is Sort.CLIENT:
            _enter(migration, site.path, site.node)
            clients.enter(migration, site.path, site.node)


def _operation(migration: Migration, site: Site) -> None:
    changes, node = migration.files[site.path], site.node
    if not isinstance(node, Call):
        return
    callee = migration.kind(site.path, node.function)
    match callee:
        case Method(receiver=Session(), name=name) if name in _BULK:
            migration.bridges.append((site.path, node.start, f"`{name}` has no asynchronous form"))
            _in_sync(changes, node)
        case Method() if is_stream(callee):
            _enter(migration, site.path, node)
            streams.rewrite(migration, site.path, node)
        case Method(receiver=Query() | Foreign(name="sqlalchemy.MetaData" | "sqlalchemy.Table")) | External():
            # Their own modules rewrite them.
            return
        case _:
            changes.pieces.append(awaited(node, changes.parents, changes.text))


def _in_sync(changes: FileChanges, node: Call) -> None:
    """`session.bulk_save_objects(x)` to `await session.run_sync(lambda sync: sync.bulk_save_objects(x))`."""
    if not isinstance(node.function, Attribute):
        return
    session = changes.source.slice(node.function.value.start, node.function.value.end)
    tight = binds_tighter(node, changes.parents, changes.text)
    before, after = ("(", "))") if tight else ("", ")")
    changes.pieces.append(Wrap(node.start, node.end, f"{before}await {session}.run_sync(lambda sync_session: ", after))
    changes.pieces.append(Replace(node.function.value.start, node.function.value.end, "sync_session"))


def _call(migration: Migration, site: Site) -> None:
    changes, node = migration.files[site.path], site.node
    functions = [migration.inference.program.functions[key] for key in site.targets if key in migration.colours.because]
    if any(function.node.name == "__init__" for function in functions):
        return
    sorts = {function.is_generator for function in functions}
    if len(sorts) > 1:
        migration.block(
            site.path, node.start, "some of the functions that this may call are generators, some are not", unit=site.unit
        )
    elif True not in sorts:
        changes.pieces.append(awaited(node, changes.parents, changes.text))
    elif isinstance(migration.kind(site.path, node), Context):
        _enter(migration, site.path, node)
    else:
        generators.consumed(migration, site)


def _enter(migration: Migration, path: str, manager: Expression) -> None:
    """`with` to `async with`, where all that it enters can be entered so."""
    changes = migration.files[path]
    statement = enclosing(changes.parents, manager, With)
    if not isinstance(statement, With) or not any(item.value is manager for item in statement.items):
        migration.block(path, manager.start, "the context manager is not entered where it is made")
        return
    if statement.is_async:
        return
    others = [item.value for item in statement.items if not _is_async_manager(migration, path, item.value)]
    if others:
        migration.block(
            path, others[0].start, "`with` enters both what becomes async and what does not", "Split the statement in two."
        )
    elif manager is statement.items[0].value:
        changes.pieces.append(Wrap(statement.start, statement.end, "async "))


def _is_async_manager(migration: Migration, path: str, manager: Expression) -> bool:
    kind = migration.kind(path, manager)
    if is_entered(kind) or is_client(kind):
        return True
    if isinstance(manager, Call) and is_stream(migration.kind(path, manager.function)):
        return True
    if isinstance(kind, Context) and isinstance(manager, Call):
        targets = migration.colours.sites.called(migration.kind(path, manager.function))
        return isinstance(kind.of, Session) if not targets else any(key in migration.colours.because for key in targets)
    return False


def _as_list(migration: Migration, site: Site) -> None:
    """The generator expression around a site as a list: with an `await` in it, it would be an async generator."""
    changes = migration.files[site.path]
    around = enclosing(changes.parents, site.node, Comprehension)
    while isinstance(around, Comprehension) and around.kind != "generator":
        around = enclosing(changes.parents, around, Comprehension)
    if not isinstance(around, Comprehension):
        return
    argument = changes.parents.of(around)
    call = changes.parents.of(argument) if isinstance(argument, Argument) else None
    if not isinstance(call, Call) or not _takes_list(migration.kind(site.path, call.function), call):
        migration.block(site.path, around.start, "`await` in a generator expression that is not read at once", unit=site.unit)
        return
    pieces = [Replace(around.start, around.start + 1, "["), Replace(around.end - 1, around.end, "]")]
    if call.open == around.start:
        pieces = [Replace(around.start, around.start + 1, "(["), Replace(around.end - 1, around.end, "])")]
    changes.pieces += [piece for piece in pieces if piece not in changes.pieces]


def _takes_list(callee: Kind, call: Call) -> bool:
    """Whether a function reads the whole of what it is given, whatever iterable that is."""
    if isinstance(call.function, Attribute) and call.function.name in ("join", "extend", "update"):
        return True
    return isinstance(callee, External) and callee.name.startswith("builtins.")
