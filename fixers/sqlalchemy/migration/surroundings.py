"""What the files around the code say: the SQLAlchemy that is pinned, the databases in use, the drivers to install."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from autofix.fixer import Project
from autofix.fixers.sqlalchemy.dependencies import chosen_drivers, declared, dependency_changes
from autofix.fixers.sqlalchemy.dependencies.releases import Release
from autofix.fixers.sqlalchemy.engines.outcome import Context
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages import Language, language_of
from autofix.text.edit import Edit

_URL = re.compile(rb"\b(postgres(?:ql)?|mysql|mariadb|sqlite|oracle|mssql)(?:\+\w+)?://")
_DISTRIBUTIONS = {
    "postgresql": frozenset(("psycopg2", "psycopg2-binary", "psycopg", "asyncpg", "pg8000")),
    "mysql": frozenset(("pymysql", "mysqlclient", "mysql-connector-python", "aiomysql", "asyncmy")),
    "oracle": frozenset(("cx-oracle", "oracledb")),
    "mssql": frozenset(("pyodbc", "pymssql", "aioodbc")),
}
_SETTINGS = frozenset((Language.DOTENV, Language.YAML, Language.INI, Language.TOML, Language.PYTHON))


def context(project: Project, release: Release) -> Context:
    """What is known of the databases of a repository."""
    dialects = tuple(sorted(set(_dialects(project)))) or ("postgresql", "sqlite")
    return Context(release.minor, chosen_drivers(declared(project), release), dialects)


def refreshes_by_name(release: Release) -> bool:
    """Whether `session.refresh(obj, ["relationship"])` loads a relationship: since SQLAlchemy 2.0.4 (its changelog)."""
    if release.exact is not None:
        return release.exact >= (2, 0, 4)
    return release.minor is None or release.minor >= (2, 0)


def has_scalars(release: Release) -> bool:
    """Whether an `AsyncSession` has `scalars`: since SQLAlchemy 1.4.24 (its documentation)."""
    return release.exact is None or release.exact >= (1, 4, 24)


def module_of_select(release: Release) -> str:
    """The module to import the class `Select` from: `sqlalchemy` itself offers it since 2.0."""
    return "sqlalchemy" if release.minor is not None and release.minor >= (2, 0) else "sqlalchemy.sql"


def _dialects(project: Project) -> Iterator[str]:
    for path in project.paths:
        if language_of(path) in _SETTINGS and (data := project.read(path)) is not None:
            for match in _URL.finditer(data):
                name = match.group(1).decode()
                yield "postgresql" if name == "postgres" else name
    names = declared(project)
    yield from (dialect for dialect, known in _DISTRIBUTIONS.items() if known & names)


def rewrite_dependencies(migration: Migration, project: Project, base: Context, edits: Mapping[str, Iterable[Edit]]) -> None:
    """The requirements of the drivers that the new texts of Python files name, and of what the tests need."""
    together = "\n".join(edit.replacement for each in edits.values() for edit in each)
    drivers = {driver for driver in base.drivers.values() if driver in together}
    if not drivers:
        return
    tests = set(migration.test_requirements)
    if any(module == "httpx" for path in edits for module, _ in migration.files[path].imports):
        tests.add("httpx")
    changes = dependency_changes(project, sorted(drivers), sorted(tests), edits.keys())
    for path, found in changes.edits.items():
        migration.other_edits.setdefault(path, []).extend(found)
    migration.remarks += changes.notes
