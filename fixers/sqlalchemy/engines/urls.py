"""Database URLs: which driver takes the place of which, and what has to change in the options behind the question mark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_plus

# Drivers that `create_async_engine` accepts (SQLAlchemy's page of each dialect).
_ASYNC = frozenset(("aiosqlite", "asyncpg", "psycopg", "psycopg_async", "aiomysql", "asyncmy", "aioodbc", "oracledb_async"))
# Synchronous drivers that are left for the chosen one; empty is the dialect's default.
_SYNC: Mapping[str, frozenset[str]] = {
    "sqlite": frozenset(("", "pysqlite")),
    "postgresql": frozenset(("", "psycopg2", "psycopg2cffi", "pg8000")),
    "mysql": frozenset(("", "pymysql", "mysqldb", "mysqlconnector", "cymysql")),
    "mariadb": frozenset(("", "pymysql", "mysqldb", "mysqlconnector", "mariadbconnector")),
    "oracle": frozenset(("", "cx_oracle", "oracledb")),
    "mssql": frozenset(("", "pyodbc")),
}


def dialect_of(drivername: str) -> str:
    """The dialect of the part of a URL before `://`; Heroku's `postgres` is PostgreSQL."""
    dialect = drivername.partition("+")[0]
    return "postgresql" if dialect == "postgres" else dialect


def async_drivername(drivername: str, drivers: Mapping[str, str]) -> str | None:
    """What takes the place of `postgresql+psycopg2` and its kin; None where there is no driver for asyncio.

    One that serves both worlds or is asynchronous already stays.
    """
    dialect, driver = dialect_of(drivername), drivername.partition("+")[2]
    if driver in _ASYNC:
        return drivername
    if driver not in _SYNC.get(dialect, ()) or dialect not in drivers:
        return None
    return f"{dialect}+{drivers[dialect]}"


def sync_drivernames(dialect: str) -> tuple[str, ...]:
    """The spellings of a dialect that have no driver for asyncio yet, the usual ones first."""
    names = [dialect, *(f"{dialect}+{driver}" for driver in sorted(_SYNC[dialect]) if driver)]
    return ("postgres", *names) if dialect == "postgresql" else tuple(names)


class Option(NamedTuple):
    """One `key=value` behind the question mark; the value is None where an expression makes a part of it."""

    key: str
    value: str | None
    text: str


@dataclass(slots=True)
class Options:
    """What becomes of the options of a URL, or of the arguments of `connect` that go by the same names."""

    kept: list[str] = field(default_factory=list)
    """`key=value` as it stays in a URL."""
    arguments: dict[str, str] = field(default_factory=dict)
    """For `connect_args`: Python text by name."""
    settings: dict[str, str] = field(default_factory=dict)
    """For the `server_settings` in `connect_args`: Python text by name."""
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    """Why an option cannot be carried over; empty where all can."""


# What the dialect takes from a URL (SQLAlchemy's dialects/postgresql/asyncpg.py, asyncpg.connect).
_ASYNCPG_KNOWN = frozenset(
    ("host", "port", "user", "password", "database", "passfile", "ssl", "target_session_attrs", "krbsrvname", "gsslib",
     "prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback", "direct_tls")
)  # fmt: skip
# Options of libpq whose absence changes no result.
_ASYNCPG_DROPPED = re.compile(
    r"channel_binding|pgbouncer|gssencmode|sslcompression|keepalives\w*|tcp_user_timeout|use_native_\w+"
)
_ASYNCPG_RENAMED = {"sslmode": "ssl", "dbname": "database"}
_ASYNCPG_SETTINGS = frozenset(("application_name", "fallback_application_name", "search_path"))
_SETTING = re.compile(r"(?:-c[ ]*|--)([A-Za-z_.][\w.]*)=((?:\\.|[^\s\\])*)\s*")


def asyncpg_options(options: Sequence[Option]) -> Options:
    """Options of libpq as asyncpg takes them: `sslmode` is its `ssl`, `application_name` and `options` are settings.

    asyncpg raises TypeError for each one that it does not know, when it connects.
    """
    found = Options()
    for option in options:
        key, value = option.key, option.value
        if key in _ASYNCPG_KNOWN:
            found.kept.append(option.text)
        elif key in _ASYNCPG_RENAMED:
            found.kept.append(_ASYNCPG_RENAMED[key] + option.text[len(key) :])
        elif _ASYNCPG_DROPPED.fullmatch(key):
            found.notes.append(f"asyncpg has no option {key}: left out")
        elif value is None:
            found.problem = f"asyncpg takes {key} in another form, and its value is made at run time"
        elif key == "connect_timeout" and value.isdigit():
            found.arguments["timeout"] = value
        elif key in _ASYNCPG_SETTINGS:
            found.settings[key.removeprefix("fallback_")] = repr_string(value)
        elif key == "options" and (settings := _settings(value)):
            found.settings.update(settings)
        elif key == "client_encoding" and value.lower().replace("-", "") == "utf8":
            found.notes.append("asyncpg always speaks UTF-8: client_encoding left out")
        else:
            found.problem = f"asyncpg has no option {key}"
    return found


def _settings(value: str) -> dict[str, str]:
    """The settings in libpq's `options`: `-c name=value --name=value`; empty where it holds something else."""
    found: dict[str, str] = {}
    at = 0
    while at < len(value):
        match = _SETTING.match(value, at)
        if match is None:
            return {}
        found[match[1]] = repr_string(re.sub(r"\\(.)", r"\1", match[2]))
        at = match.end()
    return found


_MYSQL_TLS = re.compile(r"ssl(_\w+)?")


def mysql_options(options: Sequence[Option]) -> Options:
    """Options of PyMySQL as aiomysql and asyncmy take them: all but those for TLS, which they want as an `SSLContext`."""
    found = Options([option.text for option in options])
    if any(_MYSQL_TLS.fullmatch(option.key) for option in options):
        found.problem = "aiomysql takes TLS as an ssl.SSLContext in connect_args, not as options of the URL"
    return found


def adapted(drivername: str, options: Sequence[Option]) -> Options:
    """The options of a URL for its new driver."""
    driver = drivername.partition("+")[2]
    if driver == "asyncpg":
        return asyncpg_options(options)
    if driver in ("aiomysql", "asyncmy"):
        return mysql_options(options)
    return Options([option.text for option in options])


def options_of(query: str, opaque: str = "\0") -> list[Option]:
    """The options of the text behind a question mark; `opaque` stands where an expression makes a part."""
    found = []
    for text in query.split("&"):
        key, _, value = text.partition("=")
        found.append(Option(unquote_plus(key), None if opaque in value else unquote_plus(value), text))
    return found


def is_memory(url: str) -> bool:
    """Whether an SQLite URL means a database in memory, which each new connection would find empty."""
    rest = url.partition("://")[2]
    path, _, query = rest.partition("?")
    return path in ("", "/", "/:memory:") or "mode=memory" in query or path.startswith("/file::memory:")


def repr_string(value: str) -> str:
    """A string literal in double quotes where it can be."""
    text = repr(value)
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in value and "\\" not in text else text
