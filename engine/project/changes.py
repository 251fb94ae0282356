"""What differs from a commit: for `--since`, and for the care taken with uncommitted work."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from autofix.project.discovery import project_root
from autofix.project.worktree import GIT

LineRanges = Sequence[tuple[int, int]]
"""First and last line, both 1-based and included."""

_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_EVERYTHING: LineRanges = ((1, 1 << 60),)


class UnknownRevision(ValueError):
    """Git does not know the revision that was named."""


class GitFailed(Exception):
    """Git could not do what it was asked; the message is its own."""


def changed_lines(root: Path, revision: str) -> Mapping[str, LineRanges]:
    """The lines of the work tree that were added or changed since a commit, by path; untracked files count whole.

    Raises:
        UnknownRevision: git cannot compare with `revision`.
    """
    if revision.startswith("-"):
        raise UnknownRevision(f"{revision!r} is no revision")
    options = [
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--no-renames",
        "-U0",
        "--inter-hunk-context=0",
        "--diff-filter=d",
        "--src-prefix=a/",
        "--dst-prefix=b/",
    ]
    try:
        diff = _git(root, "diff", *options, revision, "--")
        untracked = _git(root, "ls-files", "-z", "-o", "--exclude-standard")
    except GitFailed as error:
        raise UnknownRevision(f"git cannot compare with {revision!r}: {error}") from None
    found: dict[str, LineRanges] = {}
    for part in re.split(rb"^diff --git ", diff, flags=re.MULTILINE)[1:]:
        path = _new_path(part)
        if path is not None:
            spans = [(int(hunk[1]), int(hunk[2] or 1)) for hunk in _HUNK.finditer(part)]
            found[path] = tuple((start, start + count - 1) for start, count in spans if count)
    found.update(dict.fromkeys((path for path in os.fsdecode(untracked).split("\0") if path), _EVERYTHING))
    return found


def uncommitted(root: Path) -> frozenset[str]:
    """Tracked files that differ from the last commit; none where there is no commit yet, no repository, or no git at all.

    Raises:
        GitFailed: there is a repository, but git cannot tell.
    """
    import shutil

    if not project_root([root])[1] or shutil.which("git") is None:
        return frozenset()
    options = ["--porcelain=v1", "-z", "--branch", "--no-ahead-behind", "--untracked-files=no", "--no-renames"]
    branch, *entries = os.fsdecode(_git(root, "status", *options)).split("\0")
    if branch.startswith("## No commits yet"):
        return frozenset()
    return frozenset(entry[3:] for entry in entries if entry)


def _git(root: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run([*GIT, "-C", str(root), *arguments], capture_output=True, check=False, env=environment)
    except OSError as error:
        raise GitFailed(f"{error.strerror}: git") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(said[0] if said else f"git {arguments[0]} ended with exit code {done.returncode}")
    return done.stdout


def _new_path(part: bytes) -> str | None:
    name = re.search(rb"^\+\+\+ (\"?)b/(.*?)\t?$", part, re.MULTILINE)
    if name is None:
        return None  # nothing but a mode changed
    return os.fsdecode(_unquoted(name[2][:-1]) if name[1] else name[2])


def _unquoted(name: bytes) -> bytes:
    """A path out of git's C-style quotes."""
    plain = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
    return re.sub(
        rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else plain.get(m[1], m[1]), name, flags=re.DOTALL
    )
