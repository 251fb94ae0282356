"""Everything that is to be said about one file."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixer import Finding, Project, Source
from autofix.fixers.python.unawaited_coroutine.assigned import Assigned
from autofix.fixers.python.unawaited_coroutine.calls import Site, is_expected_to_fail, sites
from autofix.fixers.python.unawaited_coroutine.dropped import Dropped
from autofix.fixers.python.unawaited_coroutine.evaluate import Evaluator
from autofix.fixers.python.unawaited_coroutine.facts import Facts
from autofix.fixers.python.unawaited_coroutine.libraries import TASKS
from autofix.fixers.python.unawaited_coroutine.program import File, Program
from autofix.fixers.python.unawaited_coroutine.tasks import Tasks
from autofix.fixers.python.unawaited_coroutine.values import External
from autofix.languages.python.summary import dotted


def findings(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """The coroutines and tasks of a file that nobody keeps."""
    suspects = facts.calls.get(source.path)
    if not suspects:
        return
    file = File(source)
    evaluator = Evaluator(Program(project, facts, file))
    assigned, tasks = Assigned(file), Tasks(file)
    proved = [
        (site, value)
        for site in sites(file, suspects)
        if (site.is_dropped or assigned.fails(site)) and not _is_meant(file, site)
        if (value := evaluator.evaluate(file, site.callee)) is not None
    ]
    made = [(site, value) for site, value in proved if evaluator.makes_coroutine(value)]
    dropped = Dropped(file, evaluator, [site for site, _ in made if site.is_dropped])
    for site, value in made:
        yield dropped.finding(site, value) if site.is_dropped else assigned.finding(site, value)
    started = [site for site, value in proved if site.is_dropped and isinstance(value, External) and value.name in TASKS]
    yield from tasks.findings(started)


def _is_meant(file: File, site: Site) -> bool:
    return is_patched(file.source, dotted(site.callee, file.source.text)) or is_expected_to_fail(file, site)


def is_patched(source: Source, callee: str) -> bool:
    """Whether a string of the file names the function, and something in it may put another in its place."""
    name = callee.rpartition(".")[2].encode()
    text = source.text
    return (b"patch" in text or b"setattr" in text) and any(name + quote in text for quote in (b'"', b"'"))
