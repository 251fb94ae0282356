"""Show files to fixers and keep what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from autofix.run import pool
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.pool import Died
from autofix.run.proposals import Proposal
from autofix.run.reading import SUPPRESSION_MARK
from autofix.run.result import Notice
from autofix.run.work import FixOutcome, FixTask, FixWork, Verdict, one_fixer_each
from autofix.text.edit import Edit

PROGRESS_STEP = 128

Dirty = Mapping[str, tuple[int, ...]]
"""Files to show, each with the fixers to ask about it."""


class Answers:
    """What fixers said of each file as it is now."""

    def __init__(self, job: Job, files: Files) -> None:
        self._job = job
        self._files = files
        self._outcomes: dict[str, FixOutcome] = {}

    def ask(self, dirty: Dirty, data: Mapping[str, bytes | None], facts: Mapping[int, object]) -> None:
        """Show files, with their `data` now, to fixers; what they say replaces what they said before."""
        job, limits = self._job, self._job.settings.limits
        work = FixWork(job.project, job.fixers, facts, job.settings.known_ids, job.settings.unsafe)
        shown = sorted(dirty.items())
        tasks = [task for path, indexes in shown if (task := self._task(path, indexes, data[path])) is not None]
        self.forget(dirty)
        fatal: list[FixTask] = []
        for done, outcome in enumerate(pool.run(work, tasks, limits)):
            if not done % PROGRESS_STEP:
                job.tell("fixing", done, len(tasks))
            if not isinstance(outcome, Died):
                self._keep(outcome)
            elif len(outcome.task.fixers) > 1:
                fatal.append(outcome.task)
            else:
                self._keep_death(outcome)
        for outcome in pool.run(work, one_fixer_each(fatal), limits):
            if isinstance(outcome, Died):
                self._keep_death(outcome)
            else:
                self._keep(outcome)

    def _task(self, path: str, indexes: tuple[int, ...], data: bytes | None) -> FixTask | None:
        if path in self._files.left_alone or (path, "") in self._job.failures:
            return None
        if data is None or (not indexes and SUPPRESSION_MARK not in data):
            return None
        return FixTask(path, data, indexes, tuple(self._job.prefilter.by_path(path)))

    def _keep(self, outcome: FixOutcome) -> None:
        path = outcome.task.path
        if outcome.failure:
            self._job.failures[path, ""] = outcome.failure
        for index, reason in outcome.errors:
            self._job.fail(path, index, reason)
        known = self._outcomes.get(path)
        if known is not None:
            outcome.findings = known.findings + outcome.findings
            outcome.reads |= known.reads
        self._outcomes[path] = outcome

    def _keep_death(self, died: Died[FixTask]) -> None:
        for index in died.task.fixers:
            self._job.fail(died.task.path, index, died.reason)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop what was said of files that are not as they were."""
        for path in paths:
            self._outcomes.pop(path, None)

    def said_of(self, paths: Iterable[str]) -> Iterator[Proposal]:
        """The findings about some files."""
        for path in paths:
            if path in self._outcomes:
                yield from self._outcomes[path].proposals()

    def said(self) -> Iterator[Proposal]:
        """All findings that there are now."""
        return self.said_of(list(self._outcomes))

    def verdict(self, path: str, data: bytes | None, edits: Sequence[Edit]) -> Verdict | None:
        """Whether a file with this `data` still parses when the edits are made, if the worker that asked for them has seen."""
        outcome = self._outcomes.get(path)
        if outcome is None or outcome.verdict is None:
            return None
        known = outcome.verdict.edits == tuple(edits) and outcome.task.data == data
        return outcome.verdict if known else None

    def dependent(self, touched: set[str]) -> set[str]:
        """The files about which something was said that rests on one of the touched files."""
        return {
            path
            for path, outcome in self._outcomes.items()
            if not touched.isdisjoint(outcome.reads)
            or any(not touched.isdisjoint(proposal.elsewhere()) for proposal in outcome.proposals())
        }

    def notices(self) -> list[Notice]:
        """What is wrong with suppression comments."""
        return sorted(
            Notice(path, line, message) for path, outcome in self._outcomes.items() for line, message in outcome.notices
        )
