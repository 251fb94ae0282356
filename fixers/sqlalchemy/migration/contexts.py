"""What is known around a call that makes an engine: kinds, and the definitions of names."""

from __future__ import annotations

from dataclasses import replace

from autofix.fixers.sqlalchemy.engines.outcome import Context, Definition
from autofix.fixers.sqlalchemy.kinds import ModuleObject
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages.python.code import Assign, Attribute, Expression, Import, Module, Name
from autofix.languages.python.code_walk import walk


def context_of(migration: Migration, path: str, base: Context) -> Context:
    """The context of calls in one file."""
    return replace(base, kind_of=migration.kind_in(path), definition_of=lambda node: definition_of(migration, path, node))


def definition_of(migration: Migration, path: str, node: Expression) -> Definition | None:
    """The only value that a name at the top level of a file, or imported into it, has."""
    if not isinstance(node, Name):
        return None
    program = migration.inference.program
    found = _assigned(program.modules[path], node.name)
    if found is not None:
        if path not in migration.files:
            return None
        changes = migration.files[path]
        is_private = len(changes.uses[node.name]) == 2 and not _is_imported(migration, path, node.name)
        return Definition(found, changes.text, is_private)
    for statement in program.modules[path].body:
        if isinstance(statement, Import) and statement.module is not None:
            for item in statement.names:
                target = program.find_module(path, statement.module, statement.level)
                if item.bound == node.name and target is not None and target in migration.files:
                    value = _assigned(program.modules[target], item.name)
                    return Definition(value, migration.files[target].text, is_private=False) if value is not None else None
    return None


def _assigned(module: Module, name: str) -> Expression | None:
    values = [
        statement.value
        for statement in module.body
        if isinstance(statement, Assign) and any(isinstance(each, Name) and each.name == name for each in statement.targets)
    ]
    return values[0] if len(values) == 1 else None


def _is_imported(migration: Migration, path: str, name: str) -> bool:
    program = migration.inference.program
    if program.imported_names.get(path, set()) & {name, "*"}:
        return True
    return any(
        isinstance(node, Attribute) and node.name == name and migration.kind(other, node.value) == ModuleObject(path)
        for other in sorted(program.modules)
        if path in program.imported_files.get(other, ())
        for node in walk(program.modules[other].body)
    )
