"""Round by round until nothing changes: show files to fixers, make what they propose, show again what that touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from autofix.run.asking import Answers, Dirty
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.linking import Linking
from autofix.run.making import Making
from autofix.run.proposals import Proposal
from autofix.run.reporting import Places, changes, findings
from autofix.run.result import Result
from autofix.run.tree import Tree

# Rounds after which fixes that still produce changes are taken to feed on each other.
ROUND_LIMIT = 100


class Rounds:
    """The files as they become, and what was done to them."""

    def __init__(self, job: Job, files: Files, linking: Linking) -> None:
        self._job = job
        self._files = files
        self._linking = linking
        self._answers = Answers(job, files)
        self._making = Making(job, files, linking, self._answers)
        self._abandoned: dict[str, tuple[str, str]] = {}
        """Files that do not come to rest: the fixers to blame, and what is said of it."""
        self._begin()

    def _begin(self) -> None:
        self._tree = Tree()
        self._applied: list[Proposal] = []
        self._dropped: dict[Proposal, str] = {}
        self._places = Places(self._files.bytes_of)
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._count = 0
        self._waiting = 0

    def run(self) -> None:
        """Go on until nothing changes."""
        dirty = self._all()
        while dirty:
            self._answers.ask(dirty, {path: self._present(path) for path in dirty}, self._linking.facts())
            dirty = self._make(dirty)

    def _all(self) -> Dirty:
        """Link, and show every file that a fixer may want."""
        self._linking.link_all()
        paths = self._job.targets & (self._files.hits.keys() | self._linking.targets())
        return {path: self._linking.wanted(path) for path in paths}

    def _make(self, dirty: Dirty) -> Dirty:
        """Make what was proposed for some files. Returns the files to show again."""
        allowed = [proposal for proposal in self._answers.said_of(dirty) if self._allowed(proposal)]
        made = self._making.make(self._tree, sorted(allowed, key=Proposal.order))
        changed, merged = made.changed, made.merged
        idle = [proposal for proposal in merged.accepted if changed.isdisjoint(proposal.touched())]
        self._dropped |= {**made.refused, **dict.fromkeys(idle, "it changes nothing")}
        if not changed:
            return {}
        for proposal in merged.accepted:
            if not changed.isdisjoint(proposal.touched()):
                self._places.remember(proposal, self._tree)
                self._applied.append(proposal)
        self._advance(made.tree)
        for outcome in made.inspected:
            self._linking.keep(outcome)
        # Fixes that want the same place and get their turns one by one come to an end by themselves.
        self._count += len(merged.deferred) >= self._waiting
        self._waiting = len(merged.deferred)
        if restless := self._restless(changed):
            return self._start_over(restless)
        return self._affected(changed, {proposal.path for proposal in merged.deferred})

    def _allowed(self, proposal: Proposal) -> bool:
        job = self._job
        if not proposal.makes(job.settings.unsafe) or not self._places.covers(proposal, self._tree, job.scope):
            return False
        fixer = job.fixers[proposal.index].id
        return not any(
            path in self._abandoned
            or path in self._files.left_alone
            or job.scope.excluded(path)
            or fixer in job.scope.ignored(path)
            for path in proposal.touched()
        )

    def _advance(self, tree: Tree) -> None:
        self._tree = tree
        self._job.project.overlay = tree.overlay()

    def _present(self, path: str) -> bytes | None:
        version = self._tree.versions.get(path)
        return self._files.bytes_of(path) if version is None else version.data

    def _affected(self, changed: frozenset[str], waiting: set[str]) -> Dirty:
        """The files to show again: changed ones, those that wait, and those that depend on what changed."""
        for path in changed:
            self._files.sift(path, self._present(path))
        touched = set(changed)
        if any(self._tree.came_or_went(path) for path in changed):
            touched.add("")
        moved = self._linking.update(touched)
        dependent = self._answers.dependent(touched)
        self._answers.change(changed, touched)
        ours = (path for path in changed | waiting | moved | dependent if self._is_shown(path))
        return {path: self._linking.wanted(path) for path in ours if self._present(path) is not None}

    def _is_shown(self, path: str) -> bool:
        return path in self._job.targets or path not in self._job.discovery.paths

    # Files that do not come to rest.

    def _restless(self, changed: Iterable[str]) -> dict[str, str]:
        """The files that fixes do not let come to rest, each with the reason."""
        if self._count >= ROUND_LIMIT:
            return dict.fromkeys(changed, f"still changing after {self._count} rounds")
        return {path: "changed back and forth" for path in changed if self._is_back(path)}

    def _is_back(self, path: str) -> bool:
        """Whether a file is as it was before, on disk or after an earlier round."""
        states = self._seen[path]
        if not states:
            states.add(hash(self._files.bytes_of(path)))
        state = hash(self._tree.versions[path].data)
        known = state in states
        states.add(state)
        return known

    def _start_over(self, restless: Mapping[str, str]) -> Dirty:
        """Begin again without files that do not come to rest, as what was done to others may rest on them.

        Takes the reason for each of them and returns the files to show.
        """
        for path, reason in restless.items():
            fixers = {self._job.fixers[proposal.index].id for proposal in self._applied if path in proposal.touched()}
            self._abandoned[path] = ", ".join(sorted(fixers)), f"left as it was: {reason}"
        changed = self._tree.versions.keys()
        self._begin()
        self._advance(self._tree)
        self._answers = Answers(self._job, self._files)
        self._making = Making(self._job, self._files, self._linking, self._answers)
        for path in changed:
            data = self._files.bytes_of(path)
            self._files.sift(path, data)
            if data is not None:
                self._linking.recall(path, data)
        return self._all()

    # The end.

    def tell(self, result: Result) -> None:
        """Put what was done, and what is left to do, into the result."""
        job = self._job
        result.changes = changes(job.discovery.root, self._tree, self._applied)
        result.findings = findings(self._places, job.fixers, self._applied, self._left(), self._tree)
        result.notices = self._answers.notices()
        result.parts = self._linking.parts
        job.failures.update({(path, names): reason for path, (names, reason) in self._abandoned.items()})

    def _left(self) -> Iterator[tuple[Proposal, str]]:
        """The findings whose fix was not made, with the reason where it was meant to be."""
        dropped = {id(proposal.finding): reason for proposal, reason in self._dropped.items()}
        for proposal in self._answers.said():
            if not self._places.covers(proposal, self._tree, self._job.scope):
                continue
            wanted = proposal.makes(self._job.settings.unsafe)
            reason = dropped.get(id(proposal.finding), "a file that it would change is left alone")
            yield proposal, reason if wanted else ""
