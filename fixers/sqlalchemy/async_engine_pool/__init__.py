"""Pool and driver arguments of asynchronous engines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from autofix.fixer import Example, Finding, Fixer, Language, NoOptions, Project, Source
from autofix.languages import language_of

_NEEDLES = (b"create_async_engine", b"+asyncpg:")


class AsyncEnginePool(Fixer[NoOptions]):
    """Pool and driver arguments of `create_async_engine` that crash, or that let connections go stale.

    ## What it does

    - takes out arguments that no asynchronous engine has: `pool_drop_on_rollback` (it exists in some guides only),
      `server_side_cursors`, and options of psycopg2 where the driver is another one
    - puts `AsyncAdaptedQueuePool` in the place of `QueuePool`, which an asynchronous engine refuses
    - adds `pool_pre_ping=True` where the database is on Neon, and lowers `pool_recycle` to the 300 seconds after which Neon
      suspends a database
    - in URLs for asyncpg, turns `sslmode` into `ssl` and takes out `channel_binding`; the same in `connect_args`
    - turns the cache of prepared statements off where an asyncpg engine connects to a `-pooler` host, which is PgBouncer

    ## Why

    An unknown argument is a TypeError when the program starts, an unknown option of a URL one when it first connects. A
    suspended database closes the connections that the pool still holds: `InterfaceError: connection is closed`.

    ## Example

    `create_async_engine(URL, pool_recycle=3600)` becomes `create_async_engine(URL, pool_recycle=300, pool_pre_ping=True)` where
    `URL` has a host of `neon.tech`.

    ## Safety

    Arguments for the pool are safe: what is taken out could only crash, and a ping changes no result. Changes of URLs and of
    the cache are unsafe: the program may rewrite its URL before it connects. How large the pool is depends on the load, and is
    never changed. Nothing is added beside `NullPool`, `StaticPool`, `**arguments` or `creator`, for SQLite, in tests and in
    migrations.

    ## Refuses when

    - `pool_pre_ping` is turned off in so many words
    - an option has no place in a URL for asyncpg, as `sslrootcert` or `application_name`
    - the program handles `sslmode` itself
    """

    id = "async-engine-pool"
    title = "Pool and driver arguments of asynchronous engines that crash or go stale"
    group = "sqlalchemy"
    languages = frozenset((Language.PYTHON, Language.DOTENV))
    examples = (
        Example(
            {
                "db.py": (
                    "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
                    'engine = create_async_engine("postgresql+asyncpg://me@ep-x.neon.tech/shop", pool_recycle=3600)\n'
                )
            },
            {
                "db.py": (
                    "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
                    'engine = create_async_engine("postgresql+asyncpg://me@ep-x.neon.tech/shop", pool_recycle=300, '
                    "pool_pre_ping=True)\n"
                )
            },
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]]:
        """A file with neither makes no such engine and has no such URL."""
        return (_NEEDLES,)

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        """What is wrong with each engine, then with each URL."""
        if language_of(source.path) is Language.DOTENV:
            yield from _of_dotenv(source, project)
            return
        from autofix.fixers.sqlalchemy.async_engine_pool.calls import engines
        from autofix.fixers.sqlalchemy.async_engine_pool.urls import urls

        yield from engines(source, project)
        yield from urls(source, project)


_SETTING = re.compile(rb"(?m)^[ \t]*(?:export[ \t]+)?\w+[ \t]*=[ \t]*[\"']?(postgresql\+asyncpg://[^\s\"'#]*)")


def _of_dotenv(source: Source, project: Project) -> Iterator[Finding]:
    from autofix.fixers.sqlalchemy.async_engine_pool.urls import finding

    for match in _SETTING.finditer(source.text):
        question = match[1].find(b"?")
        if question >= 0:
            yield from finding(source, project, match.start(1), match.start(1) + question + 1, match.end(1))
