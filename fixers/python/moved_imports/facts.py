"""What the repository says about the moves: whether each can be made at a place, and what else depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from autofix.fixer import Project, Refusal, Source
from autofix.fixers.python.moved_imports.moves import Moves, Target
from autofix.fixers.python.moved_imports.offers import Offer, offer
from autofix.languages.python.modules import ModuleIndex


@dataclass(frozen=True)
class Facts:
    """The result of linking."""

    moves: Moves
    modules: ModuleIndex = field(default_factory=lambda: ModuleIndex(()))
    """The modules that moves speak of."""
    unclear: Mapping[tuple[str, str], Refusal] = field(default_factory=dict)
    """Names of vanished modules for which there is no single new place."""
    users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By path, the renamed names that other files take from it."""
    patched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By dotted name, as `routes.users.get_db`, the files that have it in a string."""
    reach: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By path of a target module, all files that importing it runs."""
    offers: Mapping[str, Offer] = field(default_factory=dict)
    """By path, the names of the files of old and new modules."""
    visit: frozenset[str] | None = None
    """The files to look at, where that is known."""

    def visiting(self, paths: frozenset[str]) -> Facts:
        """The same facts, with the files to look at."""
        return replace(self, visit=paths)

    @cached_property
    def last(self) -> frozenset[str]:
        """Words of which every use of an old path has one: the last components of modules, and names that are others now."""
        lost = {module.rpartition(".")[2] for module, _ in self.unclear}
        return frozenset(word.decode() for word in self.moves.literals()) | lost

    @cached_property
    def tops(self) -> frozenset[str]:
        """The first components of old modules."""
        return frozenset(module.partition(".")[0] for module in self.moves.old_modules())

    def words(self, source: Source) -> re.Pattern[bytes]:
        """What every import statement of a file has that a move may concern.

        One of the words that no use of an old path can avoid. But relative imports within a package of such a name need not
        say it, and `import package` reaches its modules without naming them.
        """
        words = [re.escape(word.encode()) for word in self.last]
        if not self.last.isdisjoint(source.path.split("/")):
            words.append(rb"from[ \t\\]*\.")
        if self.has_attributes(source):
            words.append(rb"(?<![\w.])import[ \t\\][^\r\n]*" + _any_of(top.encode() for top in self.tops))
        return re.compile(b"|".join(sorted(words)))

    @cached_property
    def paths(self) -> re.Pattern[bytes]:
        """The old modules as strings begin to spell them."""
        return re.compile(_any_of(module.encode() for module in self.moves.old_modules()) + rb"(?!\w)")

    def has_attributes(self, source: Source) -> bool:
        """Whether an old module may be an attribute of its package: its name after a dot, in what is more than an import."""
        text = source.text
        for found in self._attributes.finditer(text):
            line = text[text.rfind(b"\n", 0, found.start()) + 1 : found.start()].lstrip()
            if b";" in line or not line.startswith((b"from ", b"import ")):
                return True
        return False

    @cached_property
    def _attributes(self) -> re.Pattern[bytes]:
        last = {module.rpartition(".")[2].encode() for module in self.moves.old_modules()}
        return re.compile(rb"\.\s*" + _any_of(last) + rb"(?!\w)")


def _any_of(words: Iterable[bytes]) -> bytes:
    return rb"(?:" + b"|".join(map(re.escape, sorted(set(words)))) + rb")"


