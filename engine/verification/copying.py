"""A copy of a project in which a command can run: all that git knows or would add, and what it ignores."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from autofix.project.worktree import GIT, work_tree
from autofix.verification import repository

LARGE = 512 * 1024 * 1024
"""Bytes above which a folder or file that git ignores is left out, unless it holds what the project depends on."""

# What marks a folder as an installation of dependencies, which is copied whatever its size.
_ENVIRONMENT = "pyvenv.cfg"
_INSTALLED = frozenset(("node_modules",))
# Made again when needed; of the user's own code they could be taken for up to date after a fix within the same second.
_REMADE = frozenset(("__pycache__",))


@dataclass
class Copy:
    """What was copied: the Python environments in it, relative to its root, and what is missing, each with the reason."""

    environments: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def copy(root: Path, target: Path) -> Copy:
    """Copy the project at `root` to `target`, which must not exist.

    No link in the copy leads back into the project: links within it lead to the same place of the copy.

    Raises:
        OSError: the copy could not be made, such as for want of room.
    """
    copier = _Copier(os.fspath(root), os.fspath(target))
    os.makedirs(target)
    if work_tree(copier.root) != copier.root or not _copy_known(copier):
        copier.folder("")
        return copier.done
    repository.copy(root, target)
    return copier.done


def _copy_known(copier: _Copier) -> bool:
    """Copy what git lists; False where it refuses."""
    listed = _listed(copier.root, "--cached", "--others")
    ignored = _listed(copier.root, "--others", "--ignored", "--directory")
    if listed is None or ignored is None:
        return False
    for path in dict.fromkeys(listed):
        if path.endswith("/"):  # a repository within this one, of which git says no more
            copier.unknown(path.rstrip("/"))
        else:
            copier.entry(path)
    for path in ignored:
        copier.unknown(path.rstrip("/"))
    return True


def _listed(root: str, *options: str) -> list[str] | None:
    command = [*GIT, "-C", root, "ls-files", "-z", "--exclude-standard", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return [path for path in os.fsdecode(done.stdout).split("\0") if path] if done.returncode == 0 else None


class _Copier:
    def __init__(self, root: str, target: str) -> None:
        self.root = root
        self.target = target
        self.done = Copy()

    def unknown(self, path: str) -> None:
        """A file or folder that git does not know, unless it is made again when needed; of a large one its dependencies."""
        if os.path.basename(path) in _REMADE:
            return
        size, installed = self._measured(path)
        if size <= LARGE:
            self.entry(path)
            return
        self.done.left_out.append(f"{path}: larger than {LARGE >> 20} MiB")
        for folder in installed:
            self.entry(folder)

    def _measured(self, path: str) -> tuple[int, list[str]]:
        """The bytes of a file or folder without the dependencies that are installed below it, and their folders."""
        size, installed, pending = 0, [], [path]
        while pending:
            each = pending.pop()
            full = os.path.join(self.root, each)
            with contextlib.suppress(OSError):
                status = os.lstat(full)
                if not stat.S_ISDIR(status.st_mode):
                    size += status.st_size
                elif os.path.basename(each) in _INSTALLED or os.path.lexists(os.path.join(full, _ENVIRONMENT)):
                    installed.append(each)
                else:
                    pending += (os.path.join(each, name) for name in os.listdir(full))
        return size, installed

    def entry(self, path: str, *, everything: bool = False) -> None:
        """A file, link or folder; what has gone meanwhile is no part of the project."""
        source, target = os.path.join(self.root, path), os.path.join(self.target, path)
        try:
            mode = os.lstat(source).st_mode
        except OSError:
            return
        if stat.S_ISDIR(mode):
            self.folder(path, everything=everything)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):
            return
        if stat.S_ISLNK(mode):
            os.symlink(self._leading(source), target)
        elif stat.S_ISREG(mode):
            try:
                shutil.copy2(source, target, follow_symlinks=False)
            except PermissionError:
                self.done.left_out.append(f"{path}: cannot be read")

    def folder(self, path: str, *, everything: bool = False) -> None:
        """A folder with all that is in it; `everything`: also what Python would make again."""
        source, target = os.path.join(self.root, path), os.path.join(self.target, path)
        try:
            names = os.listdir(source)
        except OSError:
            self.done.left_out.append(f"{path}: cannot be read")
            return
        os.makedirs(target, exist_ok=True)
        if _ENVIRONMENT in names:
            self.done.environments.append(path)
            everything = True
        for name in names:
            # What git keeps belongs to the project above all others alone.
            if name != ".git" and (everything or name not in _REMADE):
                self.entry(os.path.join(path, name), everything=everything or name in _INSTALLED)
        with contextlib.suppress(OSError):
            shutil.copystat(source, target)
            os.chmod(target, os.stat(target).st_mode | stat.S_IRWXU)

    def _leading(self, link: str) -> str:
        """Where the copy of a link leads: within the copy where it leads within the project, else to the same place."""
        text = os.readlink(link)
        named = os.path.normpath(os.path.join(os.path.dirname(link), text))
        end = os.path.realpath(link)
        if not self._is_within(end) and not self._is_within(named):
            return named
        if not os.path.isabs(text) and self._is_within(named):
            return text
        return self.target + (named if self._is_within(named) else end)[len(self.root) :]

    def _is_within(self, path: str) -> bool:
        return path == self.root or path.startswith(self.root + os.sep)
