"""Moves that nobody configured: imports that find nothing, the git history, and the definitions that are there now."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from autofix.fixer import Applicability, Project, Refusal
from autofix.fixers.python.moved_imports.dependencies import declared_dependencies, is_dependency
from autofix.fixers.python.moved_imports.moves import Moves, Proof, Target
from autofix.fixers.python.moved_imports.offers import Offer, offer_of
from autofix.languages.python.modules import ModuleIndex
from autofix.languages.python.summary import ImportSummary, ModuleSummary
from autofix.project.history import Departure, departures, ignored

_GENERATED = re.compile(r"(?:.*\.)?(?:_?version|.*_pb2(?:_grpc)?|_[a-z]+ext|.*_rc)")


# Who defines a name there defines it for a test, an example or a page.
_ASIDE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|conftest)\.py|(?:.*/)?(?:tests?|examples?|docs?|samples?|demo)/.*")
# With more candidates than this a name is too common to say anything.
CANDIDATES = 3


class Broken(NamedTuple):
    """A name that an import asks for and whose module is not there; `name` is empty where the whole module is imported."""

    module: str
    name: str
    path: str


@dataclass
class Evidence:
    """Looks for the new places of modules that imports do not find."""

    project: Project
    modules: ModuleIndex
    summaries: Mapping[str, ModuleSummary]
    configured: Moves
    unclear: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    """Names with several new places."""

    @cached_property
    def definitions(self) -> Mapping[str, list[str]]:
        """The files that define a name at their top level, tests and examples aside."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.summaries):
            if not _ASIDE.fullmatch(path):
                for name in self.summaries[path].names:
                    found[name].append(path)
        return dict(found)

    def _offer(self, path: str) -> Offer:
        if path not in self._offers:
            self._offers[path] = offer_of(self.summaries[path])
        return self._offers[path]

    @cached_property
    def _offers(self) -> dict[str, Offer]:
        return {}

    def moves(self) -> Moves:
        """The configured moves and those found."""
        broken = [case for case in self._broken() if self._may_be_ours(case)]
        if not broken:
            return self.configured
        departed = self._departed()
        broken = [_as_module(case, departed) for case in broken]
        modules, names = dict(self.configured.modules), dict(self.configured.names)
        for case in self._ours(broken, departed):
            key = (case.module, case.name)
            if key in names or key in self.unclear or self.configured.name(*key) is not None:
                continue
            found = self._place(case, departed.of(case.module, case.path))
            if isinstance(found, Refusal):
                self.unclear[key] = found
            elif found is not None and found.name:
                names[key] = found
            elif found is not None:
                modules[case.module] = (found.module, found.proof)
        lost = {module for module, _ in self.unclear}
        return Moves(_whole_modules(names, lost) | modules, names)

    def _departed(self) -> Departed:
        git = self.project.git
        return Departed([] if git is None else departures(git.root, "*.py"), self.modules)

    def _broken(self) -> Iterator[Broken]:
        """Imports of modules that are neither here nor in the standard library."""
        for path, summary in sorted(self.summaries.items()):
            for imported in summary.imports:
                if not imported.fallback:
                    yield from self._broken_by(path, imported)

    def _broken_by(self, path: str, imported: ImportSummary) -> Iterator[Broken]:
        names = [name for name, _ in imported.names]
        if imported.module is None:
            yield from (Broken(module, "", path) for module in names if not self._known(module))
            return
        candidates = list(self.modules.possible_modules(path, imported.level, imported.module))
        found = next(filter(self._known, candidates), None)
        if found is None and candidates:
            yield from (Broken(candidates[0], "" if name == "*" else name, path) for name in names)
        elif found is not None:
            yield from self._lost_submodules(found, path, names)

    def _lost_submodules(self, package: str, path: str, names: Iterable[str]) -> Iterator[Broken]:
        """`from package import module`: names that no package file explains may be modules that are gone."""
        folder = self.modules.nearest_folder(package, path)
        if folder is None:
            return
        file = self.modules.nearest(package, path)
        if file is not None and not file.endswith("__init__.py"):
            return
        offer = self._offer(file) if file is not None and file in self.summaries else None
        for name in names:
            if name != "*" and not (offer is not None and offer.has(name)) and not self._known(f"{package}.{name}"):
                yield Broken(package, name, path)

    def _known(self, module: str) -> bool:
        """Whether a module is in the repository or in the standard library, or will be there after a build."""
        if module.partition(".")[0] in sys.stdlib_module_names or self.modules.may_exist(module):
            return True
        return _GENERATED.fullmatch(module) is not None

    def _may_be_ours(self, case: Broken) -> bool:
        """Whether the package is one of the repository's, or none that is known to be somebody else's."""
        top = case.module.partition(".")[0]
        return not is_dependency(top, self._declared) or self._has_package(top, case.path)

    @cached_property
    def _declared(self) -> frozenset[str]:
        return declared_dependencies(self.project)

    def _on_disk(self, case: Broken) -> bool:
        """Whether a file that git does not track has the module."""
        modules = [case.module, f"{case.module}.{case.name}"]
        stems = [stem for module in modules for stem in _stems(module, case.path)]
        return any(self.project.read(stem + end) is not None for stem in stems for end in _ENDS)

    def _ours(self, broken: list[Broken], departed: Departed) -> Iterator[Broken]:
        """Without what comes from other distributions, and what git keeps to itself.

        Ours is a module that git remembers, unless a dependency has its name now and the repository no longer has the package.
        Otherwise it must be one in a package of the repository or of a package that is no known dependency, and nothing may be
        asked of it that the repository does not define.
        """
        ours = [case for case in self._likely_ours(broken, departed) if not self._on_disk(case)]
        hidden = self._hidden(ours)
        yield from (case for case in ours if case not in hidden)

    def _likely_ours(self, broken: list[Broken], departed: Departed) -> Iterator[Broken]:
        vague = {
            case.module for case in broken if not case.name or not 0 < len(self.definitions.get(case.name, ())) <= CANDIDATES
        }
        foreign = {module.partition(".")[0] for module in vague}
        for case in broken:
            top = case.module.partition(".")[0]
            if departed.of(case.module, case.path) is not None:
                yield case
            elif case.module in vague or "." not in case.module or is_dependency(top, self._declared):
                continue
            elif (top not in foreign or self._has_package(top, case.path)) and not self.modules.may_exist(case.module):
                yield case

    def _has_package(self, top: str, near: str) -> bool:
        """Whether a package of this name can be imported in a file; one below another package cannot, by that name alone."""
        folder = self.modules.nearest_folder(top, near)
        if folder is None:
            return False
        root = folder.removesuffix(top).rstrip("/")
        return self.modules.is_beside(root, near) and root not in self.modules.packages

    def _hidden(self, broken: list[Broken]) -> set[Broken]:
        """Modules that git ignores: they are on other disks."""
        git = self.project.git
        if git is None:
            return set()
        stems = {case: [stem + ".py" for stem in _stems(case.module, case.path)] for case in broken}
        out = ignored(git.root, {path for paths in stems.values() for path in paths})
        return {case for case, paths in stems.items() if not out.isdisjoint(paths)}

    def _place(self, case: Broken, departure: Departure | None) -> Target | Refusal | None:
        """Where a lost name is now."""
        renamed = departure.new if departure is not None and departure.new in self.summaries else None
        when = "" if departure is None else f"in {departure.commit}" if departure.commit else "in the staged change"
        if renamed is not None and departure is not None and (not case.name or self._offer(renamed).has(case.name)):
            proof = Proof(f"{departure.old} was renamed to {renamed} {when}")
            return Target(self._importable(renamed, case.path), case.name, proof)
        defined = [path for path in self.definitions.get(case.name, ()) if path != case.path]
        if not 0 < len(defined) <= CANDIDATES:
            return None
        if len(defined) > 1:
            reason = f"{' and '.join(defined)} define {case.name}: which of them is meant?"
            return Refusal(reason, "add the move to [fixers.moved-imports.moves]")
        proof = Proof(f"only {defined[0]} defines {case.name}", Applicability.UNSAFE)
        if departure is not None:
            proof = Proof(f"{departure.old} is gone {when}, and only {defined[0]} defines {case.name}")
        return Target(self._importable(defined[0], case.path), case.name, proof)

    def _importable(self, path: str, near: str) -> str:
        """The name by which a file is imported in another: from a folder from which imports are found there, or anywhere."""
        stem = path.rpartition(".")[0].removesuffix("/__init__")
        for root in (*self._roots([near]), *self._all_roots):
            if not root or stem.startswith(f"{root}/"):
                return stem.removeprefix(f"{root}/" if root else "").replace("/", ".")
        in_package = path.rpartition("/")[0] in self.modules.packages
        return self.modules.possible_names(path)[0] if in_package else stem.replace("/", ".")

    @cached_property
    def _all_roots(self) -> list[str]:
        return self._roots(self.summaries)

    def _roots(self, importers: Iterable[str]) -> list[str]:
        """The folders from which the absolute imports of some files are found, the most frequent first."""
        votes: Counter[str] = Counter()
        for near in importers:
            for imported in self.summaries[near].imports:
                module = imported.module
                if not module or imported.level or module.partition(".")[0] in sys.stdlib_module_names:
                    continue
                found = self.modules.nearest(module, near)
                if found is not None:
                    stem = found.rpartition(".")[0].removesuffix("/__init__")
                    votes[stem.removesuffix(module.replace(".", "/")).rstrip("/")] += 1
        return [root for root, _ in votes.most_common() if root not in self.modules.packages]


