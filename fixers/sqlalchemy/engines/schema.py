"""Tables that are made and removed through an engine."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.fixers.sqlalchemy.engines.lists import with_arguments
from autofix.fixers.sqlalchemy.engines.outcome import Context, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.kinds import Connection, Session
from autofix.languages.python.code import Argument, Attribute, Call, Evaluate, Expression, Name
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

SCHEMA_METHODS = frozenset(("create_all", "drop_all", "reflect", "create", "drop"))
"""Methods of `MetaData`, `Table` and `Index` that take an engine or connection, first or as `bind`, and return nothing."""


def schema_calls(source: Source, statements: Sequence[Evaluate], context: Context, *, connection: str = "conn") -> Outcome:
    """`Base.metadata.create_all(engine)` and the like, each a statement, one right after the other and of one engine.

    They become one `async with engine.begin()` block, in a function that is a coroutine. `connection` is a name
    that is free there.
    """
    calls = [statement.value for statement in statements if isinstance(statement.value, Call)]
    binds = [bind(call) for call in calls]
    if not calls or any(found is None for found in binds):
        return Refused("the engine is not among the arguments")
    engines = [engine_text(source, found.value, context) for found in binds if found is not None]
    if len(set(engines)) != 1 or not engines[0]:
        return Refused("the engine is not one that can be named twice")
    first = binds[0]
    is_connection = first is not None and isinstance(context.kind_of(first.value), Connection)
    edits: list[Edit] = []
    for number, (statement, call, found) in enumerate(zip(statements, calls, binds, strict=True)):
        start, _ = source.line_range(source.line_of(statement.start))
        if source.text[start : statement.start].strip():
            return Refused("the statement shares its line with another")
        indent = source.slice(start, statement.start)
        if is_connection or found is None:
            before = f"await {engines[0]}.run_sync("
        else:
            opening = f"async with {engines[0]}.begin() as {connection}:{source.newline}{indent}    " if not number else "    "
            before = f"{opening}await {connection}.run_sync("
        edits += [insert(statement.start, before), *_as_argument(source, call, found)]
    return Rewritten(tuple(edits))


def bind(call: Call) -> Argument | None:
    """The argument that says which engine or connection is meant."""
    named = next((argument for argument in call.arguments if argument.keyword == "bind"), None)
    if named is not None or not call.arguments or any(argument.stars for argument in call.arguments):
        return named
    return call.arguments[0] if call.arguments[0].keyword is None else None


def _as_argument(source: Source, call: Call, dropped: Argument | None) -> list[Edit]:
    """`f(engine, x=1)` as `f, x=1)`: what `run_sync(` stands before."""
    others = [argument for argument in call.arguments if argument is not dropped]
    if not others:
        return [replace(call.function.end, call.end - 1, "")]
    removed = with_arguments(source, call, () if dropped is None else (dropped,), ())
    return [replace(call.function.end, call.open + 1, ", "), *removed]


def engine_text(source: Source, expression: Expression, context: Context) -> str:
    """The text of an engine or connection that may be written twice; empty where it may not."""
    if isinstance(expression, Call) and isinstance(expression.function, Attribute) and not expression.arguments:
        owner = expression.function.value
        # An AsyncSession gives out its synchronous engine there, but holds the asynchronous one as `bind`.
        if expression.function.name == "get_bind" and isinstance(context.kind_of(owner), Session) and is_plain(owner):
            return f"{source.slice(owner.start, owner.end)}.bind"
    return source.slice(expression.start, expression.end) if is_plain(expression) else ""


def is_plain(expression: Expression) -> bool:
    """Whether it is a name with attributes behind it: evaluated twice, it is the same."""
    while isinstance(expression, Attribute):
        expression = expression.value
    return isinstance(expression, Name)
