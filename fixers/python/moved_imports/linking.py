"""The repository's part in a move: where modules are, who depends on whom, and which imports would close a circle."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from autofix.fixer import Language, Project
from autofix.fixers.python.moved_imports.facts import Facts
from autofix.fixers.python.moved_imports.moves import Moves
from autofix.fixers.python.moved_imports.offers import Offer, offer
from autofix.fixers.python.moved_imports.strings import literals
from autofix.languages import language_of
from autofix.languages.python.imports import import_statements, runs_on_import
from autofix.languages.python.modules import ModuleIndex
from autofix.project.history import departures

if TYPE_CHECKING:
    # Moves of the configuration that rename nothing need neither.
    from autofix.fixers.python.moved_imports.evidence import Evidence
    from autofix.languages.python.summary import ImportSummary, ModuleSummary

# A circle through more files than this is not looked for.
REACH_LIMIT = 3_000
_TEXTS = frozenset(
    (Language.DOCKERFILE, Language.YAML, Language.TOML, Language.INI, Language.SHELL, Language.PROCFILE, Language.DOTENV)
)


def link_configured(project: Project, moves: Moves) -> Facts:
    """Facts for the moves of the configuration. Without a file that uses an old path there is nothing to do."""
    if not moves:
        return Facts(moves, visit=frozenset())
    return _facts(project, ModuleIndex(project.paths), moves, _summaries(project) if moves.renames() else {})


def link_inferred(project: Project, configured: Moves) -> Facts:
    """Facts for moves found in the history and the definitions, beside those of the configuration."""
    from autofix.fixers.python.moved_imports.evidence import Evidence

    summaries = _summaries(project)
    code = {path: summary for path, summary in summaries.items() if path.endswith(".py")}
    index = ModuleIndex(project.paths)
    evidence = Evidence(project, index, code, configured)
    moves = evidence.moves()
    if not moves and not evidence.unclear:
        return Facts(moves, visit=frozenset())
    return _facts(project, index, moves, summaries, evidence)


def _summaries(project: Project) -> Mapping[str, ModuleSummary]:
    from autofix.languages.python.summary import PYTHON_MODULES

    return project.summaries(PYTHON_MODULES)


def _facts(
    project: Project,
    index: ModuleIndex,
    moves: Moves,
    summaries: Mapping[str, ModuleSummary],
    evidence: Evidence | None = None,
) -> Facts:
    unclear = evidence.unclear if evidence is not None else {}
    words = moves.last_components() | {module.rpartition(".")[2] for module, _ in unclear}
    renamed = moves.renames()
    links = _Links(project, index, moves)
    found = {index.nearest(module) for module in moves.new_modules()}
    present = sorted(path for path in found if path is not None)
    facts = Facts(
        moves,
        index.about(words, moves.top_components()),
        unclear,
        links.users(summaries, renamed) if renamed else {},
        links.patched(summaries, renamed) if renamed else {},
        _circles(project, {path: links.reach(path) for path in present}),
        _offers(project, index, moves),
    )
    if evidence is None:
        return facts
    return facts.visiting(_visited(project, facts, summaries))


def _offers(project: Project, index: ModuleIndex, moves: Moves) -> dict[str, Offer]:
    """The names of all files that old and new modules may be."""
    modules = {*moves.old_modules(), *moves.new_modules()}
    sources = {path: project.source(path) for module in sorted(modules) for path in index.files_of(module)}
    return {path: offer(source) for path, source in sources.items() if source is not None}


def _circles(project: Project, reach: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Without those that cannot close a circle, or close an old one: a file that was only renamed brought it along."""
    circular = {path: files for path, files in reach.items() if path in files}
    if circular and project.git is not None:
        renamed = {departure.new for departure in departures(project.git.root, "*.py")}
        return {path: files for path, files in circular.items() if path not in renamed}
    return circular


def _visited(project: Project, facts: Facts, summaries: Mapping[str, ModuleSummary]) -> frozenset[str]:
    """The files with an import that a move concerns, or a text that spells an old path."""
    words = re.compile(b"|".join(map(re.escape, facts.moves.literals())))
    found = set()
    for path in project.paths:
        if path in summaries and any(_concerns(facts, path, imported) for imported in summaries[path].imports):
            found.add(path)
        elif facts.moves and (is_text := language_of(path) in _TEXTS) | path.endswith((".py", ".pyi")):
            data = project.read(path)
            if data is not None and (words if is_text else facts.paths).search(data):
                found.add(path)
    return frozenset(found)


