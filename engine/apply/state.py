"""Where journals are kept: beside git's own files, or in the user's folder for state, never among the files of a project."""

from __future__ import annotations

import os
from pathlib import Path

from autofix.apply.errors import ApplyError
from autofix.project import worktree

NAME = "autofix"


def state_folder(root: Path) -> Path:
    """The folder for journals and the lock, which may not exist yet.

    In a work tree of git what `git rev-parse --git-path autofix` says, found without git; elsewhere a folder of the user's
    (`$XDG_STATE_HOME`, by default `~/.local/state`) that belongs to this root alone.

    Raises:
        ApplyError: outside of git, where the user has no home.
    """
    top = work_tree(root)
    folder = _git_folder(top) if top is not None else None
    if folder is not None:
        return folder / NAME
    from hashlib import blake2b

    base = os.environ.get("XDG_STATE_HOME")
    digest = blake2b(os.fsencode(os.path.realpath(root)), digest_size=16).hexdigest()
    try:
        return (Path(base) if base else Path.home() / ".local" / "state") / NAME / digest
    except RuntimeError:
        raise ApplyError("no journal can be kept: there is no home folder; set XDG_STATE_HOME") from None


def work_tree(root: Path) -> Path | None:
    """The nearest folder at or above `root` that git has a work tree in."""
    top = worktree.work_tree(os.path.realpath(root))
    return None if top is None else Path(top)


def _git_folder(top: Path) -> Path | None:
    """The git directory of a work tree; linked work trees and submodules have a file that names it."""
    marker = top / ".git"
    if marker.is_dir():
        return marker
    try:
        said = marker.read_bytes()
    except OSError:
        return None
    if not said.startswith(b"gitdir:"):
        return None
    folder = top / os.fsdecode(said.removeprefix(b"gitdir:").strip())
    return folder if folder.is_dir() else None


def prepare(state: Path) -> None:
    """Create the folder.

    Raises:
        ApplyError: it cannot be created.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ApplyError(f"no journal can be kept in {state}: {error.strerror}; nothing was changed") from None
