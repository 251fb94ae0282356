"""Fixes as candidates of a merge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from autofix.fixer import Applicability, CreateFile, Edit, Finding, Fix, Refusal, RenameFile
from autofix.text.merge import Merge, merge


@dataclass(frozen=True, eq=False)
class Proposal:
    """A finding of the fixer with number `index` about the file at `path`. Compared by identity."""

    path: str
    index: int
    finding: Finding

    @property
    def fix(self) -> Fix:
        """The fix; empty where the finding refuses."""
        return Fix() if isinstance(self.finding.outcome, Refusal) else self.finding.outcome

    def order(self) -> tuple[str, int, int, int]:
        """Which of two fixes that exclude each other is made first."""
        return self.path, self.finding.start, self.finding.end, self.index

    def makes(self, unsafe: bool) -> bool:
        """Whether the user's settings have this fix made."""
        if isinstance(self.finding.outcome, Refusal):
            return False
        applicability = self.finding.outcome.applicability
        return applicability is Applicability.SAFE or (unsafe and applicability is Applicability.UNSAFE)

    def edits(self) -> dict[str, Sequence[Edit]]:
        """All its edits by file."""
        edits = {path: tuple(edits) for path, edits in self.fix.elsewhere.items()}
        if self.fix.edits:
            edits[self.path] = (*edits.get(self.path, ()), *self.fix.edits)
        return dict(edits)

    def elsewhere(self) -> set[str]:
        """The other files whose text its edits count in."""
        return set(self.fix.elsewhere)

    def created(self) -> set[str]:
        """The paths where nothing may stand yet."""
        operations = self.fix.files
        made = {operation.path for operation in operations if isinstance(operation, CreateFile)}
        return made | {operation.new_path for operation in operations if isinstance(operation, RenameFile)}

    def whole_files(self) -> set[str]:
        """The files that it creates, deletes or renames."""
        operations = self.fix.files
        renamed = {operation.new_path for operation in operations if isinstance(operation, RenameFile)}
        return renamed | {operation.path for operation in operations}

    def touched(self) -> set[str]:
        """Every file that differs once it is made."""
        return self.whole_files() | self.edits().keys()


def made_together(proposals: Iterable[Proposal]) -> Merge[Proposal]:
    """The proposals that can be made in one round; those that change nothing are left out."""
    return merge((p for p in proposals if p.touched()), Proposal.edits, Proposal.whole_files)


def components(proposals: Iterable[Proposal]) -> dict[str, frozenset[str]]:
    """For each file the files that were changed together with it, directly or over others."""
    joined: dict[str, set[str]] = {}
    for proposal in proposals:
        merged: set[str] = set()
        for path in proposal.touched():
            merged |= joined.get(path, {path})
        for path in merged:
            joined[path] = merged
    return {path: frozenset(paths) for path, paths in joined.items()}


def numbered(paths: Collection[str], joined: dict[str, frozenset[str]]) -> dict[str, int]:
    """A number for each file, the same for files of one component."""
    numbers: dict[frozenset[str], int] = {}
    return {path: numbers.setdefault(joined.get(path, frozenset({path})), len(numbers)) for path in sorted(paths)}
