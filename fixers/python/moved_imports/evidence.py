"""Moves that nobody configured: imports that find nothing, the git history, and the definitions that are there now."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autofix.fixer import Applicability, Project, Refusal
from autofix.fixers.python.moved_imports.dependencies import declared_dependencies, is_dependency
from autofix.fixers.python.moved_imports.files import packages_around
from autofix.fixers.python.moved_imports.modules import Modules, absolute_names, module_names
from autofix.fixers.python.moved_imports.moves import Moves, Proof, Target
from autofix.fixers.python.moved_imports.outline import Import, Outline
from autofix.project.history import Departure, departures

_GENERATED = re.compile(r"(?:.*\.)?(?:_?version|.*_pb2(?:_grpc)?|_[a-z]+ext|.*_rc)")


@dataclass(frozen=True, slots=True)
class Broken:
    """A name that an import asks for and that is not there; `name` is empty where a whole module is imported."""

    module: str
    name: str
    path: str
    line: int


@dataclass
class Evidence:
    """Looks for the new places of what imports do not find."""

    project: Project
    modules: Modules
    outlines: Mapping[str, Outline]
    configured: Moves
    unclear: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    """Names with several new places, or none."""

    def moves(self) -> Moves:
        """The configured moves and those found."""
        broken = list(self._broken())
        if not broken:
            return self.configured
        departed = _by_tail(self._departures())
        definitions = self._definitions()
        broken = list(self._ours(broken, departed, definitions))
        modules, names = dict(self.configured.modules), dict(self.configured.names)
        for case in broken:
            key = (case.module, case.name)
            if key in names or key in self.unclear or self.configured.name(*key) is not None:
                continue
            found = self._place(case, departed.get(case.module), definitions)
            if isinstance(found, Refusal):
                self.unclear[key] = found
            elif found is not None and found.name:
                names[key] = found
            elif found is not None:
                modules[case.module] = (found.module, found.proof)
        return Moves(modules | self._whole_modules(broken, modules, names), names)

    def _whole_modules(
        self, broken: list[Broken], modules: Mapping[str, object], names: Mapping[tuple[str, str], Target]
    ) -> dict[str, tuple[str, Proof]]:
        """A module that is gone and all whose names went to one place has moved there: strings may name it."""
        places: dict[str, set[tuple[str, Proof]]] = defaultdict(set)
        for (module, _), target in names.items():
            places[module].add((target.module, target.proof))
        lost = {case.module for case in broken if (case.module, case.name) in self.unclear}
        gone = {case.module for case in broken if not self.modules.exists(case.module, case.path)}
        return {
            module: next(iter(found))
            for module, found in places.items()
            if len(found) == 1 and module in gone - lost and module not in modules
        }

    def _departures(self) -> list[Departure]:
        git = self.project.git
        return [] if git is None else departures(git.root, "*.py")

    def _definitions(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.outlines):
            for name in self.outlines[path].own:
                found[name].append(path)
        return found

    def _broken(self) -> Iterator[Broken]:
        """Imports of this repository's own modules that find nothing."""
        for path, summary in sorted(self.outlines.items()):
            for imported in summary.imports:
                if imported.fallback:
                    continue
                if imported.module is None:
                    for module in imported.names:
                        if not self._known(module, path):
                            yield Broken(module, "", path, imported.line)
                else:
                    yield from self._broken_names(path, imported)

    def _broken_names(self, path: str, imported: Import) -> Iterator[Broken]:
        packages = packages_around(path, self.project) if (imported.module or "").startswith(".") else []
        candidates = list(absolute_names(path, imported.module or "", packages))
        if not candidates:
            return
        module = next((name for name in candidates if self.modules.exists(name, path)), candidates[0])
        file = self.modules.find(module, path)
        outline = self.outlines.get(file) if file is not None else None
        if file is None and self._known(module, path) and self.modules.folder(module, path) is None:
            return
        for name in imported.names:
            if name == "*" and file is not None:
                continue
            if outline is not None and (outline.has(name) or name.startswith("__")):
                continue
            if not self._known(f"{module}.{name}", path):
                yield Broken(module, "" if name == "*" else name, path, imported.line)

    def _known(self, module: str, path: str) -> bool:
        """Whether a module is in the repository, on the disk beside it, or in the standard library."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or _GENERATED.fullmatch(module) or self.modules.exists(module, path):
            return True
        tail = module.replace(".", "/")
        folder = path.rpartition("/")[0]
        while True:
            stem = f"{folder}/{tail}" if folder else tail
            if any(self.project.read(stem + end) is not None for end in (".py", "/__init__.py", ".pyx", ".pyi")):
                return True
            if not folder:
                return False
            folder = folder.rpartition("/")[0]

    def _ours(
        self, broken: list[Broken], departed: Mapping[str, Departure], definitions: Mapping[str, list[str]]
    ) -> Iterator[Broken]:
        """Without what comes from other distributions.

        Ours is a module that git remembers, one in a package of the repository, and one of a package that is no known
        dependency and of which nothing is asked that the repository does not define.
        """
        declared = declared_dependencies(self.project)
        foreign: set[str] = set()
        for case in broken:
            if not case.name or not definitions.get(case.name):
                foreign.add(case.module.partition(".")[0])
        for case in broken:
            top = case.module.partition(".")[0]
            if is_dependency(top, declared):
                continue
            around = self.modules.folder(top, case.path)
            inside = around is not None and case.path.startswith(around.removesuffix(top))
            if case.module in departed or inside or (top not in foreign and "." in case.module):
                yield case

    def _place(
        self, case: Broken, departure: Departure | None, definitions: Mapping[str, list[str]]
    ) -> Target | Refusal | None:
        renamed = departure.new if departure is not None else None
        if renamed is not None and renamed not in self.outlines:
            renamed = None
        when = f"in {departure.commit}" if departure is not None and departure.commit else "in the staged change"
        if not case.name:
            if renamed is None or departure is None:
                return None
            return Target(self._importable(renamed, case.path), "", Proof(f"{departure.old} was renamed to {renamed} {when}"))
        defined = [path for path in definitions.get(case.name, ()) if path != case.path]
        if renamed is not None and departure is not None and self.outlines[renamed].has(case.name):
            sure = Applicability.SAFE if defined in ([renamed], []) else Applicability.UNSAFE
            proof = Proof(f"{departure.old} was renamed to {renamed} {when}", sure)
            return Target(self._importable(renamed, case.path), case.name, proof)
        if len(defined) == 1:
            place = defined[0]
            if departure is not None:
                proof = Proof(f"{departure.old} is gone {when}, and only {place} defines {case.name}")
            else:
                proof = Proof(f"only {place} defines {case.name}", Applicability.UNSAFE)
            return Target(self._importable(place, case.path), case.name, proof)
        if not defined:
            return None
        places = (
            " and ".join(defined) if len(defined) < 4 else f"{len(defined)} modules, {defined[0]} and {defined[1]} among them,"
        )
        return Refusal(f"{places} define {case.name}: which of them is meant?", "add the move to [fixers.moved-imports.moves]")

    def _importable(self, path: str, near: str) -> str:
        """The name by which a file can be imported in another: as others import it, or from the folder both share."""
        names = module_names(path, packages_around(path, self.project))
        used = Counter(
            imported.module for summary in self.outlines.values() for imported in summary.imports if imported.module in names
        )
        if used:
            return str(used.most_common(1)[0][0])
        if len(packages_around(path, self.project)):
            return names[0]
        root = self._root(near)
        stem = path.rpartition(".")[0].removesuffix("/__init__")
        own = stem.removeprefix(f"{root}/") if root else stem
        return own.replace("/", ".")

    def _root(self, near: str) -> str:
        """The folder from which a file's own imports of the repository are found; else the folder around it."""
        votes: Counter[str] = Counter()
        for imported in self.outlines[near].imports:
            module = imported.module
            found = self.modules.find(module, near) if module and not module.startswith(".") else None
            if module is not None and found is not None:
                stem = found.rpartition(".")[0].removesuffix("/__init__")
                votes[stem.removesuffix(module.replace(".", "/")).rstrip("/")] += 1
        return votes.most_common(1)[0][0] if votes else near.rpartition("/")[0]


def _by_tail(history: list[Departure]) -> dict[str, Departure]:
    """The last departure of each module that is gone, by every dotted name that its file may have had, renames followed."""
    now: dict[str, Departure] = {}
    for departure in history:
        for old, known in list(now.items()):
            if known.new == departure.old:
                now[old] = Departure(old, departure.new, departure.commit)
        now[departure.old] = departure
    found: dict[str, Departure] = {}
    for departure in now.values():
        for name in module_names(departure.old, ()):
            found[name] = departure
    return found
