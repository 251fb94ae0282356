"""Run fixers over a folder, without a command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autofix import session
from autofix.project.discovery import discover
from autofix.project.git import Git
from autofix.project.project import Project
from autofix.run import pipeline
from autofix.run.pool import Limits
from autofix.run.result import Result, Settings, Status
from autofix.run.scope import Scope
from toy_fixers import registry


def execute(root: Path, *fixers: Any, **request: Any) -> Result:
    """A whole run as a user asks for it, in memory."""
    paths = request.pop("paths", (root,))
    return session.execute(session.Request(tuple(paths), **{"jobs": 1, "cache": False, **request}), registry(*fixers))


def run(root: Path, *fixers: Any, start_method: str = "fork", seconds: float = 30.0, **settings: Any) -> Result:
    """The pipeline with other limits than a user can ask for."""
    found = discover([root])
    project = Project(found.root, found.paths, Git(found.root) if found.has_git else None)
    limits = Limits(1, start_method, seconds)
    made = [fixer(fixer.Options()) for fixer in fixers]
    return pipeline.run(found, project, made, Scope(), Settings(limits=limits, cache=False, **settings))


def texts(result: Result) -> dict[str, bytes | None]:
    """What the changed files would be."""
    return {change.path: change.new for change in result.changes}


def failures(result: Result) -> list[tuple[str, str]]:
    """Which file and fixer failed."""
    return sorted((failure.path, failure.fixer) for failure in result.failures)


def statuses(result: Result) -> list[tuple[str, Status]]:
    """What became of each fixer's findings."""
    return [(item.fixer, item.status) for item in result.findings]
