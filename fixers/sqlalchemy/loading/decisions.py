"""How each relationship that is read will be loaded: with the query that feeds it, by refreshing, or by its declaration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Instance, Kind, Method, Model, Origin, Session
from autofix.fixers.sqlalchemy.loading.needs import Needs
from autofix.fixers.sqlalchemy.loading.relationships import Declared, Known
from autofix.languages.python.code import Call, Function
from autofix.languages.python.code_walk import own, walk

Relations = tuple[str, ...]


@dataclass
class Decisions:
    """What is going to load what."""

    options: dict[Origin, list[Relations]] = field(default_factory=dict)
    """Paths to load with a query, or with `get`."""
    refreshes: dict[Origin, list[str]] = field(default_factory=dict)
    """Relationships to load of a new object, once it is stored."""
    declarations: dict[Declared, str] = field(default_factory=dict)
    """Relationships to be declared eager, each with the reason."""
    dynamic: list[Declared] = field(default_factory=list)
    """Relationships that are read although they are declared to be queries."""


class Deciding:
    """Decides, for all origins of a program."""

    def __init__(self, inference: Inference, paths: Iterable[str]) -> None:
        self._inference = inference
        self._paths = list(paths)
        self.needs = Needs(inference, self._paths)
        self._refreshed = set(self._refreshed_origins())
        self.decisions = Decisions()

    def run(self) -> Decisions:
        """Decide."""
        for origin, paths in sorted(self.needs.of_origin.items()):
            later = self._read_later(origin, paths)
            for relations in _longest(path for path in paths if path not in later):
                self._decide(origin, relations)
            for relations in _longest(later):
                self._decide_later(origin, relations)
        for declared in self.needs.unknown:
            self._declare(declared, "it is read of objects that come from many places")
        return self.decisions

    def _refreshed_origins(self) -> Iterable[Origin]:
        """Where objects come from that are refreshed as a whole: that forgets what a query has loaded with them."""
        for path in self._paths:
            for node in walk(self._inference.program.modules[path].body):
                if not isinstance(node, Call) or len(node.arguments) != 1:
                    continue
                callee = self._inference.kind_of(path, node.function)
                kind = self._inference.kind_of(path, node.arguments[0].value)
                match callee, kind:
                    case Method(receiver=Session(), name="refresh"), Instance(origins=origins):
                        yield from (origin for origin in origins if not origin.relations)
                    case _:
                        pass

    def _decide(self, origin: Origin, relations: Relations) -> None:
        models = self.needs.models.get(origin, set())
        model = next(iter(models)) if len(models) == 1 else ""
        known = self.needs.relationships.ends(model, relations) if model else None
        if known is None:
            self._by_declaration(self._known_anyhow(models, relations), "it is read of objects of several classes")
            return
        if all(each.is_eager for each in known):
            return
        if any(each.lazy in ("dynamic", "write_only") for each in known):
            self.decisions.dynamic += [each.declared for each in known if each.lazy in ("dynamic", "write_only")]
        elif origin.how == "new" and origin not in self._refreshed:
            self.decisions.refreshes.setdefault(origin, []).append(relations[0])
            self._by_declaration(known[1:], "it is read of new objects")
        elif origin in self._refreshed or origin.how in ("new", "merge"):
            self._by_declaration(known, "it is read of objects that are refreshed")
        elif self._selects(origin, model):
            self.decisions.options.setdefault(origin, []).append(relations)
        else:
            self._by_declaration(known, "the query that it is read from is used for several classes")

    def _read_later(self, origin: Origin, paths: Mapping[Relations, Collection[tuple[str, int]]]) -> set[Relations]:
        """The paths that are read behind a commit in the function that loads the object: they were loaded anew there."""
        commit = self.commits.get(origin)
        if commit is None:
            return set()
        return {
            relations
            for relations, places in paths.items()
            if any(path == origin.path and commit[1] < start <= commit[0].end for path, start in places)
        }

    def _decide_later(self, origin: Origin, relations: Relations) -> None:
        models = self.needs.models.get(origin, set())
        known = self.needs.relationships.ends(next(iter(models)), relations) if len(models) == 1 else None
        if known is None or known[0].lazy in ("dynamic", "write_only"):
            self._decide(origin, relations)
            return
        if origin in self._refreshed:
            self._by_declaration(known, "it is read of objects that are refreshed")
            return
        self.decisions.refreshes.setdefault(origin, []).append(relations[0])
        self._by_declaration(known[1:], "it is read of objects that have been committed")

    @cached_property
    def commits(self) -> dict[Origin, tuple[Function, int]]:
        """By origin, the function around it and the offset of the last commit in it, where that stands behind the origin."""
        found: dict[Origin, tuple[Function, int]] = {}
        for function in self._inference.program.functions.values():
            if function.path not in self._paths:
                continue
            commits = [
                node.start
                for node in own(function.node.body)
                if isinstance(node, Call) and _is_commit(self._inference.kind_of(function.path, node.function))
            ]
            if not commits:
                continue
            for origin in self.needs.of_origin:
                inside = origin.path == function.path and function.node.start <= origin.start < function.node.end
                if inside and origin.how in ("query", "get") and max(commits) > origin.start:
                    found[origin] = (function.node, max(commits))
        return found

    def _known_anyhow(self, models: Iterable[str], relations: Relations) -> list[Known]:
        found = (self.needs.relationships.ends(model, relations) for model in sorted(models) if model)
        return [known for path in found if path is not None for known in path]

    def _by_declaration(self, known: Iterable[Known], reason: str) -> None:
        for each in known:
            if not each.is_eager and each.lazy not in ("dynamic", "write_only"):
                self._declare(each.declared, reason)

    def _declare(self, declared: Declared, reason: str) -> None:
        self.decisions.declarations.setdefault(declared, reason)

    def _selects(self, origin: Origin, model: str) -> bool:
        """Whether a query names the class itself."""
        call = self.call(origin)
        if call is None or not call.arguments:
            return False
        kind = self._inference.kind_of(origin.path, call.arguments[0].value)
        return isinstance(kind, Model) and bool(kind.key) and kind.key in self._inference.hierarchy.line(model)

    def call(self, origin: Origin) -> Call | None:
        """The expression that an origin is."""
        return self._calls.get(origin.path, {}).get((origin.start, origin.end))

    @cached_property
    def _calls(self) -> dict[str, dict[tuple[int, int], Call]]:
        found: dict[str, dict[tuple[int, int], Call]] = defaultdict(dict)
        for path in self._paths:
            for node in walk(self._inference.program.modules[path].body):
                if isinstance(node, Call):
                    found[path][node.start, node.end] = node
        return found


def _is_commit(callee: Kind) -> bool:
    match callee:
        case Method(receiver=Session(), name="commit"):
            return True
        case _:
            return False


def _longest(paths: Iterable[Relations]) -> list[Relations]:
    """The paths that are not the beginning of another: loading the longer one loads them, too."""
    every = sorted(set(paths))
    return [path for path in every if not any(other != path and other[: len(path)] == path for other in every)]
