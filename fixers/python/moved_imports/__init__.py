"""Old import paths and names, to where they live now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from autofix.fixer import Example, Finding, Language, ProgramFixer, Project, Source, Summarizer
from autofix.fixers.python.moved_imports.moves import Moves

if TYPE_CHECKING:
    # Everything else is only imported once a file has something that may have moved.
    from autofix.fixers.python.moved_imports.facts import Facts


@dataclass(frozen=True)
class MoveOptions:
    """`[fixers.moved-imports]`."""

    moves: Mapping[str, str] = field(default_factory=dict)
    """`"old.module" = "new.module"` and `"old.module:name" = "new.module:name"`."""
    infer: bool | None = None
    """Whether to find moves in the git history and in the definitions of the repository; by default where none are given."""

    def __post_init__(self) -> None:
        Moves.configured(self.moves)


class MovedImports(ProgramFixer[MoveOptions, "Facts"]):
    """Old import paths and names, to where they live now.

    What it does
        Rewrites imports of modules and names that have moved: `from`, dotted, aliased, relative and star imports, one statement
        split over several modules, attribute chains of imported modules, and the strings that name a module: `mock.patch`,
        Celery and uvicorn arguments, entry points, commands in Dockerfiles, Procfiles, compose files and workflows. A name
        that was renamed on the way is renamed at its uses, or kept by `as` where something else needs it.

    Why
        After a refactoring the imports that nobody updated fail when the service starts: `ModuleNotFoundError`.

    Example:
        With `"database.config:get_db" = "src.core.database:get_async_db"`, `from database.config import get_db` becomes
        `from src.core.database import get_async_db`, and so do its uses.

    Safety
        Safe for moves of the configuration, and for those that the git history proves: the old file was renamed or deleted, and
        one module defines the names now. Unsafe where only the present definitions speak for a move, for star imports, logger
        names and names handed to `import_module`.

    Refuses when
        the new module lacks the name; two modules define it; the old module still defines it; the import would close a circle;
        the old package is used in ways that cannot be followed. Fallbacks (`try` ... `except ImportError`) stay.
    """

    id = "moved-imports"
    title = "Update old import paths after code has moved"
    group = "python"
    languages = frozenset(
        (
            Language.PYTHON,
            Language.DOCKERFILE,
            Language.YAML,
            Language.TOML,
            Language.INI,
            Language.SHELL,
            Language.PROCFILE,
            Language.DOTENV,
        )
    )
    Options: ClassVar[type] = MoveOptions
    examples: ClassVar[Sequence[Example]] = (
        Example(
            before={
                "autofix.toml": '[fixers.moved-imports.moves]\n"database.config:get_db" = "app.db:get_async_db"\n',
                "app/__init__.py": "",
                "app/db.py": "async def get_async_db():\n    yield None\n",
                "main.py": "from database.config import get_db\n\nprint(get_db)\n",
            },
            after={
                "autofix.toml": '[fixers.moved-imports.moves]\n"database.config:get_db" = "app.db:get_async_db"\n',
                "app/__init__.py": "",
                "app/db.py": "async def get_async_db():\n    yield None\n",
                "main.py": "from app.db import get_async_db\n\nprint(get_async_db)\n",
            },
        ),
    )

    def __init__(self, options: MoveOptions) -> None:
        super().__init__(options)
        self.moves = Moves.configured(options.moves)
        self.infers = not self.moves if options.infer is None else options.infer

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        """With a mapping alone, the words that no use of an old path can avoid."""
        if self.infers:
            return None
        words = self.moves.literals()
        return (words,) if words else ()

    @property
    def summarizers(self) -> Sequence[Summarizer[object]]:  # type: ignore[override]
        """Who takes which names from whom matters for inference and for renamed names; a moved path needs none of it."""
        if not self.infers and not self.moves.renames():
            return ()
        from autofix.languages.python.summary import PYTHON_MODULES

        return (PYTHON_MODULES,)

    def prepare(self) -> None:
        """Import the insides."""
        import autofix.fixers.python.moved_imports.files
        import autofix.fixers.python.moved_imports.linking

        if self.infers:
            import autofix.fixers.python.moved_imports.evidence  # noqa: F401

    def link(self, project: Project) -> Facts:
        """The moves with all that depends on them."""
        from autofix.fixers.python.moved_imports.linking import link_configured, link_inferred

        if self.infers:
            return link_inferred(project, self.moves)
        return link_configured(project, self.moves)

    def targets(self, facts: Facts) -> Collection[str] | None:
        """With a mapping the needles tell, otherwise the facts."""
        return facts.visit

    def fix(self, source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
        """What has moved, in one file."""
        if not facts.moves and not facts.unclear:
            return ()
        from autofix.fixers.python.moved_imports.files import python_findings, text_findings

        if source.path.endswith((".py", ".pyi")):
            return python_findings(source, project, facts)
        return text_findings(source, project, facts)
