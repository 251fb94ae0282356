"""Tables that are made while a module is imported: by the lifespan of the application, which can wait for them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from autofix.fixers.sqlalchemy.engines import schema
from autofix.fixers.sqlalchemy.engines.outcome import Context, Refused
from autofix.fixers.sqlalchemy.engines.startup import at_once
from autofix.fixers.sqlalchemy.kinds import Callable
from autofix.fixers.sqlalchemy.migration.applications import Application, applications_of, module_name
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.migration.contexts import definition_of
from autofix.fixers.sqlalchemy.migration.databases import is_schema_call
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.languages.python.code import Call, Constant, Evaluate, Function, Statement
from autofix.languages.python.code_walk import walk
from autofix.text.edit import Edit, apply_edits

NAME = "create_tables"


def runs(migration: Migration, changes: FileChanges) -> Iterator[list[Evaluate]]:
    """Statements at the top level that make or remove tables, those right after each other together."""
    run: list[Evaluate] = []
    for statement in changes.module.body:
        if isinstance(statement, Evaluate) and is_schema_call(migration, changes.path, statement):
            run.append(statement)
        elif run:
            yield run
            run = []
    if run:
        yield run


def rewrite(migration: Migration, changes: FileChanges, run: Sequence[Evaluate], context: Context, *, is_script: bool) -> None:
    """Put a run of statements into a coroutine function, and have it called."""
    path, start = changes.path, run[0].start
    if NAME in migration.inference.program.bindings[path]:
        migration.block(path, start, f"`{NAME}` means something else in this file")
        return
    if is_script:
        is_memory = _is_memory(migration, path, run[0])
        migration.accept(path, start, at_once(changes.source, run, context, name=NAME, is_memory=is_memory))
        return
    outcome = schema.schema_calls(changes.source, run, context)
    if isinstance(outcome, Refused):
        migration.block(path, start, outcome.reason)
        return
    applications = applications_of(migration, path)
    if not applications:
        migration.block(path, start, "tables are made while the module is imported, and no application starts with it")
        return
    text = _function(changes, run, outcome.edits)
    changes.edits.append(_spaced(changes, run[0].start, run[-1].end, text))
    for application in applications:
        _start(migration, application, path)


def is_synchronous(migration: Migration, changes: FileChanges, run: Sequence[Evaluate]) -> bool:
    """Whether all statements of a run make tables of engines that are, or have beside them, synchronous ones."""
    binds = [schema.bind(statement.value) for statement in run if isinstance(statement.value, Call)]
    known = migration.worlds.own | migration.worlds.twins
    return all(found is not None and migration.worlds.resource(changes.path, found.value) in known for found in binds)


def _is_memory(migration: Migration, path: str, statement: Evaluate) -> bool:
    """Whether the tables are in a database in memory, which is gone with the last connection."""
    found = schema.bind(statement.value) if isinstance(statement.value, Call) else None
    definition = definition_of(migration, path, found.value) if found is not None else None
    if definition is None:
        return False
    text = definition.text[definition.value.start : definition.value.end]
    return b"StaticPool" in text or b":memory:" in text


def _function(changes: FileChanges, run: Sequence[Evaluate], edits: Sequence[Edit]) -> str:
    start, end = run[0].start, run[-1].end
    moved = (Edit(edit.start - start, edit.end - start, edit.replacement) for edit in edits)
    body = apply_edits(changes.text[start:end], moved).decode()
    newline = changes.source.newline
    return f"async def {NAME}() -> None:{newline}{textwrap.indent(body, '    ')}"


def _spaced(changes: FileChanges, start: int, end: int, text: str) -> Edit:
    """An edit with two blank lines around a definition at the top level."""
    newline = changes.source.newline
    before, after = changes.text[:start].decode(), changes.text[end:].decode()
    had = len(before) - len(before.rstrip("\r\n"))
    missing = max(0, 3 - before[len(before) - had :].count("\n")) if before.strip() else 0
    following = after[: len(after) - len(after.lstrip("\r\n"))].count("\n")
    behind = max(0, 3 - following) if after.strip() else 0
    return Edit(start, end, newline * missing + text + newline * behind)


def _start(migration: Migration, application: Application, path: str) -> None:
    """Have an application wait for the tables of a module when it starts."""
    changes = migration.files[application.path]
    migration.lifespans.add(application.path)
    migration.table_makers.append((path, application.path))
    if application.path != path:
        module = module_name(migration, path, application.path)
        if module is None:
            migration.block(application.path, application.call.start, f"it is not known how to import {path} here")
            return
        changes.need(module, NAME)
    lifespan = next((argument.value for argument in application.call.arguments if argument.keyword == "lifespan"), None)
    if lifespan is not None:
        kind = migration.kind(application.path, lifespan)
        function = migration.inference.program.functions.get(kind.key) if isinstance(kind, Callable) else None
        if function is None or function.path != application.path:
            migration.block(application.path, lifespan.start, "the lifespan of the application is not a function of this file")
            return
        _at_beginning(changes, function.node)
        return
    if any(argument.stars or argument.keyword in ("on_startup", "on_shutdown") for argument in application.call.arguments):
        migration.block(application.path, application.call.start, "the application may have other functions for its start")
        return
    handler = _handler(changes, "startup")
    if handler is not None:
        if not handler.is_async and handler.body and not _is_converted(migration, application.path, handler):
            changes.pieces.append(Wrap(handler.start, handler.end, "async "))
        _at_beginning(changes, handler)
    elif _handler(changes, "shutdown") is not None:
        reason = "the application handles its shutdown alone, which it would not with a lifespan"
        migration.block(application.path, application.call.start, reason)
    else:
        _new_lifespan(migration, changes, application)


def _is_converted(migration: Migration, path: str, function: Function) -> bool:
    return migration.inference.program.keys[path, function.start] in migration.colours.because


def _at_beginning(changes: FileChanges, function: Function) -> None:
    """Call it first in a coroutine function, behind its docstring."""
    first = function.body[0]
    if _is_docstring(first) and len(function.body) > 1:
        first = function.body[1]
    line, _ = changes.source.line_range(changes.source.line_of(first.start))
    indent = changes.source.slice(line, first.start)
    changes.pieces.append(Wrap(first.start, first.end, f"await {NAME}(){changes.source.newline}{indent}"))


def _is_docstring(statement: Statement) -> bool:
    return isinstance(statement, Evaluate) and isinstance(statement.value, Constant) and isinstance(statement.value.value, str)


def _handler(changes: FileChanges, event: str) -> Function | None:
    """The function that `@app.on_event(event)` decorates: with a lifespan, it would not run any more."""
    for node in walk(changes.module.body):
        if isinstance(node, Function):
            for decorator in node.decorators:
                if isinstance(decorator, Call) and getattr(decorator.function, "name", "") == "on_event":
                    values = [argument.value for argument in decorator.arguments]
                    if values and isinstance(values[0], Constant) and values[0].value == event:
                        return node
    return None


def _new_lifespan(migration: Migration, changes: FileChanges, application: Application) -> None:
    name = "lifespan"
    if name in migration.inference.program.bindings[changes.path]:
        migration.block(changes.path, application.call.start, f"`{name}` means something else in this file")
        return
    newline = changes.source.newline
    head = ("@asynccontextmanager", f"async def {name}(_app: FastAPI) -> AsyncIterator[None]:")
    text = newline.join((*head, f"    await {NAME}()", "    yield"))
    statement = application.statement
    at, _ = changes.source.line_range(changes.source.line_of(_beginning(statement)))
    end = len(changes.text[:at].rstrip())
    there = changes.text[end:at].count(b"\n")
    # What takes the place of the statement above brings its own blank lines.
    above = (edit.replacement for edit in changes.edits if edit.end == end)
    there += sum(text[len(text.rstrip()) :].count("\n") for text in above)
    missing = max(0, 3 - there) if end else 0
    changes.pieces.append(Replace(at, at, newline * missing + text + newline * 3))
    call = application.call
    argument = f"lifespan={name}"
    inner = changes.text[call.open + 1 : call.end - 1]
    if call.arguments:
        changes.pieces.append(Replace(call.open + 1, call.open + 1, _as_first(inner, argument)))
    else:
        changes.pieces.append(Replace(call.open + 1, call.end - 1, argument))
    changes.need("contextlib", "asynccontextmanager")
    changes.need("collections.abc", "AsyncIterator")
    changes.need("fastapi", "FastAPI")


def _as_first(inner: bytes, argument: str) -> str:
    """An argument before the others, on a line of its own where they have one."""
    blank = inner[: len(inner) - len(inner.lstrip())].decode()
    return f"{blank}{argument}," if "\n" in blank else f"{argument}, "


def _beginning(statement: Statement) -> int:
    decorators = statement.decorators if isinstance(statement, Function) else ()
    return min((decorator.start for decorator in decorators), default=statement.start)
