"""Legacy queries, `session.query(...)`, to `select()`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from autofix.fixer import Example, Finding, Language, NoOptions, ProgramFixer, Project, Source, Summarizer

if TYPE_CHECKING:
    # All of it is only imported once there is a file with a query.
    from autofix.fixers.sqlalchemy.selects.facts import Facts

_ASYNC = (b"AsyncSession", b"async_sessionmaker", b"async_scoped_session")


class SqlalchemySelect(ProgramFixer[NoOptions, "Facts"]):
    """Legacy queries, `session.query(...)`, to 2.0 style: `select()`, executed by the session.

    ## What it does

    In code whose session is an `AsyncSession`, which has no `query`, turns `session.query(...)` into a `select()` that is
    executed and awaited, whether or not there was an `await` before. That is all it does by default. When it is selected by
    its id, its group or the recipe `sqlalchemy-2`, it also turns the queries of synchronous sessions into 2.0 style.

    ## Why

    `AsyncSession.query` does not exist: half-migrated code crashes with `AttributeError` when it is called. On synchronous
    sessions `Query` still works and is called legacy since 2.0; one style for both is easier to read, and to migrate.

    ## Example

    `session.query(User).filter(User.id == 1).first()` becomes
    `session.scalars(select(User).filter(User.id == 1).limit(1)).first()`; of an `AsyncSession`
    `(await session.scalars(select(User).filter(User.id == 1).limit(1))).first()`.

    ## Safety

    Safe: the new statement returns, raises and changes what the query did, duplicates and limits included. The session is
    proved to be one, never guessed by its name. Where several places make, filter and execute the same query they change
    together or not at all. An `AsyncSession` never loads lazily: what is read of the objects later may have to be loaded by
    the statement.

    ## Refuses when

    - it is not known what is selected, where the query goes to, or what reads it
    - `select()` has no known equal of a method, as of `union` or a join by the name of a relationship
    - an asynchronous session is used where `await` cannot stand, as in a plain `def`
    - the program has queries of its own class, or a listener that changes queries before they are executed
    - a test hands over a mock in the place of the session, which only knows `query`
    - `select`, `func`, `update` or `delete` means something else there
    - the SQLAlchemy that is pinned is older than 1.4.24
    """

    id = "sqlalchemy-select"
    title = "Legacy queries to `select()`: where an AsyncSession crashes on them, on request everywhere"
    group = "sqlalchemy"
    languages = frozenset((Language.PYTHON,))
    examples: ClassVar[Sequence[Example]] = (
        Example(
            before={
                "users.py": (
                    "from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom models import User\n\n\n"
                    "async def named(db: AsyncSession, name: str) -> User | None:\n"
                    "    return await db.query(User).filter(User.name == name).first()\n"
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
                    "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n"
                    "from models import User\n\n\nasync def named(db: AsyncSession, name: str) -> User | None:\n"
                    "    return (await db.scalars(select(User).filter(User.name == name).limit(1))).first()\n"
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

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        """By default only programs with queries are followed at all."""
        return None if self.is_selected else ((b".query(",),)

    @property
    def summarizers(self) -> Sequence[Summarizer[object]]:  # type: ignore[override]
        """By default few programs have to be followed: they are read then."""
        if not self.is_selected:
            return ()
        from autofix.languages.python.code_reading import PYTHON_CODE

        return (PYTHON_CODE,)

    def link(self, project: Project) -> Facts:
        """What becomes of all queries: the program is followed here, files only get their findings."""
        from autofix.fixers.sqlalchemy.selects.facts import Facts

        if not self.is_selected and not self._has_asynchronous(project):
            return Facts()
        from autofix.fixers.sqlalchemy.selects.findings import link
        from autofix.languages.python.code_reading import PYTHON_CODE, read

        if self.is_selected:
            return link(project, project.summaries(PYTHON_CODE), only_crashes=False)
        sources = (project.source(path) for path in _python(project))
        return link(project, {source.path: read(source) for source in sources if source is not None}, only_crashes=True)

    def _has_asynchronous(self, project: Project) -> bool:
        return any(word in (project.read(path) or b"") for path in _python(project) for word in _ASYNC)

    def targets(self, facts: Facts) -> Collection[str] | None:
        """The files that have something to be said about them."""
        return frozenset(facts.findings)

    def fix(self, source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
        """What was planned for a file."""
        return facts.findings.get(source.path, ())


def _python(project: Project) -> list[str]:
    return [path for path in project.paths if path.endswith(".py")]
