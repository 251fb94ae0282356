"""What a program asks the database about its tables: `inspect(engine)`."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.schema import engine_text, is_plain
from autofix.fixers.sqlalchemy.kinds import Connection, Engine
from autofix.languages.python.code import Attribute, Call, Expression, Statement
from autofix.text.edit import insert, replace
from autofix.text.source import Source


def inspection(source: Source, call: Call, context: Context, *, whole: Expression | None = None) -> Outcome:
    """`inspect(engine)` as an expression with `await`, exact wherever `await` may stand.

    `whole` is the expression around it that asks something of the inspector, as `inspect(engine).get_table_names()`.
    Without it the inspector is kept: each later call of it, which asks the database, is for `inspector_call`.
    """
    subject = call.arguments[0] if call.arguments else None
    if subject is None or subject.stars:
        return Refused("what is inspected is not written as an argument")
    outer = whole or call
    kind = context.kind_of(subject.value)
    if isinstance(kind, Connection):
        text = source.slice(subject.value.start, subject.value.end)
        if not is_plain(subject.value):
            return Refused("the connection is not one that can be named twice")
        edits = [insert(outer.start, f"await {text}.run_sync(lambda sync: "), insert(outer.end, ")")]
        return Rewritten((*edits, replace(subject.start, subject.end, "sync")))
    engine = engine_text(source, subject.value, context)
    if not isinstance(kind, Engine) or not engine:
        return Refused("it is not known which engine is inspected")
    edits = [insert(outer.start, f"await AsyncSession({engine}).run_sync(lambda session: "), insert(outer.end, ")")]
    edits.append(replace(subject.start, subject.end, "session.get_bind()"))
    return Rewritten(tuple(edits), (Import("sqlalchemy.ext.asyncio", "AsyncSession"),))


def inspector_call(call: Call, engine: str) -> Outcome:
    """A call of a kept inspector, which asks the database; `engine` is the text of the engine that it belongs to."""
    before = f"await AsyncSession({engine}).run_sync(lambda _: "
    imports = (Import("sqlalchemy.ext.asyncio", "AsyncSession"),)
    return Rewritten((insert(call.start, before), insert(call.end, ")")), imports)


def block_around(source: Source, statement: Statement, call: Call, context: Context, *, connection: str = "conn") -> Outcome:
    """A simple statement that asks `inspect(engine)` once, within `async with engine.connect()`, as a person would write it.

    `call` is the expression that asks: `inspect(engine).get_table_names()`.
    """
    inspected = _inspect_call(call)
    subject = inspected.arguments[0] if inspected is not None and inspected.arguments else None
    engine = engine_text(source, subject.value, context) if subject is not None and not subject.stars else ""
    start, _ = source.line_range(source.line_of(statement.start))
    indent = source.slice(start, statement.start)
    if subject is None or not engine or indent.strip():
        return Refused("it is not known which engine is inspected, or the statement shares its line")
    opening = f"async with {engine}.connect() as {connection}:{source.newline}{indent}    "
    return Rewritten(
        (
            insert(statement.start, opening),
            insert(call.start, f"await {connection}.run_sync(lambda sync: "),
            replace(subject.start, subject.end, "sync"),
            insert(call.end, ")"),
        )
    )


def _inspect_call(expression: Expression) -> Call | None:
    """The call of `inspect` that a chain of attributes and calls begins with."""
    while isinstance(expression, Attribute | Call):
        if isinstance(expression, Attribute):
            expression = expression.value
        elif getattr(expression.function, "name", "") == "inspect":
            return expression
        else:
            expression = expression.function
    return None
