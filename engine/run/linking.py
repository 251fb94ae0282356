"""Whole-program fixers: the summaries of files, and the facts that are linked from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from autofix.fixer import ProgramFixer
from autofix.languages import language_of
from autofix.project.cache import Key, SummaryCache
from autofix.project.summaries import Summarizer
from autofix.run import pool
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.pool import Died
from autofix.run.reading import Candidate
from autofix.run.result import PartOf
from autofix.run.work import InspectOutcome, InspectTask, InspectWork, LinkOutcome, LinkTask, LinkWork

# How many files' time linking may take.
LINK_PATIENCE = 10


class Linking:
    """What is known of the whole program, kept up to date while files change."""

    def __init__(self, job: Job, files: Files) -> None:
        self._job = job
        self._files = files
        self._cache = SummaryCache(job.discovery.root if job.settings.cache else None)
        self._linked: dict[int, LinkOutcome] = {}
        self.parts: list[PartOf] = []
        """The parts of the program, with a file that the user asked for, as whole-program fixers see them."""

    # Summaries.

    @cached_property
    def _summarizers_of(self) -> dict[int, Sequence[Summarizer[object]]]:
        """The summarizers of each whole-program fixer, by its index."""
        fixers = enumerate(self._job.fixers)
        return {index: fixer.summarizers for index, fixer in fixers if isinstance(fixer, ProgramFixer)}

    @cached_property
    def inspection(self) -> InspectWork:
        """What workers do to summarize and verify."""
        return InspectWork(
            {summarizer.name: summarizer for all_of_one in self._summarizers_of.values() for summarizer in all_of_one}
        )

    def summarize(self, found: Iterable[Candidate]) -> None:
        """Summarize files as they are found."""
        for outcome in pool.run(self.inspection, self._tasks(found), self._job.settings.limits):
            if isinstance(outcome, Died):
                self._job.failures[outcome.task.path, ""] = f"cannot be summarized: {outcome.reason}"
            else:
                self.keep(outcome)

    def _tasks(self, found: Iterable[Candidate]) -> Iterator[InspectTask]:
        for candidate in found:
            task = self.task(candidate.path, candidate.data)
            self._publish(task.path, task.keys)
            if task.missing:
                yield task

    def task(self, path: str, data: bytes, before: bytes | None = None) -> InspectTask:
        """What is to be found out about a file that the cache does not know."""
        keys = self._keys(path, data)
        missing = tuple(name for name, key in keys.items() if self._cache.get(key) is None)
        return InspectTask(path, data, missing, before, keys)

    def recall(self, path: str, data: bytes) -> None:
        """Let fixers have what the cache knows about a file."""
        self._publish(path, self._keys(path, data))

    def keep(self, outcome: InspectOutcome) -> None:
        """Let fixers have what was found out about a file, and the next run, too."""
        task = outcome.task
        if outcome.failure and task.path in self._job.targets:
            self._job.failures[task.path, ""] = outcome.failure
        for name, summary in outcome.summaries.items():
            self._cache.put(task.keys[name], summary)
        self._publish(task.path, task.keys)

    def save(self) -> None:
        """Keep the summaries for the next run."""
        self._cache.save()

    def _keys(self, path: str, data: bytes) -> dict[str, Key]:
        language = language_of(path)
        wanted = {
            summarizer.name: summarizer
            for index in self._job.prefilter.by_content(self._job.prefilter.by_path(path), data)
            for summarizer in self._summarizers_of.get(index, ())
            if language in summarizer.languages
        }
        return SummaryCache.keys(wanted.values(), path, data) if wanted else {}

    def _publish(self, path: str, keys: Mapping[str, Key]) -> None:
        for name, key in keys.items():
            if (summary := self._cache.get(key)) is not None:
                self._job.project.all_summaries.setdefault(name, {})[path] = summary

    # Facts.

    def link_all(self) -> None:
        """Link every whole-program fixer, on files that are as they were before the run."""
        self.link(self._job.programs)
        self.parts = [
            PartOf(self._job.fixers[index].id, part)
            for index, outcome in sorted(self._linked.items())
            for part in outcome.parts
            if not self._job.targets.isdisjoint(part.files)
        ]

    def link(self, indexes: Iterable[int]) -> set[int]:
        """Link some whole-program fixers; returns those whose facts are new."""
        job = self._job
        hits = self._files.hits
        tasks = [
            LinkTask(index, frozenset(path for path, wanting in hits.items() if index in wanting)) for index in sorted(indexes)
        ]
        changed: set[int] = set()
        # Linking sees the whole repository: it may take as long as many files. Without a file there is nothing to link.
        patience = job.settings.limits._replace(seconds=LINK_PATIENCE * job.settings.limits.seconds)
        answers = pool.run(LinkWork(job.project, job.fixers), [task for task in tasks if task.paths], patience)
        nothing = (LinkOutcome(task, targets=frozenset()) for task in tasks if not task.paths)
        for answer in chain(nothing, answers):
            outcome = LinkOutcome(answer.task, error=answer.reason) if isinstance(answer, Died) else answer
            index = outcome.task.fixer
            if outcome.error:
                job.fail("", index, outcome.error)
            known = self._linked.get(index)
            if known is None or (known.facts, known.targets) != (outcome.facts, outcome.targets):
                changed.add(index)
            self._linked[index] = outcome
        return changed

    def facts(self) -> dict[int, object]:
        """The facts of each whole-program fixer, by its index."""
        return {index: outcome.facts for index, outcome in self._linked.items()}

    def wanted(self, path: str) -> tuple[int, ...]:
        """The fixers to ask about a file: those with needles in it, or whose facts name it."""
        chosen = []
        hits = self._files.hits.get(path, ())
        for index in self._job.prefilter.by_path(path):
            linked = self._linked.get(index)
            if linked is None:
                wanted = index in hits
            else:
                wanted = not linked.error and (index in hits if linked.targets is None else path in linked.targets)
            if wanted and (path, self._job.fixers[index].id) not in self._job.failures:
                chosen.append(index)
        return tuple(chosen)

    def targets(self) -> set[str]:
        """All files that facts name."""
        return {path for outcome in self._linked.values() for path in outcome.targets or ()}

    def update(self, touched: set[str]) -> set[str]:
        """Link anew what the touched files (`""`: that some came or went) change; returns the files to visit for it."""
        news = self.link([index for index, outcome in self._linked.items() if self._is_stale(index, outcome, touched)])
        return {path for index in news for path in self._visited_by(index)}

    def _is_stale(self, index: int, outcome: LinkOutcome, touched: set[str]) -> bool:
        """Whether a whole-program fixer would link something else now."""
        newcomer = any(index in self._files.hits.get(path, ()) for path in touched)
        summarized = bool(self._summarizers_of[index])
        return (
            not touched.isdisjoint(outcome.reads)
            or (summarized and (newcomer or not touched.isdisjoint(outcome.task.paths)))
            or (newcomer and not outcome.task.paths)
        )

    def _visited_by(self, index: int) -> set[str]:
        targets = self._linked[index].targets
        if targets is not None:
            return set(targets)
        return {path for path, hits in self._files.hits.items() if index in hits}
