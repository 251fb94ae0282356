"""The facts that whole-program fixers build on: names, scopes and imports of every Python file, linked. Only for measuring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from autofix.fixer import Finding, Language, NoOptions, ProgramFixer, Project, Source
from autofix.languages.python.summary import PYTHON_MODULES


class ModuleFacts(ProgramFixer[NoOptions, int]):
    """Summarize everything, change nothing."""

    id = "bench-module-facts"
    title = "Facts about all modules"
    group = "bench"
    default = False
    languages = frozenset({Language.PYTHON})
    needles = None
    summarizers: ClassVar = (PYTHON_MODULES,)

    def link(self, project: Project) -> int:
        """How many modules there are."""
        return len(project.summaries(PYTHON_MODULES))

    def targets(self, facts: int) -> tuple[str, ...]:
        """No file is to be visited."""
        return ()

    def fix(self, source: Source, project: Project, facts: int) -> Iterable[Finding]:
        """Nothing."""
        return ()
