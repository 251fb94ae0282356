"""The call graph, and the colours that spread over it from callee to caller."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from autofix.fixers.sqlalchemy.colours.blockers import Blocker, Blockers
from autofix.fixers.sqlalchemy.colours.sites import Site, Sites, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.fixtures import fixture_name

_SEEDS = frozenset((Sort.OPERATION, Sort.ENTER, Sort.ITERATE))
_REQUESTS = frozenset((Sort.REQUEST, Sort.CLIENT))


class Colours:
    """Which units become async, and why."""

    def __init__(self, inference: Inference, units: Iterable[str], kept: frozenset[str] = frozenset()) -> None:
        """`units` are the functions and files to be considered; those of `kept` are left on sync sessions on purpose."""
        self.kept = kept
        self.inference = inference
        self.program = inference.program
        self.sites = Sites(inference)
        self.of_unit: dict[str, tuple[Site, ...]] = {unit: tuple(self.sites.of(unit)) for unit in units}
        self.callers: dict[str, list[Site]] = defaultdict(list)
        for sites in self.of_unit.values():
            for site in sites:
                for target in site.targets:
                    self.callers[target].append(site)
        self.because: dict[str, Site | None] = {}
        """By unit that becomes async, the first site that made it so; None for what only overrides such a method."""
        self.awaits_requests = False
        """Whether tests wait for the application's answers: some of them have to be async for their own sake."""
        self._waiting: deque[str] = deque()
        self._spread(_SEEDS)
        if any(self._is_test(unit) for unit in self.because):
            self.awaits_requests = True
            self._spread(_REQUESTS)

    def _spread(self, seeds: frozenset[Sort]) -> None:
        for unit, sites in self.of_unit.items():
            site = next((site for site in sites if site.sort in seeds), None)
            if site is not None:
                self._colour(unit, site)
        while self._waiting:
            unit = self._waiting.popleft()
            for site in self.callers[unit]:
                if site.sort is not Sort.REFERENCE:
                    self._colour(site.unit, site)
                if site.sort is Sort.CALL:
                    # One `await` is written for all that may be called there.
                    for other in site.targets:
                        self._colour_kin(other)
            for other in self.overrides(unit):
                self._colour(other, None)

    def _colour(self, unit: str, site: Site | None) -> None:
        if unit not in self.because and unit in self.of_unit:
            self.because[unit] = site
            self._waiting.append(unit)

    def _colour_kin(self, unit: str) -> None:
        function = self.program.functions.get(unit)
        if function is not None and not function.node.is_async:
            self._colour(unit, None)

    def is_async(self, unit: str) -> bool:
        """Whether a function will be async: it becomes so, or is already."""
        function = self.program.functions.get(unit)
        return unit in self.because or (function is not None and function.node.is_async)

    def _is_test(self, unit: str) -> bool:
        function = self.program.functions.get(unit)
        if function is None or function.node.is_async:
            return False
        return bool(fixture_name(function)) or _is_test_name(function.node.name, function.path)

    def overrides(self, unit: str) -> Iterator[str]:
        """The methods that override a method or that it overrides: callers cannot tell them apart."""
        function = self.program.functions.get(unit)
        if function is None or not function.owner or function.node.name == "__init__":
            return
        hierarchy = self.inference.hierarchy
        for above in hierarchy.line(function.owner):
            if function.node.name in self.program.classes[above].methods:
                for cls in (above, *hierarchy.below(above)):
                    found = self.program.classes[cls].methods.get(function.node.name)
                    if found is not None and found != unit:
                        yield found

    def blockers(self) -> Iterator[Blocker]:
        """Everything that keeps a unit from becoming what it would have to be."""
        finder = Blockers(self.sites)
        for unit in self.because:
            function = self.program.functions.get(unit)
            if function is not None and not function.node.is_async:
                yield from finder.of_function(function)
            for site in self.of_unit[unit]:
                if self.is_affected(site):
                    yield from finder.of_site(site)
        yield from finder.unfollowed(
            (site for sites in self.of_unit.values() for site in sites), {self._path(unit) for unit in self.because}
        )
        for unit in sorted(self.kept):
            for site in self.sites.of(unit):
                if any(target in self.because for target in site.targets):
                    reason = "a function that stays synchronous calls what becomes asynchronous"
                    yield Blocker(unit, site.path, site.node.start, reason, "Give it a helper of its own.")

    def _path(self, unit: str) -> str:
        function = self.program.functions.get(unit)
        return function.path if function is not None else unit

    def is_affected(self, site: Site) -> bool:
        """Whether something has to be done at a site."""
        if site.sort in _REQUESTS:
            return self.awaits_requests
        if site.sort in _SEEDS:
            return True
        return any(target in self.because for target in site.targets)


def _is_test_name(name: str, path: str) -> bool:
    file = path.rpartition("/")[2]
    return name.startswith("test") and (file.startswith("test") or file.endswith("_test.py"))
