"""Little repositories for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run git and return what it prints; fails loudly."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, input=stdin, env={**os.environ, **IDENTITY}, check=False
    )
    assert done.returncode == 0, (arguments, done.stderr.decode("utf-8", "replace"))
    return done.stdout


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Create files by path."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read_tree(folder: Path) -> dict[str, bytes]:
    """All files by path, without git's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def make_repository(folder: Path, *trees: Mapping[str, str | bytes], state: Mapping[str, Any] | None = None) -> Path:
    """A git repository with one commit for each tree.

    `state` may hold `head` (the branch checked out), `branches`, `remote` (URL of origin) and `default` (what
    refs/remotes/origin/HEAD points to).
    """
    state = state or {}
    default = state.get("default")
    head = state.get("head") or default or "main"
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--template=", "-b", head)
    for tree in trees:
        for path in read_tree(folder):
            (folder / path).unlink()
        write_tree(folder, tree)
        git(folder, "-c", "core.autocrlf=false", "add", "--all", "--force")
        git(folder, "commit", "--quiet", "--allow-empty", "-m", "state")
    if state.get("remote") or default:
        git(folder, "remote", "add", "origin", state.get("remote") or "https://example.com/me/project.git")
    for branch in {*state.get("branches", ()), *([default] if default else ())}:
        if branch != head:
            git(folder, "branch", "--force", branch)
        if default:
            git(folder, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
    if default:
        git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{default}")
    return folder


def copy_of(folder: Path, target: Path) -> Path:
    """The same repository somewhere else."""
    return Path(shutil.copytree(folder, target, symlinks=True))
