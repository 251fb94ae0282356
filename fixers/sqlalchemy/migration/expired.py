"""Objects that a bulk update expires: their attributes are read again at once, because nothing can read them later."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import Column, Instance, Method, Model, Query
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.pieces import Wrap
from autofix.languages.python.code import Assign, Attribute, Call, Dictionary, Evaluate, Name
from autofix.languages.python.code_walk import walk


def rewrite(migration: Migration, path: str) -> None:
    """`await session.refresh(obj)` behind updates whose new values only the database knows."""
    for function in migration.functions_of(path):
        if function.key in migration.colours.because:
            for update in _updates(migration, function):
                _refresh(migration, function, update)


def _updates(migration: Migration, function: FunctionInfo) -> Iterator[Call]:
    """The calls of `Query.update` with SQL expressions among the values."""
    for node in function.nodes:
        if not isinstance(node, Call) or not node.arguments:
            continue
        values = node.arguments[0].value
        match migration.kind(function.path, node.function):
            case Method(receiver=Query(), name="update") if isinstance(values, Dictionary):
                if any(isinstance(migration.kind(function.path, value), Column) for value in values.values):
                    yield node
            case _:
                pass


def _refresh(migration: Migration, function: FunctionInfo, update: Call) -> None:
    changes = migration.files[function.path]
    statement = enclosing(changes.parents, update, Evaluate, Assign)
    callee = migration.kind(function.path, update.function)
    names = list(dict.fromkeys(_read_later(migration, function, update)))
    if not names or not isinstance(callee, Method) or not isinstance(callee.receiver, Query):
        return
    session = callee.receiver.session
    if not isinstance(statement, Evaluate | Assign) or not session or not _is_alone(changes, statement.start):
        migration.block(function.path, update.start, f"`{names[0]}` is read after an update that expires it")
        return
    line, _ = changes.source.line_range(changes.source.line_of(statement.start))
    indent = changes.source.slice(line, statement.start)
    text = "".join(f"{changes.source.newline}{indent}await {session}.refresh({name})" for name in names)
    # The outermost piece: it stands behind whatever is put around the expression.
    changes.pieces.insert(0, Wrap(statement.start, statement.end, "", text))


def _is_alone(changes: FileChanges, start: int) -> bool:
    line, _ = changes.source.line_range(changes.source.line_of(start))
    return not changes.source.text[line:start].strip()


def _read_later(migration: Migration, function: FunctionInfo, update: Call) -> Iterator[str]:
    """The names of objects of the updated class that are bound before an update and read behind it."""
    callee = migration.kind(function.path, update.function)
    selected = callee.receiver.shape.selected if isinstance(callee, Method) and isinstance(callee.receiver, Query) else None
    model = selected[0].key if selected and isinstance(selected[0], Model) else ""
    bound = {
        node.name
        for node in function.nodes
        if isinstance(node, Name) and node.end <= update.start and isinstance(migration.kind(function.path, node), Instance)
    }
    for node in walk(function.node.body):
        if not isinstance(node, Attribute) or not isinstance(node.value, Name) or node.start < update.end:
            continue
        kind = migration.kind(function.path, node.value)
        if node.value.name in bound and isinstance(kind, Instance) and model and kind.cls == model:
            yield node.value.name
