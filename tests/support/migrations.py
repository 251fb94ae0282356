"""Programs that are migrated to asyncio, with their own test suites run before and after."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from autofix.fixer import CreateFile
from autofix.fixers.sqlalchemy.migration.plan import Plan, plan
from autofix.languages.python.code_reading import read
from autofix.project.project import Project
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from repositories import write_tree
from unawaited import unawaited


def plans(folder: Path, files: Mapping[str, str]) -> list[Plan]:
    """The plans for a program that stands in a folder."""
    sources = {path: Source.decode(path, text.encode()) for path, text in files.items() if path.endswith(".py")}
    return plan(Project(folder, list(files), None), sources, {path: read(source) for path, source in sources.items()})


def migrated(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """A program after the migration, which nothing stands in the way of, and in which every coroutine is awaited."""
    write_tree(folder, files)
    after = dict(files)
    for made in plans(folder, files):
        assert not made.blockers, made.blockers
        for path, edits in made.edits.items():
            after[path] = apply_edits(files[path].encode(), edits).decode()
        for operation in made.operations:
            assert isinstance(operation, CreateFile)
            after[operation.path] = operation.content.decode()
    assert unawaited(after) == []
    again = plans(folder, after)
    assert [(made.edits, made.blockers) for made in again if made.edits or made.blockers] == []
    return after


def blockers(folder: Path, files: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Path, line and reason of all that keeps a program from being migrated."""
    write_tree(folder, files)
    found = [blocker for made in plans(folder, files) for blocker in made.blockers]
    return [(each.path, files[each.path].encode()[: each.start].count(b"\n") + 1, each.reason) for each in found]


def outcomes(folder: Path, files: Mapping[str, str], arguments: Sequence[str] = ()) -> dict[str, str]:
    """Run the suite of a program in a folder: `passed`, `failed` or `error` by the name of the test.

    Coroutines that nobody awaits count as failures.
    """
    write_tree(folder, files)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
    strict = ["-W", "error::RuntimeWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *strict, *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=120
    )
    found = {}
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("PASSED", "FAILED", "ERROR"):
            found[rest.split(" - ")[0]] = word.lower()
    assert found, done.stdout + done.stderr
    if set(found.values()) != {"passed"}:
        found["output"] = done.stdout
    return found
