"""What a program reads of objects of mapped classes that may have to be loaded first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
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
    OneOf,
)
from autofix.fixers.sqlalchemy.loading.generic import generic_model, values_of
from autofix.fixers.sqlalchemy.loading.index import Index, Place, instances
from autofix.fixers.sqlalchemy.loading.relationships import Known, Relationships
from autofix.fixers.sqlalchemy.loading.schemas import Schema, Schemas, Type
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Collection,
    Comprehension,
    Constant,
    Delete,
    Dictionary,
    Expression,
    Name,
    Subscript,
)

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route"))
_ROUTERS = ("APIRouter", "FastAPI")
_VALIDATING = frozenset(("model_validate", "from_orm", "parse_obj", "validate"))
_DECODING = frozenset(("json", "loads"))
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
        self._names = {name for _, name in self._inference.fields} | {back[1] for back in self._inference.backrefs}
        self.properties: dict[str, list[tuple[Place, tuple[str, ...]]]] = defaultdict(list)
        """By property, the values that are serialized with it, and the relationships that lead to the object that has it."""
        self.untraced: dict[tuple[str, int], tuple[str, bool]] = {}
        """By path and offset, the reads of which it is not known what they load, and whether they load anything for certain."""

    def find(self) -> Iterator[Access]:
        """All of them."""
        names = self._names
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
        owner = place._replace(node=node.value)
        model = kind.cls or generic_model(self._index, owner)
        if not model:
            self._untrace(place, [node.name], node.start)
            return
        known = self.relationships.find(model, node.name)
        if known is not None and not self._is_harmless(place, node, known):
            yield Access(owner, model, (node.name,), node.start)

    def _untrace(self, place: Place, names: Iterable[str], start: int, *, is_certain: bool = True) -> None:
        """Note that relationships are read of objects whose class is not known, unless all that are called so are eager."""
        lazy = [name for name in names if not self.relationships.are_eager(name)]
        if lazy:
            written = ", ".join(f"`{name}`" for name in lazy)
            message = f"{written} is read of objects of which it is not known what they are"
            self.untraced.setdefault((place.path, start), (message, is_certain))

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
        """What an endpoint says of its response; whatever it is decorated with, `response_model` is a word of FastAPI."""
        for decorator in function.node.decorators:
            if not isinstance(decorator, Call):
                continue
            for argument in decorator.arguments:
                if argument.keyword == "response_model":
                    is_none = self._index.kind(function.path, argument.value) == Literal(None)
                    return None if is_none else Type(function.path, argument.value, {})
            is_route = self._is_route(self._index.kind(function.path, decorator.function))
            if is_route and function.node.returns is not None:
                return Type(function.path, function.node.returns, {})
        return None

    def _is_route(self, kind: Kind) -> bool:
        match kind:
            case Method(receiver=Foreign(name=name), name=verb):
                return verb in _VERBS and last(name) in _ROUTERS
            case Method(receiver=Instance(cls=cls), name=verb) if cls:
                return verb in _VERBS and any(last(name) in _ROUTERS for name in self._inference.hierarchy.externals(cls))
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
        for value in values_of(self._index, place, node) if isinstance(node, Name) else (node,):
            if isinstance(value, Dictionary):
                yield from self._dictionary(place._replace(node=value), value, schemas)
        if isinstance(node, Dictionary):
            return
        kind = self._index.kind(place.path, node)
        found = {each.cls for each in instances(kind)}
        generic = generic_model(self._index, place) or generic
        is_mapped = "" in found or any(self._inference.hierarchy.is_mapped(cls) for cls in found)
        if isinstance(node, Call) and depth < _DEEPEST and not is_mapped:
            if isinstance(self._index.kind(place.path, node.function), Callable | OneOf):
                yield from self._returned(place, node, schemas, start, generic, depth)
                return
            yield from self._wrapped(place, node, schemas, start, generic, depth)
        for model in sorted({cls or generic for cls in found} - {""}):
            yield from self._read(place, model, schemas, start)
        if "" in found and not generic:
            self._untrace(place, self._nested(schemas), start)
        elif not found and not self._is_serialized_already(place, node):
            self._untrace(place, self._nested(schemas), start, is_certain=False)

    def _read(self, place: Place, model: str, schemas: list[Schema], start: int) -> Iterator[Access]:
        """What schemas read of objects of a class, if it is a mapped one."""
        if self._inference.hierarchy.is_mapped(model):
            for schema in schemas:
                for relations in sorted(set(self._paths(place, model, schema))):
                    yield Access(place, model, relations, start)

    def _nested(self, schemas: Iterable[Schema]) -> list[str]:
        """The fields of schemas that are called like relationships and hold schemas, as relationships are serialized."""
        fields = [field for schema in schemas for field in self._schemas.fields(schema).items() if field[0] in self._names]
        return sorted({name for name, type_ in fields if any(self._schemas.named_in(type_))})

    def _is_serialized_already(self, place: Place, node: Expression, depth: int = 0) -> bool:
        """Whether a value consists of pydantic models, whose making is looked at where it is written, or of decoded JSON."""
        match node:
            case Call(function=Attribute(name=name) as function):
                callee = self._index.kind(place.path, function)
                is_made = isinstance(callee, Method) and isinstance(callee.receiver, ClassObject)
                return name in _DECODING or (is_made and name in _VALIDATING)
            case Subscript(value=value):
                return self._is_serialized_already(place, value, depth)
            case Comprehension(elements=parts) | Collection(elements=parts):
                return all(self._is_serialized_already(place, part, depth) for part in parts)
            case Name() if depth < _DEEPEST:
                values = values_of(self._index, place, node)
                return bool(values) and all(self._is_serialized_already(place, each, depth + 1) for each in values)
            case Constant():
                return True
            case _:
                return False

    def _returned(
        self, place: Place, node: Call, schemas: list[Schema], start: int, generic: str, depth: int
    ) -> Iterator[Access]:
        """What functions of the program return."""
        for target in self._inference.targets(self._index.kind(place.path, node.function)):
            for result in self._index.results[target.key]:
                yield from self._serialized(result, schemas, start, generic, depth + 1)

    def _wrapped(
        self, place: Place, node: Call, schemas: list[Schema], start: int, generic: str, depth: int
    ) -> Iterator[Access]:
        """Objects that are passed to a pydantic model of which a response is made: `Page(items=users)`."""
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
            inside = list(self._schemas.named_in(type_))
            if not known.target:
                self._untrace(place, self._nested(inside), place.node.start)
                continue
            for inner in inside:
                yield from self._paths(place, known.target, inner, path)
