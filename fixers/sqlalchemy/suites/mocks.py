"""Mocks in the place of sessions: patched by the name that a module has for the class, entered and awaited."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.migration.names import renamed
from autofix.fixers.sqlalchemy.pieces import Replace
from autofix.languages.python.code import Assign, Attribute, Call, Constant, Expression, Function, Name
from autofix.languages.python.code_walk import dotted, walk

_CLASSES = frozenset(("Session", "Engine", "Connection", "sessionmaker", "scoped_session"))
_FUNCTIONS = {"create_engine": "create_async_engine"}
_MOCKS = frozenset(("Mock", "MagicMock", "NonCallableMagicMock"))
_ENTERED = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def rewrite(migration: Migration, path: str) -> None:
    """The mocks of a test file, once the imports that its modules need are known."""
    changes = migration.files[path]
    if not is_test_file(path) or b"patch" not in changes.text:
        return
    for node in walk(changes.module.body):
        if isinstance(node, Call) and last(dotted(node.function)) == "patch" and node.arguments:
            _patch(migration, changes, node)


def _patch(migration: Migration, changes: FileChanges, call: Call) -> None:
    """`patch("app.db.Session", return_value=mock)`."""
    target = call.arguments[0].value
    if not isinstance(target, Constant) or not isinstance(target.value, str) or call.arguments[0].keyword is not None:
        return
    module, _, name = target.value.rpartition(".")
    path = migration.inference.program.find_module(changes.path, module, 0) if module else None
    if path is None or path not in migration.files:
        return
    kind = migration.inference.global_name(path, name, path)
    if not isinstance(kind, External) or not is_sqlalchemy(kind.name) or last(kind.name) != name:
        return
    new, source = renamed(kind.name) if name in _CLASSES else (_FUNCTIONS.get(name, ""), "")
    if not new or not any(wanted == new for _, wanted in migration.files[path].imports):
        return
    end = target.end - 1
    changes.pieces.append(Replace(end - len(name), end, new))
    mock = next((argument.value for argument in call.arguments if argument.keyword == "return_value"), None)
    if name == "Session" and isinstance(mock, Name):
        _session(changes, call, mock.name, source)


def _session(changes: FileChanges, call: Call, name: str, module: str) -> None:
    """The mock that stands for a session: one of an `AsyncSession` has coroutine functions where that has them."""
    function = enclosing(changes.parents, call, Function)
    if not isinstance(function, Function):
        return
    made = list(_made(function, name))
    if len(made) != 1 or made[0].arguments:
        return
    changes.pieces.append(Replace(made[0].open + 1, made[0].end - 1, "spec=AsyncSession"))
    changes.need(module, "AsyncSession")
    for node in walk(function.body):
        if isinstance(node, Attribute) and node.name in _ENTERED and _is(node.value, name):
            changes.pieces.append(Replace(node.name_start, node.end, _ENTERED[node.name]))


def _made(function: Function, name: str) -> Iterator[Call]:
    for node in walk(function.body):
        if not isinstance(node, Assign) or not any(_is(target, name) for target in node.targets):
            continue
        if isinstance(node.value, Call) and last(dotted(node.value.function)) in _MOCKS:
            yield node.value


def _is(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.name == name
