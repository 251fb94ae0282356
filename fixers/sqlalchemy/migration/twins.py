"""Synchronous engines and session makers beside the asynchronous ones, and where the synchronous world uses them."""

from __future__ import annotations

import re

from autofix.fixers.sqlalchemy.engines import targets, twins
from autofix.fixers.sqlalchemy.engines.outcome import Context
from autofix.fixers.sqlalchemy.engines.twins import Span, twin_name
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.migration.contexts import context_of
from autofix.fixers.sqlalchemy.pieces import Replace
from autofix.fixers.sqlalchemy.worlds.resources import Resource, Use
from autofix.languages.python.code import Assign, Attribute, Call, Function, Import, Name
from autofix.languages.python.code_walk import own, walk


def rewrite(migration: Migration, base: Context) -> None:
    """All of a program."""
    worlds = migration.worlds
    if worlds.resources is None or not worlds.twins:
        return
    inside: dict[str, list[Use]] = {}
    for use in worlds.resources.uses():
        if use.resource in worlds.twins:
            inside.setdefault(use.path, []).append(use)
    definitions = {
        (resource.path, statement.start): (resource, statement)
        for resource in worlds.twins
        if not _is_taken(migration, resource)
        for statement in worlds.resources.definitions[resource]
    }
    # In the order of the files: what stands before a definition may be put where the copy of another one ends.
    for _, (resource, statement) in sorted(definitions.items(), key=lambda item: item[0]):
        _copied(migration, resource, statement, inside.get(resource.path, []), base)
    for use in worlds.uses:
        _renamed(migration, use)


def _is_taken(migration: Migration, resource: Resource) -> bool:
    name = twin_name(resource.name)
    if name not in migration.inference.program.bindings[resource.path]:
        return False
    start = migration.worlds.resources.definitions[resource][0].start if migration.worlds.resources is not None else 0
    migration.block(resource.path, start, f"`{name}` means something else in this file")
    return True


def _copied(migration: Migration, resource: Resource, statement: Assign | Function, uses: list[Use], base: Context) -> None:
    """A definition once more, for synchronous sessions."""
    changes = migration.files[resource.path]
    places: dict[Span, str] = {place: twin_name(name) for place, name in twins.bound_places(statement)}
    for use in uses:
        if statement.start <= use.node.start and use.node.end <= statement.end:
            places[_place(use)] = twin_name(use.resource.name)
            _import_twin(changes, use)
    is_memory = isinstance(statement, Assign) and _is_memory(migration, changes, statement, base)
    is_before = resource in migration.listened
    outcome = twins.twin(changes.source, statement, places, is_memory=is_memory, is_before=is_before)
    if migration.accept(resource.path, statement.start, outcome):
        _keep_imports(changes, statement)


def _is_memory(migration: Migration, changes: FileChanges, statement: Assign, base: Context) -> bool:
    """Whether an engine is of a database that no other engine sees."""
    context = context_of(migration, changes.path, base)
    for call in walk(statement):
        if isinstance(call, Call) and call.arguments:
            kind = migration.kind(changes.path, call.function)
            if isinstance(kind, External) and kind.name.endswith(".create_engine"):
                return targets.target(changes.source, call.arguments[0].value, context).is_memory
    return False


def _keep_imports(changes: FileChanges, statement: Assign | Function) -> None:
    """What the copy needs is still imported."""
    named = {node.name for node in walk(statement) if isinstance(node, Name)}
    for node in changes.module.body:
        if isinstance(node, Import) and node.module is not None and not node.level:
            for item in node.names:
                if item.bound in named:
                    changes.need(node.module, item.bound)


def _place(use: Use) -> Span:
    """Of the name itself, without what stands before it."""
    node = use.node
    return (node.name_start, node.end) if isinstance(node, Attribute) else (node.start, node.end)


def _renamed(migration: Migration, use: Use) -> None:
    """The name of the twin where the synchronous world uses what both have."""
    changes = migration.files[use.path]
    edit = _import_place(migration, changes, use) if use.statement is not None else None
    if edit is None or use.node.name == use.resource.name:
        changes.pieces.append(Replace(*_place(use), twin_name(use.resource.name)))
    if edit is not None:
        changes.pieces.append(edit)
    else:
        _import_twin(changes, use)


def _import_twin(changes: FileChanges, use: Use) -> None:
    if use.statement is not None:
        changes.need(f"{'.' * use.statement.level}{use.statement.module or ''}", twin_name(use.resource.name))


def _import_place(migration: Migration, changes: FileChanges, use: Use) -> Replace | None:
    """The name in the import that brings it, where nothing else of its scope uses it."""
    statement, node = use.statement, use.node
    if statement is None or not isinstance(node, Name):
        return None
    function = enclosing(changes.parents, statement, Function)
    others = own(function.body) if isinstance(function, Function) else walk(changes.module.body)
    used = {(each.start, each.end) for each in others if isinstance(each, Name) and each.name == node.name}
    renamed = {_place(each) for each in migration.worlds.uses if each.path == use.path and each.statement is statement}
    exported = migration.inference.program.imported_names.get(use.path, set())
    if not used <= renamed or (function is None and exported & {node.name, "*"}):
        return None
    name = next(item.name for item in statement.names if item.bound == node.name)
    head = changes.source.slice(statement.start, statement.end)
    place = re.compile(rf"(?<!as )\b{re.escape(name)}\b").search(head, head.index("import") + len("import"))
    if place is None:
        return None
    start = statement.start + len(head[: place.start()].encode())
    return Replace(start, start + len(name.encode()), twin_name(name))


def twin_in(migration: Migration, path: str, node: object) -> str:
    """How the twin of what an expression names is written there, or the maker inside; empty where there is neither."""
    if migration.worlds.resources is None or not isinstance(node, Name | Attribute):
        return ""
    found = migration.worlds.resources.named(path, node)
    if found is None or found[0] not in migration.worlds.twins | migration.listened:
        return ""
    changes, name = migration.files[path], twin_name(found[0].name)
    if found[1] is not None:
        changes.need(f"{'.' * found[1].level}{found[1].module or ''}", name)
    return f"{changes.source.slice(node.value.start, node.value.end)}.{name}" if isinstance(node, Attribute) else name
