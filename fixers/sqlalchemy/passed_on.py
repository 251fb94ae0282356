"""Modules that pass the same names on."""

from __future__ import annotations

_GROUPS = (
    frozenset(
        (
            *("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.url", "sqlalchemy.future"),
            *("sqlalchemy.sql", "sqlalchemy.sql.expression"),
        )
    ),
    frozenset(("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine", "sqlalchemy.ext.asyncio.session")),
    frozenset(("fastapi.concurrency", "starlette.concurrency")),
    # For annotations the aliases of `typing` are as good.
    frozenset(("collections.abc", "typing")),
)


def is_same(imported: str | None, wanted: str) -> bool:
    """Whether a name that is imported from one module is what another one has under that name."""
    return imported == wanted or any(imported in group and wanted in group for group in _GROUPS)
