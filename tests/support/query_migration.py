"""Rewriting the queries of a whole text, as far as that goes without a call graph: functions that await become `async`."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.fixers.sqlalchemy.parents import Parents
from autofix.fixers.sqlalchemy.pieces import compose
from autofix.fixers.sqlalchemy.queries.groups import Group, groups
from autofix.fixers.sqlalchemy.queries.names import Names
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Context, ModelFacts, NoFacts, Refused, Rewritten
from autofix.languages.python import code
from autofix.languages.python.code_reading import read
from autofix.languages.python.import_insertion import add_import
from autofix.text.edit import Edit, apply_edits, insert
from autofix.text.source import Source
from query_kinds import StraightLine


class TestFacts(NoFacts):
    """What is true of the models of the tests."""

    __test__ = False

    def has_joined_collections(self, model: str) -> bool | None:
        return model == "Team"

    def has_unhashable_columns(self, model: str, column: str) -> bool | None:
        return (model, column) == ("Doc", "body")

    def has_own_table(self, model: str) -> bool | None:
        return True

    def has_attribute(self, model: str, name: str) -> bool | None:
        from query_kinds import MODELS

        return name in MODELS[model] if model in MODELS else None


@dataclass
class Migrated:
    """A text with its queries rewritten, where `outcomes` allow it."""

    text: str
    groups: list[Group]

    @property
    def reasons(self) -> list[str]:
        """Why something was not rewritten in 2.0 style."""
        return [outcome.reason for group in self.groups if not isinstance(outcome := group.outcome, Rewritten)]

    @property
    def worst(self) -> str:
        """`rewritten`, `bridged` or `refused`."""
        outcomes = [group.outcome for group in self.groups]
        if any(isinstance(outcome, Refused) for outcome in outcomes):
            return "refused"
        return "bridged" if any(isinstance(outcome, Bridge) for outcome in outcomes) else "rewritten"


def migrate(text: str, *, is_async: bool, facts: ModelFacts | None = None, session_text: str = "") -> Migrated:
    """The text with its queries rewritten; for asyncio functions that hold one become `async def`, what is refused stays."""
    source = Source("program.py", text.encode())
    module = read(source)
    assert not module.has_errors, text
    context = Context(
        source,
        StraightLine(module).kind_of,
        Parents(module.body),
        Names(source),
        is_async,
        facts or TestFacts(),
        model_name=str,
        session_text=session_text,
    )
    found: list[Group] = []
    edits: list[Edit] = []
    for statement in module.body:
        for group in groups((statement,), context):
            found.append(group)
            outcome = group.outcome
            if isinstance(outcome, Refused):
                continue
            edits += compose(outcome.pieces)
            if isinstance(outcome, Rewritten):
                for needed in outcome.imports:
                    edits += add_import(source, needed.module, needed.name, needed.alias)
        if is_async and isinstance(statement, code.Function) and not statement.is_async:
            edits.append(insert(statement.start, "async "))
    return Migrated(_apply(text, edits), found)


def _apply(text: str, edits: list[Edit]) -> str:
    shared = dict.fromkeys(edit for edit in edits if edit.shared)
    return apply_edits(text.encode(), [*shared, *(edit for edit in edits if not edit.shared)]).decode()
