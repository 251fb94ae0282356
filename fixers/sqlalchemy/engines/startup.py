"""Tables that are made while a module is imported, where nothing can be awaited: in a lifespan, or in a loop of their own."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.schema import bind, engine_text
from autofix.languages.python.code import Call, Evaluate
from autofix.text.edit import replace
from autofix.text.source import Source


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
