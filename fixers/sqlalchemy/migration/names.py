"""Types by their new names: `Session` in annotations becomes `AsyncSession`."""

from __future__ import annotations

import re

from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.kinds import External, Form, Maker, Session
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace
from autofix.languages.python.code import Argument, Assign, Attribute, Call, Constant, Expression, Function, Name, Parameter
from autofix.languages.python.code_walk import Node, dotted, walk

_ASYNCIO = "sqlalchemy.ext.asyncio"
_NEW = {
    "Session": "AsyncSession",
    "Engine": "AsyncEngine",
    "Connection": "AsyncConnection",
    "sessionmaker": "async_sessionmaker",
    "scoped_session": "async_scoped_session",
}
_OLD = tuple(old.encode() for old in _NEW)


def rewrite(migration: Migration, path: str) -> None:
    """The annotations of a file, and what else only names the classes."""
    changes = migration.files[path]
    is_written = any(old in changes.text for old in _OLD)
    if not is_written and not any(
        is_sqlalchemy(name) and last(name) in _NEW for name in migration.inference.foreign_names[path]
    ):
        return
    for statement in changes.module.body:
        for node in walk(statement):
            if isinstance(node, Name | Attribute):
                _name(migration, changes, node)
            elif isinstance(node, Parameter | Assign) and node.annotation is not None:
                _strings(migration, changes, node.annotation)
            elif isinstance(node, Function) and node.returns is not None:
                _strings(migration, changes, node.returns)


def _name(migration: Migration, changes: FileChanges, node: Name | Attribute) -> None:
    kind = migration.kind(changes.path, node)
    if not isinstance(kind, External) or not is_sqlalchemy(kind.name) or last(kind.name) not in _NEW:
        return
    if isinstance(node, Name) and node.name == last(kind.name) and _is_bound_here(changes, node):
        return
    if _names_only(migration, changes, node) and not migration.is_kept(changes.path, node):
        new, module = renamed(kind.name)
        changes.pieces.append(Replace(node.start, node.end, new))
        changes.need(module, new)


def renamed(name: str) -> tuple[str, str]:
    """The new name of a class, and the module that it comes from."""
    short = last(name)
    if name.startswith("sqlmodel.") and short == "Session":
        return "AsyncSession", "sqlmodel.ext.asyncio.session"
    return _NEW[short], _ASYNCIO


def _is_bound_here(changes: FileChanges, node: Name) -> bool:
    """Whether this is the target of an assignment."""
    parent = changes.parents.of(node)
    return isinstance(parent, Assign) and any(target is node for target in parent.targets)


def _names_only(migration: Migration, changes: FileChanges, node: Expression) -> bool:
    """Whether a class is named as a type: it is not called, and no event of it is listened to."""
    around: Node | None = changes.parents.of(node)
    if isinstance(around, Call) and around.function is node:
        return False
    if isinstance(around, Argument):
        call = changes.parents.of(around)
        if isinstance(call, Call):
            callee = migration.kind(changes.path, call.function)
            if around.keyword == "class_" or last(dotted(call.function)) in ("listen", "listens_for", "remove", "contains"):
                return False
            return not (isinstance(callee, External) and is_sqlalchemy(callee.name))
    return True


def _strings(migration: Migration, changes: FileChanges, annotation: Expression) -> None:
    """Names in annotations that are written as strings."""
    for node in walk(annotation):
        if isinstance(node, Constant) and isinstance(node.value, str) and not migration.is_kept(changes.path, node):
            kind = migration.kind(changes.path, node)
            inner = kind.of if isinstance(kind, Form) else None
            text = changes.source.slice(node.start, node.end)
            for old, new in _NEW.items():
                for match in re.finditer(rf"(?<![\w.]){old}\b", text):
                    if isinstance(inner, Session | Maker) or _means(migration, changes.path, old):
                        start = node.start + len(text[: match.start()].encode())
                        changes.pieces.append(Replace(start, start + len(old), new))
                        changes.need(_ASYNCIO, new)


def _means(migration: Migration, path: str, name: str) -> bool:
    """Whether a name at the top level of a file is SQLAlchemy's."""
    kind = migration.inference.global_name(path, name, path)
    return isinstance(kind, External) and is_sqlalchemy(kind.name)
