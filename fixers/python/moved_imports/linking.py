"""The repository's part in a move: where modules are, who depends on whom, and which imports would close a circle."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from autofix.fixer import Language, Project, Summarizer
from autofix.fixers.python.moved_imports.evidence import Evidence
from autofix.fixers.python.moved_imports.facts import Facts
from autofix.fixers.python.moved_imports.files import packages_around
from autofix.fixers.python.moved_imports.modules import Modules, absolute_names
from autofix.fixers.python.moved_imports.moves import Moves
from autofix.fixers.python.moved_imports.outline import Import, Outline, outline
from autofix.fixers.python.moved_imports.strings import literals
from autofix.languages import language_of
from autofix.project.history import departures

OUTLINES: Summarizer[Outline] = Summarizer("moved-imports-outline", 1, frozenset((Language.PYTHON,)), outline)

# A circle through more files than this is not looked for.
REACH_LIMIT = 3_000


def link_configured(project: Project, moves: Moves) -> Facts:
    """Facts for the moves of the configuration. Without a file that uses an old path there is nothing to do."""
    outlines = project.summaries(OUTLINES) if moves.renames() else {}
    return _facts(project, moves, outlines)


def link_inferred(project: Project, configured: Moves) -> Facts:
    """Facts for moves found in the history and the definitions, beside those of the configuration."""
    outlines = {path: summary for path, summary in project.summaries(OUTLINES).items() if path.endswith(".py")}
    evidence = Evidence(project, Modules.of(outlines), outlines, configured)
    moves = evidence.moves()
    return _facts(project, moves, outlines, evidence)


def _facts(project: Project, moves: Moves, outlines: Mapping[str, Outline], evidence: Evidence | None = None) -> Facts:
    unclear = evidence.unclear if evidence is not None else {}
    if not moves and not unclear:
        return Facts(moves, visit=frozenset())
    words = moves.last_components() | {module.rpartition(".")[2] for module, _ in unclear}
    python = [path for path in project.paths if path.endswith((".py", ".pyi"))]
    modules = Modules.of(python, words, moves.top_components())
    renamed = moves.renames()
    links = _Links(project, Modules.of(python) if renamed or _present(moves, modules) else modules, moves)
    return Facts(
        moves,
        modules,
        unclear,
        links.users(outlines, renamed) if renamed else {},
        links.patched(outlines, renamed) if renamed else {},
        _circles(project, {path: links.reach(path) for path in _present(moves, modules)}),
        None if evidence is None else _visited(project, moves, [module for module, _ in unclear]),
    )


def _present(moves: Moves, modules: Modules) -> list[str]:
    """The files of the new modules."""
    found = {modules.find(module, "") for module in moves.new_modules()}
    return sorted(path for path in found if path is not None)


def _circles(project: Project, reach: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Without those that cannot close a circle, or close an old one: a file that was only renamed brought it along."""
    circular = {path: files for path, files in reach.items() if path in files}
    if circular and project.git is not None:
        renamed = {departure.new for departure in departures(project.git.root, "*.py")}
        return {path: files for path, files in circular.items() if path not in renamed}
    return circular


def _visited(project: Project, moves: Moves, unclear: Iterable[str]) -> frozenset[str]:
    """The files that hold a word without which no old path can be written."""
    words = {*moves.literals(), *(module.rpartition(".")[2].encode() for module in unclear)}
    pattern = re.compile(b"|".join(map(re.escape, sorted(words))))
    languages = frozenset(
        (Language.PYTHON, Language.DOCKERFILE, Language.YAML, Language.TOML, Language.INI, Language.SHELL, Language.PROCFILE,
         Language.DOTENV)
    )  # fmt: skip
    return frozenset(
        path
        for path in project.paths
        if language_of(path) in languages and (data := project.read(path)) is not None and pattern.search(data)
    )


class _Links:
    """Follows imports from file to file."""

    def __init__(self, project: Project, modules: Modules, moves: Moves) -> None:
        self.project = project
        self.modules = modules
        self.moves = moves

    def users(self, outlines: Mapping[str, Outline], renamed: frozenset[str]) -> dict[str, frozenset[str]]:
        """By file, the renamed names that others import from it, or reach through it; `*` for star imports."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, summary in outlines.items():
            attributes = self._attributes(path, renamed)
            for imported in summary.imports:
                taken = {*renamed.intersection(imported.names), *({"*"} & {*imported.names})}
                for target in self._modules_of(path, imported):
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

    def patched(self, outlines: Mapping[str, Outline], renamed: frozenset[str]) -> dict[str, tuple[str, ...]]:
        """By `module.name`, the files with a string that says so."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in outlines:
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
            if source is None:
                continue
            for imported in source.once(outline).imports:
                if imported.top_level:
                    new = [target for target in self._run_by(path, imported) if target not in seen]
                    seen.update(new)
                    waiting += new
        return frozenset(seen)

    def _run_by(self, path: str, imported: Import) -> Iterator[str]:
        for target in self._modules_of(path, imported):
            yield target
            folder = target.rpartition("/")[0]
            while folder and not path.startswith(folder + "/"):
                if self.project.exists(f"{folder}/__init__.py"):
                    yield f"{folder}/__init__.py"
                folder = folder.rpartition("/")[0]

    def _modules_of(self, path: str, imported: Import) -> Iterator[str]:
        """The files that an import names, at their new places."""
        if imported.module is None:
            wanted = [name for name in imported.names if name.partition(".")[0] not in sys.stdlib_module_names]
        elif imported.module.partition(".")[0] in sys.stdlib_module_names:
            return
        else:
            packages = packages_around(path, self.project)
            wanted = []
            for module in absolute_names(path, imported.module, packages):
                wanted += [module, *(f"{module}.{name}" for name in imported.names)]
        for module in wanted:
            moved = self.moves.dotted(module)
            names = [module] if moved is None else [moved.dotted, moved.module]
            target = next((found for name in names if (found := self.modules.find(name, path)) is not None), None)
            if target is not None and not self._beside(target, path, imported):
                yield target

    def _beside(self, target: str, path: str, imported: Import) -> bool:
        """Whether an absolute import seems to mean a file of the importing file's own package: it means a distribution."""
        folder = path.rpartition("/")[0]
        relative = imported.module is not None and imported.module.startswith(".")
        names = [imported.module] if imported.module is not None else imported.names
        inside = any(name and target == f"{folder}/{name.replace('.', '/')}.py" for name in names)
        return inside and not relative and self.project.exists(f"{folder}/__init__.py")