def _concerns(facts: Facts, path: str, imported: ImportSummary) -> bool:
    """Whether there may be something to say about an import."""
    moves = facts.moves
    if imported.module is None:
        return any(
            moves.module(name) is not None or moves.splits(name) or (alias is None and name.partition(".")[0] in facts.tops)
            for name, alias in imported.names
        )
    names = [name for name, _ in imported.names]
    if not imported.level and facts.last.isdisjoint(imported.module.split(".")) and facts.last.isdisjoint(names):
        return False
    for module in facts.modules.possible_modules(path, imported.level, imported.module):
        if any((module, name) in facts.unclear or moves.name(module, name) is not None for name in names):
            return True
        if names == ["*"] and moves.splits(module):
            return True
    return False


class _Links:
    """Follows imports from file to file."""

    def __init__(self, project: Project, modules: ModuleIndex, moves: Moves) -> None:
        self.project = project
        self.modules = modules
        self.moves = moves

    def users(self, summaries: Mapping[str, ModuleSummary], renamed: frozenset[str]) -> dict[str, frozenset[str]]:
        """By file, the renamed names that others import from it, or reach through it; `*` for star imports."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, summary in summaries.items():
            attributes = self._attributes(path, renamed)
            for imported in summary.imports:
                names = [name for name, _ in imported.names]
                taken = {name for name in names if name in renamed or name == "*"}
                for target in self._modules_of(path, imported.level, imported.module, names):
                    found[target] |= taken | attributes
        return {path: frozenset(names) for path, names in sorted(found.items()) if names}

    def _attributes(self, path: str, names: frozenset[str]) -> set[str]:
        """The names that a file reads as attributes of something, outside of strings."""
        source = self.project.source(path)
        if source is None:
            return set()
        inside = [(literal.start, literal.end) for literal in literals(source)]
        pattern = re.compile(rb"\.\s*(" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")(?!\w)")
        return {
            match.group(1).decode()
            for match in pattern.finditer(source.text)
            if not any(start <= match.start() < end for start, end in inside)
        }

    def patched(self, paths: Iterable[str], renamed: frozenset[str]) -> dict[str, tuple[str, ...]]:
        """By `module.name`, the files with a string that says so."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in paths:
            source = self.project.source(path)
            for literal in literals(source) if source is not None else ():
                parts = literal.text.split(".")
                for at, part in enumerate(parts):
                    if at and part in renamed:
                        found[".".join(parts[: at + 1])].add(path)
        return {dotted: tuple(sorted(paths)) for dotted, paths in sorted(found.items())}

    def reach(self, start: str) -> frozenset[str]:
        """All files that run when the file `start` is imported, moves made; without the packages around it."""
        seen: set[str] = set()
        waiting = [start]
        while waiting and len(seen) < REACH_LIMIT:
            path = waiting.pop()
            source = self.project.source(path)
            for found in import_statements(source) if source is not None else ():
                if runs_on_import(found.node):
                    names = [item.name for item in found.names]
                    new = {target for target in self._run_by(path, found.level, found.module, names) if target not in seen}
                    seen |= new
                    waiting += sorted(new)
        return frozenset(seen)

    def _run_by(self, path: str, level: int, module: str | None, names: Sequence[str]) -> Iterator[str]:
        for target in self._modules_of(path, level, module, names):
            yield target
            folder = target.rpartition("/")[0]
            while folder and not path.startswith(folder + "/"):
                if folder in self.modules.packages:
                    yield f"{folder}/__init__.py"
                folder = folder.rpartition("/")[0]

    def _modules_of(self, path: str, level: int, module: str | None, names: Sequence[str]) -> Iterator[str]:
        """The files that an import names, at their new places."""
        if module is None:
            wanted = [name for name in names if name.partition(".")[0] not in sys.stdlib_module_names]
        elif not level and module.partition(".")[0] in sys.stdlib_module_names:
            return
        else:
            wanted = []
            for whole in self.modules.possible_modules(path, level, module):
                wanted += [whole, *(f"{whole}.{name}" for name in names)]
        for name in wanted:
            moved = self.moves.dotted(name)
            places = [name] if moved is None else [moved.dotted, moved.module]
            target = next((found for place in places if (found := self.modules.nearest(place, path)) is not None), None)
            if target is not None and (level or not self._beside(target, path, names if module is None else [module])):
                yield target

    def _beside(self, target: str, path: str, modules: Collection[str]) -> bool:
        """Whether an absolute import seems to mean a file of the importing file's own package: it means a distribution."""
        folder = path.rpartition("/")[0]
        return folder in self.modules.packages and any(
            module and target == f"{folder}/{module.replace('.', '/')}.py" for module in modules
        )
