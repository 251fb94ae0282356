"""What the engine asks to be written, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class Refused(Exception):
    """Why one file is left alone, in a few words that follow its name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after.

    `path` is relative to the root, with `/`. `old` holds the bytes that were read (None: no file may stand there), `new`
    those to write (None: the file goes away). With `new_path` the file moves. Changes of one `group` are made all or none.

    `mode` and `owner` (user and group id) are for a file that is brought back; a new file otherwise gets what the umask
    leaves, with the executable bits if it is `executable`.
    """

    path: str
    old: bytes | None
    new: bytes | None
    new_path: str | None = None
    executable: bool = False
    group: int | None = None
    mode: int | None = None
    owner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `reason` says in one line why it was left as it was, and is empty where it was not."""

    path: str
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether the file is as it was asked to be."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Recovered:
    """An interrupted run that was put back, or with `dry` would be. All paths are relative to the root of that run.

    With `again` the system did not let some file be put back, and the next run tries once more.
    """

    restored: Sequence[str]
    left: Sequence[Outcome] = ()
    temporaries: int = 0
    dry: bool = False
    again: bool = False

    @property
    def message(self) -> str:
        """One line for the user."""
        found = "an earlier run was interrupted"
        if self.dry:
            return f"{found}: the next run, or `autofix undo`, puts {_count(len(self.restored), 'file')} back"
        said = f"{found}: {_count(len(self.restored), 'file')} put back, {_count(self.temporaries, 'temporary file')} removed"
        if not self.left:
            return said
        return f"{said}, left as they are: " + ", ".join(f"{shown(file.path)} ({file.reason})" for file in self.left)


@dataclass(frozen=True, slots=True)
class Applied:
    """One outcome for each change, in the order they were given. `run` numbers the journal; None where none was needed."""

    outcomes: Sequence[Outcome]
    run: int | None = None
    recovered: Recovered | None = None

    @property
    def written(self) -> list[str]:
        """The paths of the changes that were made."""
        return [outcome.path for outcome in self.outcomes if outcome.done]

    @property
    def refused(self) -> list[Outcome]:
        """The changes that were not made."""
        return [outcome for outcome in self.outcomes if not outcome.done]


@dataclass(frozen=True, slots=True)
class Undone:
    """What `undo` did: with `recovered` only an interrupted run was put back; without a `run` there was nothing to do."""

    run: int | None = None
    time: str = ""
    outcomes: Sequence[Outcome] = field(default_factory=tuple)
    recovered: Recovered | None = None

    @property
    def restored(self) -> list[str]:
        """The paths that are as they were before the run."""
        return [outcome.path for outcome in self.outcomes if outcome.done]

    @property
    def refused(self) -> list[Outcome]:
        """The files that were left as they are."""
        return [outcome for outcome in self.outcomes if not outcome.done]

    @property
    def message(self) -> str:
        """One line for the user."""
        if self.run is None:
            return self.recovered.message if self.recovered is not None else "nothing to undo"
        said = f"the run of {self.time} was undone: {_count(len(self.restored), 'file')} put back"
        return f"{said}, {len(self.refused)} left" if self.refused else said


def shown(path: str) -> str:
    """A path for a message of one line: escaped where it holds line breaks or bytes that are no text."""
    return path if path.isprintable() else ascii(path)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
