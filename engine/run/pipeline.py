"""From paths to merged, verified edits: the way of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from autofix.fixer import AnyFixer
from autofix.project.discovery import Discovery
from autofix.project.project import Project
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.reading import Candidate
from autofix.run.result import Failure, Result, Settings, Skipped
from autofix.run.scope import Scope


def run(discovery: Discovery, project: Project, fixers: Sequence[AnyFixer], scope: Scope, settings: Settings) -> Result:
    """Find and make, in memory, everything that the fixers have to say of the discovered files. Nothing is written."""
    job = Job(discovery, project, fixers, scope, settings)
    files = Files(job)
    found = files.search()
    result = Result(discovery.root, [fixer.id for fixer in fixers], files=len(job.targets))
    # Where nothing is found, nothing more has to be imported.
    if (first := next(found, None)) is not None:
        _work_on(chain([first], found), job, files, result)
    failures = job.failures | {("", fixers[index].id): reason for index, reason in job.prefilter.broken.items()}
    result.failures = sorted(Failure(path, reason, fixer) for (path, fixer), reason in failures.items())
    result.skipped = sorted(Skipped(path, reason) for path, reason in files.left_alone.items() if path in job.targets)
    return result


def _work_on(found: Iterable[Candidate], job: Job, files: Files, result: Result) -> None:
    """Summarize files as they are found, then go through all rounds."""
    from autofix.run.linking import Linking
    from autofix.run.rounds import Rounds

    linking = Linking(job, files)
    linking.summarize(_warming_up(found, job))
    rounds = Rounds(job, files, linking)
    rounds.run()
    linking.save()
    rounds.tell(result)


def _warming_up(found: Iterable[Candidate], job: Job) -> Iterator[Candidate]:
    """Import in the parent, once, what looking at such files takes: forked workers then share it."""
    from autofix.languages import Language, language_of
    from autofix.languages.verify import syntax_error
    from autofix.text.source import Source

    warm: set[Language | int] = set()
    for candidate in found:
        language = language_of(candidate.path)
        if language is not None and language not in warm:
            warm.add(language)
            syntax_error(Source(candidate.path, b""), language)
        for index in candidate.hits:
            if index not in warm:
                warm.add(index)
                job.prefilter.prepare(index)
        yield candidate
