"""What cannot be told apart: sessions that reach a function which stays synchronous from a place that does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from autofix.fixers.sqlalchemy.colours.blockers import Blocker
from autofix.fixers.sqlalchemy.colours.graph import Colours
from autofix.fixers.sqlalchemy.colours.sites import Site, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import ClassObject, Foreign, Instance, Kind, Method, ModuleObject
from autofix.fixers.sqlalchemy.worlds.resources import is_database
from autofix.fixers.sqlalchemy.worlds.worlds import Worlds, is_mapped
from autofix.languages.python.code import Argument, Assign, Attribute, Call, Expression, Name
from autofix.languages.python.code_walk import walk

_HINT = "Give the synchronous code a session of its own."
# What is the same of an engine in both worlds.
_OF_BOTH = frozenset(("url", "dialect", "name", "driver"))


def problems(worlds: Worlds, colours: Colours, inference: Inference) -> Iterator[Blocker]:
    """All of a program."""
    if worlds.kept:
        finder = _Problems(worlds, colours, inference)
        for unit in sorted(worlds.kept):
            function = inference.program.functions.get(unit)
            if function is not None:
                yield from finder.of_function(function)
        yield from finder.of_shared()
        for unit, sites in colours.of_unit.items():
            for site in sites:
                yield from finder.of_site(unit, site)


class _Problems:
    def __init__(self, worlds: Worlds, colours: Colours, inference: Inference) -> None:
        self.worlds = worlds
        self.colours = colours
        self.inference = inference
        self.program = inference.program

    def _kind(self, path: str, expression: Expression) -> Kind:
        return self.inference.kind_of(path, expression)

    def of_function(self, function: FunctionInfo) -> Iterator[Blocker]:
        """What the body of a function that stays synchronous uses, and who else hands it sessions."""
        if self._takes_session(function) and self._is_endpoint(function):
            reason = "an endpoint that is called by what stays synchronous"
            yield Blocker(function.key, function.path, function.node.name_start, reason, "Give both a helper.")
        for node in function.nodes:
            if isinstance(node, Name | Attribute) and is_database(self._kind(function.path, node)):
                reason = self._of_name(function, node) if isinstance(node, Name) else self._of_attribute(function, node)
                if reason:
                    yield Blocker(function.key, function.path, node.start, reason, _HINT)

    def _takes_session(self, function: FunctionInfo) -> bool:
        return self.worlds.resources is not None and self.worlds.resources.takes_session(function)

    def _is_endpoint(self, function: FunctionInfo) -> bool:
        for decorator in function.node.decorators:
            kind = self._kind(function.path, decorator.function if isinstance(decorator, Call) else decorator)
            owner = kind.receiver if isinstance(kind, Method) else None
            if isinstance(owner, Foreign) and owner.name.partition(".")[0] in ("fastapi", "starlette"):
                return True
        return False

    def _of_name(self, function: FunctionInfo, node: Name) -> str:
        around: FunctionInfo | None = function
        while around is not None:
            if node.name in around.bindings:
                if self.worlds.is_synchronous(around.key) or self.worlds.resource(function.path, node) is not None:
                    return ""
                return f"`{node.name}` is of a function that becomes async"
            around = self.program.functions.get(around.parent)
        return "" if self.worlds.resource(function.path, node) is not None else f"it is not known where `{node.name}` is made"

    def _of_attribute(self, function: FunctionInfo, node: Attribute) -> str:
        kind = self._kind(function.path, node.value)
        if isinstance(kind, ModuleObject):
            return (
                "" if self.worlds.resource(function.path, node) is not None else f"it is not known where `{node.name}` is made"
            )
        if not isinstance(kind, Instance | ClassObject):
            return ""
        cls = kind.cls if isinstance(kind, Instance) else kind.key
        if isinstance(kind, ClassObject) or self._is_of_class(cls, node.name):
            return f"`{node.name}` is the same for all objects of a class, in both worlds"
        if function.key in self.worlds.outside and function.owner:
            return f"`{node.name}` holds a session of either world"
        if any(unit in self.program.modules for unit in self._makers[cls]):
            return f"`{node.name}` belongs to an object that both worlds share"
        return ""

    def _is_of_class(self, cls: str, name: str) -> bool:
        return any(
            isinstance(statement, Assign)
            and statement.value is not None
            and any(isinstance(target, Name) and target.name == name for target in statement.targets)
            and is_database(self._kind(self.program.classes[above].path, statement.value))
            for above in self.inference.hierarchy.line(cls)
            for statement in self.program.classes[above].node.body
        )

    @cached_property
    def _makers(self) -> dict[str, set[str]]:
        """By class, the units that make objects of it or of what it is a base of."""
        found: dict[str, set[str]] = defaultdict(set)
        resources = self.worlds.resources
        for path, module in self.program.modules.items() if resources is not None else ():
            for node in walk(module.body):
                kind = self._kind(path, node.function) if isinstance(node, Call) else None
                if isinstance(kind, ClassObject) and resources is not None:
                    for cls in self.inference.hierarchy.line(kind.key):
                        found[cls].add(resources.unit_of(path, node))
        return found

    def of_shared(self) -> Iterator[Blocker]:
        """Functions that both worlds call, which only pass on what is different in each."""
        resources = self.worlds.resources
        for use in resources.uses() if resources is not None else ():
            is_both = use.unit in self.worlds.reached and not self.worlds.is_synchronous(use.unit)
            parent = resources.parents[use.path].of(use.node) if resources is not None else None
            if isinstance(parent, Attribute) and parent.name in _OF_BOTH:
                continue
            is_twin = resources is not None and use.unit in resources.providers
            if is_both and not is_twin and use.resource in self.worlds.twins:
                yield Blocker(
                    use.unit, use.path, use.node.start, "a function of both worlds uses what only one of them can", _HINT
                )

    def _is_bridged(self, site: Site) -> bool:
        """Whether a function is given to `run_sync`, which hands it the synchronous session."""
        parents = self.program.parents[site.path]
        argument = parents.of(site.node)
        call = parents.of(argument) if isinstance(argument, Argument) else None
        return isinstance(call, Call) and isinstance(call.function, Attribute) and call.function.name == "run_sync"

    def of_site(self, unit: str, site: Site) -> Iterator[Blocker]:
        """What others do with functions that stay synchronous."""
        kept = [target for target in site.targets if target in self.worlds.kept]
        if not kept or unit in self.worlds.kept:
            return
        functions = [self.program.functions[target] for target in kept]
        if site.sort is Sort.REFERENCE and any(self._takes_session(function) for function in functions):
            if not self.worlds.is_synchronous(unit) and not self._is_bridged(site):
                yield Blocker(
                    unit, site.path, site.node.start, "it stays synchronous, and may be given an asynchronous session here"
                )
        elif site.sort is Sort.CALL and len(kept) < len(site.targets):
            reason = "some of the functions that this may call stay synchronous, some do not"
            yield Blocker(unit, site.path, site.node.start, reason)
        elif site.sort is Sort.CALL and not self.colours.is_bridge(site) and isinstance(site.node, Call):
            values = [argument.value for argument in site.node.arguments]
            if isinstance(site.node.function, Attribute):
                values.append(site.node.function.value)
            if any(is_mapped(self.inference, self._kind(site.path, value)) for value in values):
                reason = (
                    "an object of an asynchronous session is given to a function that stays synchronous, without that session"
                )
                yield Blocker(unit, site.path, site.node.start, reason)
