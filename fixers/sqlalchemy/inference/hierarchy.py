"""Classes as far as their bases are known: who inherits from whom, who is mapped, who defines what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autofix.fixers.sqlalchemy.inference.externals import is_declarative_base, is_sqlmodel
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.kinds import ClassObject, External, Kind, Model
from autofix.languages.python.code import Assign, Class, Constant, Expression
from autofix.languages.python.code_walk import dotted


class Hierarchy:
    """What the bases of the program's classes are. Grows while inference runs."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bases: dict[str, tuple[Kind, ...]] = {}
        self._below: dict[str, set[str]] = defaultdict(set)
        self._mapped_by_decorator: set[str] = set()
        self._lines: dict[str, tuple[str, ...]] = {}
        self._all_below: dict[str, tuple[str, ...]] = {}
        self.version = 0
        """Grows with what is known."""

    def set_bases(self, cls: str, bases: tuple[Kind, ...], is_mapped: bool = False) -> bool:
        """Note the bases of a class, as kinds of the values that its head names; whether that is news."""
        if is_mapped and cls not in self._mapped_by_decorator:
            self._mapped_by_decorator.add(cls)
            self.version += 1
        if self._bases.get(cls) == bases:
            return False
        self.version += 1
        self._bases[cls] = bases
        self._lines.clear()
        self._all_below.clear()
        for base in bases:
            if isinstance(base, ClassObject | Model) and base.key:
                self._below[base.key].add(cls)
        return True

    def line(self, cls: str) -> tuple[str, ...]:
        """The class and those of the program that it inherits from, in about the order of method resolution."""
        known = self._lines.get(cls)
        if known is None:
            known = self._lines[cls] = tuple(dict.fromkeys(self._above(cls, frozenset())))
        return known

    def _above(self, cls: str, seen: frozenset[str]) -> Iterator[str]:
        yield cls
        if cls in seen:
            return
        for base in self._bases.get(cls, ()):
            if isinstance(base, ClassObject | Model) and base.key:
                yield from self._above(base.key, seen | {cls})

    def below(self, cls: str) -> tuple[str, ...]:
        """The classes of the program that inherit from a class, however far; without itself."""
        known = self._all_below.get(cls)
        if known is None:
            known = self._all_below[cls] = tuple(self._inheriting(cls))
        return known

    def _inheriting(self, cls: str) -> dict[str, None]:
        found: dict[str, None] = {}
        waiting = sorted(self._below[cls])
        while waiting:
            current = waiting.pop()
            if current not in found and current != cls:
                found[current] = None
                waiting.extend(sorted(self._below[current]))
        return found

    def externals(self, cls: str) -> Iterator[str]:
        """The dotted names of what a class inherits from outside of the program."""
        for above in self.line(cls):
            for base in self._bases.get(above, ()):
                if isinstance(base, External):
                    yield base.name

    def has_unknown_base(self, cls: str) -> bool:
        """Whether a base is neither of the program nor imported."""
        return any(base is None for above in self.line(cls) for base in self._bases.get(above, ()))

    def is_mapped(self, cls: str) -> bool:
        """Whether a class is mapped to a table, or is the base of such classes."""
        if cls in self._mapped_by_decorator:
            return True
        externals = list(self.externals(cls))
        if any(is_declarative_base(name) for name in externals):
            return True
        return self._is_table(cls) and any(is_sqlmodel(name) for name in externals)

    def _is_table(self, cls: str) -> bool:
        return any(
            argument.keyword == "table" and isinstance(argument.value, Constant) and argument.value.value is True
            for argument in self._program.classes[cls].node.bases
        )

    def common(self, a: str, b: str) -> str | None:
        """The nearest class that both are; empty for two different mapped classes; None where they have nothing in common."""
        if a == b:
            return a
        if not a or not b:
            return "" if self._is_entity(a) and self._is_entity(b) else None
        above = frozenset(self.line(b))
        shared = next((cls for cls in self.line(a) if cls in above), None)
        if self._is_entity(a) and self._is_entity(b):
            return shared if shared is not None and self._is_concrete(shared) else ""
        return shared

    def _is_entity(self, cls: str) -> bool:
        return not cls or self.is_mapped(cls)

    def _is_concrete(self, cls: str) -> bool:
        """Whether a mapped class has a table, rather than being the base of all."""
        if any(dotted(target) in ("__tablename__", "__table__") for target in _assigned(self._program.classes[cls].node)):
            return True
        return not any(isinstance(base, External) and is_declarative_base(base.name) for base in self._bases.get(cls, ()))


def _assigned(node: Class) -> Iterator[Expression]:
    for statement in node.body:
        if isinstance(statement, Assign):
            yield from statement.targets
