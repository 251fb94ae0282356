"""What git remembers of files that are gone: where they went, and when."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

# A move of interest is one that somebody is still mending; older history costs time and says less.
COMMITS = 2_000
SECONDS = 5.0
# Similarity is computed for this many files of a commit at most (git's -l).
RENAMES = 1_000

_DIFF = ("-M", f"-l{RENAMES}", "--diff-filter=RD", "--name-status", "-z", "--relative", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Departure:
    """A file that stood at `old` and was renamed to `new`, or deleted (`new` is None).

    `commit` is the abbreviated id; empty for a change that is staged and not committed.
    """

    old: str
    new: str | None
    commit: str


def departures(root: Path, pattern: str) -> list[Departure]:
    """The renamed and deleted files below `root` that match a git pathspec, oldest first.

    Paths are relative to `root`. Empty where git has nothing to say, fails, or takes too long.
    """
    committed = _git(root, "log", *_DIFF, f"--max-count={COMMITS}", "--format=%x01%h", "HEAD", "--", pattern)
    staged = _git(root, "diff", "--cached", *_DIFF, "HEAD", "--", pattern)
    return [*reversed(list(_parse(committed))), *_parse(staged)]


def ignored(root: Path, paths: Collection[str]) -> frozenset[str]:
    """Those of some paths, there or not, that git's ignore rules keep out of the repository."""
    if not paths:
        return frozenset()
    output = _git(root, "check-ignore", "--no-index", "-z", "--stdin", stdin="\0".join(sorted(paths)))
    return frozenset(os.fsdecode(output).split("\0")) - {""}


def _git(root: Path, *arguments: str, stdin: str = "") -> bytes:
    # No locks: a run beside an editor or another git must not disturb either. The file system monitor is a program of the
    # repository's own configuration.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            input=os.fsencode(stdin),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 else b""


def _parse(output: bytes) -> Iterator[Departure]:
    """Fields end with NUL; the id of a commit is marked by a byte 1 and a newline may follow it."""
    commit = ""
    fields = iter(os.fsdecode(output).split("\0"))
    for field in fields:
        status = field.lstrip("\n")
        if status.startswith("\x01"):
            commit = status[1:].strip()
        elif status.startswith("R"):
            yield Departure(next(fields), next(fields), commit)
        elif status.startswith("D"):
            yield Departure(next(fields), None, commit)
