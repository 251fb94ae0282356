"""What a name means where it is read."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field

from autofix.fixers.sqlalchemy.inference.fixtures import Fixtures
from autofix.fixers.sqlalchemy.inference.hierarchy import Hierarchy
from autofix.fixers.sqlalchemy.inference.joins import NEVER
from autofix.fixers.sqlalchemy.inference.models import Field
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo, Program
from autofix.fixers.sqlalchemy.inference.store import Store
from autofix.fixers.sqlalchemy.kinds import External, Kind, ModuleObject, Never
from autofix.languages.python.code import Import

_BUILTINS = frozenset(dir(builtins))
_CLOSED = ("closed",)

Place = tuple[int, int]
"""The offsets of an expression in its file."""


@dataclass
class Frame:
    """A unit of code while it is followed: the top level of a file, or a function."""

    unit: str
    """The key of the function, or the path of the file."""
    path: str
    function: FunctionInfo | None = None
    env: dict[str, Kind] = field(default_factory=dict)
    """What the names bound so far stand for."""
    kinds: dict[Place, Kind] = field(default_factory=dict)
    """What the expressions evaluated so far stand for."""
    cls: str = ""
    """The class whose body is followed; empty outside of one."""
    attempts: list[dict[str, Kind]] = field(default_factory=list)
    """What was bound in each `try` around: any of it may be there when the exception is handled."""

    def inner(self, env: dict[str, Kind], cls: str = "") -> Frame:
        """A scope inside, for a comprehension, a lambda or the body of a class."""
        return Frame(self.unit, self.path, self.function, env, self.kinds, cls or self.cls, self.attempts)


class Names:
    """Looks names up through scopes, modules and imports."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.hierarchy = Hierarchy(program)
        self.store = Store(self.hierarchy.common)
        self.fixtures = Fixtures(program)
        self.fields: dict[tuple[str, str], Field] = {}
        """Relationships, by class and name."""
        self.targets_of_fields: dict[tuple[str, str], str] = {}
        """The classes that relationships lead to; empty where that is not known."""
        self.unhashable: set[tuple[str, str]] = set()
        """The columns, by class and name, whose values cannot be hashed."""
        self.backrefs: set[tuple[str, str, str, str]] = set()
        """Relationships that others declare: class and name, then class and name of the one that declares it."""
        self.kinds: dict[str, dict[Place, Kind]] = {path: {} for path in program.modules}
        """What the expressions of each file are, by offsets."""
        self._is_closed = False

    def is_closed(self, unit: str) -> bool:
        """Whether all callers are known: what has no value by now gets none. Once they are, `unit` is followed again."""
        self.store.read(_CLOSED, unit)
        return self._is_closed

    def close(self) -> None:
        """All callers are known."""
        self._is_closed = True
        self.store.touch(_CLOSED)

    def name(self, name: str, frame: Frame) -> Kind:
        """The value of a name."""
        known = frame.env.get(name)
        if known is not None or name in frame.env:
            return known
        function = frame.function
        if function is not None and name in function.bindings:
            return NEVER
        while function is not None and function.parent:
            function = self.program.functions[function.parent]
            if name in function.bindings:
                return self.store.read(("closure", function.key, name), frame.unit)
        return self.global_name(frame.path, name, frame.unit)

    def global_name(self, path: str, name: str, unit: str) -> Kind:
        """The value of a name at the top level of a file, or of a submodule of the package; builtins last."""
        found = self._member(path, name, unit, frozenset())
        if not isinstance(found, Never) or name in self.program.bindings[path]:
            return found
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        # What a star import brings may not have been followed yet.
        return NEVER if self.program.stars[path] and not self.is_closed(unit) else None

    def _member(self, path: str, name: str, unit: str, seen: frozenset[str]) -> Kind:
        if name in self.program.bindings[path]:
            return self.store.read(("global", path, name), unit)
        for star in self.program.stars[path]:
            target = self.program.find_module(path, star.module, star.level)
            if target is None:
                if star.module is not None and star.module.partition(".")[0] in ("sqlalchemy", "sqlmodel"):
                    return External(f"{star.module}.{name}")
            elif target not in seen and not name.startswith("_"):
                found = self._member(target, name, unit, seen | {path})
                if not isinstance(found, Never):
                    return found
        return NEVER

    def module_member(self, path: str, name: str, unit: str) -> Kind:
        """`module.name`, also as it is imported."""
        found = self._member(path, name, unit, frozenset())
        if not isinstance(found, Never) or name in self.program.bindings[path]:
            return found
        inner = self.program.find_relative(path, name)
        return ModuleObject(inner) if inner is not None else None

    def imported(self, statement: Import, frame: Frame) -> dict[str, Kind]:
        """What the names that an import binds stand for."""
        found: dict[str, Kind] = {}
        for item in statement.names:
            if item.name == "*":
                continue
            if statement.module is None and not statement.level:
                found[item.bound] = self._module(item.name if item.has_alias else item.bound, frame)
                continue
            target = self.program.find_module(frame.path, statement.module, statement.level)
            if target is not None:
                found[item.bound] = self.module_member(target, item.name, frame.unit)
            else:
                found[item.bound] = self._from_folder(statement, item.name, frame)
        return found

    def _module(self, name: str, frame: Frame) -> Kind:
        path = self.program.find_module(frame.path, name, 0)
        if path is not None:
            return ModuleObject(path)
        return ModuleObject(f"{name}/") if self.program.index.is_package(name, frame.path) else External(name)

    def _from_folder(self, statement: Import, name: str, frame: Frame) -> Kind:
        """A module in a folder without `__init__`, or something from outside."""
        module = f"{statement.module}.{name}" if statement.module else name
        path = self.program.find_module(frame.path, module, statement.level)
        if path is not None:
            return ModuleObject(path)
        return External(f"{statement.module}.{name}") if statement.module and not statement.level else None
