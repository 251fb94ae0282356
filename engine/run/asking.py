"""Show files to fixers and keep what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autofix.run import pool
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.pool import Died
from autofix.run.proposals import Proposal
from autofix.run.reading import SUPPRESSION_MARK
from autofix.run.result import Notice
from autofix.run.work import FixOutcome, FixTask, FixWork, Verdict, one_fixer_each

PROGRESS_STEP = 128

Dirty = Mapping[str, tuple[int, ...]]
"""Files to show, each with the fixers to ask about it."""


class Answers:
    """What fixers said of each file as it is now."""

    def __init__(self, job: Job, files: Files) -> None:
        self._job = job
        self._files = files
        self._outcomes: dict[str, FixOutcome] = {}
        self._facts: Mapping[int, object] = {}
        self._foreseen: dict[str, FixOutcome] = {}
        """What workers have seen coming for files that have changed since."""

    def ask(self, dirty: Dirty, data: Mapping[str, bytes | None], facts: Mapping[int, object]) -> None:
        """Show files, with their `data` now, to fixers; what they say replaces what they said before."""
        job, limits = self._job, self._job.settings.limits
        work = FixWork(job.project, job.fixers, facts, job.settings.known_ids, job.prefilter.needles, job.settings.unsafe)
        shown = sorted(dirty.items())
        tasks = [task for path, indexes in shown if (task := self._task(path, indexes, data[path])) is not None]
        for path in dirty:
            self._outcomes.pop(path, None)
        if facts != self._facts:
            self._foreseen.clear()
        self._facts = facts
        unseen = [task for task in tasks if not self._foresaw(task)]
        self._foreseen.clear()
        fatal: list[FixTask] = []
        for done, outcome in enumerate(pool.run(work, unseen, limits)):
            if not done % PROGRESS_STEP:
                job.tell("fixing", done, len(tasks))
            if isinstance(outcome, Died):
                fatal.append(outcome.task)
            else:
                self._keep(outcome)
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
        return FixTask(path, data, indexes, tuple(self._job.prefilter.by_path(path)), ahead=True)

    def _foresaw(self, task: FixTask) -> bool:
        """Whether a worker has asked the same before, and keeps the answer then."""
        known = self._foreseen.get(task.path)
        if known is None or known.task != task._replace(ahead=False):
            return False
        self._keep(known)
        return True

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

    def change(self, changed: Iterable[str], touched: set[str]) -> None:
        """Drop what was said of files that are not as they were. What was foreseen for them must not rest on touched files."""
        for path in changed:
            outcome = self._outcomes.pop(path, None)
            if outcome is not None and outcome.following is not None and not _rests_on(outcome.following, touched):
                self._foreseen[path] = outcome.following

    def said_of(self, paths: Iterable[str]) -> Iterator[Proposal]:
        """The findings about some files."""
        for path in paths:
            if path in self._outcomes:
                yield from self._outcomes[path].proposals()

    def said(self) -> Iterator[Proposal]:
        """All findings that there are now."""
        return self.said_of(list(self._outcomes))

    def verdict(self, path: str, before: bytes | None, after: bytes) -> Verdict | None:
        """Whether a file may become what it is `after`, if the worker that was asked about it `before` has seen that."""
        outcome = self._outcomes.get(path)
        if outcome is None or outcome.verdict is None or outcome.task.data != before:
            return None
        return outcome.verdict if outcome.verdict.data == after else None

    def dependent(self, touched: set[str]) -> set[str]:
        """The files about which something was said that rests on one of the touched files."""
        return {path for path, outcome in self._outcomes.items() if _rests_on(outcome, touched)}

    def notices(self) -> list[Notice]:
        """What is wrong with suppression comments."""
        return sorted(
            Notice(path, line, message) for path, outcome in self._outcomes.items() for line, message in outcome.notices
        )


def _rests_on(outcome: FixOutcome, touched: set[str]) -> bool:
    """Whether what was said would be something else if these files changed."""
    return not touched.isdisjoint(outcome.reads) or any(
        not touched.isdisjoint(proposal.elsewhere()) for proposal in outcome.proposals()
    )
