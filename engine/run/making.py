"""Make fixes in memory, and take back those whose result would not parse."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from autofix.run import pool
from autofix.run.asking import Answers
from autofix.run.files import Files
from autofix.run.job import Job
from autofix.run.linking import Linking
from autofix.run.pool import Died
from autofix.run.proposals import Proposal, made_together
from autofix.run.tree import Impossible, Tree
from autofix.run.work import InspectOutcome
from autofix.text.merge import Merge

# How often a file is parsed to find the fixes that break it, before all of a fixer's are blamed.
GUILT_CHECKS = 64


class Made(NamedTuple):
    """What can be made at once: the files then, what was found out about them, and why other fixes are not made."""

    tree: Tree
    merged: Merge[Proposal]
    inspected: Sequence[InspectOutcome]
    refused: Mapping[Proposal, str]
    changed: frozenset[str]
    """The files that differ from before."""


class Making:
    """Merges and verifies the fixes of one round, given the files before it."""

    def __init__(self, job: Job, files: Files, linking: Linking, answers: Answers) -> None:
        self._job = job
        self._files = files
        self._linking = linking
        self._answers = answers

    def make(self, before: Tree, proposals: Sequence[Proposal]) -> Made:
        """Merge, verify, and keep what holds; the proposals come in the order in which they are tried."""
        refused = {proposal: reason for proposal in proposals if (reason := self._in_the_way(before, proposal))}
        while True:
            merged = made_together(proposal for proposal in proposals if proposal not in refused)
            try:
                tree = self._after(before, merged)
            except Impossible:
                refused |= self._impossible(before, merged.accepted)
                continue
            inspected = self._inspected(before, tree)
            broken = {outcome.task.path: outcome.broken for outcome in inspected if outcome.broken}
            if not broken:
                changed = frozenset(outcome.task.path for outcome in inspected) | tree.gone_since(before)
                return Made(tree, merged, inspected, refused, changed)
            refused |= self._breaking(before, merged.accepted, broken)

    def _after(self, before: Tree, merged: Merge[Proposal]) -> Tree:
        return before.after((proposal.fix for proposal in merged.accepted), merged.edits, self._files.bytes_of)

    def _in_the_way(self, before: Tree, proposal: Proposal) -> str:
        """A file that git ignores is none of the project's, but still stands where another should be created."""
        for path in proposal.created():
            known = path in self._job.discovery.paths or path in before.versions
            if not known and os.path.lexists(f"{self._job.root}/{path}"):
                return f"cannot be made: {path} exists already, ignored by git"
        return ""

    def _impossible(self, before: Tree, accepted: Sequence[Proposal]) -> dict[Proposal, str]:
        culprits: dict[Proposal, str] = {}
        for proposal in accepted:
            try:
                before.after([proposal.fix], proposal.edits(), self._files.bytes_of)
            except Impossible as error:
                culprits[proposal] = f"cannot be made: {error}"
        return culprits or dict.fromkeys(accepted, "cannot be made together")

    def _inspected(self, before: Tree, tree: Tree) -> list[InspectOutcome]:
        """Re-parse what differs from before, and summarize it; what the worker that fixed a file has seen is not done again."""
        done, tasks = [], []
        for path, version in tree.versions.items():
            known = before.versions.get(path)
            data = version.data
            if version is known or data is None:
                continue
            old = known.data if known is not None else self._files.bytes_of(version.original_path)
            task = self._linking.task(path, data, old or b"")
            verdict = self._answers.verdict(path, old, data)
            if verdict is not None and not task.missing:
                done.append(InspectOutcome(task, broken=verdict.broken))
            else:
                tasks.append(task)
        for outcome in pool.run(self._linking.inspection, tasks, self._job.settings.limits):
            if isinstance(outcome, Died):
                done.append(InspectOutcome(outcome.task, broken=outcome.reason))
            else:
                done.append(outcome)
        return done

    def _breaking(self, before: Tree, accepted: Sequence[Proposal], broken: Mapping[str, str]) -> dict[Proposal, str]:
        """The proposals to blame for files that no longer parse: those of one fixer that break the file by themselves."""
        culprits: dict[Proposal, str] = {}
        for path, reason in broken.items():
            touching = [proposal for proposal in accepted if path in proposal.touched()]
            by_fixer = [[p for p in touching if p.index == index] for index in sorted({p.index for p in touching})]
            guilty = [share for share in by_fixer if len(by_fixer) == 1 or self._breaks(before, share)]
            # Each fixer's share holds by itself: the later ones wait until the first is made.
            blamed = [self._guilty(before, share, iter(range(GUILT_CHECKS))) for share in guilty] or by_fixer[1:]
            for proposal in (proposal for share in blamed for proposal in share):
                culprits[proposal] = f"the result would not parse: {path}: {reason}"
        return culprits

    def _guilty(self, before: Tree, share: Sequence[Proposal], checks: Iterator[int]) -> Sequence[Proposal]:
        """The part of a share that breaks the file; all of it where only the whole does, or when the checks run out."""
        if len(share) == 1:
            return share
        middle = len(share) // 2
        halves = [share[:middle], share[middle:]]
        halves = [half for half in halves if next(checks, None) is None or self._breaks(before, half)]
        return [proposal for half in halves for proposal in self._guilty(before, half, checks)] or share

    def _breaks(self, before: Tree, share: Sequence[Proposal]) -> bool:
        merged = made_together(share)
        try:
            tree = self._after(before, merged)
        except Impossible:
            return True
        return any(outcome.broken for outcome in self._inspected(before, tree))
