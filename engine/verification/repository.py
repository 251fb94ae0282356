"""What git keeps of a project, for its copy: the same commits, branches and index, and nothing that leads back."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from autofix.project.worktree import GIT

# Of one work tree, and of the repository that all its work trees share. Hooks stay behind.
_OWN = ("HEAD", "index", "ORIG_HEAD", "MERGE_HEAD")
_SHARED = ("config", "packed-refs", "shallow", "refs", "info", "reftable")


def copy(root: Path, target: Path) -> None:
    """Give the copy `target` of the work tree `root` a repository of its own.

    Objects are read from that of the project and written to that of the copy, so that it costs next to nothing.

    Raises:
        OSError: it could not be written.
    """
    folders = _asked(root, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--git-path", "objects")
    if len(folders) != 3:
        return
    own, common, objects = (os.path.join(root, folder) for folder in folders)
    made = target / ".git"
    (made / "objects" / "info").mkdir(parents=True)
    (made / "objects" / "info" / "alternates").write_bytes(os.fsencode(os.path.realpath(objects)) + b"\n")
    for folder, names in ((common, _SHARED), (own, _OWN)):
        for name in names:
            _copy_part(os.path.join(folder, name), os.path.join(made, name))
    for entry in os.scandir(own):
        if entry.name.startswith("sharedindex."):
            _copy_part(entry.path, os.path.join(made, entry.name))
    (made / "refs").mkdir(exist_ok=True)
    # Where the project's configuration names its work tree, git would go on there.
    _asked(target, "config", "--file", os.fspath(made / "config"), "--unset-all", "core.worktree")


def _copy_part(source: str, target: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if os.path.isdir(source):
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def _asked(folder: Path, *arguments: str) -> list[str]:
    """The lines that git answers; none where it refuses."""
    done = subprocess.run([*GIT, "-C", os.fspath(folder), *arguments], capture_output=True, check=False)
    return os.fsdecode(done.stdout).splitlines() if done.returncode == 0 else []
