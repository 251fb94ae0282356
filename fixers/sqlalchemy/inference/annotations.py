"""What annotations say of values."""

from __future__ import annotations

from functools import lru_cache

from autofix.fixers.sqlalchemy.inference.attributes import Attributes
from autofix.fixers.sqlalchemy.inference.externals import is_container, is_transparent, last
from autofix.fixers.sqlalchemy.inference.joins import NEVER, join
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    ClassObject,
    External,
    Form,
    Instance,
    Kind,
    Literal,
    Maker,
    Many,
    Mapping,
    Model,
    Never,
    Query,
    Select,
    Session,
)
from autofix.languages.python.code import Call, Collection, Constant, Evaluate, Expression, Subscript
from autofix.languages.python.code_reading import read
from autofix.text.source import Source


class Annotations(Attributes):
    """Reads annotations."""

    def annotated(self, annotation: Expression | None, frame: Frame) -> Kind:
        """What a value with this annotation is; None where it says nothing."""
        if annotation is None:
            return None
        return self.meant(self._type(annotation, frame))

    def _type(self, annotation: Expression, frame: Frame) -> Kind:
        if isinstance(annotation, Constant) and isinstance(annotation.value, str):
            written = _parsed(annotation.value)
            return (
                self.evaluate(written, Frame(frame.unit, frame.path, frame.function, frame.env))
                if written is not None
                else None
            )
        return self.evaluate(annotation, frame)

    def provider(self, annotation: Expression | None, frame: Frame) -> Kind:
        """What `Depends` names in an annotation."""
        if annotation is None:
            return None
        kind = self._type(annotation, frame)
        return kind.provider if isinstance(kind, Form) else None

    def narrowed(self, annotated: Kind, given: Kind) -> Kind:
        """What is annotated, with where its objects come from, and their class where the annotation leaves that open."""
        match annotated, given:
            case Instance(), Instance():
                cls = given.cls if annotated.cls in ("", *self.hierarchy.line(given.cls)) else annotated.cls
                return Instance(cls, annotated.origins | given.origins)
            case Many(), Many():
                return Many(self.narrowed(annotated.of, given.of))
            case Query(), Query():
                return given if annotated.shape.selected is None else annotated
            case Select(), Select():
                return given if annotated.shape.selected is None else annotated
            case Session(), Session() if annotated.is_async is not given.is_async:
                # One of the two is wrong.
                return None
            case _:
                return annotated

    def declared_result(self, function: FunctionInfo, frame: Frame) -> Kind:
        """What the annotation of a function says of its result."""
        if function.node.returns is None:
            return None
        return self.annotated(function.node.returns, self.outside(function, frame.unit))

    def outside(self, function: FunctionInfo, unit: str) -> Frame:
        """The scope around a function, where its annotations and default values are evaluated, for `unit`."""
        return Frame(unit, function.path, self._around(function), kinds=self.kinds[function.path])

    def _around(self, function: FunctionInfo) -> FunctionInfo | None:
        return self.program.functions[function.parent] if function.parent else None

    def generic(self, value: Kind, node: Subscript, frame: Frame) -> Kind:
        """`value[arguments]` where `value` is a type: a form, or the type itself where the arguments do not matter."""
        arguments = node.key.elements if isinstance(node.key, Collection) and node.key.kind == "tuple" else (node.key,)
        if isinstance(value, ClassObject | Model):
            return value
        if not isinstance(value, External):
            return None
        short = last(value.name)
        if short == "Annotated" and arguments:
            return self._annotated(arguments, frame)
        if short in ("type", "Type") and arguments:
            return Form(self._class_meant(arguments[0], frame))
        if short in ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict") and len(arguments) == 2:
            return Form(Mapping(self.annotated(arguments[1], frame)))
        if short == "Callable" and len(arguments) == 2:
            made = self.annotated(arguments[1], frame)
            return Form(Maker(made) if isinstance(made, Session) else None)
        if short in ("sessionmaker", "async_sessionmaker") and arguments:
            made = self.annotated(arguments[0], frame)
            return Form(Maker(made)) if isinstance(made, Session) else value
        if is_container(value.name) and arguments:
            return Form(Many(self.annotated(arguments[0], frame)))
        if is_transparent(value.name):
            kind: Kind = NEVER
            for argument in arguments:
                kind = join(kind, self.annotated(argument, frame), self.hierarchy.common)
            return Form(kind)
        return value

    def _annotated(self, arguments: tuple[Expression, ...], frame: Frame) -> Kind:
        """`Annotated[X, ...]`: nothing yet as long as its parts are, for two that differ would be unknown together."""
        of, provider = self.annotated(arguments[0], frame), self._depends(arguments[1:], frame)
        if (isinstance(of, Never) or isinstance(provider, Never)) and not self.is_closed(frame.unit):
            return NEVER
        return Form(of, None if isinstance(provider, Never) else provider)

    def _class_meant(self, annotation: Expression, frame: Frame) -> Kind:
        kind = self._type(annotation, frame)
        if isinstance(kind, ClassObject | Model):
            return kind
        if isinstance(kind, Form) and isinstance(kind.of, Instance):
            return self.class_object(kind.of.cls)
        return None

    def _depends(self, metadata: tuple[Expression, ...], frame: Frame) -> Kind:
        for item in metadata:
            if isinstance(item, Call):
                self.evaluate(item, frame)
                found = self.dependency(item, frame)
                if found is not None:
                    return found
        return None

    def dependency(self, node: Expression | None, frame: Frame) -> Kind:
        """What `Depends(...)` names; None where the expression is no such thing."""
        if not isinstance(node, Call):
            return None
        callee = self.evaluate(node.function, frame)
        if not isinstance(callee, External) or last(callee.name) not in ("Depends", "Security"):
            return None
        if callee.name.partition(".")[0] not in ("fastapi", "fastapi_injector", "taskiq", "faststream"):
            return None
        for argument in node.arguments:
            if argument.keyword in (None, "dependency") and not argument.stars:
                return self.evaluate(argument.value, frame)
        return Literal()

    def union(self, kinds: list[Kind]) -> Kind:
        """`X | Y` of types; None where one is no type."""
        if any(isinstance(kind, Never) for kind in kinds):
            return NEVER
        if not any(isinstance(kind, ClassObject | Model | Form | External) for kind in kinds):
            return None
        meant: Kind = NEVER
        for kind in kinds:
            meant = join(meant, self.meant(kind), self.hierarchy.common)
        return Form(meant)

    def evaluate(self, expression: Expression, frame: Frame) -> Kind:
        """The value of an expression."""
        raise NotImplementedError


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression | None:
    """An annotation that is written as a string."""
    try:
        body = read(Source.decode("", text.strip().encode())).body
    except ValueError:
        return None
    first = body[0] if len(body) == 1 else None
    return first.value if isinstance(first, Evaluate) else None