class Departed:
    """Files that git knows to be gone, by the names under which they were imported."""

    def __init__(self, history: list[Departure], modules: ModuleIndex) -> None:
        self._modules = modules
        now: dict[str, Departure] = {}
        arrived: dict[str, list[str]] = defaultdict(list)
        for departure in history:
            went_on = [old for old in arrived.pop(departure.old, ()) if now[old].new == departure.old]
            now |= {old: Departure(old, departure.new, departure.commit) for old in went_on}
            now[departure.old] = departure
            if departure.new is not None:
                arrived[departure.new] += [*went_on, departure.old]
        self._by_name: dict[str, list[Departure]] = defaultdict(list)
        for departure in now.values():
            self._by_name[_stem(departure.old).rpartition("/")[2]].append(departure)

    def of(self, module: str, near: str) -> Departure | None:
        """The file that an import of `module` in the file `near` would have found."""
        tail = module.replace(".", "/")
        found: dict[str, Departure] = {}
        for departure in self._by_name.get(module.rpartition(".")[2], ()):
            stem = _stem(departure.old)
            if stem == tail or stem.endswith("/" + tail):
                found.setdefault(stem.removesuffix(tail).rstrip("/"), departure)
        root = self._modules.nearest_root(found, near)
        return None if root is None else found[root]


def _as_module(case: Broken, departed: Departed) -> Broken:
    """`from package import module` asks for a module where git remembers one of that name."""
    whole = Broken(f"{case.module}.{case.name}", "", case.path)
    return whole if case.name and departed.of(whole.module, case.path) is not None else case


_ENDS = (".py", "/__init__.py", ".pyx", ".pyi")


def _stem(path: str) -> str:
    return path.rpartition(".")[0].removesuffix("/__init__")


def _stems(module: str, path: str) -> Iterator[str]:
    """Where a module would stand, in each folder around the importing file."""
    tail = module.replace(".", "/")
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/{tail}"
        folder = folder.rpartition("/")[0]
    yield tail


def _whole_modules(names: Mapping[tuple[str, str], Target], lost: Collection[str]) -> dict[str, tuple[str, Proof]]:
    """A module all of whose names went to one place has moved there: strings may name it."""
    places: dict[str, set[tuple[str, Proof]]] = defaultdict(set)
    for (module, _), target in names.items():
        places[module].add((target.module if target.name else "", target.proof))
    return {
        module: next(iter(found))
        for module, found in sorted(places.items())
        if len(found) == 1 and module not in lost and next(iter(found))[0]
    }
