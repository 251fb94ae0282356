"""What a program reads of objects of mapped classes that may have to be loaded first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    External,
    Foreign,
    Instance,
    Kind,
    Literal,
    Method,
    Model,
    OneOf,
    Super,
)
from autofix.fixers.sqlalchemy.loading.index import Index, Place, instances
from autofix.fixers.sqlalchemy.loading.relationships import Known, Relationships
from autofix.fixers.sqlalchemy.loading.schemas import Schema, Schemas, Type
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Constant,
    Delete,
    Dictionary,
    Name,
    Subscript,
)

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route"))
_VALIDATING = frozenset(("model_validate", "from_orm", "parse_obj", "validate"))
_QUERIES = frozenset(("dynamic", "write_only"))
# Schemas that contain each other are followed this far.
_DEEPEST = 4


class Access(NamedTuple):
    """`relations`, one after the other, are read of the objects that `place` stands for, which are of the class `model`."""

    place: Place
    model: str
    relations: tuple[str, ...]
    start: int
    """The offset to report."""


class Accesses:
    """Finds them: attributes in the code, and what FastAPI and pydantic read to serialize objects."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._inference = index.inference
        self._schemas = Schemas(index.inference)
        self.relationships = Relationships(index.inference)
        self.properties: dict[str, list[tuple[Place, tuple[str, ...]]]] = defaultdict(list)
        """By property, the values that are serialized with it, and the relationships that lead to the object that has it."""

    def find(self) -> Iterator[Access]:
        """All of them."""
        names = {name for _, name in self._inference.fields} | {back[1] for back in self._inference.backrefs}
        if not names:
            return
        for place in self._index.attributes:
            if isinstance(place.node, Attribute) and place.node.name in names:
                yield from self._attribute(place, place.node)
        for place in self._index.calls:
            if isinstance(place.node, Call):
                yield from self._call(place, place.node, names)
        for function in self._inference.program.functions.values():
            if function.node.decorators and function.path in self._index.texts:
                yield from self._endpoint(function)

    def _attribute(self, place: Place, node: Attribute) -> Iterator[Access]:
        kind = self._index.kind(place.path, node.value)
        if not isinstance(kind, Instance):
            return
        known = self.relationships.find(kind.cls, node.name)
        if known is None or self._is_harmless(place, node, known):
            return
        yield Access(place._replace(node=node.value), kind.cls, (node.name,), node.start)

    def _is_harmless(self, place: Place, node: Attribute, known: Known) -> bool:
        """Whether nothing is loaded: a single object is assigned, or something is added to what is a query."""
        around = self._index.parents(place.path).of(node)
        match around:
            case Assign(targets=targets, operator="=") if any(target is node for target in targets):
                return not self.relationships.is_collection(known.declared)
            case Delete():
                return True
            case Attribute(name=name) if known.lazy in _QUERIES:
                return name in ("append", "add", "remove", "add_all", "extend")
            case _:
                return False

    def _call(self, place: Place, node: Call, names: set[str]) -> Iterator[Access]:
        callee = self._index.kind(place.path, node.function)
        match callee:
            case External(name="builtins.getattr" | "builtins.hasattr") if len(node.arguments) >= 2:
                yield from self._getattr(place, node, names)
            case Method(receiver=ClassObject(key=key), name=name) if name in _VALIDATING and node.arguments:
                if self._schemas.is_schema(key):
                    value = node.arguments[0].value
                    yield from self._serialized(place._replace(node=value), [Schema(key, {})], node.start)
            case ClassObject(key=key) if self._schemas.is_schema(key):
                yield from self._constructed(place, Schema(key, {}), node)
            case _ if isinstance(node.function, Subscript):
                # `Page[UserOut](items=users)`.
                for schema in self._schemas.named_in(Type(place.path, node.function, {})):
                    yield from self._constructed(place, schema, node)
            case _:
                pass

    def _getattr(self, place: Place, node: Call, names: set[str]) -> Iterator[Access]:
        value, name = node.arguments[0].value, node.arguments[1].value
        kind = self._index.kind(place.path, value)
        if not isinstance(kind, Instance) or not isinstance(name, Constant) or name.value not in names:
            return
        if self.relationships.find(kind.cls, str(name.value)) is not None:
            yield Access(place._replace(node=value), kind.cls, (str(name.value),), node.start)

    def _constructed(self, place: Place, schema: Schema, node: Call) -> Iterator[Access]:
        fields = self._schemas.fields(schema)
        for argument in node.arguments:
            if argument.keyword in fields:
                inner = list(self._schemas.named_in(fields[argument.keyword]))
                yield from self._serialized(place._replace(node=argument.value), inner, argument.start)

    def _endpoint(self, function: FunctionInfo) -> Iterator[Access]:
        """What FastAPI reads to make a response of what an endpoint returns."""
        model = self._response_model(function)
        if model is None:
            return
        schemas = list(self._schemas.named_in(model))
        for place in self._index.results[function.key]:
            yield from self._serialized(place, schemas, place.node.start)

    def _response_model(self, function: FunctionInfo) -> Type | None:
        for decorator in function.node.decorators:
            if not isinstance(decorator, Call) or not self._is_route(self._index.kind(function.path, decorator.function)):
                continue
            for argument in decorator.arguments:
                if argument.keyword == "response_model":
                    is_none = self._index.kind(function.path, argument.value) == Literal(None)
                    return None if is_none else Type(function.path, argument.value, {})
            if function.node.returns is not None:
                return Type(function.path, function.node.returns, {})
        return None

    def _is_route(self, kind: Kind) -> bool:
        match kind:
            case Method(receiver=Foreign(name=name), name=verb):
                return verb in _VERBS and last(name) in ("APIRouter", "FastAPI")
            case _:
                return False

    def _serialized(
        self, place: Place, schemas: list[Schema], start: int, generic: str = "", depth: int = 0
    ) -> Iterator[Access]:
        """Everything that some schemas read of a value.

        `generic` is the mapped class that the classes of the calls on the way are meant for: code that they share does not
        tell of which class its objects are.
        """
        node = place.node
        if isinstance(node, Dictionary):
            yield from self._dictionary(place, node, schemas)
            return
        kind = self._index.kind(place.path, node)
        found = {each.cls for each in instances(kind)}
        if isinstance(node, Call) and depth < _DEEPEST:
            generic = generic_model(self._index, place, node) or generic
            if "" not in found and not any(self._inference.hierarchy.is_mapped(cls) for cls in found):
                yield from self._wrapped(place, node, schemas, start, generic, depth)
                return
        for model in sorted({cls or generic for cls in found} - {""}):
            if self._inference.hierarchy.is_mapped(model):
                for schema in schemas:
                    for relations in sorted(set(self._paths(place, model, schema))):
                        yield Access(place, model, relations, start)

    def _wrapped(
        self, place: Place, node: Call, schemas: list[Schema], start: int, generic: str, depth: int
    ) -> Iterator[Access]:
        """Objects that are passed to a pydantic model of which a response is made: `Page(items=users)`."""
        callee = self._index.kind(place.path, node.function)
        if isinstance(callee, Callable | OneOf):
            for target in self._inference.targets(callee):
                for result in self._index.results[target.key]:
                    yield from self._serialized(result, schemas, start, generic, depth + 1)
            return
        for schema in schemas:
            fields = self._schemas.fields(schema)
            for argument in node.arguments:
                if argument.keyword in fields:
                    inner = list(self._schemas.named_in(fields[argument.keyword]))
                    yield from self._serialized(place._replace(node=argument.value), inner, start, generic, depth + 1)

    def _dictionary(self, place: Place, node: Dictionary, schemas: list[Schema]) -> Iterator[Access]:
        for schema in schemas:
            fields = self._schemas.fields(schema)
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, Constant) and key.value in fields:
                    inner = list(self._schemas.named_in(fields[str(key.value)]))
                    yield from self._serialized(place._replace(node=value), inner, value.start)

    def _paths(self, place: Place, model: str, schema: Schema, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The relationships that a schema has fields for, and those of the fields' schemas."""
        if len(before) == _DEEPEST:
            return
        for name, type_ in self._schemas.fields(schema).items():
            known = self.relationships.find(model, name)
            if known is None:
                for key in self._inference.property_of(Instance(model), name):
                    self.properties[key].append((place, before))
                continue
            path = (*before, name)
            yield path
            for inner in self._schemas.named_in(type_) if known.target else ():
                yield from self._paths(place, known.target, inner, path)


def generic_model(index: Index, place: Place, node: Call) -> str:
    """The mapped class that the class of a method's object is meant for; empty where it does not say.

    It is the only one among the arguments of its generic bases, `class Users(Repository[User])`, or what its attributes hold.
    """
    if not isinstance(node.function, Attribute):
        return ""
    owner = index.kind(place.path, node.function.value)
    if not isinstance(owner, Instance | Super) or not owner.cls:
        return ""
    for cls in index.inference.hierarchy.line(owner.cls):
        info = index.program.classes[cls]
        written = [
            index.kind(info.path, part)
            for base in info.node.bases
            if isinstance(base.value, Subscript)
            for part in (getattr(base.value.key, "elements", None) or (base.value.key,))
        ]
        written += [
            index.inference.store.peek(("attribute", cls, target.name))
            for statement in info.node.body
            if isinstance(statement, Assign)
            for target in statement.targets
            if isinstance(target, Name)
        ]
        models = {kind.key for kind in written if isinstance(kind, Model) and kind.key}
        if len(models) == 1:
            return models.pop()
    return ""
