"""What a call returns, and what it hands to the parameters of what is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autofix.fixers.sqlalchemy.inference.annotations import Annotations
from autofix.fixers.sqlalchemy.inference.joins import NEVER, detached, join, stamped
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Context,
    Coroutine,
    External,
    Instance,
    Kind,
    Literal,
    Maker,
    Many,
    Method,
    Model,
    Never,
    OneOf,
    Origin,
    Query,
    Session,
    Super,
)
from autofix.languages.python.code import Argument, Attribute, Call, Expression, Function
from autofix.languages.python.code_walk import dotted

# Before the name of a parameter: the session of the query that is passed for it.
OF_PARAMETER = "<"


class Calls(Annotations):
    """Follows calls."""

    def call(self, callee: Kind, node: Call, frame: Frame) -> Kind:
        """The result of calling `callee`; the arguments have been evaluated."""
        match callee:
            case Never():
                return NEVER
            case Callable() | OneOf():
                return self._joined(callee, node.arguments, frame, node)
            case ClassObject(key=key) | Model(key=key) if key:
                origin = Origin(frame.path, node.start, node.end, "new")
                made = self._construct(key, node.arguments, frame)
                return stamped(made, frozenset((origin,))) if self.hierarchy.is_mapped(key) else made
            case Model():
                return Instance("")
            case Maker(session=session):
                return session
            case Session(is_registry=True):
                return Session(callee.is_async, callee.is_sqlmodel)
            case Instance(cls=cls) if cls:
                return self.call(self.member(cls, "__call__", callee, frame), node, frame)
            case Method(receiver=receiver, name=name):
                return self.method(receiver, name, node, frame)
            case External(name=name):
                return self.external(name, node, frame)
            case Literal():
                return Literal()
            case _:
                return None

    def method(self, receiver: Kind, name: str, node: Call, frame: Frame) -> Kind:
        """The result of a method that is no function of the program."""
        raise NotImplementedError

    def element(self, kind: Kind, frame: Frame) -> Kind:
        """What iterating over a value gives."""
        raise NotImplementedError

    def external(self, name: str, node: Call, frame: Frame) -> Kind:
        """The result of something from outside of the program."""
        raise NotImplementedError

    def invoked(self, callee: Kind, frame: Frame) -> Kind:
        """The result of a call without arguments."""
        if isinstance(callee, Callable | OneOf):
            return self._joined(callee, (), frame)
        if isinstance(callee, ClassObject | Model) and callee.key:
            return self._construct(callee.key, (), frame)
        if isinstance(callee, Maker):
            return callee.session
        return NEVER if isinstance(callee, Never) else None

    def _joined(
        self, callee: Callable | OneOf, arguments: tuple[Argument, ...], frame: Frame, node: Call | None = None
    ) -> Kind:
        result: Kind = NEVER
        for target in self.targets(callee):
            self._bind(target, arguments, frame)
            returned = self._returned(target.key, frame)
            returned = (
                self._with_session_of(node, target, returned, frame) if isinstance(returned, Query) else detached(returned)
            )
            result = join(result, returned, self.hierarchy.common)
        return result

    def _with_session_of(self, node: Call | None, target: Callable, query: Query, frame: Frame) -> Kind:
        """A query that a function returned, with its session as the caller writes it: what it passed, or the same attribute."""
        head, dot, rest = query.session.removeprefix(OF_PARAMETER).partition(".")
        function = self.program.functions[target.key].node
        passed = _passed(node, target, function, head) if node is not None and head else None
        if query.session.startswith(OF_PARAMETER):
            kind = frame.kinds.get((passed.start, passed.end)) if passed is not None else None
            return replace(query, session=kind.session if isinstance(kind, Query) else "")
        text = dotted(passed) if passed is not None else ""
        return replace(query, session=f"{text}{dot}{rest}" if self.is_stable(text, frame) else "")

    def is_stable(self, text: str, frame: Frame) -> bool:
        """Whether a dotted name means the same anywhere in the function: what it begins with is bound once at most."""
        bindings = frame.function.bindings if frame.function is not None else self.program.bindings[frame.path]
        return bool(text) and bindings[text.partition(".")[0]] <= 1

    def targets(self, callee: Kind) -> Iterator[Callable]:
        """The functions that a call may run: also those of classes that inherit, which override the one that was found."""
        each = sorted(callee.of, key=lambda item: item.key) if isinstance(callee, OneOf) else [callee]
        for one in each:
            if not isinstance(one, Callable):
                continue
            yield one
            name = self.program.functions[one.key].node.name
            for below in self.hierarchy.below(_class_of(one.receiver)):
                overriding = self.program.classes[below].methods.get(name)
                if overriding is not None and overriding != one.key:
                    yield Callable(overriding, one.receiver)

    def _bind(self, target: Callable, arguments: tuple[Argument, ...], frame: Frame) -> None:
        function = self.program.functions[target.key]
        parameters = function.node.parameters[1 if target.receiver is not None else 0 :]
        if isinstance(target.receiver, Instance) and target.receiver.origins and function.node.parameters:
            self._give(function, function.node.parameters[0].name, target.receiver)
        positional = [parameter for parameter in parameters if parameter.kind == "positional"]
        names = {parameter.name for parameter in parameters if parameter.kind in ("positional", "keyword")}
        index = 0
        for argument in arguments:
            kind = frame.kinds.get((argument.value.start, argument.value.end))
            if argument.stars:
                index = len(positional)
            elif argument.keyword is not None:
                if argument.keyword in names:
                    self._give(function, argument.keyword, kind)
            elif index < len(positional):
                self._give(function, positional[index].name, kind)
                index += 1

    def _give(self, function: FunctionInfo, name: str, kind: Kind) -> None:
        """Hand a value to a parameter. What is not known of one caller takes nothing from what is known of the others."""
        if isinstance(kind, Query):
            kind = replace(kind, session=f"{OF_PARAMETER}{name}")
        if kind is not None:
            self.store.write(("parameter", function.key, name), kind)

    def _construct(self, cls: str, arguments: tuple[Argument, ...], frame: Frame) -> Kind:
        made = self.instance(cls)
        initializer = self._first(self.hierarchy.line(cls), "__init__", frame)
        if isinstance(initializer, Callable):
            self._bind(Callable(initializer.key, Instance(cls)), arguments, frame)
        elif not self.hierarchy.is_mapped(cls):
            for argument in arguments:
                kind = frame.kinds.get((argument.value.start, argument.value.end))
                if argument.keyword is not None and kind is not None:
                    self.store.write(("attribute", cls, argument.keyword), kind)
        return made

    def _result(self, key: str, frame: Frame) -> Kind:
        return detached(self._returned(key, frame))

    def _returned(self, key: str, frame: Frame) -> Kind:
        function = self.program.functions[key]
        if function.is_generator:
            return self._generated(function, frame)
        result = self.store.read(("return", key), frame.unit)
        if result is None:
            result = self.declared_result(function, frame)
        if function.node.is_async:
            return result if isinstance(result, Never) else Coroutine(result)
        return result

    def _generated(self, function: FunctionInfo, frame: Frame) -> Kind:
        value = self.store.read(("yield", function.key), frame.unit)
        if value is None:
            declared = self.declared_result(function, frame)
            value = declared.of if isinstance(declared, Many) else None
        names = self.decorated_by(function.key, frame)
        if names & {"contextmanager", "asynccontextmanager"}:
            return Context(value, is_async="asynccontextmanager" in names)
        return Many(value)

    def provided(self, provider: Kind, frame: Frame) -> Kind:
        """What a framework hands over that was asked to call `provider`: generators give what they yield."""
        made = self.invoked(provider, frame)
        match made:
            case Coroutine(of=of):
                return of
            case Many(of=of) if isinstance(provider, Callable) and self.program.functions[provider.key].is_generator:
                return of
            case _:
                return made


def _passed(node: Call, target: Callable, function: Function, name: str) -> Expression | None:
    """What a call passes for a parameter; None where that cannot be seen."""
    if target.receiver is not None and function.parameters and function.parameters[0].name == name:
        return node.function.value if isinstance(node.function, Attribute) else None
    found = (
        argument for argument in node.arguments if passed_for(function, target.receiver is not None, node, argument) == name
    )
    argument = next(found, None)
    return argument.value if argument is not None else None


def passed_for(function: Function, is_bound: bool, call: Call, argument: Argument) -> str:
    """The name of the parameter that an argument is passed for; empty where that cannot be seen."""
    if argument.stars:
        return ""
    parameters = function.parameters[1 if is_bound else 0 :]
    if argument.keyword is not None:
        return argument.keyword if any(parameter.name == argument.keyword for parameter in parameters) else ""
    index = call.arguments.index(argument)
    if any(other.stars for other in call.arguments[:index]):
        return ""
    positional = [parameter.name for parameter in parameters if parameter.kind == "positional"]
    return positional[index] if index < len(positional) else ""


def _class_of(receiver: Kind) -> str:
    match receiver:
        case Instance(cls=cls) | ClassObject(key=cls) | Model(key=cls) | Super(cls=cls):
            return cls
        case _:
            return ""
