"""Each legacy query as a finding: its fix, or why it stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from autofix.fixer import Finding, Fix, Project, Refusal
from autofix.fixers.sqlalchemy.dependencies import Release, sqlalchemy_release
from autofix.fixers.sqlalchemy.inference.analysis import Inference, infer
from autofix.fixers.sqlalchemy.kinds import Kind
from autofix.fixers.sqlalchemy.pieces import Piece, compose
from autofix.fixers.sqlalchemy.queries.customs import custom_queries
from autofix.fixers.sqlalchemy.queries.outcome import Import, Rewritten, Style
from autofix.fixers.sqlalchemy.queries.plan import File, Planned, plan
from autofix.fixers.sqlalchemy.queries.programs import Models, Sessions, has_queries
from autofix.fixers.sqlalchemy.selects.facts import Facts
from autofix.fixers.sqlalchemy.selects.names import cannot_wait, is_there
from autofix.fixers.sqlalchemy.selects.readers import Readers
from autofix.fixers.sqlalchemy.selects.standins import replaced
from autofix.languages.python.code import Attribute, Call, Expression, Module
from autofix.languages.python.import_insertion import add_imports
from autofix.languages.python.scopes import scopes
from autofix.text.edit import Edit
from autofix.text.source import Source

# `Session.scalars` and `AsyncSession.scalars`; `select(X)`, `Session.get` and the rest came with 1.4.0.
_OLDEST = (1, 4, 24)
_LEGACY = "`query` is the legacy style of SQLAlchemy"
_CRASH = "`AsyncSession` has no `query`: this crashes with AttributeError"


def link(project: Project, modules: Mapping[str, Module], *, only_crashes: bool) -> Facts:
    """What becomes of the queries of a repository; `only_crashes` asks for those of asynchronous sessions alone."""
    sources = {path: source for path in modules if (source := project.source(path)) is not None}
    inference = infer({path: modules[path] for path in sources}, project.paths)
    if not any(has_queries(inference, path) for path in sources):
        return Facts()
    queries = _Queries(inference, sources, sqlalchemy_release(project))
    findings: dict[str, list[Finding]] = defaultdict(list)
    for is_async in (True,) if only_crashes else (True, False):
        for path, finding in queries.findings(is_async):
            findings[path].append(finding)
    return Facts({path: tuple(sorted(found, key=lambda finding: finding.start)) for path, found in findings.items()})


class _Queries:
    """The queries of a program."""

    def __init__(self, inference: Inference, sources: Mapping[str, Source], release: Release) -> None:
        self._inference = inference
        self._sources = sources
        self._release = release
        program = inference.program
        self._files = [self._file(path) for path in sorted(program.modules) if has_queries(inference, path)]
        self._readers = Readers(inference, sources)
        self._custom = custom_queries(inference, {path: source.text for path, source in sources.items()})
        self._replaced = replaced(program, sources)

    def _file(self, path: str) -> File:
        inference, source, module = self._inference, self._sources[path], self._inference.program.modules[path]
        parents = inference.program.parents[path]

        def kind_of(expression: Expression) -> Kind:
            return inference.kind_of(path, expression)

        def barrier(expression: Expression) -> str:
            return cannot_wait(scopes(source), expression.start)

        session = Sessions(inference, path, module, parents).parameter
        return File(path, module, parents, source.text, kind_of, session, partial(inference.received, path), barrier)

    def findings(self, is_async: bool) -> Iterator[tuple[str, Finding]]:
        """One finding for each query, by the path of the file where it begins."""
        style = Style.ASYNC if is_async else Style.SYNC
        for group in plan(self._files, Models(self._inference), style, is_async=is_async, difference=self._difference()):
            first = _first(group)
            outcome = self._outcome(group, first, is_async)
            message = _CRASH if is_async else _LEGACY
            yield first.path, Finding(first.node.start, first.node.end, message, outcome)

    def _difference(self) -> str:
        custom = self._custom
        return f"{custom.reason} ({self._place(custom.path, custom.start)})" if custom is not None else ""

    def _place(self, path: str, start: int) -> str:
        return f"{path}:{self._sources[path].line_of(start)}"

    def _outcome(self, group: Sequence[Planned], first: Planned, is_async: bool) -> Fix | Refusal:
        reason, hint = self._too_old()
        made: list[tuple[Planned, Rewritten]] = []
        for planned in group:
            if not isinstance(planned.outcome, Rewritten):
                return Refusal(planned.outcome.reason, "" if is_async else "It works as it is.")
            made.append((planned, planned.outcome))
        reason = reason or self._readers.unknown(group) or self._stood_in(group, is_async)
        if reason:
            return Refusal(reason, hint)
        imports: dict[str, dict[Import, None]] = defaultdict(dict)
        for planned, outcome in made:
            for module, name in outcome.imports:
                there = is_there(scopes(self._sources[planned.path]), planned.node.start, module, name)
                if there is None:
                    return Refusal(f"`{name}` means something else here", f"Rename it: `{name}` of {module} is needed.")
                if not there:
                    imports[planned.path][module, name] = None
        pieces: dict[str, dict[Piece, None]] = defaultdict(dict)
        for planned, outcome in made:
            pieces[planned.path].update(dict.fromkeys(outcome.pieces))
        edits = {path: (*compose(found), *self._imported(path, imports[path])) for path, found in pieces.items() if found}
        return Fix(edits.pop(first.path, ()), title="Write it in 2.0 style", elsewhere=edits)

    def _too_old(self) -> tuple[str, str]:
        """Why the SQLAlchemy that is pinned cannot run the new style, and what to do about it."""
        version = self._release.exact or self._release.minor
        if version is None or version >= _OLDEST[: len(version)]:
            return "", ""
        return (
            f"the SQLAlchemy that is pinned lacks `scalars` ({self._release.evidence})",
            "Raise the pin to 1.4.24 or later first.",
        )

    def _stood_in(self, group: Sequence[Planned], is_async: bool) -> str:
        place = next((self._replaced[planned.path] for planned in group if planned.path in self._replaced), "")
        return (
            f"a test hands over something else for the session, which only knows `query` ({place})"
            if place and not is_async
            else ""
        )

    def _imported(self, path: str, imports: Mapping[Import, None]) -> Iterable[Edit]:
        return add_imports(self._sources[path], imports, self._inference.program.index.found_from(path))


def _first(group: Sequence[Planned]) -> Planned:
    """The use that stands for a query: where it begins, with all that is called there."""
    begun = [planned for planned in group if _begins(planned.node)] or group
    path, start = min((planned.path, planned.node.start) for planned in begun)
    return max((each for each in group if (each.path, each.node.start) == (path, start)), key=lambda each: each.node.end)


def _begins(node: Expression) -> bool:
    return isinstance(node, Call) and isinstance(node.function, Attribute) and node.function.name == "query"
