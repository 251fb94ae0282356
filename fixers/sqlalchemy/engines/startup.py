"""Tables that are made while a module is imported, where nothing can be awaited: in a lifespan, or in a loop of their own."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.fixers.sqlalchemy.engines.lists import with_arguments
from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.schema import bind, engine_text
from autofix.languages.python.code import Assign, Attribute, Call, Evaluate, Expression, Function, Module, Name, Statement
from autofix.text.edit import Edit, delete, insert, replace
from autofix.text.source import Source


def in_lifespan(
    source: Source,
    module: Module,
    statements: Sequence[Evaluate],
    application: Assign,
    context: Context,
    *,
    name: str = "lifespan",
) -> Outcome:
    """Schema statements of a module moved to where its application, `app = FastAPI(...)`, starts.

    An application with a lifespan, or with a coroutine function for its `startup` event, does it there; otherwise it gets a
    lifespan, a function called `name`. The statements stand at the top level of the module.
    """
    call, target = application.value, application.targets[0]
    if not isinstance(call, Call) or not isinstance(target, Name):
        return Refused("it is not clear which application the module makes")
    lines = _lines(source, statements, context)
    if not lines:
        return Refused("the tables are made in a way that cannot be moved")
    removed = list(_removed(source, statements))
    given = next((argument.value for argument in call.arguments if argument.keyword == "lifespan"), None)
    if given is not None:
        function = _named(module, given)
        return _within(source, function, lines, removed) if function is not None else Refused("the lifespan is made elsewhere")
    if any(argument.stars or argument.keyword in ("on_startup", "on_shutdown") for argument in call.arguments):
        return Refused("the application may have other functions for its start")
    handlers = [function for function in _functions(module) if target.name in _events(function)]
    if handlers:
        # With a lifespan, they would no longer be called.
        startup = next((function for function in handlers if "startup" in _events(function)[target.name]), None)
        return (
            _within(source, startup, lines, removed)
            if startup is not None
            else Refused("the application handles its shutdown alone")
        )
    kind = source.slice(call.function.start, call.function.end)
    text = [
        "@asynccontextmanager",
        f"async def {name}({target.name}: {kind}):",
        *(f"    {line}" for line in lines),
        "    yield",
    ]
    at, _ = source.line_range(source.line_of(application.start))
    edits = [
        *removed,
        insert(at, source.newline.join((*text, "", "", ""))),
        *with_arguments(source, call, (), [f"lifespan={name}"]),
    ]
    return Rewritten(tuple(edits), (Import("contextlib", "asynccontextmanager"),))


def at_once(
    source: Source, statements: Sequence[Evaluate], context: Context, *, name: str = "create_tables", is_memory: bool = False
) -> Outcome:
    """Schema statements at the top level of a test or script, one after the other, in a coroutine function that is run there.

    The engine gives up its connections afterwards, which belong to the event loop that has ended; one in memory keeps its only
    one.
    """
    lines = _lines(source, statements, context)
    found = bind(statements[0].value) if isinstance(statements[0].value, Call) else None
    if not lines or found is None:
        return Refused("the tables are made in a way that cannot be moved")
    engine = engine_text(source, found.value, context)
    closing = [] if is_memory else [f"    await {engine}.dispose()"]
    text = [f"async def {name}():", *(f"    {line}" for line in lines), *closing, "", "", f"asyncio.run({name}())"]
    first, last = statements[0], statements[-1]
    edits = [replace(first.start, last.end, source.newline.join(text))]
    return Rewritten(tuple(edits), (Import("asyncio"),))


def on_twin(call: Call, twin: str) -> Outcome:
    """A schema call on the synchronous engine of that name: exact wherever the module is imported, for files and servers."""
    found = bind(call)
    if found is None:
        return Refused("the engine is not among the arguments")
    return Rewritten((replace(found.value.start, found.value.end, twin),))


def _lines(source: Source, statements: Sequence[Evaluate], context: Context) -> list[str]:
    """The lines of the block that does it; none where it cannot be written."""
    calls = [statement.value for statement in statements if isinstance(statement.value, Call)]
    found = [(call, argument) for call in calls if (argument := bind(call)) is not None]
    engines = {engine_text(source, argument.value, context) for _, argument in found}
    if len(found) != len(statements) or len(engines) != 1 or "" in engines:
        return []
    lines = [f"async with {engines.pop()}.begin() as conn:"]
    for call, argument in found:
        others = [source.slice(other.start, other.end) for other in call.arguments if other is not argument]
        text = ", ".join((source.slice(call.function.start, call.function.end), *others))
        if "\n" in text or "#" in text:
            return []
        lines.append(f"    await conn.run_sync({text})")
    return lines


def _removed(source: Source, statements: Sequence[Evaluate]) -> list[Edit]:
    """Each statement with its line, and with the blank lines below it where some stand above it, too."""
    edits = []
    for statement in statements:
        number, last = source.line_of(statement.start), source.line_of(statement.end)
        start, end = source.line_range(number)[0], source.line_range(last)[1]
        if source.text[start : statement.start].strip() or source.text[statement.end : end].strip():
            edits.append(delete(statement.start, statement.end))
            continue
        if number == 1 or not source.text[slice(*source.line_range(number - 1))].strip():
            while last < len(source.line_starts) and not source.text[slice(*source.line_range(last + 1))].strip():
                last += 1
                end = source.line_range(last)[1]
        edits.append(delete(start, end))
    return edits


def _within(source: Source, function: Function, lines: Sequence[str], removed: Sequence[Edit]) -> Outcome:
    """The block at the beginning of a function that runs at the start, which becomes a coroutine function."""
    first = _first(function)
    if first is None:
        return Refused("the function for the start has no body of its own")
    start, _ = source.line_range(source.line_of(first.start))
    indent = source.slice(start, first.start)
    if indent.strip():
        return Refused("the function for the start stands on one line")
    edits = [*removed, insert(first.start, "".join(f"{line}{source.newline}{indent}" for line in lines))]
    if not function.is_async:
        edits.append(insert(function.start, "async "))
    return Rewritten(tuple(edits))


def _first(function: Function) -> Statement | None:
    """The first statement behind the docstring."""
    body = function.body
    if body and isinstance(body[0], Evaluate) and isinstance(getattr(body[0].value, "value", None), str):
        body = body[1:]
    return body[0] if body else None


def _functions(module: Module) -> list[Function]:
    return [statement for statement in module.body if isinstance(statement, Function)]


def _named(module: Module, expression: Expression) -> Function | None:
    """The coroutine function of the module that a name means."""
    found = [function for function in _functions(module) if isinstance(expression, Name) and function.name == expression.name]
    return found[0] if len(found) == 1 and found[0].is_async else None


def _events(function: Function) -> dict[str, list[str]]:
    """By the name of an application, the events that a function handles: `@app.on_event("startup")`."""
    found: dict[str, list[str]] = {}
    for decorator in function.decorators:
        if isinstance(decorator, Call) and isinstance(decorator.function, Attribute) and decorator.function.name == "on_event":
            owner = decorator.function.value
            event = getattr(decorator.arguments[0].value, "value", "") if decorator.arguments else ""
            if isinstance(owner, Name):
                found.setdefault(owner.name, []).append(str(event))
    return found
