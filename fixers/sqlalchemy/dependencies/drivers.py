"""Which drivers a repository has, and which ones asyncio needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from autofix.fixers.sqlalchemy.dependencies.releases import Release

# Distributions with a driver for asyncio, the usual one first; in a URL they have the same name.
_ASYNC: Mapping[str, Sequence[str]] = {
    "sqlite": ("aiosqlite",),
    "postgresql": ("asyncpg", "psycopg"),
    "mysql": ("aiomysql", "asyncmy"),
    "mariadb": ("aiomysql", "asyncmy"),
    "oracle": ("oracledb",),
    "mssql": ("aioodbc",),
}
# Distributions that say which servers a program may connect to.
_SERVERS: Mapping[str, frozenset[str]] = {
    "postgresql": frozenset(("psycopg2", "psycopg2-binary", "psycopg2cffi", "psycopg", "psycopg-binary", "pg8000", "asyncpg")),
    "mysql": frozenset(("pymysql", "mysqlclient", "mysql-connector-python", "cymysql", "aiomysql", "asyncmy")),
    "mariadb": frozenset(("mariadb",)),
    "oracle": frozenset(("cx-oracle", "oracledb")),
    "mssql": frozenset(("pyodbc", "aioodbc")),
}


def chosen_drivers(present: Iterable[str], release: Release) -> dict[str, str]:
    """The driver for asyncio of each dialect: one that is installed already, otherwise the usual one.

    psycopg has none for asyncio in SQLAlchemy 1.4.
    """
    names = frozenset(present)
    chosen = {}
    for dialect, drivers in _ASYNC.items():
        usable = [driver for driver in drivers if driver != "psycopg" or release.minor != (1, 4)]
        chosen[dialect] = next((driver for driver in usable if driver in names), usable[0])
    return chosen


def runtime_dialects(present: Collection[str], uses_sqlite: bool) -> tuple[str, ...]:
    """The dialects that a URL which is read at run time may have: those whose driver is installed.

    `uses_sqlite` says that some URL of the repository is one of SQLite, whose driver comes with Python. Where nothing tells, it
    is SQLite and PostgreSQL.
    """
    found = tuple(dialect for dialect, drivers in _SERVERS.items() if not drivers.isdisjoint(present))
    if "mysql" in found and "mariadb" not in found:
        # The same drivers serve both names.
        found = tuple(name for dialect in found for name in ((dialect, "mariadb") if dialect == "mysql" else (dialect,)))
    if not found and not uses_sqlite:
        return ("sqlite", "postgresql")
    return ("sqlite", *found) if uses_sqlite else found


def distributions(drivers: Mapping[str, str], dialects: Iterable[str]) -> list[str]:
    """What has to be installed for some dialects, by name."""
    return sorted({drivers[dialect] for dialect in dialects})
