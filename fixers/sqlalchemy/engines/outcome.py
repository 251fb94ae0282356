"""What a rewrite answers: edits with what they need, or why a place is left alone; and what it has to be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import Kind
from autofix.languages.python.code import Expression
from autofix.text.edit import Edit

Version = tuple[int, int]
"""Major and minor release of SQLAlchemy."""


class Import(NamedTuple):
    """`from module import name`, or `import module` where `name` is None."""

    module: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Edits of one file that do not overlap, and the imports that the new text needs.

    `notes` are for the report: one line each, about what a person should know.
    """

    edits: tuple[Edit, ...] = ()
    imports: tuple[Import, ...] = ()
    notes: tuple[str, ...] = ()
    needs_url_helper: bool = False
    """The new text calls the function that `url_helper` defines."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a place cannot be rewritten, in words that follow its line number."""

    reason: str


Outcome = Rewritten | Refused


class Definition(NamedTuple):
    """The only value that a name has."""

    value: Expression
    text: bytes
    """The text of the file where it stands: the offsets of `value` are places in it."""
    is_private: bool
    """In the same file, and read nowhere but in the call that is being rewritten: it may change with that."""


def _nothing(_: Expression) -> None:
    return None


DRIVERS: Mapping[str, str] = {
    "sqlite": "aiosqlite",
    "postgresql": "asyncpg",
    "mysql": "aiomysql",
    "mariadb": "aiomysql",
    "oracle": "oracledb",
    "mssql": "aioodbc",
}
"""The driver for asyncio that is chosen for each dialect where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known around a call."""

    version: Version | None = None
    """None where nothing pins it: what is installed is then the newest."""
    drivers: Mapping[str, str] = field(default_factory=lambda: DRIVERS)
    """By dialect. Those of `runtime_dialects` are the ones that a URL read at run time may have."""
    runtime_dialects: tuple[str, ...] = ("sqlite", "postgresql")
    kind_of: Callable[[Expression], Kind] = _nothing
    definition_of: Callable[[Expression], Definition | None] = _nothing
    keeps_sync: bool = False
    """A synchronous engine is made beside the asynchronous one: what both read must not change."""
    helper: str = "to_async_url"
    """The name of the function that `url_helper` defines."""

    @property
    def has_maker(self) -> bool:
        """Whether there is an `async_sessionmaker` (SQLAlchemy 2.0)."""
        return self.version is None or self.version >= (2, 0)
