"""The record of a run: written before the first file changes, enough to put everything back.

A run is a folder `runs/<number>` with the old bytes of all its files in one file `old`, and a list of what happens to
which file. The name of the list says how far the run came: `started.json`, `finished.json` or `rolled-back.json`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from autofix.apply.changes import Refused
from autofix.apply.errors import ApplyError
from autofix.apply.files import said, sha256, sync_folders

KEEP = 20
_VERSION = 1
_NUMBER = re.compile(r"[1-9][0-9]*")


class Kind(StrEnum):
    """What happens to a file."""

    WRITE = "write"
    CREATE = "create"
    DELETE = "delete"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a run; paths are relative to the run's root, with `/`.

    `names` are all hard links of the file, `new_name` is where it moves to. `temporaries` hold the new text and `backs`
    the old one for the moment of the exchange, one for each name. `offset` and `size` say where the old bytes are in the
    run's `old`; `old` and `new` are digests, empty for a file that is not there. `mode` and `owner` are those of the old file.
    """

    kind: Kind
    names: tuple[str, ...]
    temporaries: tuple[str, ...]
    backs: tuple[str, ...]
    old: str
    new: str
    new_name: str = ""
    offset: int = 0
    size: int = 0
    mode: int = 0o644
    owner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A journal. `base` leads from the work tree to the root of the run; `folders` are those it creates, outer ones first.

    `undoes` is the number of the run that this one puts back.
    """

    folder: Path
    entries: Sequence[Entry]
    base: str = "."
    folders: Sequence[str] = ()
    undoes: int | None = None
    time: str = ""

    @property
    def number(self) -> int:
        """Counts up from 1 within a work tree."""
        return int(self.folder.name)

    def old_bytes(self, entry: Entry) -> bytes:
        """What the file held before the run.

        Raises:
            Refused: the journal is damaged.
        """
        try:
            with open(self.folder / "old", "rb") as file:
                file.seek(entry.offset)
                data = file.read(entry.size)
        except OSError as error:
            raise Refused(f"cannot be put back, the journal cannot be read: {said(error)}") from None
        if sha256(data) != entry.old:
            raise Refused("cannot be put back, the journal is damaged")
        return data

    def finish(self, entries: Sequence[Entry]) -> None:
        """Declare the run finished with what was really done: in one step, also on a full disk."""
        started, finished = self.folder / "started.json", self.folder / "finished.json"
        try:
            _write(finished, replace(self, entries=entries))
        except OSError:
            # The list of what was planned says the same but for the files that were refused, and those show by their digest.
            os.replace(started, finished)
        with contextlib.suppress(FileNotFoundError):
            started.unlink()
        sync_folders([str(self.folder)])

    def roll_back(self) -> None:
        """Declare that the run was put back."""
        os.replace(self.folder / "started.json", self.folder / "rolled-back.json")
        sync_folders([str(self.folder)])

    def discard(self) -> None:
        """Remove the journal: in one step, so that half of it is never taken for an interrupted run."""
        gone = self.folder.with_name(f"{self.folder.name}.gone")
        with contextlib.suppress(OSError):
            os.rename(self.folder, gone)
        shutil.rmtree(gone, ignore_errors=True)


def start(state: Path, run: Run, old: Iterable[bytes]) -> None:
    """Write the journal and see it safely on the disk.

    One file for all old bytes: the cost is one wait for the disk and not one for each file.

    Raises:
        ApplyError: the disk is full, or the folder cannot be written; nothing is left of it.
    """
    try:
        os.makedirs(run.folder)
        with open(run.folder / "old", "xb") as file:
            file.writelines(old)
            file.flush()
            os.fsync(file.fileno())
        _write(run.folder / "started.json", run)
        sync_folders(map(str, (run.folder, run.folder.parent, state, state.parent)))
    except OSError as error:
        run.discard()
        raise ApplyError(f"the journal cannot be written ({said(error)}): nothing was changed") from None


def _write(path: Path, run: Run) -> None:
    record: dict[str, Any] = {
        "version": _VERSION,
        "time": run.time,
        "base": run.base,
        "folders": list(run.folders),
        "undoes": run.undoes,
        "entries": [asdict(entry) for entry in run.entries],
    }
    temporary = path.with_suffix(".tmp")
    try:
        with open(temporary, "wb") as file:
            # ASCII escapes also carry the surrogates that stand for bytes of names that are not UTF-8.
            file.write(json.dumps(record, indent=1).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def next_folder(state: Path) -> Path:
    """Where the journal of a new run goes."""
    return _folder(state, max(_numbers(state), default=0) + 1)


def now() -> str:
    """The time of a run, for people: local, to the second."""
    return datetime.now().astimezone().isoformat(" ", "seconds")


def interrupted(state: Path) -> list[Run]:
    """The runs that were killed before they finished, the last one first.

    Raises:
        ApplyError: a journal cannot be read.
    """
    folders = [_folder(state, number) for number in sorted(_numbers(state), reverse=True)]
    return [_read(folder, "started") for folder in folders if _stage(folder) == "started"]


def undoable(state: Path) -> Run | None:
    """The last run that can be put back: finished, and not undone.

    Raises:
        ApplyError: a journal cannot be read.
    """
    undone = set()
    for number in sorted(_numbers(state), reverse=True):
        if _stage(_folder(state, number)) != "finished":
            continue
        run = _read(_folder(state, number), "finished")
        if run.undoes is not None:
            undone.add(run.undoes)
        elif number not in undone:
            return run
    return None


def _folder(state: Path, number: int) -> Path:
    return state / "runs" / str(number)


def _stage(folder: Path) -> str | None:
    """How far a run came; None where it had not even started. A finished one may still have its first list."""
    stages = ("finished", "rolled-back", "started")
    return next((stage for stage in stages if (folder / f"{stage}.json").exists()), None)


def _numbers(state: Path) -> list[int]:
    try:
        names = os.listdir(state / "runs")
    except OSError:
        return []
    return [int(name) for name in names if _NUMBER.fullmatch(name)]


def _read(folder: Path, stage: str) -> Run:
    path = folder / f"{stage}.json"
    try:
        record = json.loads(path.read_bytes())
        if record["version"] != _VERSION:
            raise ApplyError(f"the journal {path} was written by another version of autofix: nothing was changed")
        return Run(
            folder,
            entries=tuple(map(_entry, record["entries"])),
            base=record["base"],
            folders=tuple(record["folders"]),
            undoes=record["undoes"],
            time=record["time"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ApplyError(f"the journal {path} cannot be read ({error}): nothing was changed") from None


def _entry(record: dict[str, Any]) -> Entry:
    several = {name: tuple(record[name]) for name in ("names", "temporaries", "backs")}
    owner = tuple(record["owner"]) if record["owner"] is not None else None
    return Entry(**{**record, **several, "kind": Kind(record["kind"]), "owner": owner})


def prune(state: Path) -> None:
    """Keep the last runs, and clear away what was never started or not wholly removed.

    What is older than the oldest run kept goes, undoings included: these are always younger than the run they put back.
    """
    numbers = sorted(_numbers(state))
    started = [number for number in numbers if _stage(_folder(state, number)) is not None]
    oldest = ([number for number in started if not _is_undoing(_folder(state, number))][-KEEP:] or [0])[0]
    for number in numbers:
        if number < oldest or number not in started:
            Run(_folder(state, number), ()).discard()
    with contextlib.suppress(OSError):
        for name in os.listdir(state / "runs"):
            if name.endswith(".gone"):
                shutil.rmtree(state / "runs" / name, ignore_errors=True)


def _is_undoing(folder: Path) -> bool:
    try:
        return _read(folder, _stage(folder) or "started").undoes is not None
    except ApplyError:
        return False
