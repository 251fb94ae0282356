"""The rule: fixes are made where nothing that passed before fails after them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from autofix.run.result import LostTest, Tell, Trial, Verification
from autofix.verification.commands import Attempt, Scratch
from autofix.verification.copying import copy
from autofix.verification.outcomes import lost, passed
from autofix.verification.relocation import relocate, variables

SHOWN = 5
"""Tests that a reason names; the report lists all."""

# How a shell says that it found no such command, or none that it may run.
_NOT_RUN = {126: "cannot be executed", 127: "was not found"}


def verify(
    root: Path, command: str, change: Callable[[Path], str], *, folder: Path = Path(), tell: Tell | None = None
) -> Verification:
    """Run a shell command in a copy of the project, make the fixes in another copy, and run it there.

    Both copies are of the project as it is then, and at the same place: what the command leaves behind in the first does
    not reach the second. `change` makes the fixes below the folder that it is given and returns why it could not, if it
    could not; `folder`, below the root, is where the command runs.

    Raises:
        OSError: no copy could be made, or the command could not be run.
    """
    tell = tell or (lambda *_: None)
    with Scratch(root.name) as scratch:
        tell("verify: before the fixes", 0, 2)
        left_out = _copy(root, scratch)
        before = _run(root, command, folder, scratch)
        if before.code in _NOT_RUN and before.outcomes is None:
            problem = f"`{command}` {_NOT_RUN[before.code]} (exit code {before.code})"
            return Verification(command, problem, _trial(before), output=before.tail, left_out=left_out)
        tell("verify: after the fixes", 1, 2)
        scratch.empty()
        _copy(root, scratch)
        if problem := change(scratch.tree):
            return Verification(command, problem, _trial(before), left_out=left_out)
        after = _run(root, command, folder, scratch)
        gone = lost(before.outcomes or {}, after.outcomes)
        problem = _judged(command, before, after, gone)
        return Verification(command, problem, _trial(before), _trial(after), gone, after.tail if problem else (), left_out)


def _copy(root: Path, scratch: Scratch) -> Sequence[str]:
    made = copy(root, scratch.tree)
    for environment in made.environments:
        relocate(os.path.join(scratch.tree, environment), os.fspath(root), os.fspath(scratch.tree))
    return made.left_out


def _run(root: Path, command: str, folder: Path, scratch: Scratch) -> Attempt:
    place = scratch.tree / folder
    return scratch.run(
        command, place if place.is_dir() else scratch.tree, variables(os.fspath(root), os.fspath(scratch.tree), os.environ)
    )


def _trial(attempt: Attempt) -> Trial:
    return Trial(attempt.code, len(passed(attempt.outcomes)) if attempt.outcomes is not None else None)


def _judged(command: str, before: Attempt, after: Attempt, gone: Sequence[LostTest]) -> str:
    """Why the fixes must not be made; empty where nothing speaks against them."""
    if gone:
        named = ", ".join(f"{test} ({became})" for test, became in gone[:SHOWN])
        more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
        tests = "a test that passed does not" if len(gone) == 1 else f"{len(gone)} tests that passed do not"
        return f"after the fixes {tests}: {named}{more}"
    if after.code == 0:
        return ""
    if before.code == 0:
        return f"`{command}` ends with exit code {after.code} after the fixes, and with 0 before them"
    if not passed(before.outcomes):
        return f"`{command}` ends with exit code {before.code} before the fixes, too, and no test passes: it tells nothing"
    return ""
