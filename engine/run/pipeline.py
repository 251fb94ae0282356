"""From paths to merged, verified edits: the way of the data, round by round until nothing changes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain

from autofix.fixer import AnyFixer, ProgramFixer
from autofix.languages import language_of
from autofix.languages.verify import syntax_error
from autofix.project.cache import SummaryCache
from autofix.project.discovery import Discovery
from autofix.project.files import Skip, Unreadable, generated, is_behind_link, read
from autofix.project.project import Project
from autofix.project.summaries import Summarizer
from autofix.run import pool
from autofix.run.pool import Died
from autofix.run.prefilter import Prefilter
from autofix.run.proposals import Proposal, made_together
from autofix.run.reading import SUPPRESSION_MARK, Candidate, ReadWork, Wanted, candidates
from autofix.run.reporting import Places, changes, findings
from autofix.run.result import Failure, Notice, Result, Settings, Skipped
from autofix.run.tree import Impossible, Tree
from autofix.run.work import (
    FixOutcome,
    FixTask,
    FixWork,
    InspectOutcome,
    InspectTask,
    InspectWork,
    LinkOutcome,
    LinkTask,
    LinkWork,
    one_fixer_each,
)
from autofix.text.source import Source

# Rounds after which fixes that still produce changes are taken to feed on each other.
ROUND_LIMIT = 100

PROGRESS_STEP = 128

# How many files' time linking may take.
LINK_PATIENCE = 10

# How often a file is parsed to find the fixes that break it, before all of a fixer's are blamed.
GUILT_CHECKS = 64


class Scope:
    """What a run may look at and change; the default is everything."""

    def ignored(self, path: str, fixer: str) -> bool:
        """Whether the configuration keeps a fixer, by its id, from a file."""
        return False

    def excluded(self, path: str) -> bool:
        """Whether no fixer may change a file."""
        return False

    def covers(self, path: str, first_line: int, last_line: int) -> bool:
        """Whether a finding on these lines (1-based, in the file as it is on disk) counts."""
        return True


def run(discovery: Discovery, project: Project, fixers: Sequence[AnyFixer], scope: Scope, settings: Settings) -> Result:
    """Find and make, in memory, everything that the fixers have to say of the discovered files. Nothing is written."""
    return _Run(discovery, project, fixers, scope, settings).execute()


class _Run:
    def __init__(
        self, discovery: Discovery, project: Project, fixers: Sequence[AnyFixer], scope: Scope, settings: Settings
    ) -> None:
        self.discovery = discovery
        self.project = project
        self.fixers = fixers
        self.scope = scope
        self.settings = settings
        self.prefilter = Prefilter(fixers, scope.ignored)
        self.cache = SummaryCache(discovery.root if settings.cache else None)
        self.tree = Tree()
        everything = not discovery.named and len(discovery.targets) == len(discovery.paths)
        self.targets = discovery.paths if everything else frozenset(discovery.targets)
        self.root = os.fspath(discovery.root)
        self.candidates: dict[str, tuple[int, ...]] = {}
        self.data: dict[str, bytes] = {}
        self.left_alone: dict[str, str] = {}
        self.linked: dict[int, LinkOutcome] = {}
        self.outcomes: dict[str, FixOutcome] = {}
        self.applied: list[Proposal] = []
        self.dropped: dict[Proposal, str] = {}
        self.failures: dict[tuple[str, str], str] = {}
        self.rounds = 0
        self.waiting = 0
        self.abandoned: dict[str, tuple[str, str]] = {}
        self.seen: dict[str, set[bytes]] = defaultdict(set)
        self.places = Places(self.bytes_of)
        self.warm: set[str | int] = set()

    # The stages, in order.

    def execute(self) -> Result:
        self.scan()
        self.link(range(len(self.fixers)))
        dirty = self.first_round()
        while dirty:
            self.ask(dirty)
            dirty = self.make(self.proposals(dirty))
        self.cache.save()
        return self.result()

    def scan(self) -> None:
        """Read every file that some fixer may want, keep those with needles, summarize what has to be linked."""
        for outcome in self.inspect(self._scanned()):
            self._keep_summaries(outcome)

    def _scanned(self) -> Iterator[InspectTask]:
        work = ReadWork(self.root, self.prefilter.needles)
        for candidate in candidates(work, self._wanted_by_path(), self.settings.limits):
            yield from self._candidate(candidate)

    def _wanted_by_path(self) -> Iterator[Wanted]:
        programs = frozenset(index for index, fixer in enumerate(self.fixers) if isinstance(fixer, ProgramFixer))
        # Whole-program fixers also need the files that nobody asked for; the order of the list is that of git.
        partial = programs and not self.discovery.paths <= self.targets
        paths = self.prefilter.sifted(sorted(self.discovery.paths | self.targets) if partial else self.discovery.targets)
        for done, path in enumerate(paths):
            if not done % PROGRESS_STEP:
                self._tell("reading", done, len(paths))
            indexes = self.prefilter.by_path(path)
            if indexes and path not in self.targets:
                indexes = [index for index in indexes if index in programs]
            if indexes and not self.scope.excluded(path):
                yield path, indexes

    def _candidate(self, found: Candidate) -> Iterator[InspectTask]:
        path, data = found.path, found.data
        if found.skipped or found.failed:
            self._keep_problem(found)
            return
        self._warm_up(path, found.hits)
        self.candidates[path] = found.hits
        self.data[path] = data
        if (reason := generated(data)) is not None:
            self.left_alone[path] = reason
        task = self._summary_task(path, data)
        if task.summarizers:
            yield task

    def _keep_problem(self, found: Candidate) -> None:
        if found.path not in self.targets:
            return
        if found.skipped:
            self.left_alone[found.path] = found.skipped
        else:
            self.failures[found.path, ""] = found.failed

    def _warm_up(self, path: str, hits: Iterable[int]) -> None:
        """Import in the parent, once, what looking at such a file takes: forked workers then share it."""
        language = language_of(path)
        if language is not None and language not in self.warm:
            self.warm.add(language)
            syntax_error(Source(path, b""), language)
        for index in hits:
            if index not in self.warm:
                self.warm.add(index)
                self.prefilter.prepare(index)

    def _read(self, path: str) -> bytes | None:
        try:
            return None if is_behind_link(self.root, path) else read(f"{self.root}/{path}")
        except FileNotFoundError:
            return None
        except Skip as skip:
            self._keep_problem(Candidate(path, skipped=str(skip)))
        except Unreadable as error:
            self._keep_problem(Candidate(path, failed=f"cannot be read: {error}"))
        return None

    def link(self, indexes: Iterable[int]) -> set[int]:
        """Link the whole-program fixers among the indexes; returns those whose facts are new."""
        tasks = [
            LinkTask(index, frozenset(path for path, hits in self.candidates.items() if index in hits))
            for index in indexes
            if isinstance(self.fixers[index], ProgramFixer)
        ]
        changed: set[int] = set()
        # Linking sees the whole repository: it may take as long as many files. Without a file there is nothing to link.
        patience = replace(self.settings.limits, seconds=LINK_PATIENCE * self.settings.limits.seconds)
        answers = pool.run(LinkWork(self.project, self.fixers), [task for task in tasks if task.paths], patience)
        nothing = (LinkOutcome(task, targets=frozenset()) for task in tasks if not task.paths)
        for answer in chain(nothing, answers):
            outcome = LinkOutcome(answer.task, error=answer.reason) if isinstance(answer, Died) else answer
            index = outcome.task.index
            if outcome.error:
                self.failures["", self.fixers[index].id] = outcome.error
            known = self.linked.get(index)
            if known is None or (known.facts, known.targets) != (outcome.facts, outcome.targets):
                changed.add(index)
            self.linked[index] = outcome
        return changed

    def first_round(self) -> dict[str, tuple[int, ...]]:
        paths = self.targets & (self.candidates.keys() | self._linked_targets())
        return {path: self._wanted(path) for path in paths}

    def ask(self, dirty: dict[str, tuple[int, ...]]) -> None:
        """Show files to fixers; what they say replaces what they said before."""
        facts = {index: outcome.facts for index, outcome in self.linked.items()}
        work = FixWork(self.project, self.fixers, facts, self.settings.known_ids)
        tasks = [task for path, indexes in sorted(dirty.items()) if (task := self._fix_task(path, indexes)) is not None]
        for path in dirty:
            self.outcomes.pop(path, None)
        fatal: list[FixTask] = []
        for done, outcome in enumerate(self._pooled(work, tasks)):
            if not done % PROGRESS_STEP:
                self._tell("fixing", done, len(tasks))
            if not isinstance(outcome, Died):
                self._keep_outcome(outcome)
            elif len(outcome.task.fixers) > 1:
                fatal.append(outcome.task)
            else:
                self._keep_death(outcome)
        for outcome in self._pooled(work, one_fixer_each(fatal)):
            if isinstance(outcome, Died):
                self._keep_death(outcome)
            else:
                self._keep_outcome(outcome)

    def proposals(self, dirty: Iterable[str]) -> list[Proposal]:
        """The fixes that may be made, in the order in which they are tried."""
        found = [
            Proposal(path, index, finding)
            for path in dirty
            if path in self.outcomes
            for index, finding in self.outcomes[path].findings
        ]
        return sorted((proposal for proposal in found if self._allowed(proposal)), key=Proposal.order)

    def make(self, proposals: Sequence[Proposal]) -> dict[str, tuple[int, ...]]:
        """Merge, verify, and keep what holds. Returns the files to show again."""
        refused = {proposal: reason for proposal in proposals if (reason := self._in_the_way(proposal))}
        while True:
            merged = made_together(proposal for proposal in proposals if proposal not in refused)
            try:
                tree = self.tree.after((proposal.fix for proposal in merged.accepted), merged.edits, self.bytes_of)
            except Impossible:
                refused |= self._impossible(merged.accepted)
                continue
            outcomes = self._verified(tree)
            broken = {outcome.task.path: outcome.broken for outcome in outcomes if outcome.broken}
            if not broken:
                break
            refused |= self._breaking(merged.accepted, broken)
        changed = {outcome.task.path for outcome in outcomes} | self._gone(tree)
        made = [proposal for proposal in merged.accepted if not changed.isdisjoint(proposal.touched())]
        self.dropped |= refused | {p: "it changes nothing" for p in merged.accepted if changed.isdisjoint(p.touched())}
        if not changed:
            return {}
        for proposal in made:
            self.places.remember(proposal, self.tree)
        self.applied += made
        self._advance(tree)
        for outcome in outcomes:
            self._keep_summaries(outcome)
        # Fixes that want the same place and get their turns one by one come to an end by themselves.
        self.rounds += len(merged.deferred) >= self.waiting
        self.waiting = len(merged.deferred)
        if restless := self._restless(changed):
            return self.start_over(restless)
        return self._affected(changed, {proposal.path for proposal in merged.deferred})

    def start_over(self, restless: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
        """Begin again without files that do not come to rest, as what was done to others may rest on them.

        Takes the reason for each of them and returns the files to show.
        """
        for path, reason in restless.items():
            names = sorted({self.fixers[proposal.index].id for proposal in self.applied if path in proposal.touched()})
            self.abandoned[path] = ", ".join(names), f"left as it was: {reason}"
        changed = self.tree.versions.keys()
        self._advance(Tree())
        self.applied, self.dropped, self.outcomes, self.places = [], {}, {}, Places(self.bytes_of)
        self.seen.clear()
        self.rounds = self.waiting = 0
        for path in changed:
            self._sift(path)
            if (data := self.bytes_of(path)) is not None:
                self._summary_task(path, data)
        self.link(range(len(self.fixers)))
        return self.first_round()

    # Helpers of the stages.

    def bytes_of(self, path: str) -> bytes | None:
        """A file as it is on disk, or as it was when this run read it."""
        if path not in self.data and path in self.discovery.paths:
            data = self._read(path)
            if data is not None:
                self.data[path] = data
        return self.data.get(path)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.settings.progress is not None:
            self.settings.progress(stage, done, total)

    def _pooled(
        self, work: pool.Work[pool.TaskT, pool.ResultT], tasks: Iterable[pool.TaskT]
    ) -> Iterator[pool.ResultT | Died[pool.TaskT]]:
        return pool.run(work, tasks, self.settings.limits)

    def _present(self, path: str) -> bytes | None:
        version = self.tree.versions.get(path)
        return self.bytes_of(path) if version is None else version.data

    def _linked_targets(self) -> set[str]:
        return {path for outcome in self.linked.values() for path in outcome.targets or ()}

    def _wanted(self, path: str) -> tuple[int, ...]:
        """The fixers to ask about a file: those with needles in it, or whose facts name it."""
        chosen = []
        hits = self.candidates.get(path, ())
        for index in self.prefilter.by_path(path):
            linked = self.linked.get(index)
            if linked is None:
                wanted = index in hits
            else:
                wanted = not linked.error and (index in hits if linked.targets is None else path in linked.targets)
            if wanted and (path, self.fixers[index].id) not in self.failures:
                chosen.append(index)
        return tuple(chosen)

    def _fix_task(self, path: str, indexes: tuple[int, ...]) -> FixTask | None:
        if path in self.left_alone or (path, "") in self.failures:
            return None
        data = self._present(path)
        if data is None or (not indexes and SUPPRESSION_MARK not in data):
            return None
        return FixTask(path, data, indexes, tuple(self.prefilter.by_path(path)))

    def _keep_outcome(self, outcome: FixOutcome) -> None:
        path = outcome.task.path
        if outcome.failure:
            self.failures[path, ""] = outcome.failure
        for index, reason in outcome.errors:
            self._fail(path, index, reason)
        known = self.outcomes.get(path)
        if known is not None:
            outcome.findings = known.findings + outcome.findings
            outcome.reads |= known.reads
        self.outcomes[path] = outcome

    def _keep_death(self, died: Died[FixTask]) -> None:
        for index in died.task.fixers:
            self._fail(died.task.path, index, died.reason)

    def _fail(self, path: str, index: int, reason: str) -> None:
        self.failures[path, self.fixers[index].id] = reason

    def _allowed(self, proposal: Proposal) -> bool:
        if not proposal.makes(self.settings.unsafe) or not self.places.covers(proposal, self.tree, self.scope):
            return False
        fixer = self.fixers[proposal.index].id
        return not any(
            path in self.abandoned or path in self.left_alone or self.scope.excluded(path) or self.scope.ignored(path, fixer)
            for path in proposal.touched()
        )

    def _in_the_way(self, proposal: Proposal) -> str:
        """A file that git ignores is none of the project's, but still stands where another should be created."""
        for path in proposal.created():
            if path not in self.discovery.paths and path not in self.tree.versions and os.path.lexists(f"{self.root}/{path}"):
                return f"cannot be made: {path} exists already, ignored by git"
        return ""

    def _impossible(self, accepted: Sequence[Proposal]) -> dict[Proposal, str]:
        culprits: dict[Proposal, str] = {}
        for proposal in accepted:
            try:
                self.tree.after([proposal.fix], proposal.edits(), self.bytes_of)
            except Impossible as error:
                culprits[proposal] = f"cannot be made: {error}"
        return culprits or dict.fromkeys(accepted, "cannot be made together")

    def _verified(self, tree: Tree) -> list[InspectOutcome]:
        """Re-parse what differs from the round before."""
        tasks = []
        for path, version in tree.versions.items():
            known = self.tree.versions.get(path)
            data = version.data
            if version is not known and data is not None:
                before = known.data if known is not None else self.bytes_of(version.original_path)
                tasks.append(self._summary_task(path, data, before or b""))
        return [
            InspectOutcome(outcome.task, broken=outcome.reason) if isinstance(outcome, Died) else outcome
            for outcome in self._pooled(InspectWork(self.summarizers), tasks)
        ]

    def _breaking(self, accepted: Sequence[Proposal], broken: dict[str, str]) -> dict[Proposal, str]:
        """The proposals to blame for files that no longer parse: those of one fixer that break the file by themselves."""
        culprits: dict[Proposal, str] = {}
        for path, reason in broken.items():
            touching = [proposal for proposal in accepted if path in proposal.touched()]
            by_fixer = [[p for p in touching if p.index == index] for index in sorted({p.index for p in touching})]
            guilty = [share for share in by_fixer if len(by_fixer) == 1 or self._breaks(share)]
            # Each fixer's share holds by itself: the later ones wait until the first is made.
            blamed = [self._guilty(share, iter(range(GUILT_CHECKS))) for share in guilty] or by_fixer[1:]
            for proposal in (proposal for share in blamed for proposal in share):
                culprits[proposal] = f"the result would not parse: {path}: {reason}"
        return culprits

    def _guilty(self, share: Sequence[Proposal], checks: Iterator[int]) -> Sequence[Proposal]:
        """The part of a share that breaks the file; all of it where only the whole does, or when the checks run out."""
        if len(share) == 1:
            return share
        middle = len(share) // 2
        halves = [half for half in (share[:middle], share[middle:]) if next(checks, None) is None or self._breaks(half)]
        return [proposal for half in halves for proposal in self._guilty(half, checks)] or share

    def _breaks(self, share: Sequence[Proposal]) -> bool:
        merged = made_together(share)
        try:
            tree = self.tree.after((proposal.fix for proposal in merged.accepted), merged.edits, self.bytes_of)
        except Impossible:
            return True
        return any(outcome.broken for outcome in self._verified(tree))

    def _gone(self, tree: Tree) -> set[str]:
        return {
            path
            for path, version in tree.versions.items()
            if version.source is None and version is not self.tree.versions.get(path)
        }

    def _advance(self, tree: Tree) -> None:
        self.tree = tree
        self.project.overlay = tree.overlay()

    def _restless(self, changed: Iterable[str]) -> dict[str, str]:
        """The files that fixes do not let come to rest, each with the reason."""
        if self.rounds >= ROUND_LIMIT:
            return dict.fromkeys(changed, f"still changing after {self.rounds} rounds")
        return {path: "changed back and forth" for path in changed if self._is_back(path)}

    def _is_back(self, path: str) -> bool:
        """Whether a file is as it was before, on disk or after an earlier round."""
        states = self.seen[path]
        if not states:
            states.add(_digest(self.bytes_of(path)))
        state = _digest(self.tree.versions[path].data)
        known = state in states
        states.add(state)
        return known

    def _affected(self, changed: set[str], again: set[str]) -> dict[str, tuple[int, ...]]:
        """The files to show again: changed ones, those that wait, and those that depend on what changed."""
        for path in changed:
            self._sift(path)
        touched = changed | ({""} if any(self._came_or_went(path) for path in changed) else set())
        stale = self._stale_links(touched)
        news = self.link(stale)
        moved = {path for index in news for path in self._visited_by(index)}
        dependent = {
            path
            for path, outcome in self.outcomes.items()
            if not touched.isdisjoint(outcome.reads) or any(not touched.isdisjoint(p.elsewhere()) for p in self._said(outcome))
        }
        for path in changed:
            self.outcomes.pop(path, None)
        paths = {
            path for path in changed | again | moved | dependent if path in self.targets or path not in self.discovery.paths
        }
        return {path: self._wanted(path) for path in paths if self._present(path) is not None}

    def _sift(self, path: str) -> None:
        """See anew which fixers' needles a file holds."""
        data = self._present(path)
        indexes = self.prefilter.by_path(path)
        self.candidates[path] = () if data is None else tuple(self.prefilter.by_content(indexes, data))

    def _said(self, outcome: FixOutcome) -> list[Proposal]:
        return [Proposal(outcome.task.path, index, finding) for index, finding in outcome.findings]

    def _came_or_went(self, path: str) -> bool:
        version = self.tree.versions.get(path)
        return version is not None and (version.source is None or version.original is None or version.original_path != path)

    def _stale_links(self, touched: set[str]) -> list[int]:
        """The whole-program fixers that would link something else now."""
        stale = []
        for index, outcome in self.linked.items():
            summarized = bool(self.summarizers_of[index])
            newcomer = any(index in self.candidates.get(path, ()) for path in touched)
            if (
                not touched.isdisjoint(outcome.reads)
                or (summarized and (newcomer or not touched.isdisjoint(outcome.task.paths)))
                or (newcomer and not outcome.task.paths)
            ):
                stale.append(index)
        return stale

    def _visited_by(self, index: int) -> set[str]:
        targets = self.linked[index].targets
        if targets is not None:
            return set(targets)
        return {path for path, hits in self.candidates.items() if index in hits}

    # Summaries.

    @cached_property
    def summarizers_of(self) -> dict[int, Sequence[Summarizer[object]]]:
        """The summarizers of each whole-program fixer, by its index."""
        return {index: fixer.summarizers for index, fixer in enumerate(self.fixers) if isinstance(fixer, ProgramFixer)}

    @cached_property
    def summarizers(self) -> dict[str, Summarizer[object]]:
        """All of them by name."""
        return {summarizer.name: summarizer for all_of_one in self.summarizers_of.values() for summarizer in all_of_one}

    def _summary_task(self, path: str, data: bytes, before: bytes | None = None) -> InspectTask:
        """What is to be found out about a file; what the cache knows is kept at once."""
        missing = []
        language = language_of(path)
        for index in self.prefilter.by_content(self.prefilter.by_path(path), data):
            for summarizer in self.summarizers_of.get(index, ()):
                if language not in summarizer.languages:
                    continue
                key = SummaryCache.key(summarizer.name, summarizer.version, path, data)
                known = self.cache.get(key)
                if known is None:
                    missing.append(summarizer.name)
                elif before is None:
                    self.project.all_summaries.setdefault(summarizer.name, {})[path] = known
        return InspectTask(path, data, tuple(dict.fromkeys(missing)), before)

    def inspect(self, tasks: Iterable[InspectTask]) -> Iterator[InspectOutcome]:
        for outcome in self._pooled(InspectWork(self.summarizers), tasks):
            if isinstance(outcome, Died):
                self.failures[outcome.task.path, ""] = f"cannot be summarized: {outcome.reason}"
            else:
                yield outcome

    def _keep_summaries(self, outcome: InspectOutcome) -> None:
        path, data = outcome.task.path, outcome.task.data
        if outcome.failure and path in self.targets:
            self.failures[path, ""] = outcome.failure
        for summarizer in self.summarizers.values():
            key = SummaryCache.key(summarizer.name, summarizer.version, path, data)
            if summarizer.name in outcome.summaries:
                self.cache.put(key, outcome.summaries[summarizer.name])
            if (summary := self.cache.get(key)) is not None:
                self.project.all_summaries.setdefault(summarizer.name, {})[path] = summary

    # The end.

    def result(self) -> Result:
        return Result(
            root=self.discovery.root,
            fixers=[fixer.id for fixer in self.fixers],
            changes=changes(self.discovery.root, self.tree, self.applied),
            findings=findings(self.places, self.fixers, self.applied, self._left(), self.tree),
            failures=sorted(Failure(path, reason, fixer) for (path, fixer), reason in self._all_failures().items()),
            skipped=sorted(Skipped(path, reason) for path, reason in self.left_alone.items() if path in self.targets),
            notices=sorted(
                Notice(path, line, message) for path, outcome in self.outcomes.items() for line, message in outcome.notices
            ),
            files=len(self.targets),
        )

    def _all_failures(self) -> dict[tuple[str, str], str]:
        abandoned = {(path, names): reason for path, (names, reason) in self.abandoned.items()}
        return (
            self.failures | abandoned | {("", self.fixers[index].id): reason for index, reason in self.prefilter.broken.items()}
        )

    def _left(self) -> Iterator[tuple[Proposal, str]]:
        """The findings whose fix was not made, with the reason where it was meant to be."""
        dropped = {id(proposal.finding): reason for proposal, reason in self.dropped.items()}
        for outcome in self.outcomes.values():
            for proposal in self._said(outcome):
                if not self.places.covers(proposal, self.tree, self.scope):
                    continue
                wanted = proposal.makes(self.settings.unsafe)
                yield proposal, dropped.get(id(proposal.finding), "a file that it would change is left alone") if wanted else ""


def _digest(data: bytes | None) -> bytes:
    from hashlib import blake2b

    return b"" if data is None else blake2b(data, digest_size=16).digest()
