"""What a program asks the database about its tables, and other code that only works with a synchronous engine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.schema import engine_text, is_plain
from autofix.fixers.sqlalchemy.kinds import Connection, Engine
from autofix.languages.python.code import Assign, Attribute, Call, Comprehension, Expression, Function, Lambda, Name
from autofix.languages.python.code_walk import Parents, walk
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

_SESSION = Import("sqlalchemy.ext.asyncio", "AsyncSession")
# Behind an expression, these take it before `await` does.
_TIGHTER = re.compile(rb"[ \t]*[.\[(]")
# Attributes of an inspector that do not ask the database.
_KNOWN = frozenset(("bind", "default_schema_name", "dialect", "engine", "info_cache"))

# Methods that only an inspector of a database has, not one of a mapped class or object.
_ASKING = re.compile(
    "get_.*(table|view|column|ind|key|constraint|schema|sequence|enum)|has_(table|schema|sequence|index)|reflect"
)


def asks_database(parents: Parents, call: Call) -> bool:
    """Whether what `inspect(...)` makes is asked for tables and the like, where it stands or by the name that it gets."""
    around = parents.of(call)
    if isinstance(around, Attribute):
        return _ASKING.match(around.name) is not None
    if not isinstance(around, Assign) or not isinstance(around.targets[0], Name):
        return False
    name = around.targets[0].name
    function = next((each for each in parents.around(call) if isinstance(each, Function)), None)
    block = function.body if function is not None else (around,)
    return any(
        isinstance(node, Attribute) and _is_attribute_of(node, name) and _ASKING.match(node.name) for node in walk(block)
    )


def inspection(source: Source, call: Call, context: Context, *, whole: Expression | None = None) -> Outcome:
    """`inspect(engine)` as an expression with `await`, exact wherever `await` may stand.

    `whole` is the expression around it that asks something of the inspector, as `inspect(engine).get_table_names()`.
    Without it the inspector is kept: see `kept_inspector`.
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
        edits = _awaited(source, outer, f"{text}.run_sync(lambda sync: ")
        return Rewritten((*edits, replace(subject.start, subject.end, "sync")))
    engine = engine_text(source, subject.value, context)
    if not isinstance(kind, Engine) or not engine:
        return Refused("it is not known which engine is inspected")
    edits = _awaited(source, outer, f"AsyncSession({engine}).run_sync(lambda session: ")
    return Rewritten((*edits, replace(subject.start, subject.end, "session.get_bind()")), (_SESSION,))


def _awaited(source: Source, expression: Expression, before: str) -> list[Edit]:
    """`await` and an opened call before an expression, in parentheses where what follows would come first."""
    opening, closing = ("(", "))") if _TIGHTER.match(source.text, expression.end) else ("", ")")
    return [insert(expression.start, f"{opening}await {before}"), insert(expression.end, closing)]


def kept_inspector(source: Source, function: Function, statement: Assign, context: Context) -> Outcome:
    """`inspector = inspect(engine)` in a coroutine function, and every call of that inspector in it."""
    call, target = statement.value, statement.targets[0] if len(statement.targets) == 1 else None
    if not isinstance(call, Call) or not call.arguments or not isinstance(target, Name):
        return Refused("the inspector is kept in a way that is not followed")
    engine = engine_text(source, call.arguments[0].value, context)
    made = inspection(source, call, context)
    if isinstance(made, Refused) or not engine or not isinstance(context.kind_of(call.arguments[0].value), Engine):
        return made if isinstance(made, Refused) else Refused("it is not known which engine is inspected")
    uses = [node for node in walk(function.body) if isinstance(node, Name) and node.name == target.name]
    asked = list(_asked(function.body, target.name))
    known = sum(
        1 for node in walk(function.body) if _is_attribute_of(node, target.name) and getattr(node, "name", "") in _KNOWN
    )
    if len(uses) != len(asked) + known + 1:
        return Refused("the inspector is used where nothing can be awaited, or given to something else")
    edits = [edit for each in asked for edit in bridged(source, each, engine).edits]
    return Rewritten((*made.edits, *edits), made.imports)


def _is_attribute_of(node: object, name: str) -> bool:
    return isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.name == name


def _asked(item: object, name: str) -> Iterator[Call]:
    """The calls of methods of a name that may be awaited: not in lambdas, inner functions, generators, or each other."""
    if isinstance(item, Call) and _is_attribute_of(item.function, name) and getattr(item.function, "name", "") not in _KNOWN:
        yield item
    elif isinstance(item, Comprehension) and item.kind == "generator":
        yield from _asked(item.clauses[0].iterable, name)
    elif isinstance(item, tuple) and not isinstance(item, Lambda | Function):
        for part in item:
            yield from _asked(part, name)


def bridged(source: Source, expression: Expression, engine: str) -> Rewritten:
    """A call of synchronous code that works with the engine inside of `engine`, exact wherever `await` may stand.

    The session only lends its greenlet: it never connects, so nothing has to be closed. The code must not wait for anything
    but the database.
    """
    return Rewritten(tuple(_awaited(source, expression, f"AsyncSession({engine}).run_sync(lambda _: ")), (_SESSION,))