class Judge(NamedTuple):
    """Decides for one file what becomes of an old path."""

    facts: Facts
    project: Project
    path: str

    def name(self, module: str, name: str) -> Target | Refusal | None:
        """Where a name, or submodule, of an old module is to be taken from; None where it has not moved."""
        if (unclear := self.facts.unclear.get((module, name))) is not None:
            return unclear
        target = self.facts.moves.name(module, name)
        if target is None:
            return None
        if not target.name:
            return self._checked_module(f"{module}.{name}", target)
        return self._checked_name(module, name, target)

    def module(self, module: str) -> Target | Refusal | None:
        """Where an old module itself is to be taken from."""
        if (unclear := self.facts.unclear.get((module, ""))) is not None:
            return unclear
        target = self.facts.moves.module(module)
        return None if target is None else self._checked_module(module, target)

    def dotted(self, path: str) -> Target | Refusal | None:
        """The same for `module.name.attribute` or `module:name.attribute` in a string: the target's name may be dotted."""
        module, colon, rest = path.partition(":")
        if colon:
            name, _, tail = rest.partition(".")
            found = self._lenient(module, name)
            if not isinstance(found, Target):
                return found
            return Target(found.module, ".".join(filter(None, (found.name, tail))), found.proof)
        whole = self.facts.moves.dotted(path)
        if whole is None:
            return None
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            old, name = ".".join(parts[:cut]), parts[cut]
            if (old, name) in self.facts.moves.names or old in self.facts.moves.modules:
                found = self._lenient(old, name)
                return whole if isinstance(found, Target) else found
        found = self.module(path)
        return found if isinstance(found, Refusal) else whole

    def _lenient(self, module: str, name: str) -> Target | Refusal | None:
        """As `name`, but where the user moved a module that is gone its strings follow, even if they name what nobody defines.

        The application object of a server may be made in ways that its module does not show.
        """
        found = self.name(module, name)
        if not isinstance(found, Refusal) or self.facts.modules.may_exist(module):
            return found
        target = self.facts.moves.name(module, name)
        there = target is not None and target.proof.configured and self.facts.modules.may_exist(target.module)
        return target if there else found

    def offer(self, path: str) -> Offer | None:
        """The names of a file of the project."""
        if path in self.facts.offers:
            return self.facts.offers[path]
        source = self.project.source(path)
        return None if source is None else offer(source)

    def _checked_name(self, module: str, name: str, target: Target) -> Target | Refusal | None:
        old_path = self.facts.modules.nearest(module, self.path)
        new_path = self.facts.modules.nearest(target.module, self.path)
        old = self.offer(old_path) if old_path is not None else None
        new = self.offer(new_path) if new_path is not None else None
        if new is None or new_path is None:
            return self._without_target(module, name, target, old)
        if not new.has(target.name) and not self._has_submodule(new_path, target.name):
            if old is not None and old.has(name):
                return Refusal(f"{target.module} ({new_path}) has no {target.name} yet, {module} ({old_path}) has {name}")
            return Refusal(f"{target.module} ({new_path}) has no {target.name}", f"map '{module}:{name}' to where it lives now")
        if old is not None and old_path != new_path and name in old.own and target.name in new.own:
            return Refusal(
                f"{old_path} still defines {name}, which is another object than {target.name} in {new_path}",
                "delete the old definition or import the new one there",
            )
        return target

    def _without_target(self, module: str, name: str, target: Target, old: Offer | None) -> Target | Refusal | None:
        """The new module is no file of the repository."""
        if self._has_namespace(target) or self._is_foreign(target.module):
            return target
        if old is not None and old.has(name):
            return self._announced(module, target)
        return Refusal(f"neither {module} nor {target.module} is in the repository")

    def _checked_module(self, module: str, target: Target) -> Target | Refusal | None:
        modules = self.facts.modules
        old_path, new_path = modules.nearest(module, self.path), modules.nearest(target.module, self.path)
        if new_path is None and modules.nearest_folder(target.module, self.path) is None:
            if self._is_foreign(target.module):
                return target
            if modules.may_exist(module):
                return self._announced(module, target)
            return Refusal(f"neither {module} nor {target.module} is in the repository")
        if old_path is not None and old_path != new_path:
            old = self.offer(old_path)
            if old is not None and old.own:
                return Refusal(f"{old_path} is still there beside {new_path}, with definitions of its own")
        return target

    def _announced(self, module: str, target: Target) -> Target | None:
        """The old module is there and the new one is not: imports first, then the file.

        Only where the move names the module itself. What stayed behind when its package moved has not moved.
        """
        moves = self.facts.moves
        named = module in moves.modules or any(old == module for old, _ in moves.names)
        package = target.module.rpartition(".")[0]
        return target if named or not self.facts.modules.may_exist(package) else None

    def _has_namespace(self, target: Target) -> bool:
        folder = self.facts.modules.nearest_folder(target.module, self.path)
        return folder is not None and self._is_module(f"{folder}/{target.name}")

    def _has_submodule(self, package: str, name: str) -> bool:
        folder, _, file = package.rpartition("/")
        return file.startswith("__init__.") and self._is_module(f"{folder}/{name}")

    def _is_module(self, stem: str) -> bool:
        return self.project.exists(f"{stem}.py") or self.project.exists(f"{stem}/__init__.py")

    def _is_foreign(self, module: str) -> bool:
        """Whether a module belongs to another distribution: nothing here has its first component."""
        top = module.partition(".")[0]
        return not self.facts.modules.may_exist(top)
