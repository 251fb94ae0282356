"""Put back what an interrupted run, or a group that failed half way, has left."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from autofix.apply.changes import Outcome, Recovered, Refused, shown
from autofix.apply.files import digest, make_folders, place_new, remove, remove_empty, said, stage, sync_folders
from autofix.apply.journal import Entry, Kind, Run, interrupted
from autofix.apply.lock import Locked, lock
from autofix.apply.state import work_tree


def recover(root: Path, state: Path, *, dry: bool = False) -> Recovered | None:
    """Roll back a run that was killed; None where there was none. With `dry` nothing is touched, only said.

    A file that holds exactly what the run wrote gets its old bytes back; one that was edited since is left and named.

    Raises:
        Locked: that run is still at work (with `dry` the answer is None).
        ApplyError: its journal cannot be read.
    """
    if not interrupted(state):
        return None
    try:
        with lock(state):
            # Asked again: without the lock a run at work looks like an interrupted one.
            return _roll_back(root, interrupted(state), dry)
    except Locked:
        if dry:
            return None
        raise


def _roll_back(root: Path, runs: list[Run], dry: bool) -> Recovered | None:
    if not runs:
        return None
    restored: list[str] = []
    left: list[Outcome] = []
    temporaries, again = 0, False
    for run in runs:
        found = put_back(root_of(run, root), run, run.entries, dry=dry)
        restored += found.restored
        left += found.left
        temporaries += found.temporaries
        again = again or found.again
        if not dry and not found.again:
            run.roll_back()
    return Recovered(restored, left, temporaries, dry, again)


def root_of(run: Run, root: Path) -> str:
    """The absolute path that the names of a run start from, given any folder of the work tree."""
    return os.path.realpath((work_tree(root) or root) / run.base)


def base_of(root: Path) -> str:
    """The way from the work tree to a root: journals stay true when the work tree moves or is copied."""
    return os.path.relpath(os.path.realpath(root), os.path.realpath(work_tree(root) or root))


def put_back(root: str, run: Run, entries: Iterable[Entry], *, dry: bool = False) -> Recovered:
    """Make every file what it was before the run, wherever it holds what the run wrote, and remove the temporary files.

    Can be killed and started again at any point: what to do is read from the files themselves.
    """
    restored: list[str] = []
    left: list[Outcome] = []
    temporaries, again = 0, False
    touched: set[str] = set()
    for entry in entries:
        name = entry.names[0]
        item = _Item(root, run, entry)
        touched.update(map(os.path.dirname, item.all_paths))
        try:
            if item.put_back(dry):
                restored.append(name)
        except Refused as refused:
            left.append(Outcome(name, str(refused)))
        except OSError as error:
            left.append(Outcome(name, f"cannot be put back: {said(error)}"))
            again = True
            continue  # what was kept aside may be needed
        if not dry:
            temporaries += sum(map(remove, item.aside))
    if not dry:
        remove_empty(os.path.join(root, folder) for folder in run.folders)
        sync_folders(filter(os.path.isdir, touched))
    return Recovered(restored, left, temporaries, dry, again)


class _Item:
    """One file of a journal and its present state on the disk."""

    def __init__(self, root: str, run: Run, entry: Entry) -> None:
        self.run = run
        self.entry = entry
        self.names = [os.path.join(root, name) for name in entry.names]
        self.backs = [os.path.join(root, name) for name in entry.backs]
        self.temporaries = [os.path.join(root, name) for name in entry.temporaries]
        self.new_name = os.path.join(root, entry.new_name) if entry.new_name else ""

    @property
    def aside(self) -> list[str]:
        """The temporary names."""
        return [*self.temporaries, *self.backs]

    @property
    def all_paths(self) -> list[str]:
        return [*self.names, *self.aside, *filter(None, [self.new_name])]

    def put_back(self, dry: bool) -> bool:
        """Whether there was anything to put back.

        Raises:
            Refused: somebody changed the file since.
        """
        match self.entry.kind:
            case Kind.WRITE:
                return self._rewrite(dry)
            case Kind.CREATE:
                return self._withdraw(self.names[0], dry)
            case Kind.DELETE:
                return self._return(dry)
            case Kind.RENAME:
                if digest(self.names[0]) == "" and digest(self.new_name) not in ("", self.entry.new):
                    raise Refused(f"has changed since, as {shown(self.entry.new_name)}")
                returned = self._return(dry)
                return self._withdraw(self.new_name, dry) or returned

    def _rewrite(self, dry: bool) -> bool:
        found = {name: digest(name) for name in self.names}
        written = [name for name in self.names if found[name] == self.entry.new]
        if not dry:
            for name in written:
                self._replace(name, self.backs[self.names.index(name)])
        if any(present not in (self.entry.old, self.entry.new) for present in found.values()):
            raise Refused("has changed since")
        return bool(written)

    def _replace(self, name: str, back: str) -> None:
        # One source for all names, so that hard links stay linked.
        source = next(filter(self._is_original, [*self.names, *self.backs]), None)
        if source != back:
            remove(back)
        if source is None:
            stage(back, self.run.old_bytes(self.entry), like=name)
        elif source != back:
            os.link(source, back)
        os.replace(back, name)

    def _is_original(self, path: str) -> bool:
        """Whether a file is whole: a copy has its mode only when everything else is done."""
        return digest(path) == self.entry.old and os.lstat(path).st_mode & 0o7777 == self.entry.mode

    def _return(self, dry: bool) -> bool:
        """Bring a file back that went away."""
        name, back = self.names[0], self.backs[0]
        present = digest(name)
        if present == self.entry.old:
            return False
        if present != "":
            raise Refused("has changed since")
        if dry:
            return True
        make_folders(os.path.dirname(name))
        if not self._is_original(back):
            remove(back)
            like = self.new_name if self.new_name and os.path.lexists(self.new_name) else None
            stage(back, self.run.old_bytes(self.entry), like=like, mode=self.entry.mode, owner=self.entry.owner)
        place_new(back, name)
        return True

    def _withdraw(self, name: str, dry: bool) -> bool:
        """Remove a file that the run created."""
        present = digest(name)
        if present == "":
            return False
        if present != self.entry.new:
            raise Refused("has changed since")
        if not dry:
            os.unlink(name)
        return True
