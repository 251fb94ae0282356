"""Functions that become coroutine functions: `async def`, and what their annotations say of generators."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.colours.blockers import has_no_effect
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration import commands
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.languages.python.code import Attribute, Call, Collection, Expression, Name, Return, Subscript

_ASYNC_KINDS = {
    "Generator": "AsyncGenerator",
    "Iterator": "AsyncIterator",
    "Iterable": "AsyncIterable",
    "ContextManager": "AsyncContextManager",
    "AbstractContextManager": "AbstractAsyncContextManager",
}


def rewrite(migration: Migration, path: str) -> None:
    """All functions of a file that become async."""
    for function in migration.functions_of(path):
        if function.key in migration.colours.because and not function.node.is_async:
            _make_async(migration, function)


def _make_async(migration: Migration, function: FunctionInfo) -> None:
    changes, node = migration.files[function.path], function.node
    runs = commands.decorator(migration, function) if function.key in migration.colours.commands else ""
    changes.pieces.append(Wrap(node.start, node.end, f"{runs}async "))
    _rename_dunder(changes, function)
    for decorator in node.decorators:
        called = decorator.function if isinstance(decorator, Call) else decorator
        kind = migration.kind(function.path, called)
        if isinstance(kind, External) and kind.name == "contextlib.contextmanager":
            _replace_name(changes, called, "asynccontextmanager", "contextlib")
    if not function.is_generator:
        return
    if node.returns is not None:
        _generator_annotation(migration, changes, node.returns)
    for each in function.nodes:
        if isinstance(each, Return) and each.value is not None and has_no_effect(each.value):
            # Nobody reads what a generator returns, but for `yield from` as a value, which is not rewritten.
            changes.pieces.append(Replace(each.start, each.value.end, "return"))


def _rename_dunder(changes: FileChanges, function: FunctionInfo) -> None:
    new = {"__enter__": "__aenter__", "__exit__": "__aexit__"}.get(function.node.name)
    if new is not None:
        start = function.node.name_start
        changes.pieces.append(Replace(start, start + len(function.node.name), new))


def _generator_annotation(migration: Migration, changes: FileChanges, returns: Expression) -> None:
    """`Generator[X, None, None]` to `AsyncGenerator[X, None]`."""
    named = returns.value if isinstance(returns, Subscript) else returns
    kind = migration.kind(changes.path, named)
    if not isinstance(kind, External):
        return
    module, _, short = kind.name.rpartition(".")
    new = _ASYNC_KINDS.get(short)
    if new is None:
        return
    _replace_name(changes, named, new, module)
    if short == "Generator" and isinstance(returns, Subscript) and isinstance(returns.key, Collection):
        elements = returns.key.elements
        if len(elements) == 3:
            changes.pieces.append(Replace(elements[1].end, elements[2].end, ""))


def _replace_name(changes: FileChanges, expression: Expression, new: str, module: str) -> None:
    """Another member of the same module: `a.Old` to `a.New`, and `Old` to `New` with its import."""
    if isinstance(expression, Attribute):
        changes.pieces.append(Replace(expression.name_start, expression.end, new))
    elif isinstance(expression, Name):
        changes.pieces.append(Replace(expression.start, expression.end, new))
        changes.need(module, new)
