"""What a run has to tell: changed files, and findings at their places in the files as the user knows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from autofix.fixer import AnyFixer, Applicability, Refusal
from autofix.run.proposals import Proposal, components, numbered
from autofix.run.result import FileChange, Reported, Status
from autofix.run.tree import Tree
from autofix.text.source import Position, Source, Undecodable

BytesOf = Callable[[str], bytes | None]


class Covers(Protocol):
    """The part of a run's scope that judges findings by their lines."""

    def covers(self, path: str, first_line: int, last_line: int) -> bool:
        """Whether a finding on these lines counts."""
        ...


class Places:
    """Positions of findings in the files as they are on disk, whatever the rounds before changed."""

    def __init__(self, bytes_of: BytesOf) -> None:
        self._bytes_of = bytes_of
        self._sources: dict[str, Source] = {}
        self._remembered: dict[Proposal, tuple[Position, Position]] = {}

    def locate(self, proposal: Proposal, tree: Tree) -> tuple[Position, Position]:
        """Start and end of the finding of a proposal that was made when the files were as in `tree`."""
        known = self._remembered.get(proposal)
        if known is not None:
            return known
        start, end = proposal.finding.start, proposal.finding.end
        version = tree.versions.get(proposal.path)
        if version is None:
            source = self._source(proposal.path)
        elif version.revision is None or version.original is None:
            source = version.source or Source(proposal.path, b"")
        else:
            source = self._source(version.original_path)
            start, end = version.revision.original_offset(start), version.revision.original_offset(end)
        return source.position(min(start, len(source.text))), source.position(min(max(start, end), len(source.text)))

    def remember(self, proposal: Proposal, tree: Tree) -> None:
        """Keep the place of a finding whose fix is made now."""
        self._remembered[proposal] = self.locate(proposal, tree)

    def covers(self, proposal: Proposal, tree: Tree, scope: Covers) -> bool:
        """Whether the finding lies in the scope of the run."""
        start, end = self.locate(proposal, tree)
        return scope.covers(proposal.path, start.line, end.line)

    def _source(self, path: str) -> Source:
        known = self._sources.get(path)
        if known is None:
            try:
                known = Source.decode(path, self._bytes_of(path) or b"")
            except Undecodable:
                known = Source(path, b"")
            self._sources[path] = known
        return known


def changes(root: Path, tree: Tree, applied: Iterable[Proposal]) -> list[FileChange]:
    """The files that differ, in order; a rename is one change."""
    moved = {version.original_path for version in tree.versions.values() if version.original_path != version.path}
    groups = numbered(tree.versions.keys(), components(applied))
    found = []
    for path, version in sorted(tree.versions.items()):
        new = version.data
        is_left_behind = new is None and (path in moved or version.original is None)
        if is_left_behind or (new == version.original and version.original_path == path):
            continue
        executable = version.executable or os.access(root / version.original_path, os.X_OK)
        # Byte order marks and other encodings are outside of the revised text: there the diff compares bytes.
        exact = version.source is not None and version.revision is not None and new == version.source.text
        revision = version.revision if exact else None
        found.append(FileChange(path, version.original, new, version.original_path, executable, groups[path], revision))
    return found


def findings(
    places: Places, fixers: Sequence[AnyFixer], applied: Iterable[Proposal], left: Iterable[tuple[Proposal, str]], tree: Tree
) -> list[Reported]:
    """What was fixed, and what is left with the reason why its fix was taken back, if it was."""
    found = [_reported(proposal, fixers, places.locate(proposal, tree), Status.FIXED, "") for proposal in applied]
    for proposal, reason in left:
        found.append(_reported(proposal, fixers, places.locate(proposal, tree), _status(proposal, reason), reason))
    return sorted(found, key=lambda item: (item.path, item.start, item.fixer, item.message))


def _status(proposal: Proposal, reason: str) -> Status:
    outcome = proposal.finding.outcome
    if isinstance(outcome, Refusal):
        return Status.REFUSED
    if reason:
        return Status.DROPPED
    return Status.SUGGESTED if outcome.applicability is Applicability.SUGGESTION else Status.UNSAFE


def _reported(
    proposal: Proposal, fixers: Sequence[AnyFixer], place: tuple[Position, Position], status: Status, reason: str
) -> Reported:
    finding = proposal.finding
    common = Reported(
        fixers[proposal.index].id,
        proposal.path,
        place[0],
        place[1],
        finding.message,
        status,
        tuple(finding.evidence),
        reason=reason,
    )
    if isinstance(finding.outcome, Refusal):
        return common._replace(reason=finding.outcome.reason, hint=finding.outcome.hint)
    touched = tuple(sorted(proposal.touched()))
    return common._replace(title=finding.outcome.title, applicability=finding.outcome.applicability, touched=touched)
