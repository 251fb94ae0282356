"""What other modules can take from a module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from autofix.languages.python.imports import import_statements
from autofix.languages.python.outline import Definition, definitions
from autofix.text.source import Source

if TYPE_CHECKING:
    from autofix.languages.python.summary import ModuleSummary

_STAR = re.compile(rb"\*")
# Names may be put there in ways that the text does not show.
_GLOBALS = re.compile(rb"(?<![\w.])globals\(\)")


class Offer(NamedTuple):
    """The module-level names of a file: `own` are defined there, `imported` come from elsewhere."""

    own: frozenset[str]
    imported: frozenset[str]
    dynamic: bool
    """Names may be there that the text does not show: `__getattr__`, `globals()`, a star import."""

    def has(self, name: str) -> bool:
        """Whether the name can be imported from here, as far as can be told."""
        return name in self.own or name in self.imported or self.dynamic


def offer(source: Source) -> Offer:
    """The names of a file, read once."""
    return source.once(_read)


def _read(source: Source) -> Offer:
    is_open = _GLOBALS.search(source.text) is not None
    return _offer(definitions(source), is_open or any(found.is_star for found in import_statements(source, _STAR)))


def offer_of(summary: ModuleSummary) -> Offer:
    """The same from a summary."""
    is_open = "globals" in summary.calls.callees
    return _offer(summary.definitions, is_open or any(found.names[:1] == (("*", None),) for found in summary.imports))


def _offer(found: tuple[Definition, ...], is_open: bool) -> Offer:
    own = frozenset(definition.name for definition in found if definition.kind != "import")
    imported = frozenset(definition.name for definition in found if definition.kind == "import")
    return Offer(own, imported, is_open or "__getattr__" in own)
