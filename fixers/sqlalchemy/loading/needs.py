"""What is read of objects, by where the objects come from: attribute accesses, and what response models serialize."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    ClassObject,
    Coroutine,
    Foreign,
    Instance,
    Items,
    Kind,
    Many,
    Mapping,
    Method,
    Origin,
)
from autofix.fixers.sqlalchemy.loading.relationships import Declared, Relationships
from autofix.languages.python.code import Attribute, Call, Constant, Dictionary, Return
from autofix.languages.python.code_walk import own, walk

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket"))
_VALIDATING = frozenset(("model_validate", "from_orm", "parse_obj", "validate"))
_DEEPEST = 4


class Needs:
    """By origin, the paths of relationships that are read of its objects, with the places: file and offset.

    What an endpoint serializes is read behind its last statement.
    """

    def __init__(self, inference: Inference, paths: Iterable[str]) -> None:
        self._inference = inference
        self.relationships = Relationships(inference)
        self.of_origin: dict[Origin, dict[tuple[str, ...], set[tuple[str, int]]]] = defaultdict(lambda: defaultdict(set))
        self.models: dict[Origin, set[str]] = defaultdict(set)
        """The classes of the objects that come from an origin."""
        self.unknown: dict[Declared, list[tuple[str, int]]] = defaultdict(list)
        """Relationships that are read of objects whose origin is not known, with the places."""
        for path in paths:
            self._accesses(path)
        for function in inference.program.functions.values():
            if function.path in paths:
                self._endpoint(function)

    def _accesses(self, path: str) -> None:
        for node in walk(self._inference.program.modules[path].body):
            if isinstance(node, Attribute):
                kind = self._inference.kind_of(path, node.value)
                if isinstance(kind, Instance) and kind.cls:
                    self._read(kind, (node.name,), (path, node.start))
            elif isinstance(node, Call):
                self._validated(path, node)

    def _read(self, value: Instance, relations: tuple[str, ...], place: tuple[str, int]) -> None:
        """A path of relationships is read of an object."""
        known = self.relationships.ends(value.cls, relations)
        if not known:
            return
        if not value.origins:
            for each in known:
                if not each.is_eager:
                    self.unknown[each.declared].append(place)
        for origin in value.origins:
            self.of_origin[origin._replace(relations=())][*origin.relations, *relations].add(place)
            if not origin.relations:
                self.models[origin].add(value.cls)

    def _endpoint(self, function: FunctionInfo) -> None:
        """What FastAPI serializes of the result of an endpoint."""
        schema = self._response_model(function)
        if schema is None:
            return
        result = self._inference.store.peek(("return", function.key))
        place = (function.path, function.node.end)
        self._serialized(result.of if isinstance(result, Coroutine) else result, schema, place)
        for node in own(function.node.body):
            if isinstance(node, Return) and isinstance(node.value, Dictionary) and isinstance(schema, Instance):
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    if isinstance(key, Constant) and isinstance(key.value, str):
                        kind = self._inference.kind_of(function.path, value)
                        self._serialized(kind, self._field(schema.cls, key.value), place)

    def _response_model(self, function: FunctionInfo) -> Kind:
        for decorator in function.node.decorators:
            if not isinstance(decorator, Call):
                continue
            callee = self._inference.kind_of(function.path, decorator.function)
            match callee:
                case Method(receiver=Foreign(name=name), name=verb) if verb in _VERBS and last(name) in (
                    "APIRouter",
                    "FastAPI",
                ):
                    for argument in decorator.arguments:
                        if argument.keyword == "response_model":
                            return self._inference.meant(self._inference.kind_of(function.path, argument.value))
                    if function.node.returns is not None:
                        return self._inference.meant(self._inference.kind_of(function.path, function.node.returns))
                case _:
                    pass
        return None

    def _validated(self, path: str, node: Call) -> None:
        """`Schema.model_validate(obj)` and `Schema(field=obj)`."""
        callee = self._inference.kind_of(path, node.function)
        place = (path, node.start)
        match callee:
            case Method(receiver=ClassObject(key=key), name=name) if name in _VALIDATING and node.arguments:
                self._serialized(self._inference.kind_of(path, node.arguments[0].value), Instance(key), place)
            case ClassObject(key=key) if self._is_schema(key):
                for argument in node.arguments:
                    if argument.keyword is not None:
                        kind = self._inference.kind_of(path, argument.value)
                        self._serialized(kind, self._field(key, argument.keyword), place)
            case _:
                pass

    def _is_schema(self, cls: str) -> bool:
        return any(last(name) in ("BaseModel", "SQLModel") for name in self._inference.hierarchy.externals(cls))

    def _serialized(self, value: Kind, schema: Kind, place: tuple[str, int]) -> None:
        """A value is turned into what a schema describes."""
        match value, schema:
            case Many(of=of) | Mapping(of=of), Many(of=schema_of) | Mapping(of=schema_of):
                self._serialized(of, schema_of, place)
            case Items(of=items), Many(of=schema_of):
                for item in items:
                    self._serialized(item, schema_of, place)
            case Instance(cls=model), Instance(cls=cls) if model and cls and self._inference.hierarchy.is_mapped(model):
                for relations in self._paths(model, cls, 0):
                    self._read(value, relations, place)
            case _:
                pass

    def _paths(self, model: str, schema: str, depth: int) -> Iterator[tuple[str, ...]]:
        """The relationships of a mapped class that a schema has fields for, and those of its fields' schemas."""
        if depth == _DEEPEST:
            return
        for name in self.relationships.names(model):
            field = self._field(schema, name)
            if field is None:
                continue
            yield (name,)
            inner = field.of if isinstance(field, Many) else field
            known = self.relationships.find(model, name)
            if isinstance(inner, Instance) and inner.cls and known is not None and known.target:
                yield from ((name, *rest) for rest in self._paths(known.target, inner.cls, depth + 1))

    def _field(self, schema: str, name: str) -> Kind:
        """What the field of a schema is annotated with; None where there is none."""
        if not schema:
            return None
        for cls in self._inference.hierarchy.line(schema):
            found = self._inference.store.peek(("attribute", cls, name))
            if isinstance(found, Instance | Many | Mapping):
                return found
        return None


def _routes(decorator: Kind) -> bool:
    """Whether a decorator makes a function an endpoint of FastAPI."""
    match decorator:
        case Method(receiver=Foreign(name=name), name=verb):
            return verb in _VERBS and last(name) in ("APIRouter", "FastAPI")
        case _:
            return False
