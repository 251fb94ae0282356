"""The call graph, and the colours that spread over it from callee to caller."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping

from autofix.fixers.sqlalchemy.colours.blockers import Blocker, Blockers
from autofix.fixers.sqlalchemy.colours.sites import Site, Sites, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.fixtures import fixture_name
from autofix.fixers.sqlalchemy.kinds import Foreign, Method
from autofix.languages.python.code import Call
from autofix.languages.python.code_walk import own

DATABASE = frozenset((Sort.OPERATION, Sort.ENTER, Sort.ITERATE))
"""What waits for the database by itself: all else becomes async because of it."""
_REQUESTS = frozenset((Sort.REQUEST, Sort.CLIENT))

_LOOP = "it runs an event loop of its own, and one is running here"

Span = tuple[str, int, int]
"""Path and offsets of a call."""


class Colours:
    """Which units become async, and why."""

    def __init__(
        self,
        sites: Sites,
        of_unit: Mapping[str, tuple[Site, ...]],
        kept: frozenset[str] = frozenset(),
        *,
        bridges: frozenset[Span] = frozenset(),
        commands: frozenset[str] = frozenset(),
        twins: frozenset[str] = frozenset(),
    ) -> None:
        """`of_unit` has the sites of the functions and files to be considered.

        Those of `kept` are left on sync sessions on purpose; `bridges` are calls of them that have to be awaited nevertheless.
        `commands` are functions that run an event loop of their own: who calls them does not wait for them.
        `twins` are functions of which those of `kept` get a copy.
        """
        self.kept = kept
        self.bridges = bridges
        self.commands = commands
        self.twins = twins
        self.inference = sites.inference
        self.program = sites.program
        self.sites = sites
        self.of_unit = {unit: found for unit, found in of_unit.items() if unit not in kept}
        self.of_kept = {unit: found for unit, found in of_unit.items() if unit in kept}
        self.callers: dict[str, list[Site]] = defaultdict(list)
        for found in self.of_unit.values():
            for site in found:
                for target in site.targets:
                    self.callers[target].append(site)
        self.because: dict[str, Site | None] = {}
        """By unit that becomes async, the first site that made it so; None for what only overrides such a method."""
        self.awaits_requests = False
        """Whether tests wait for the application's answers: some of them have to be async for their own sake."""
        self._waiting: deque[str] = deque()
        self._spread(DATABASE)
        if any(self._is_test(unit) for unit in self.because):
            self.awaits_requests = True
            self._spread(_REQUESTS)

    def _spread(self, seeds: frozenset[Sort]) -> None:
        for unit, sites in self.of_unit.items():
            site = next((site for site in sites if site.sort in seeds or self.is_bridge(site)), None)
            if site is not None:
                self._colour(unit, site)
        while self._waiting:
            unit = self._waiting.popleft()
            for site in self.callers[unit] if unit not in self.commands else ():
                if site.sort is not Sort.REFERENCE:
                    self._colour(site.unit, site)
                if site.sort is Sort.CALL:
                    # One `await` is written for all that may be called there.
                    for other in site.targets:
                        self._colour_kin(other)
            for other in overrides(self.inference, unit):
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

    def blockers(self) -> Iterator[Blocker]:
        """Everything that keeps a unit from becoming what it would have to be."""
        finder = Blockers(self.sites)
        for unit in self.because:
            function = self.program.functions.get(unit)
            if function is not None and not function.node.is_async:
                yield from finder.of_function(function, is_command=unit in self.commands)
            for site in self.of_unit[unit]:
                if self.is_affected(site):
                    yield from finder.of_site(site)
        yield from finder.unfollowed(
            (site for sites in self.of_unit.values() for site in sites), {self._path(unit) for unit in self.because}
        )
        for unit in sorted(self.of_unit):
            if self.is_async(unit):
                yield from self._loops(unit)
        for unit, sites in sorted(self.of_kept.items()):
            for site in sites:
                if any(target in self.because and target not in self.twins for target in site.targets):
                    reason = "a function that stays synchronous calls what becomes asynchronous"
                    yield Blocker(unit, site.path, site.node.start, reason, "Give it a helper of its own.")

    def _loops(self, unit: str) -> Iterator[Blocker]:
        """Calls of commands from where an event loop runs already."""
        for site in self.of_unit[unit]:
            if site.sort is Sort.CALL and any(target in self.commands and target in self.because for target in site.targets):
                yield Blocker(unit, site.path, site.node.start, _LOOP)
        function = self.program.functions.get(unit)
        for node in own(function.node.body) if function is not None and self.commands & self.because.keys() else ():
            if isinstance(node, Call) and function is not None:
                callee = self.inference.kind_of(function.path, node.function)
                owner = callee.receiver if isinstance(callee, Method) else None
                if isinstance(owner, Foreign) and last(owner.name) == "CliRunner":
                    yield Blocker(unit, function.path, node.start, _LOOP)

    def _path(self, unit: str) -> str:
        function = self.program.functions.get(unit)
        return function.path if function is not None else unit

    def is_affected(self, site: Site) -> bool:
        """Whether something has to be done at a site."""
        if site.sort in _REQUESTS:
            return self.awaits_requests
        if site.sort in DATABASE or self.is_bridge(site):
            return True
        return any(target in self.because and target not in self.commands for target in site.targets)

    def is_bridge(self, site: Site) -> bool:
        """Whether a session is handed to a function that stays synchronous."""
        return site.sort is Sort.CALL and (site.path, site.node.start, site.node.end) in self.bridges


def overrides(inference: Inference, unit: str) -> Iterator[str]:
    """The methods that override a method or that it overrides: callers cannot tell them apart."""
    program = inference.program
    function = program.functions.get(unit)
    if function is None or not function.owner or function.node.name == "__init__":
        return
    for above in inference.hierarchy.line(function.owner):
        if function.node.name in program.classes[above].methods:
            for cls in (above, *inference.hierarchy.below(above)):
                found = program.classes[cls].methods.get(function.node.name)
                if found is not None and found != unit:
                    yield found


def _is_test_name(name: str, path: str) -> bool:
    file = path.rpartition("/")[2]
    return name.startswith("test") and (file.startswith("test") or file.endswith("_test.py"))
