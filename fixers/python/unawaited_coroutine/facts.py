"""What the whole program tells: which calls may be of coroutine functions, and who overrides what."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autofix.fixer import Project
from autofix.fixers.python.unawaited_coroutine.libraries import LIBRARY_FUNCTIONS, LIBRARY_METHODS, ROOTS
from autofix.languages.python.module_paths import is_init, stem_of
from autofix.languages.python.modules import ModuleIndex
from autofix.languages.python.summary import PYTHON_MODULES, Call, ModuleSummary

# Methods of builtin types: with one of these names, hardly a call is of a coroutine function.
_COMMON = frozenset(name for kind in (dict, list, set, str, bytes) for name in dir(kind))
# For files without a coroutine of their own, which are not parsed: a superset of their statements that are calls.
_STATEMENT = re.compile(rb"(?:^|[;:])[ \t]*((?:\w+\.)*\w+)[ \t]*\(", re.MULTILINE)
_DEFINITION = re.compile(rb"^[ \t]+def[ \t]+(\w+)", re.MULTILINE)
_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\[[^\]]*\])?[ \t]*(?:\(([^)]*)|:)", re.MULTILINE)
_NONE: frozenset[str] = frozenset()
_ALIAS = re.compile(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")
_WORD = re.compile(rb"\w+")


@dataclass(frozen=True)
class Facts:
    """What is known before any file is visited."""

    calls: Mapping[str, frozenset[tuple[int, str]]]
    """By file, line and callee of the calls that may be of coroutine functions and lead nowhere."""
    modules: ModuleIndex
    bases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The last names of the bases of all classes of a name."""
    sync_owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By name of a method, the names of the classes that may define it as something else than a coroutine function."""

    def may_be_overridden(self, cls: str, method: str) -> bool:
        """Whether in an instance of a class of this name, or of one below it, another class may put a method that is no
        coroutine function before that of the class itself.
        """
        owners = self.sync_owners.get(method)
        if not owners:
            return False
        relatives = set(closure(closure([cls], self._below), self.bases))
        return not owners.isdisjoint(relatives.difference(closure([cls], self.bases)))

    @cached_property
    def _below(self) -> dict[str, set[str]]:
        return inverted(self.bases)


def closure(names: Iterable[str], links: Mapping[str, Collection[str]]) -> set[str]:
    """The names with all that links lead to."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(links.get(current, ()))
    return seen


