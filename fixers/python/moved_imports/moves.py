"""The table of moves: what an old import path is called now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autofix.fixer import Applicability
from autofix.project.configuration import ConfigurationError


class Proof(NamedTuple):
    """Why a move is believed: what to say, and who decides that it is made."""

    text: str
    applicability: Applicability = Applicability.SAFE

    @property
    def configured(self) -> bool:
        """Whether the user said so."""
        return self == CONFIGURED


CONFIGURED = Proof("configured move")


class Target(NamedTuple):
    """Where something lives now: a module (`name` is empty), or a name in a module."""

    module: str
    name: str
    proof: Proof

    @property
    def dotted(self) -> str:
        """The path as strings spell it: `src.core.database.get_db`."""
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(frozen=True)
class Moves:
    """Old places to new ones. A moved module takes its names and its submodules along; a name may go its own way."""

    modules: Mapping[str, tuple[str, Proof]] = field(default_factory=dict)
    names: Mapping[tuple[str, str], Target] = field(default_factory=dict)

    @classmethod
    def configured(cls, table: Mapping[str, str]) -> Moves:
        """Read `"old.module" = "new.module"` and `"old.module:name" = "new.module:name"`.

        Raises:
            ConfigurationError: a path is malformed, a module is mapped to a name, or moves go round in a circle.
        """
        modules: dict[str, tuple[str, Proof]] = {}
        names: dict[tuple[str, str], Target] = {}
        for old, new in table.items():
            (module, name), (new_module, new_name) = _parts(old), _parts(new)
            if bool(name) != bool(new_name):
                raise ConfigurationError(f"moved-imports: {old!r} and {new!r} must both be modules or both be module:name")
            if old == new:
                continue
            if name:
                names[module, name] = Target(new_module, new_name, CONFIGURED)
            else:
                modules[module] = (new_module, CONFIGURED)
        moves = cls(modules, names)
        moves._refuse_circles()
        return moves

    def _refuse_circles(self) -> None:
        for module in self.modules:
            if self.module(module) is None:
                raise ConfigurationError(f"moved-imports: the moves of {module!r} go round in a circle")
        for module, name in self.names:
            if self.name(module, name) is None and self.names[module, name] != Target(module, name, CONFIGURED):
                raise ConfigurationError(f"moved-imports: the moves of '{module}:{name}' go round in a circle")

    def __bool__(self) -> bool:
        return bool(self.modules or self.names)

    def module(self, old: str) -> Target | None:
        """Where a module lives now: its own entry, or that of the nearest package around it."""
        return self._follow(Target(old, "", CONFIGURED))

    def name(self, module: str, name: str) -> Target | None:
        """Where a name of a module lives now. `name` may be a submodule: the target then has no name."""
        return self._follow(Target(module, name, CONFIGURED))

    def _follow(self, start: Target) -> Target | None:
        """Moves may be chained: a to b, b to c."""
        seen, at = {(start.module, start.name)}, start
        while (following := self._step(at)) is not None:
            if (following.module, following.name) in seen:
                return None
            seen.add((following.module, following.name))
            at = following
        return None if at is start else at

    def _step(self, at: Target) -> Target | None:
        if at.name:
            if (own := self.names.get((at.module, at.name))) is not None:
                return own
            as_module = self._step(Target(f"{at.module}.{at.name}", "", at.proof))
            if as_module is not None and f"{at.module}.{at.name}" in self.modules:
                return as_module
        for prefix in prefixes(at.module):
            if prefix not in self.modules:
                continue
            new, proof = self.modules[prefix]
            if at.module == new or at.module.startswith(new + "."):
                return None  # a package that moved into itself: this is its new place
            return Target(new + at.module[len(prefix) :], at.name, proof)
        return None

    def dotted(self, path: str) -> Target | None:
        """Where `package.module.name.attribute` lives now, whatever of it is the module.

        The rest of the path stays: the target's `name` may be dotted.
        """
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            module, name = ".".join(parts[:cut]), parts[cut]
            if (module, name) in self.names:
                target = self.name(module, name)
                rest = ".".join(parts[cut + 1 :])
                return target and Target(target.module, ".".join(filter(None, (target.name, rest))), target.proof)
        for prefix in prefixes(path):
            if prefix in self.modules:
                target = self.module(prefix)
                rest = path[len(prefix) + 1 :]
                if target is None or path == target.module or path.startswith(target.module + "."):
                    return None
                return Target(target.module, rest, target.proof)
        return None

    def splits(self, module: str) -> bool:
        """Whether names of a module went other ways than the module, or are called otherwise now."""
        whole = self.modules[module][0] if module in self.modules else None
        return any(
            old == module and (target.module, target.name) != (whole, name) for (old, name), target in self.names.items()
        )

    def old_modules(self) -> Iterator[str]:
        """Every module that something has left."""
        yield from self.modules
        yield from (module for module, _ in self.names)

    def new_modules(self) -> Iterator[str]:
        """Every module that something has come to."""
        yield from (module for module, _ in self.modules.values())
        yield from (target.module for target in self.names.values())

    def last_components(self) -> frozenset[str]:
        """Words of which the path of every module that a move concerns, submodules included, holds one."""
        last = {module.rpartition(".")[2] for module in (*self.old_modules(), *self.new_modules())}
        return frozenset(last | {name for _, name in self.names})

    def top_components(self) -> frozenset[str]:
        """The first words of new modules: they tell whether one belongs to this repository."""
        return frozenset(module.partition(".")[0] for module in self.new_modules())

    def renames(self) -> frozenset[str]:
        """The old names that are spelled differently now."""
        return frozenset(name for (_, name), target in self.names.items() if target.name != name)

    def literals(self) -> tuple[bytes, ...]:
        """Bytes of which every file that uses an old path holds at least one.

        The last component of a module is such a literal (`from package import module` has no dotted path), and the old name
        of a renamed one: a file can import it from a third module that imports it from here.
        """
        found = {module.rpartition(".")[2] for module in self.old_modules()}
        found |= self.renames()
        return tuple(sorted(word.encode() for word in found))


def prefixes(module: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _parts(path: str) -> tuple[str, str]:
    module, colon, name = path.partition(":")
    if not all(map(str.isidentifier, module.split("."))) or (colon and not name.isidentifier()):
        raise ConfigurationError(f"moved-imports: {path!r} is neither module nor module:name")
    return module, name
