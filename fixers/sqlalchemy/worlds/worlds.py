"""Which functions of a program stay on synchronous sessions, and what they need beside the asynchronous ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from autofix.fixers.sqlalchemy.colours.graph import Colours, Span
from autofix.fixers.sqlalchemy.colours.listening import is_event_call
from autofix.fixers.sqlalchemy.colours.sites import Site, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import METADATA, TABLE
from autofix.fixers.sqlalchemy.kinds import Instance, Kind, Method
from autofix.fixers.sqlalchemy.worlds.resources import Resource, Resources, Use, is_handed
from autofix.languages.python.code import Argument, Assign, Attribute, Call, Function, Name

_TABLES = (METADATA, TABLE)


@dataclass
class Worlds:
    """What is synchronous, and stays so."""

    kept: frozenset[str] = frozenset()
    """The units that stay on synchronous sessions."""
    reached: frozenset[str] = frozenset()
    """All that the synchronous world may run, whether it uses the database or not."""
    outside: frozenset[str] = frozenset()
    """The functions of it that others name or call, too."""
    bridges: frozenset[Span] = frozenset()
    """Calls of functions that stay synchronous, by those that do not, which hand a session over."""
    commands: frozenset[str] = frozenset()
    """Functions that run an event loop of their own."""
    twins: frozenset[Resource] = frozenset()
    """What both worlds use."""
    own: frozenset[Resource] = frozenset()
    """What only the synchronous world uses."""
    uses: tuple[Use, ...] = ()
    """Where the synchronous world names what both use."""
    resources: Resources | None = None
    statements: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    """Where the definitions of `own` start, by path and offset."""

    def is_synchronous(self, unit: str) -> bool:
        """Whether a unit only ever runs in the synchronous world."""
        return unit in self.kept or (unit in self.reached and unit not in self.outside)

    def resource(self, path: str, node: object) -> Resource | None:
        """The resource that an expression names."""
        if self.resources is None or not isinstance(node, Name | Attribute):
            return None
        found = self.resources.named(path, node)
        return found[0] if found is not None else None


class Divider:
    """Divides a program into its two worlds."""

    def __init__(
        self,
        inference: Inference,
        probe: Colours,
        of_unit: Mapping[str, tuple[Site, ...]],
        reached: frozenset[str],
        always: frozenset[str],
    ) -> None:
        """`probe` are the colours if everything became async; `always` are units that stay as they are in any case."""
        self.commands = probe.commands
        self.inference = inference
        self.program = inference.program
        self.sites = probe.sites
        self.of_unit = of_unit
        self.reached = reached
        self.always = always
        self.touching = frozenset(probe.because) | {
            unit for unit, sites in of_unit.items() if any(site.sort is Sort.MISSING for site in sites)
        }
        self.resources = Resources(inference)
        self.outside = frozenset(
            target
            for unit, sites in of_unit.items()
            if unit not in reached
            for site in sites
            for target in site.targets
            if target in reached
        )

    def divided(self) -> Worlds:
        """The worlds."""
        twin_providers = frozenset(key for key in self.resources.providers if key in self.outside)
        kept = (self.touching & self.reached) - twin_providers | self.always
        bridges = frozenset(self._bridges(kept))
        worlds = Worlds(kept, self.reached, self.outside, bridges, self.commands - kept, resources=self.resources)
        self._share(worlds, twin_providers)
        return worlds

    def _bridges(self, kept: frozenset[str]) -> Iterator[Span]:
        for unit, sites in self.of_unit.items():
            for site in sites:
                is_outside = unit not in kept and site.sort is Sort.CALL and any(target in kept for target in site.targets)
                arguments = site.node.arguments if is_outside and isinstance(site.node, Call) else ()
                if any(is_handed(self._kind(site, argument)) for argument in arguments):
                    yield (site.path, site.node.start, site.node.end)

    def _kind(self, site: Site, argument: Argument) -> Kind:
        return self.inference.kind_of(site.path, argument.value)

    def _share(self, worlds: Worlds, twin_providers: frozenset[str]) -> None:
        """Tell what both worlds use from what one of them has for itself."""
        uses = list(self.resources.uses())
        inside: dict[Resource, set[Resource]] = defaultdict(set)
        of_sync: set[Resource] = set()
        of_async: set[Resource] = set()
        for use in uses:
            defined = list(self._defined_around(use))
            if defined:
                for resource in defined:
                    inside[resource].add(use.resource)
            elif worlds.is_synchronous(use.unit) or self._is_inner_class(use):
                of_sync.add(use.resource)
            elif not self._is_neutral(use, worlds):
                of_async.add(use.resource)
        for key in twin_providers:
            of_sync.add(self.resources.providers[key])
            of_async.add(self.resources.providers[key])
        of_sync, of_async = _closed(of_sync, inside), _closed(of_async, inside)
        worlds.twins = frozenset(of_sync & of_async)
        worlds.own = frozenset(of_sync - of_async)
        worlds.statements = frozenset(
            (resource.path, statement.start) for resource in worlds.own for statement in self.resources.definitions[resource]
        )
        worlds.uses = tuple(
            use for use in uses if use.resource in worlds.twins and (worlds.is_synchronous(use.unit) or self._makes_tables(use))
        )

    def _defined_around(self, use: Use) -> Iterator[Resource]:
        """The resources in whose definitions a use stands."""
        if use.unit in self.resources.providers:
            yield self.resources.providers[use.unit]
        for around in self.resources.parents[use.path].around(use.node):
            if isinstance(around, Assign) and use.unit == use.path:
                for target in around.targets:
                    resource = Resource(use.path, getattr(target, "name", ""))
                    if around in self.resources.definitions.get(resource, ()):
                        yield resource

    def _is_inner_class(self, use: Use) -> bool:
        """Whether it makes the synchronous sessions within asynchronous ones."""
        argument = self.resources.parents[use.path].of(use.node)
        return isinstance(argument, Argument) and argument.keyword == "sync_session_class"

    def _is_neutral(self, use: Use, worlds: Worlds) -> bool:
        """Whether a use says nothing of worlds: an event, tables made at import, functions of both that do not touch it."""
        if use.unit in self.reached:
            return True
        for around in self.resources.parents[use.path].around(use.node):
            if isinstance(around, Call) and is_event_call(self.inference.kind_of(use.path, around.function)):
                return True
            if isinstance(around, Function):
                break
        return self._makes_tables(use)

    def _makes_tables(self, use: Use) -> bool:
        """Whether tables are made of an engine while a file is imported: the synchronous one does that where there is one."""
        if use.unit != use.path:
            return False
        parents = self.resources.parents[use.path]
        argument = parents.of(use.node)
        call = parents.of(argument) if isinstance(argument, Argument) else None
        callee = self.inference.kind_of(use.path, call.function) if isinstance(call, Call) else None
        return isinstance(callee, Method) and callee.receiver in _TABLES


def is_mapped(inference: Inference, kind: Kind) -> bool:
    """Whether a value is an object of a mapped class."""
    return isinstance(kind, Instance) and (not kind.cls or inference.hierarchy.is_mapped(kind.cls))


def _closed(found: Iterable[Resource], inside: Mapping[Resource, set[Resource]]) -> set[Resource]:
    """Resources with all that their definitions name."""
    closed: set[Resource] = set()
    waiting = list(found)
    while waiting:
        resource = waiting.pop()
        if resource not in closed:
            closed.add(resource)
            waiting += inside.get(resource, ())
    return closed
