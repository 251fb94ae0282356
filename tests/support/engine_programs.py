"""Programs with one rewritten call, as text and run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from autofix.fixers.sqlalchemy.engines.outcome import Context, Definition, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.runtime import HELPER_IMPORTS, helper_edit
from autofix.fixers.sqlalchemy.kinds import Connection, Engine, External, Kind, Maker, Session
from autofix.languages.python.code import Assign, Attribute, Call, Expression, Module, Name
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk
from autofix.languages.python.edits import add_import
from autofix.text.edit import apply_edits
from autofix.text.source import Source

T = TypeVar("T")

KINDS: dict[str, Kind] = {
    "engine": Engine(),
    "conn": Connection(),
    "db": Session(),
    "SessionLocal": Maker(Session()),
    "Session": Maker(Session()),
    "SQLModelSession": Maker(Session(is_sqlmodel=True)),
    "SQLite3Connection": External("sqlite3.Connection"),
}


def source(text: str) -> Source:
    return Source("a.py", text.encode())


def name_of(expression: object) -> str:
    return expression.name if isinstance(expression, Name | Attribute) else ""


def calls(of: Source, name: str) -> Iterator[Call]:
    """The calls of a function or method called `name`, in the order of the text."""
    found = [node for node in walk(read(of).body) if isinstance(node, Call)]
    return (call for call in sorted(found) if name_of(getattr(call.function, "value", call.function)) == name
            or name_of(call.function) == name)  # fmt: skip


def context(of: Source, **given: Any) -> Context:
    """What the tests know: kinds by name, and names bound once at module level, which nothing else reads."""
    module = read(of)
    values = {name_of(node.targets[0]): node.value for node in module.body if isinstance(node, Assign) and node.value}

    def definition_of(expression: Expression) -> Definition | None:
        value = values.get(name_of(expression))
        return Definition(value, of.text, private_in(of, name_of(expression))) if value is not None else None

    return Context(**{"kind_of": lambda found: KINDS.get(name_of(found)), "definition_of": definition_of, **given})


def private_in(of: Source, name: str) -> bool:
    return sum(name_of(node) == name for node in walk(read(of).body)) == 2


def finished(of: Source, outcome: Outcome, known: Context) -> str:
    """The text after a rewrite, with its imports and the function for URLs."""
    assert isinstance(outcome, Rewritten), outcome
    edits = list(outcome.edits)
    imports: Iterable[Import] = outcome.imports
    if outcome.needs_url_helper:
        module: Module = read(of)
        edits.append(helper_edit(of, module, [min(edit.start for edit in edits)], known))
        imports = (*imports, *HELPER_IMPORTS)
    result = of.with_text(apply_edits(of.text, edits))
    for wanted in imports:
        result = result.with_text(apply_edits(result.text, add_import(result, wanted.module, wanted.name)))
    return result.text.decode()


def rewritten(text: str, name: str, rewrite: Callable[[Source, Call, Context], Outcome], **given: Any) -> str:
    """A program after the first call of `name` was rewritten."""
    of = source(text)
    known = context(of, **given)
    return finished(of, rewrite(of, next(calls(of, name)), known), known)


def refused(text: str, name: str, rewrite: Callable[[Source, Call, Context], Outcome], **given: Any) -> str:
    """Why the first call of `name` is left alone."""
    of = source(text)
    outcome = rewrite(of, next(calls(of, name)), context(of, **given))
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def run(text: str, /, **names: Any) -> dict[str, Any]:
    """What a program binds."""
    namespace = {"__name__": "program", **names}
    exec(compile(text, "program.py", "exec"), namespace)
    return namespace


def run_main(text: str, /, **names: Any) -> Any:
    """What the coroutine function `main` of a program returns; a given `engine` is closed after it."""

    async def main() -> Any:
        try:
            return await run(text, **names)["main"]()
        finally:
            if "engine" in names:
                await names["engine"].dispose()

    return asyncio.run(main())
