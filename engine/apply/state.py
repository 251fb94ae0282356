"""Where journals are kept: beside git's own files, so that they are never committed."""

from __future__ import annotations

import os
from pathlib import Path

from autofix.apply.errors import ApplyError

NAME = "autofix"


def state_folder(root: Path) -> Path:
    """The folder for journals and the lock, which may not exist yet.

    The same as `git rev-parse --git-path autofix` says, found without git; `<root>/.autofix` outside of a work tree.
    """
    top = work_tree(root)
    folder = _git_folder(top) if top is not None else None
    return folder / NAME if folder is not None else root / f".{NAME}"


def work_tree(root: Path) -> Path | None:
    """The nearest folder at or above `root` that git has a work tree in."""
    start = root.resolve()
    return next((folder for folder in (start, *start.parents) if _git_folder(folder) is not None), None)


def _git_folder(top: Path) -> Path | None:
    """The git directory of a work tree; linked work trees and submodules have a file that names it."""
    marker = top / ".git"
    if marker.is_dir():
        return marker if (marker / "HEAD").exists() else None
    try:
        said = marker.read_bytes()
    except OSError:
        return None
    if not said.startswith(b"gitdir:"):
        return None
    folder = top / os.fsdecode(said.removeprefix(b"gitdir:").strip())
    return folder if folder.is_dir() else None


def prepare(state: Path) -> None:
    """Create the folder; outside of git it hides itself from a repository that is made later.

    Raises:
        ApplyError: it cannot be created.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        if state.name == f".{NAME}" and not ignore.exists():
            ignore.write_bytes(b"*\n")
    except OSError as error:
        raise ApplyError(f"no journal can be kept in {state}: {error.strerror}; nothing was changed") from None
