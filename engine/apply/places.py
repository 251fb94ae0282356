"""Where a path of the project leads, and whether that is a place to write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from autofix.apply.changes import Refused, shown


class Places:
    """Finds the real file behind a path and refuses what lies outside, in another repository, or cannot be written.

    The answers for folders are remembered: make a new one for each run.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self.root = os.path.realpath(root)
        self._state = os.path.realpath(state)
        self._folders: dict[str, str | Refused] = {}
        self._names: dict[int, list[str]] | None = None

    def file(self, path: str, *, follow: bool = True) -> str:
        """The absolute path of the file that a path stands for, symbolic links resolved.

        With `follow` off the last part may not be a link: it is the name that counts.

        Raises:
            Refused: it is no place to write.
        """
        full = os.path.join(self.root, *_parts(path))
        full = os.path.join(self.folder(os.path.dirname(full)), os.path.basename(full))
        if not os.path.islink(full):
            return full
        if not follow:
            raise Refused("is a symbolic link: only the file that it leads to can be changed")
        target = os.path.realpath(full)
        if os.path.islink(target):
            raise Refused("is a symbolic link that leads nowhere")
        return os.path.join(self.folder(os.path.dirname(target)), os.path.basename(target))

    def folder(self, folder: str) -> str:
        """The real path of a folder, which may not exist yet.

        Raises:
            Refused: it is no place to write.
        """
        known = self._folders.get(folder)
        if known is None:
            try:
                known = self._judge(os.path.realpath(folder))
            except Refused as refused:
                known = refused
            self._folders[folder] = known
        if isinstance(known, Refused):
            raise Refused(*known.args)
        return known

    def _judge(self, real: str) -> str:
        if real != self.root and not real.startswith(os.path.join(self.root, "")):
            raise Refused("leads out of the project through a symbolic link")
        if real == self._state or real.startswith(self._state + os.sep):
            raise Refused("lies where the journals are kept")
        below = os.path.relpath(real, self.root)
        folder = self.root
        for part in below.split(os.sep) if below != "." else ():
            folder = os.path.join(folder, part)
            if part.casefold() == ".git":
                raise Refused("lies in a git directory")
            if os.path.lexists(os.path.join(folder, ".git")):
                raise Refused(f"lies in another repository ({shown(self.relative(folder))})")
        _require_writable(real)
        return real

    def relative(self, real: str) -> str:
        """A real path as journals and messages name it: below the root, with `/`."""
        return os.path.relpath(real, self.root).replace(os.sep, "/")

    def names(self, real: str, status: os.stat_result) -> list[str]:
        """Every name of a file, itself first: those that hard links give it.

        Raises:
            Refused: some of them lie elsewhere, where they cannot be changed with it.
        """
        if status.st_nlink <= 1:
            return [real]
        if self._names is None:
            self._names = _inodes(self.root)
        others = [name for name in self._names.get(status.st_ino, ()) if name != real and _same(name, status)]
        for name in others:
            self.folder(os.path.dirname(name))
        found = len(others) + 1
        if found != status.st_nlink:
            raise Refused(f"has {status.st_nlink} hard links, {found} of them in this project: all or none can be changed")
        return [real, *others]


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if os.sep != "/" and (os.sep in path or os.path.splitdrive(path)[0]):
        raise Refused("is no path below the project")
    if "" in parts or "\0" in path or ".." in parts or "." in parts:
        raise Refused("is no path below the project")
    if parts[-1].casefold() == ".git":
        raise Refused("is a git directory")
    return parts


def _require_writable(folder: str) -> None:
    """Renaming onto a read-only file succeeds, so the bits are asked; the superuser is bound by them here like all others."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise Refused("has a file where its folder should be")
    if not stat.S_IMODE(os.stat(folder).st_mode) & 0o222 or not os.access(folder, os.W_OK | os.X_OK):
        raise Refused("lies in a read-only folder")


def require_writable_file(path: str, status: os.stat_result) -> None:
    """Raise Refused for a file that its owner protected: by its mode, as immutable, on a read-only file system."""
    if not stat.S_IMODE(status.st_mode) & 0o222 or not os.access(path, os.W_OK):
        raise Refused("is read-only")


def _inodes(root: str) -> dict[int, list[str]]:
    """All regular files by inode number; git's own are not looked at."""
    found: dict[int, list[str]] = {}
    folders = [root]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != ".git":
                            folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        found.setdefault(entry.inode(), []).append(entry.path)
        except OSError:
            continue
    return found


def _same(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.lstat(path), status)
    except OSError:
        return False