def inverted(links: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """The links, backwards."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, targets in links.items():
        for target in targets:
            found[target].add(name)
    return dict(found)


def link(project: Project) -> Facts:
    """Find the calls by names alone: what they really are is told where they stand."""
    summaries = dict(project.summaries(PYTHON_MODULES))
    paths = project.paths
    names = _Names(summaries, frozenset(stem_of(path).rpartition("/")[2] for path in paths if is_init(path)))
    if names.functions or names.owners:
        summaries |= dict(_callers(project, names, paths.difference(summaries)))
    calls = {path: frozenset(names.suspects(summary)) for path, summary in summaries.items()}
    found = {path: suspects for path, suspects in sorted(calls.items()) if suspects}
    if not found:
        return Facts({}, ModuleIndex(()))
    methods = {callee.rpartition(".")[2] for suspects in found.values() for _, callee in suspects if "." in callee}
    owners = {name: frozenset(classes) for name, classes in sorted(names.sync_owners.items()) if name in methods}
    bases = {name: frozenset(above) for name, above in sorted(names.bases.items()) if above} if owners else {}
    return Facts(found, ModuleIndex(paths), bases, owners)


def _callers(project: Project, names: _Names, paths: Collection[str]) -> Iterator[tuple[str, ModuleSummary]]:
    """The files without coroutine functions that may call one; of the others only the classes are noted."""
    for path in sorted(paths):
        data = project.read(path) if path.endswith(".py") else None
        if data is not None:
            names.scan(data)
            if names.may_call(data) and (source := project.source(path)) is not None:
                yield path, PYTHON_MODULES.summarize(source)


class _Names:
    """The coroutine functions and the classes of a program, by their last names."""

    def __init__(self, summaries: Mapping[str, ModuleSummary], packages: frozenset[str]) -> None:
        self.packages = packages
        """The last names of packages, which hand on what their modules define."""
        self.functions: dict[str, set[str]] = defaultdict(set)
        """The last names of the modules that define a coroutine function of a name."""
        self.owners: dict[str, set[str]] = defaultdict(set)
        """The classes that define a coroutine function of a name."""
        self.sync_owners: dict[str, set[str]] = defaultdict(set)
        self.bases: dict[str, set[str]] = defaultdict(set)
        self.aliases: dict[str, set[str]] = defaultdict(set)
        """What names are called elsewhere that files import under other names."""
        self.known: dict[str, set[str]] = defaultdict(set)
        """By last name of a module, the names of classes that it defines, and whatever it imports."""
        self._holders: dict[str, set[str]] = {}
        self._below: dict[str, set[str]] | None = None
        for path, summary in summaries.items():
            self._define(path, summary)

    def _define(self, path: str, summary: ModuleSummary) -> None:
        for function in summary.functions:
            *around, name = function.name.split(".")
            if around and around[-1] != "<locals>":
                (self.owners if function.is_async else self.sync_owners)[name].add(around[-1])
            elif function.is_async:
                self.functions[name].add(stem_of(path).rpartition("/")[2])
        known = self.known[stem_of(path).rpartition("/")[2]]
        for found in summary.classes:
            name = found.name.rpartition(".")[2]
            known.add(name)
            self.bases[name].update(base.rpartition(".")[2] for base in found.bases)
        for statement in summary.imports:
            if statement.module is not None:
                known.update(name for name, _ in statement.names)
                for name, alias in statement.names:
                    if alias is not None:
                        self.aliases[alias].add(name)

    def holders(self, method: str) -> set[str]:
        """The classes that define or inherit a coroutine function of a name."""
        if method not in self._holders:
            if self._below is None:
                self._below = inverted(self.bases)
            self._holders[method] = closure(self.owners.get(method, ()), self._below)
        return self._holders[method]

    def scan(self, data: bytes) -> None:
        """What a file without coroutine functions adds: nobody looks which of its classes a method belongs to."""
        classes = {_text(match[1]): set(map(_text, _WORD.findall(match[2] or b""))) for match in _CLASS.finditer(data)}
        for name, above in classes.items():
            self.bases[name] |= above
        for match in _ALIAS.finditer(data):
            self.aliases[_text(match[2])].add(_text(match[1]))
        for method in set(map(_text, _DEFINITION.findall(data))) & self.owners.keys():
            self.sync_owners[method] |= classes.keys()

    def may_mean_function(self, name: str) -> bool:
        """Whether a coroutine function has a name, or some file hands one on under it."""
        return name in self.functions or not self.functions.keys().isdisjoint(self.aliases.get(name, ()))

    def may_call(self, data: bytes) -> bool:
        """Whether a file without coroutine functions may have a statement that calls one of another file."""
        return any(self.may_mean_function(_text(match[1].rpartition(b".")[2])) for match in _STATEMENT.finditer(data))

    def suspects(self, summary: ModuleSummary) -> Iterator[tuple[int, str]]:
        """The calls of a file whose results are dropped, or kept in a name, and may be coroutines."""
        view = _View(self, summary)
        for call in summary.calls.each():
            leads_nowhere = call.use == "dropped" or (call.use == "assigned" and _is_async(call, summary))
            if leads_nowhere and view.may_be_coroutine(call.callee):
                yield call.line, call.callee


def _is_async(call: Call, summary: ModuleSummary) -> bool:
    return call.function >= 0 and summary.functions[call.function].is_async


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")


class _View:
    """What the names in one file may mean."""

    def __init__(self, names: _Names, summary: ModuleSummary) -> None:
        self._names = names
        self._own = {function.name.rpartition(".")[2] for function in summary.functions if function.is_async}
        self._classes = {found.name.rpartition(".")[2] for found in summary.classes}
        self._imported: dict[str, str] = {}
        self._modules: dict[str, str] = {}
        self._has_star = False
        self._sources: set[str] = set()
        for statement in summary.imports:
            if statement.module is not None:
                self._sources.add(statement.module.rpartition(".")[2])
                self._sources.update(name for name, _ in statement.names)
            for name, alias in statement.names:
                if name == "*":
                    self._has_star = True
                elif statement.module is None and not statement.level:
                    self._modules[alias or name] = name.rpartition(".")[2]
                else:
                    self._imported[alias or name] = name
        called = (callee.rpartition(".") for callee in summary.calls.callees)
        self._known = self._classes.union(self._imported.values(), (name for head, _, name in called if head in self._modules))

    def may_be_coroutine(self, callee: str) -> bool:
        """Whether calling this may make a coroutine, or a task that nobody keeps."""
        head, dot, name = callee.rpartition(".")
        original = self._modules.get(head, head) if dot else self._imported.get(name, "")
        if name in LIBRARY_FUNCTIONS and (head.endswith("loop") or original in ROOTS or original in LIBRARY_FUNCTIONS):
            return True
        if not dot:
            return name in self._own or self._names.may_mean_function(name if self._has_star else original)
        if name in LIBRARY_METHODS and self._knows_any(LIBRARY_METHODS[name], name not in _COMMON):
            return True
        if name in self._names.owners and self._knows_any(
            self._names.holders(name), name not in _COMMON and (not head or "." in head)
        ):
            return True
        module = self._modules.get(head) or self._imported.get(head)
        defining = self._names.functions.get(name, ())
        return module is not None and bool(defining) and (module in defining or module in self._names.packages)

    def _knows_any(self, classes: Collection[str], is_far: bool) -> bool:
        """Whether the file defines or imports one of the classes. Attributes of attributes may be of classes that only the
        modules know from which the file imports something.
        """
        if not self._known.isdisjoint(classes):
            return True
        return is_far and any(not self._names.known.get(module, _NONE).isdisjoint(classes) for module in self._sources)
