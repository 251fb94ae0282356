"""What a run is given, and what goes wrong in it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from autofix.fixer import AnyFixer, ProgramFixer
from autofix.project.discovery import Discovery
from autofix.project.project import Project
from autofix.run.prefilter import Prefilter
from autofix.run.result import Settings
from autofix.run.scope import Scope


class Job:
    """The files, the fixers and the settings of one run. Fixers are named by their index in `fixers`."""

    def __init__(
        self, discovery: Discovery, project: Project, fixers: Sequence[AnyFixer], scope: Scope, settings: Settings
    ) -> None:
        self.discovery = discovery
        self.project = project
        self.fixers = fixers
        self.scope = scope
        self.settings = settings
        self.prefilter = Prefilter(fixers, scope.ignored)
        self.programs = frozenset(index for index, fixer in enumerate(fixers) if isinstance(fixer, ProgramFixer))
        """The whole-program fixers."""
        self.root = os.fspath(discovery.root)
        everything = not discovery.named and len(discovery.targets) == len(discovery.paths)
        self.targets = discovery.paths if everything else frozenset(discovery.targets)
        """The files that the user asked for."""
        self.failures: dict[tuple[str, str], str] = {}
        """What went wrong, by path and the id of the fixer; `""` stands for all files, or all fixers."""

    def tell(self, stage: str, done: int, total: int) -> None:
        """Say how far the run has come."""
        if self.settings.progress is not None:
            self.settings.progress(stage, done, total)

    def fail(self, path: str, index: int, reason: str) -> None:
        """Note that a fixer failed on a file, or as a whole where the path is empty."""
        self.failures[path, self.fixers[index].id] = reason
