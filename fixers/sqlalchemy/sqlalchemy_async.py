"""A whole repository from synchronous SQLAlchemy sessions to `AsyncSession`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from autofix.fixer import (
    Applicability,
    Example,
    Finding,
    Language,
    NoOptions,
    Part,
    ProgramFixer,
    Project,
    Source,
    Summarizer,
)
from autofix.languages.python.code_reading import PYTHON_CODE

if TYPE_CHECKING:
    # All of it is only imported once there is a file that uses SQLAlchemy.
    from autofix.fixers.sqlalchemy.migration.findings import Facts


class SqlalchemyAsync(ProgramFixer[NoOptions, "Facts"]):
    """Synchronous SQLAlchemy sessions, engines and queries of a whole repository, to asyncio.

    ## What it does

    Follows sessions, engines and queries through the program, finds every function that waits for the database, and turns it
    with all its callers into coroutine functions: `async def`, `await`, `async with`. Legacy queries become `select()`,
    engines, session makers, URLs and drivers their async kin; what is loaded lazily today is loaded with the query that feeds
    it; tests, fixtures, requirements and the test configuration follow.

    What a synchronous framework calls stays as it is: tasks of Celery and its kin, jobs of schedulers, threads, migrations of
    alembic, listeners. What it shares with the rest gets a synchronous twin, `sync_engine` beside `engine`; helpers that both
    call stay synchronous, and coroutines call them with `await db.run_sync(helper, ...)`. Commands of click and typer run an
    event loop each.

    ## Why

    A synchronous session in an async service blocks the event loop. By hand the change touches every layer at once, and what
    is forgotten fails only when it runs: a coroutine that nobody awaits is true.

    ## Example

    `db.query(User).filter(User.id == id).first()` in an endpoint becomes
    `(await db.scalars(select(User).filter(User.id == id).limit(1))).first()`, the endpoint a coroutine function.

    ## Safety

    Unsafe: it changes how the program runs. A call is rewritten because its receiver is proved to be a session, query or
    engine. What belongs together changes together or not at all.

    ## Refuses when

    Something cannot be a coroutine where it stands: a property, a special method, a lambda, a function that is passed to what
    calls it without awaiting it, a query whose meaning cannot be told. All such places are listed, and everything connected
    with them stays as it is.
    """

    id = "sqlalchemy-async"
    title = "Migrate from synchronous SQLAlchemy sessions to AsyncSession"
    group = "sqlalchemy"
    languages = frozenset((Language.PYTHON,))
    applicability = Applicability.UNSAFE
    default = False
    summarizers: ClassVar[Sequence[Summarizer[object]]] = (PYTHON_CODE,)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            before={
                "users.py": (
                    "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
                    "def rename(db: Session, id: int, name: str) -> None:\n"
                    "    user = db.get(User, id)\n    user.name = name\n    db.commit()\n"
                ),
                "models.py": (
                    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
                    "class Base(DeclarativeBase):\n    pass\n\n\n"
                    'class User(Base):\n    __tablename__ = "users"\n\n'
                    "    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n"
                ),
            },
            after={
                "users.py": (
                    "from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom models import User\n\n\n"
                    "async def rename(db: AsyncSession, id: int, name: str) -> None:\n"
                    "    user = await db.get(User, id)\n    user.name = name\n    await db.commit()\n"
                ),
                "models.py": (
                    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
                    "class Base(DeclarativeBase):\n    pass\n\n\n"
                    'class User(Base):\n    __tablename__ = "users"\n\n'
                    "    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n"
                ),
            },
        ),
    )

    def link(self, project: Project) -> Facts:
        """The whole plan: the program is followed here, files only get their findings."""
        from autofix.fixers.sqlalchemy.migration.findings import link

        return link(project, project.summaries(PYTHON_CODE))

    def targets(self, facts: Facts) -> Collection[str] | None:
        """The files that have something to be said about them."""
        return frozenset(facts.findings)

    def parts(self, facts: Facts) -> Sequence[Part]:
        """The components."""
        return facts.parts

    def fix(self, source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
        """What was planned for a file."""
        return facts.findings.get(source.path, ())
