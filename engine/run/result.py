"""What a run is asked for and what comes of it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixer import Applicability, Part
from autofix.run.pool import Limits
from autofix.text.source import Position

if TYPE_CHECKING:
    # Needed only where files change.
    from autofix.text.diff import FileDiff
    from autofix.text.revision import Revision


class Status(enum.Enum):
    """What became of a finding."""

    FIXED = "fixed"
    UNSAFE = "unsafe"
    """It has an unsafe fix that was not asked for."""
    SUGGESTED = "suggested"
    REFUSED = "refused"
    DROPPED = "dropped"
    """Its fix was taken back: the result would not have parsed, or fixes undid each other."""


class Reported(NamedTuple):
    """A finding as people see it; positions are those in the file as it was before the run, unless it was just created."""

    fixer: str
    path: str
    start: Position
    end: Position
    message: str
    status: Status
    evidence: Sequence[str] = ()
    title: str = ""
    applicability: Applicability | None = None
    reason: str = ""
    hint: str = ""
    touched: Sequence[str] = ()
    """The files that its fix changes."""


class Failure(NamedTuple):
    """Something went wrong with a file, a fixer, or a fixer on a file; the rest was done."""

    path: str
    reason: str
    fixer: str = ""


class Skipped(NamedTuple):
    """A file that was left alone on purpose although a fixer would have looked at it."""

    path: str
    reason: str


class Notice(NamedTuple):
    """Something about a suppression comment: unused, unknown, malformed. The line is 1-based."""

    path: str
    line: int
    message: str


class FileChange(NamedTuple):
    """One file before and after. `old` is None for a created file, `new` for a deleted one."""

    path: str
    old: bytes | None
    new: bytes | None
    old_path: str
    executable: bool
    group: int
    """Files that were changed by the same fix have the same number: they are written together or not at all."""
    revision: Revision | None = None

    def diff(self) -> FileDiff:
        """For `autofix.text.diff.render`."""
        from autofix.text.diff import FileDiff

        return FileDiff(self.path, self.old, self.new, self.old_path, 0o100755 if self.executable else 0o100644, self.revision)


Tell = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


class Settings(NamedTuple):
    """How to run."""

    unsafe: bool = False
    limits: Limits = Limits(1)
    cache: bool = True
    known_ids: Mapping[str, str] = {}
    """All fixers by id with their group: what suppression comments may name without being called unknown."""
    progress: Tell | None = None
    """Told the stage, how many files are done, and how many there are."""


class PartOf(NamedTuple):
    """A part of the program as a whole-program fixer sees it."""

    fixer: str
    part: Part


class Trial(NamedTuple):
    """A run of the command that verifies; `passed` counts tests, where it is known which of them there were."""

    exit_code: int
    passed: int | None = None


class LostTest(NamedTuple):
    """A test that passed before the fixes, and what became of it: `failed`, `skipped` or `did not run`."""

    test: str
    became: str


class Verification(NamedTuple):
    """What came of `--verify`."""

    command: str
    problem: str = ""
    """Why no fix is made; empty where nothing that passed before fails after them."""
    before: Trial | None = None
    after: Trial | None = None
    lost: Sequence[LostTest] = ()
    output: Sequence[str] = ()
    """The last lines that the command wrote, where there is a problem."""
    left_out: Sequence[str] = ()
    """What git ignores and the copy is without, each with the reason."""


@dataclass
class Result:
    """Everything a report can show."""

    root: Path
    fixers: Sequence[str]
    changes: list[FileChange] = field(default_factory=list)
    findings: list[Reported] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    files: int = 0
    """How many files were looked at by name."""
    verification: Verification | None = None
    parts: list[PartOf] = field(default_factory=list)

    def became(self, of: PartOf) -> Status:
        """What became of a part: what became of the finding that changes it, else it was refused."""
        if of.part.blockers:
            return Status.REFUSED
        files = frozenset(of.part.files)
        found = {item.status for item in self.findings if item.fixer == of.fixer and item.path in files}
        return next((status for status in Status if status in found), Status.REFUSED)

    @property
    def is_incomplete(self) -> bool:
        """Whether something that a fixer was meant to change was refused or taken back.

        A fixer that gives an account of its parts is judged by that: what it says of files that it has changed is no news.
        """
        accounted = {of.fixer for of in self.parts}
        became = [self.became(of) for of in self.parts]
        became += [item.status for item in self.findings if item.fixer not in accounted]
        return any(status in (Status.REFUSED, Status.DROPPED) for status in became)
