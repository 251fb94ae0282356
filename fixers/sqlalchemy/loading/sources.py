"""From an access back to what feeds it: the query that gets an option, or the place where an object is refreshed."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.attributes import LONGEST_PATH
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    External,
    Instance,
    Items,
    Kind,
    Many,
    Mapping,
    Method,
    Model,
    OneOf,
    Origin,
    Session,
)
from autofix.fixers.sqlalchemy.loading.accesses import Access, Accesses
from autofix.fixers.sqlalchemy.loading.flow import Binding, bindings_of, bound_around, dominates, reaches
from autofix.fixers.sqlalchemy.loading.index import Index, Place, instances
from autofix.fixers.sqlalchemy.loading.objects import Objects
from autofix.languages.python.code import (
    Attribute,
    Await,
    Call,
    Collection,
    Comprehension,
    Conditional,
    Dictionary,
    Expression,
    Name,
    Operation,
    Starred,
    Statement,
    Subscript,
    Walrus,
)

_PASSED_ON = frozenset(
    ("list", "sorted", "reversed", "set", "tuple", "iter", "next", "filter", "enumerate", "zip", "max", "min")
)


class Wanted(NamedTuple):
    """A path of relationships that has to be loaded, beginning at objects of a mapped class."""

    model: str
    relations: tuple[str, ...]


class Sources:
    """Follows values backwards. Each step says whether everything that the value may come from is taken care of."""

    def __init__(self, index: Index, accesses: Accesses, objects: Objects) -> None:
        self._index = index
        self._inference = index.inference
        self._accesses = accesses
        self._relationships = accesses.relationships
        self._objects = objects
        self.unseen: dict[str, None] = {}
        """The functions that read something of what they are given, and that nothing calls."""
        self._known: dict[tuple[object, ...], bool] = {}

    def resolve(self, access: Access) -> bool:
        """Take care of one access."""
        return self._value(access.place, Wanted(access.model, access.relations))

    def _once(self, key: tuple[object, ...], find: Function[[], bool]) -> bool:
        """Answer a question only once; while it is being answered, it holds."""
        known = self._known.get(key)
        if known is None:
            self._known[key] = True
            known = self._known[key] = find()
        return known

    def _concerns(self, kind: Kind, wanted: Wanted) -> bool:
        return any(self._fits(each.cls, wanted.model) for each in instances(kind))

    def _fits(self, cls: str, model: str) -> bool:
        hierarchy = self._inference.hierarchy
        return not cls or cls in hierarchy.line(model) or model in hierarchy.line(cls)

    def _value(self, place: Place, wanted: Wanted) -> bool:
        node = place.node
        kind = self._index.kind(place.path, node)
        if not self._concerns(kind, wanted):
            return True
        match node:
            case Name():
                return self._name(place, node, wanted)
            case Await(value=value) | Starred(value=value) | Walrus(value=value):
                return self._value(place._replace(node=value), wanted)
            case Attribute():
                return self._attribute(place, node, wanted)
            case Conditional(body=body, other=other):
                return self._each(place, (body, other), wanted)
            case Operation(operators=("and" | "or", *_), operands=operands):
                return self._each(place, operands, wanted)
            case Collection(elements=elements):
                return self._each(place, elements, wanted)
            case Dictionary(values=values):
                return self._each(place, values, wanted)
            case Comprehension(elements=elements):
                return self._each(place, elements, wanted)
            case Subscript(value=value) if isinstance(self._index.kind(place.path, value), Many | Items | Mapping):
                return self._value(place._replace(node=value), wanted)
            case Call():
                return self._call(place, node, wanted)
            case _:
                return self._origins(kind, wanted)

    def _each(self, place: Place, parts: Iterable[Expression], wanted: Wanted) -> bool:
        return _every(self._value(place._replace(node=part), wanted) for part in parts)

    def _attribute(self, place: Place, node: Attribute, wanted: Wanted) -> bool:
        owner = self._index.kind(place.path, node.value)
        if isinstance(owner, Instance) and owner.cls:
            if self._relationships.find(owner.cls, node.name) is not None:
                if len(wanted.relations) >= LONGEST_PATH:
                    # A walk along a relationship of a class to itself: no query can load all of it.
                    return False
                further = Wanted(owner.cls, (node.name, *wanted.relations))
                return self._value(place._replace(node=node.value), further)
            properties = self._inference.property_of(owner, node.name)
            if properties:
                return _every(self._result(key, wanted) for key in properties)
        return self._origins(self._index.kind(place.path, node), wanted)

    def _call(self, place: Place, node: Call, wanted: Wanted) -> bool:
        callee = self._index.kind(place.path, node.function)
        kind = self._index.kind(place.path, node)
        match callee:
            case Callable() | OneOf():
                keys = [target.key for target in self._inference.targets(callee)]
                told = [key for key in keys if self._tells(key, wanted)]
                return _every(self._result(key, wanted) for key in told) if told else self._origins(kind, wanted)
            case External(name=name) if last(name) in _PASSED_ON or name in ("typing.cast", "copy.copy"):
                return self._each(place, (argument.value for argument in node.arguments), wanted)
            case External(name=name) if last(name) in ("run_in_threadpool", "to_thread", "run_sync") and node.arguments:
                return self._handed(place, node, wanted)
            case Method(receiver=Many(), name="pop" | "copy") if isinstance(node.function, Attribute):
                return self._value(place._replace(node=node.function.value), wanted)
            case Model():
                return self._constructed(place, node, wanted)
            case Method(receiver=Session(), name="get" | "get_one"):
                return self._objects.got(place, node, wanted.model, wanted.relations)
            case _:
                return self._origins(kind, wanted)

    def _handed(self, place: Place, node: Call, wanted: Wanted) -> bool:
        callee = self._index.kind(place.path, node.arguments[0].value)
        return self._result(callee.key, wanted) if isinstance(callee, Callable) else False

    def _constructed(self, place: Place, node: Call, wanted: Wanted) -> bool:
        """A new object that nothing was done with yet loads nothing; what it was given may have to."""
        first, further = wanted.relations[0], wanted.relations[1:]
        given = next((argument.value for argument in node.arguments if argument.keyword == first), None)
        known = self._relationships.find(wanted.model, first)
        if given is None or not further or known is None:
            return True
        return self._value(place._replace(node=given), Wanted(known.target, further))

    def _tells(self, key: str, wanted: Wanted) -> bool:
        """Whether what a function returns is seen in its body."""
        return any(self._concerns(self._index.kind(place.path, place.node), wanted) for place in self._index.results[key])

    def _result(self, key: str, wanted: Wanted) -> bool:
        return self._once(("result", key, wanted), lambda: self._results(key, wanted))

    def _results(self, key: str, wanted: Wanted) -> bool:
        return _every(self._value(place, wanted) for place in self._index.results[key])

    def _name(self, place: Place, node: Name, wanted: Wanted) -> bool:
        parents = self._index.parents(place.path)
        around = bound_around(node, parents)
        if around is None:
            return self._origins(self._index.kind(place.path, node), wanted)
        if around is not False and around is not True:
            return self._value(place._replace(node=around), wanted)
        use = self._index.statement_of(place.path, node)
        function = self._index.function_of(place.path, node)
        if use is None or (function is not None and node.name not in function.bindings):
            return self._origins(self._index.kind(place.path, node), wanted)
        return self._once(
            ("name", place.path, node.name, id(use), wanted), lambda: self._bound(place, node, use, function, wanted)
        )

    def _bound(self, place: Place, node: Name, use: Statement, function: FunctionInfo | None, wanted: Wanted) -> bool:
        parents = self._index.parents(place.path)
        body = function.node.body if function is not None else self._index.program.modules[place.path].body
        found = [
            binding
            for binding in bindings_of(node.name, body, parents)
            if binding.statement is not None and reaches(binding.statement, use, parents)
        ]
        last_one = max(
            (each.statement.start for each in found if each.statement is not None and dominates(each.statement, use, parents)),
            default=-1,
        )
        found = [each for each in found if each.statement is not None and each.statement.start >= last_one]
        if last_one < 0 and function is not None and any(p.name == node.name for p in function.node.parameters):
            found.append(Binding(None, None))
        if not found:
            return self._origins(self._index.kind(place.path, node), wanted)
        return _every(self._from(binding, place, node, use, function, wanted) for binding in found)

    def _from(
        self, binding: Binding, place: Place, node: Name, use: Statement, function: FunctionInfo | None, wanted: Wanted
    ) -> bool:
        """A name that one binding gave its value."""
        handled = self._objects.after_events(binding, place, node, use, wanted.model, wanted.relations)
        if handled is not None:
            return handled
        is_apart = self._is_shared(place.path, binding.value) and self._has_collection(wanted)
        if is_apart and self._objects.called(place, binding.statement, wanted.model, wanted.relations):
            return True
        if binding.value is not None:
            return self._value(place._replace(node=binding.value), wanted)
        if binding.statement is None and function is not None:
            key = ("parameter", function.key, node.name, wanted)
            return self._once(key, lambda: self._parameter(function, node.name, place, wanted))
        return self._origins(self._index.kind(place.path, node), wanted)

    def _is_shared(self, path: str, value: Expression | None) -> bool:
        """Whether a value comes from a function that is called in several others."""
        call = value.value if isinstance(value, Await) else value
        callee = self._index.kind(path, call.function) if isinstance(call, Call) else None
        if not isinstance(callee, Callable | OneOf):
            return False
        return any(
            len({place.unit for place in self._index.callers[target.key]}) > 1 for target in self._inference.targets(callee)
        )

    def _has_collection(self, wanted: Wanted) -> bool:
        known = self._relationships.ends(wanted.model, wanted.relations) or ()
        return any(self._relationships.is_collection(each.declared) for each in known)

    def _parameter(self, function: FunctionInfo, name: str, place: Place, wanted: Wanted) -> bool:
        """What callers and frameworks hand over."""
        index = next(number for number, each in enumerate(function.node.parameters) if each.name == name)
        handed = list(self._handed_over(function, index))
        if index == 0 and function.owner:
            for site, before in self._accesses.properties.get(function.key, ()):
                handed.append((site, before))
        results: list[bool] = []
        for site, before in handed:
            if self._concerns(self._index.kind(site.path, site.node), wanted) or before:
                results.append(self._site(site, before, wanted))
        results += [self._result(key, wanted) for key in self._providers(function, index)]
        if results:
            return all(results)
        if not handed and self._is_unused(function):
            self.unseen[function.key] = None
            return True
        return self._origins(self._index.kind(place.path, place.node), wanted)

    def _is_unused(self, function: FunctionInfo) -> bool:
        """Whether nothing in the program is seen that may call a function, by its name."""
        return function.node.name not in self._index.names_read

    def _site(self, site: Place, before: tuple[str, ...], wanted: Wanted) -> bool:
        if not before:
            return self._value(site, wanted)
        models = {each.cls for each in instances(self._index.kind(site.path, site.node)) if each.cls}
        return _every(self._value(site, Wanted(model, (*before, *wanted.relations))) for model in models)

    def _handed_over(self, function: FunctionInfo, index: int) -> Iterator[tuple[Place, tuple[str, ...]]]:
        name = function.node.parameters[index].name
        is_static = any(last(each) == "staticmethod" for each in self._inference.decorators.get(function.key, ()))
        for place in self._index.callers[function.key]:
            if isinstance(place.node, Attribute):
                if index == 0:
                    yield place._replace(node=place.node.value), ()
                continue
            if not isinstance(place.node, Call):
                continue
            offset = 1 if function.owner and not is_static else 0
            if index == 0 and offset:
                if isinstance(place.node.function, Attribute):
                    yield place._replace(node=place.node.function.value), ()
                continue
            value = _argument(place.node, name, index - offset)
            if value is not None:
                yield place._replace(node=value), ()

    def _providers(self, function: FunctionInfo, index: int) -> Iterator[str]:
        """The functions that FastAPI or pytest calls for a parameter."""
        parameter = function.node.parameters[index]
        frame = Frame(function.path, function.path)
        provider = self._inference.dependency(parameter.default, frame)
        if provider is None:
            provider = self._inference.provider(parameter.annotation, frame)
        if isinstance(provider, Callable):
            yield provider.key
        fixture = self._inference.fixtures.find(function.path, parameter.name, function.key)
        if fixture is not None:
            yield fixture

    def _origins(self, kind: Kind, wanted: Wanted) -> bool:
        """By where inference says that objects come from, where the way could not be followed."""
        results: list[bool] = []
        for each in instances(kind):
            if not self._fits(each.cls, wanted.model):
                continue
            results += [self._origin(origin, wanted) for origin in each.origins] or [False]
        return all(results)

    def _origin(self, origin: Origin, wanted: Wanted) -> bool:
        relations = (*origin.relations, *wanted.relations)
        model = "" if origin.relations else wanted.model
        if origin.how == "query":
            return self._objects.queried(origin._replace(relations=()), model, relations)
        if origin.how == "get":
            place = self._index.call_at(origin.path, origin.start, origin.end)
            if place is not None and isinstance(place.node, Call) and model:
                return self._objects.got(place, place.node, model, relations)
        return False


def _argument(node: Call, name: str, index: int) -> Expression | None:
    """What a call passes for a parameter."""
    position = 0
    for argument in node.arguments:
        if argument.stars:
            return None
        if argument.keyword == name:
            return argument.value
        if argument.keyword is None:
            if position == index:
                return argument.value
            position += 1
    return None


def _every(results: Iterable[bool]) -> bool:
    """Whether all hold; none is left out."""
    return False not in list(results)
