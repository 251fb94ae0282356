"""The plan as findings: one fix over all files of a component, or a refusal at every place that stands in its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autofix.fixer import Applicability, Finding, Fix, Part, Project, Refusal
from autofix.fixers.sqlalchemy.migration.account import in_order
from autofix.fixers.sqlalchemy.migration.plan import Plan, plan
from autofix.languages.python.code import Module
from autofix.text.source import Source

_NEEDLES = (b"sqlalchemy", b"sqlmodel")


@dataclass(frozen=True)
class Facts:
    """What there is to say about each file, and about each component."""

    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def link(project: Project, modules: Mapping[str, Module]) -> Facts:
    """Plan the migration of a repository."""
    sources = {path: source for path in modules if (source := project.source(path)) is not None}
    if not any(needle in source.text for source in sources.values() for needle in _NEEDLES):
        return Facts()
    findings: dict[str, list[Finding]] = defaultdict(list)
    plans = plan(project, sources, {path: modules[path] for path in sources})
    for made in plans:
        for path, finding in _findings(made, sources):
            findings[path].append(finding)
    parts = tuple(in_order(made.part for made in plans))
    return Facts({path: tuple(found) for path, found in findings.items()}, parts)


def _findings(made: Plan, sources: Mapping[str, Source]) -> Iterator[tuple[str, Finding]]:
    if made.blockers:
        for blocker in made.blockers:
            yield (
                blocker.path,
                Finding(
                    blocker.start,
                    blocker.start,
                    "synchronous SQLAlchemy sessions stay here",
                    Refusal(blocker.reason, blocker.hint),
                ),
            )
        return
    first, *others = sorted(made.edits, key=lambda path: (path not in sources, path))
    fix = Fix(
        made.edits[first],
        Applicability.UNSAFE,
        "Migrate to asyncio",
        {path: made.edits[path] for path in others},
        made.operations,
    )
    start = min(edit.start for edit in made.edits[first])
    message = f"synchronous SQLAlchemy sessions in {len(made.edits)} files become asynchronous"
    evidence = [f"{path}:{sources[path].line_of(start)}: {note}" for path, start, note in made.notes if path in sources]
    yield first, Finding(start, start, message, fix, evidence)
