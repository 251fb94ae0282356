"""How a name of a library is written in a file."""

from __future__ import annotations

from typing import NamedTuple

from autofix.languages.python.scopes import Kind, scopes
from autofix.text.source import Source

# Other places from which the same things are imported.
_HOMES = ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlalchemy.future", "sqlmodel", "sqlalchemy.orm")


class Import(NamedTuple):
    """`from module import name as alias`."""

    module: str
    name: str
    alias: str | None = None


class Written(NamedTuple):
    """The text for a name, and the import that it needs, if any."""

    text: str
    needed: Import | None = None


class Names:
    """The names of a file, and which of them mean something of SQLAlchemy's."""

    def __init__(self, source: Source, *, select_module: str = "sqlalchemy") -> None:
        """`select_module` is `sqlmodel` where the program selects with SQLModel's own `select`."""
        self._module = scopes(source)
        self._select_module = select_module

    def written(self, module: str, name: str) -> Written:
        """How `module.name` is written: as it is imported, by the module that is imported, else by a new import."""
        homes = (module, *_HOMES) if module.startswith("sqlalchemy") else (module,)
        for bound, origin, is_module in self._imports():
            if not is_module and origin in {f"{home}.{name}" for home in homes} and self._is_safe(bound):
                return Written(bound)
        for bound, origin, is_module in self._imports():
            if is_module and origin == module == "sqlalchemy" and self._is_safe(bound):
                return Written(f"{bound}.{name}")
        home = self._select_module if name == "select" else module
        if not self._module.is_bound(name) and name not in self._module.globals:
            return Written(name, Import(home, name))
        alias = f"sa_{name}"
        while self._module.is_bound(alias):
            alias = f"_{alias}"
        return Written(alias, Import(home, name, alias))

    def is_free(self, name: str) -> bool:
        """Whether the file does not use a name at all."""
        return not self._module.is_bound(name) and name not in self._module.globals

    def _imports(self) -> list[tuple[str, str, bool]]:
        """What the imports of the module bind: the name, the dotted name of what it is, and whether that is a module."""
        found = []
        for bound, binding in self._module.definitions.items():
            if any(target.kind is not Kind.IMPORT for target in binding.targets) or len(binding.imports) != 1:
                continue
            ((statement, item),) = binding.imports
            dotted = f"{statement.dotted}.{item.name}" if statement.is_from else item.name if item.asname else item.bound
            found.append((bound, dotted, not statement.is_from))
        return found

    def _is_safe(self, bound: str) -> bool:
        """Whether a name of the module means the same everywhere in the file."""
        return sum(bound in scope.bindings for scope in self._module.scopes) == 1
