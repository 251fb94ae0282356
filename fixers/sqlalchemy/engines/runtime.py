"""The function that turns a URL which is known at run time only into that of an asynchronous driver."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.fixers.sqlalchemy.engines.outcome import Context, Import
from autofix.fixers.sqlalchemy.engines.urls import async_drivername, sync_drivernames
from autofix.languages.python.code import Class, Function, Module, Statement
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

HELPER_IMPORTS = (Import("sqlalchemy.engine", "URL"), Import("sqlalchemy.engine", "make_url"))


def url_helper(context: Context) -> str:
    r"""The text of the function, lines ending in `\n`: drivers by name, and options of libpq where asyncpg is among them.

    A URL that names an asynchronous driver already stays as it is.
    """
    names = [(name, _new(name, context)) for dialect in context.runtime_dialects for name in sync_drivernames(dialect)]
    rows = "".join(f'    "{old}": "{new}",\n' for old, new in names if new)
    table = f"{context.helper.upper().removeprefix('TO_').removesuffix('_URL')}_DRIVERS"
    lines = [
        f"{table} = {{\n{rows}}}\n\n\n",
        f'def {context.helper}(url: "str | URL") -> URL:\n',
        '    """The URL of the same database for a driver that works with asyncio."""\n',
        "    url = make_url(url)\n",
    ]
    if "asyncpg" not in [context.drivers.get(dialect) for dialect in context.runtime_dialects]:
        return "".join((*lines, f"    return url.set(drivername={table}.get(url.drivername, url.drivername))\n"))
    return "".join((*lines, f"    url = url.set(drivername={table}.get(url.drivername, url.drivername))\n", _LIBPQ))


_LIBPQ = """\
    if url.drivername == "postgresql+asyncpg":
        # asyncpg knows sslmode as ssl, and nothing of these other options of libpq.
        unknown = ("channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_idle", "pgbouncer")
        query = {"ssl" if key == "sslmode" else key: value for key, value in url.query.items() if key not in unknown}
        url = url.set(query=query)
    return url
"""


def _new(name: str, context: Context) -> str | None:
    # What SQLAlchemy makes of a bare `postgres:` is an error, but platforms hand it out.
    return async_drivername(name, context.drivers)


def helper_edit(source: Source, module: Module, before: Iterable[int], context: Context) -> Edit:
    """The function, put in front of the first top-level statement that holds one of the offsets of `before`."""
    return put_before(source, module, before, url_helper(context))


def put_before(source: Source, module: Module, before: Iterable[int], text: str) -> Edit:
    r"""A definition, lines ending in `\n`, in front of the first top-level statement that holds one of the offsets of `before`.

    Comments and decorators right above that statement stay with it.
    """
    first = min(before)
    statement = max((found for found in module.body if _start(found) <= first), key=_start)
    line = source.line_of(_start(statement))
    while line > 1 and source.text[slice(*source.line_range(line - 1))].startswith(b"#"):
        line -= 1
    at = source.line_range(line)[0]
    gap = source.newline * _missing_blank_lines(source, line)
    return insert(at, gap + text.replace("\n", source.newline) + source.newline * 2, shared=True)


def _start(statement: Statement) -> int:
    decorators = statement.decorators if isinstance(statement, Function | Class) else ()
    return min((decorator.start for decorator in decorators), default=statement.start)


def _missing_blank_lines(source: Source, line: int) -> int:
    blank = 0
    while line - blank > 1 and not source.text[slice(*source.line_range(line - blank - 1))].strip():
        blank += 1
    return 0 if line - blank == 1 else max(0, 2 - blank)
