"""Annotations of legacy queries: what they name is a statement now."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.kinds import External, Kind
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.languages.python.code import Assign, Attribute, Constant, Expression, Function, Name, Parameter, Subscript
from autofix.languages.python.code_walk import dotted, walk

_OLD, _NEW, _PACKAGE = "Query", "Select", "sqlalchemy"
_ROWS = frozenset(("tuple", "Tuple"))


def rewrite(migration: Migration, path: str, *, module: str) -> None:
    """`Query` to `Select`, which `module` offers, in a file whose queries all become statements."""
    changes = migration.files[path]
    new = _new_name(migration, path) if _OLD.encode() in changes.text else ""
    if not new:
        return
    for annotation in _annotations(changes):
        for node in walk(annotation):
            if (
                isinstance(node, Name | Attribute)
                and _is_called(migration.kind(path, node), _OLD)
                and not migration.is_kept(path, node)
            ):
                _renamed(changes, node, new)
                _need(migration, changes, new, module)
            elif (
                isinstance(node, Constant)
                and node.value == _OLD
                and _is_called(migration.inference.global_name(path, _OLD, path), _OLD)
            ):
                changes.pieces.append(Replace(node.start + 1, node.end - 1, new))
                _need(migration, changes, new, module)


def _annotations(changes: FileChanges) -> Iterator[Expression]:
    for node in walk(changes.module.body):
        if isinstance(node, Parameter | Assign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, Function) and node.returns is not None:
            yield node.returns


def _is_called(kind: Kind, name: str) -> bool:
    return isinstance(kind, External) and is_sqlalchemy(kind.name) and last(kind.name) == name


def _new_name(migration: Migration, path: str) -> str:
    """What the class is called in a file; empty where no name for it is free."""
    bound = migration.inference.program.bindings[path]
    kind = migration.inference.global_name(path, _NEW, path)
    if _NEW not in bound or _is_called(kind, _NEW):
        return _NEW
    is_module = any(item.bound == _PACKAGE for each in migration.inference.program.imports[path] for item in each.names)
    return f"{_PACKAGE}.sql.{_NEW}" if is_module or _PACKAGE not in bound else ""


def _renamed(changes: FileChanges, node: Expression, new: str) -> None:
    """`Query` to `Select`, `Query[User]` to `Select[tuple[User]]`: a statement is generic in its rows."""
    changes.pieces.append(Replace(node.start, node.end, new))
    around = changes.parents.of(node)
    if isinstance(around, Subscript) and around.value is node:
        key = around.key
        if not (isinstance(key, Subscript) and last(dotted(key.value)) in _ROWS):
            changes.pieces.append(Wrap(key.start, key.end, "tuple[", "]"))


def _need(migration: Migration, changes: FileChanges, new: str, module: str) -> None:
    if new != _NEW:
        changes.need(_PACKAGE)
    elif _NEW not in migration.inference.program.bindings[changes.path]:
        changes.need(module, _NEW)
