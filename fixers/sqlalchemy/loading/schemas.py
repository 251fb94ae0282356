"""Pydantic models as far as serializing objects of mapped classes reads attributes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.kinds import ClassObject, External, Form, Instance, Kind, Model, ModuleObject, Relationship
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Constant,
    Evaluate,
    Expression,
    Name,
    Subscript,
)
from autofix.languages.python.code_reading import read
from autofix.text.source import Source

_ALIASES = ("validation_alias", "alias")


class Type(NamedTuple):
    """An annotation of a file. `arguments` say what type variables in it stand for."""

    path: str
    annotation: Expression
    arguments: Mapping[str, Type]


class Schema(NamedTuple):
    """A pydantic model, by the key of its class."""

    cls: str
    arguments: Mapping[str, Type]


class Schemas:
    """Reads pydantic models. Mapped classes of SQLModel are none here: their relationships are not serialized."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._fields: dict[str, dict[str, Type]] = {}

    def is_schema(self, cls: str) -> bool:
        """Whether a class of the program is a pydantic model."""
        hierarchy = self._inference.hierarchy
        return not hierarchy.is_mapped(cls) and any(last(name) in _BASES for name in hierarchy.externals(cls))

    def named_in(self, type_: Type) -> Iterator[Schema]:
        """The pydantic models that an annotation names, however deep in `list`, `Optional` and the like."""
        annotation = type_.annotation
        if isinstance(annotation, Constant) and isinstance(annotation.value, str):
            parsed = _parsed(annotation.value)
            if parsed is not None:
                yield from self.named_in(type_._replace(annotation=parsed))
            return
        if isinstance(annotation, Subscript):
            cls = self._class_of(type_.path, annotation.value)
            if cls is not None:
                yield Schema(cls, self._bound(cls, type_, annotation))
                return
        if isinstance(annotation, Name | Attribute):
            if isinstance(annotation, Name) and annotation.name in type_.arguments:
                yield from self.named_in(type_.arguments[annotation.name])
                return
            cls = self._class_of(type_.path, annotation)
            if cls is not None:
                yield Schema(cls, {})
            elif isinstance(annotation, Name):
                yield from self._aliased(type_.path, annotation.name)
            return
        for part in _parts(annotation):
            yield from self.named_in(type_._replace(annotation=part))

    def _aliased(self, path: str, name: str) -> Iterator[Schema]:
        """`Users = list[UserOut]` at the top level of the same file."""
        for node in self._inference.program.modules[path].body:
            match node:
                case Assign(targets=(Name(name=bound),), value=Subscript() as value) if bound == name:
                    yield from self.named_in(Type(path, value, {}))
                case _:
                    pass

    def _class_of(self, path: str, expression: Expression) -> str | None:
        """The pydantic model that an expression names."""
        kind = self._kind(path, expression)
        if isinstance(kind, Form) and isinstance(kind.of, Instance):
            kind = ClassObject(kind.of.cls)
        return kind.key if isinstance(kind, ClassObject) and kind.key and self.is_schema(kind.key) else None

    def _kind(self, path: str, expression: Expression) -> Kind:
        """What a name of a file stands for; expressions of annotations in quotes have no place of their own."""
        inference = self._inference
        match expression:
            case Name(name=name):
                return inference.module_member(path, name, path)
            case Attribute(value=value, name=name):
                owner = self._kind(path, value)
                return inference.module_member(owner.path, name, path) if isinstance(owner, ModuleObject) else None
            case _:
                return None

    def _bound(self, cls: str, type_: Type, annotation: Subscript) -> dict[str, Type]:
        """What the type variables of a generic model stand for in `Page[UserOut]`."""
        given = getattr(annotation.key, "elements", None) or (annotation.key,)
        return {name: type_._replace(annotation=part) for name, part in zip(self._variables(cls), given, strict=False)}

    def _variables(self, cls: str) -> list[str]:
        """The type variables of a generic class, by the `Generic[...]` among its bases."""
        info = self._inference.program.classes[cls]
        for base in info.node.bases:
            if isinstance(base.value, Subscript):
                elements = getattr(base.value.key, "elements", None) or (base.value.key,)
                names = [element.name for element in elements if isinstance(element, Name)]
                kind = self._kind(info.path, base.value.value)
                if isinstance(kind, External) and last(kind.name) == "Generic":
                    return names
        return []

    def fields(self, schema: Schema) -> dict[str, Type]:
        """The fields of a model, inherited ones too, by the names of the attributes that they are read from."""
        found: dict[str, Type] = {}
        for cls in reversed(self._inference.hierarchy.line(schema.cls)):
            found |= self._own_fields(cls)
        return {name: type_._replace(arguments=schema.arguments) for name, type_ in found.items()}

    def _own_fields(self, cls: str) -> dict[str, Type]:
        known = self._fields.get(cls)
        if known is None:
            info = self._inference.program.classes[cls]
            known = self._fields[cls] = {
                name: Type(info.path, statement.annotation, {})
                for statement in info.node.body
                if isinstance(statement, Assign) and statement.annotation is not None
                for name in _names(statement)
                if not isinstance(self._inference.store.peek(("attribute", cls, name)), Relationship | Model)
            }
        return known


_BASES = ("BaseModel", "SQLModel", "GenericModel", "BaseSettings", "RootModel")


def _names(statement: Assign) -> Iterator[str]:
    for target in statement.targets:
        if isinstance(target, Name):
            yield target.name
    if isinstance(statement.value, Call):
        for argument in statement.value.arguments:
            if argument.keyword in _ALIASES and isinstance(argument.value, Constant) and isinstance(argument.value.value, str):
                yield argument.value.value


def _parts(annotation: Expression) -> Iterator[Expression]:
    """What an annotation consists of: arguments, the sides of `|`."""
    match annotation:
        case Subscript(key=key):
            yield key
        case _:
            for name in ("elements", "operands", "parts"):
                yield from getattr(annotation, name, ())


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression | None:
    try:
        body = read(Source.decode("", text.strip().encode())).body
    except ValueError:
        return None
    first = body[0] if len(body) == 1 else None
    return first.value if isinstance(first, Evaluate) else None
