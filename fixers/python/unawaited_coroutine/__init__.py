"""Coroutines that are called and dropped, to `await`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from autofix.fixer import Example, Finding, Language, NoOptions, ProgramFixer, Project, Source, Summarizer
from autofix.languages.python.summary import PYTHON_MODULES

if TYPE_CHECKING:
    # Only imported once a file has a coroutine.
    from autofix.fixers.python.unawaited_coroutine.facts import Facts


class UnawaitedCoroutine(ProgramFixer[NoOptions, "Facts"]):
    """Coroutines that are called and dropped, to `await`.

    ## What it does

    Finds calls of coroutine functions whose coroutine nobody can await: a statement of its own in a coroutine function gets
    `await`, below `if __name__ == "__main__":` `asyncio.run`, in a start-up handler of FastAPI the handler becomes a coroutine
    function. A coroutine that is kept in a name and then used like its result is awaited where it is made. A task that nothing
    refers to is kept in a set until it is done. Coroutine functions are found across files: through imports and re-exports,
    methods through the classes of their receivers, decorators where they leave a coroutine function one.

    ## Why

    Calling a coroutine function runs nothing of it. The tables are never created, the row is never stored, and all that tells
    is a warning when the coroutine is collected. The event loop holds tasks by weak references: one that nobody keeps may be
    gone before it is done.

    ## Example

    `create_all_tables()` in the lifespan of an application becomes `await create_all_tables()`.

    ## Safety

    Safe where a statement is proved to drop a coroutine. Unsafe where the coroutine is kept in a name whose uses must fail, and
    for tasks. Coroutines that are returned, passed, stored or awaited later stay as they are, and so does all that cannot be
    proved: a name that is bound twice, a method that some class below makes an ordinary one, an unknown decorator, a mock.

    ## Refuses when

    The call stands in a function that is none of coroutines, or where the file is imported; several coroutines are dropped
    below one main guard.
    """

    id = "unawaited-coroutine"
    title = "Await coroutines that are called and dropped"
    group = "python"
    languages = frozenset((Language.PYTHON,))
    summarizers: ClassVar[Sequence[Summarizer[object]]] = (PYTHON_MODULES,)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            before={
                "database.py": "async def create_all_tables():\n    print('created')\n",
                "main.py": (
                    "from contextlib import asynccontextmanager\n\nfrom database import create_all_tables\n\n\n"
                    "@asynccontextmanager\nasync def lifespan(app):\n    create_all_tables()\n    yield\n"
                ),
            },
            after={
                "database.py": "async def create_all_tables():\n    print('created')\n",
                "main.py": (
                    "from contextlib import asynccontextmanager\n\nfrom database import create_all_tables\n\n\n"
                    "@asynccontextmanager\nasync def lifespan(app):\n    await create_all_tables()\n    yield\n"
                ),
            },
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        """Where there is no coroutine function, there is no coroutine to forget."""
        return ((b"async",),)

    def prepare(self) -> None:
        """Import the insides."""
        import autofix.fixers.python.unawaited_coroutine.facts
        import autofix.fixers.python.unawaited_coroutine.findings  # noqa: F401

    def link(self, project: Project) -> Facts:
        """Which calls may be of coroutine functions, by name."""
        from autofix.fixers.python.unawaited_coroutine.facts import link

        return link(project)

    def targets(self, facts: Facts) -> Collection[str] | None:
        """The files with such calls."""
        return frozenset(facts.calls)

    def fix(self, source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
        """What is dropped in one file."""
        from autofix.fixers.python.unawaited_coroutine.findings import findings

        return findings(source, project, facts)
