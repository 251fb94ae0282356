"""What definitions and assignments make known: functions and their parameters, classes and their attributes."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.inference.expressions import Expressions
from autofix.fixers.sqlalchemy.inference.externals import ANY_MODULE, DECLARATIVE_BASE, last
from autofix.fixers.sqlalchemy.inference.joins import NEVER, join
from autofix.fixers.sqlalchemy.inference.models import Field, read_field
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Column,
    External,
    Foreign,
    Instance,
    Items,
    Kind,
    Literal,
    Many,
    Mapping,
    Method,
    Model,
    ModuleObject,
    Never,
    OneOf,
    Query,
    Relationship,
    Select,
)
from autofix.languages.python.code import (
    Argument,
    Assign,
    Attribute,
    Call,
    Class,
    Collection,
    Expression,
    Function,
    Name,
    Parameter,
    Starred,
    Statement,
    Subscript,
)


class Definitions(Expressions):
    """Defines functions and classes, binds names."""

    def define(self, node: Function, frame: Frame) -> Kind:
        """A function as its decorators leave it."""
        key = self.program.keys[frame.path, node.start]
        found: set[str] = set()
        kind: Kind = Callable(key)
        for decorator in reversed(node.decorators):
            by = self.evaluate(decorator, frame)
            if isinstance(decorator, Call):
                factory = frame.kinds.get((decorator.function.start, decorator.function.end))
                by = factory if isinstance(factory, External) else by
            match by:
                case External(name=name) | Method(receiver=External(name=name)):
                    found.add(name)
                case Callable() | OneOf():
                    kind = self._decorated(by, kind, frame)
                case _ if isinstance(decorator, Attribute) and decorator.name in ("setter", "deleter", "getter", "expression"):
                    # A part of the property of this name, which stands above.
                    return frame.env.get(node.name, NEVER)
                case _:
                    pass
        self._decorate(key, frozenset(found))
        if any(last(name) == "overload" for name in found):
            return frame.env.get(node.name, NEVER)
        return kind

    def _decorate(self, key: str, found: frozenset[str]) -> None:
        known = self.decorators.get(key, frozenset())
        self.decorators[key] = found
        if known != found:
            self.store.touch(("decorators", key))

    def _decorated(self, by: Callable | OneOf, kind: Kind, frame: Frame) -> Kind:
        """What a decorator of the program makes of a function; the function itself where that is not known."""
        made: Kind = NEVER
        for target in self.targets(by):
            function = self.program.functions[target.key]
            parameters = [item for item in function.node.parameters if item.kind == "positional"]
            if parameters[1 if target.receiver is not None else 0 :]:
                self.store.write(("parameter", target.key, parameters[1 if target.receiver is not None else 0].name), kind)
            made = join(made, self._result(target.key, frame), self.hierarchy.common)
        return made if isinstance(made, Callable | OneOf | Never) else kind

    def parameter(self, function: FunctionInfo, index: int, frame: Frame) -> Kind:
        """What a parameter is: by its annotation, else by what `Depends` or the callers hand over."""
        parameter = function.node.parameters[index]
        outside = self.outside(function, frame.unit)
        if index == 0 and function.owner and parameter.kind == "positional" and parameter.annotation is None:
            own = self._receiver(function, outside)
            if own is not None:
                return own
        if parameter.kind in ("*", "**"):
            return Mapping(None) if parameter.kind == "**" else Many(None)
        return self._given(function, parameter, outside)

    def _given(self, function: FunctionInfo, parameter: Parameter, outside: Frame) -> Kind:
        annotated = self.annotated(parameter.annotation, outside)
        if annotated is not None:
            given = self.store.read(("parameter", function.key, parameter.name), outside.unit)
            if isinstance(annotated, Query | Select) and isinstance(given, Never) and not self.is_closed(outside.unit):
                # What callers pass says more, and nothing takes back what is said without them.
                return given
            provided = self._provided(parameter, outside)
            return self.narrowed(self.narrowed(annotated, given), provided)
        provided = self._provided(parameter, outside)
        if provided is not None:
            return provided
        given = self.store.read(("parameter", function.key, parameter.name), outside.unit)
        if parameter.default is not None:
            given = join(given, self.evaluate(parameter.default, outside), self.hierarchy.common)
        if isinstance(given, Never):
            given = self._fixture(function, parameter.name, outside)
        return None if isinstance(given, Never) and self.is_closed(outside.unit) else given

    def _provided(self, parameter: Parameter, outside: Frame) -> Kind:
        provider = self.dependency(parameter.default, outside)
        if provider is None:
            provider = self.provider(parameter.annotation, outside)
        if provider is None or isinstance(provider, Literal):
            # `Depends()` takes the annotation for the provider.
            return None
        return self.provided(provider, outside)

    def _receiver(self, function: FunctionInfo, frame: Frame) -> Kind:
        names = self.decorated_by(function.key, frame)
        if "staticmethod" in names:
            return None
        if "classmethod" in names or function.node.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return self.class_object(function.owner)
        own = self.instance(function.owner)
        if isinstance(own, Instance) and self.hierarchy.is_mapped(function.owner):
            known = self.store.read(("parameter", function.key, function.node.parameters[0].name), function.key)
            return Instance(own.cls, known.origins) if isinstance(known, Instance) else own
        return own

    def _fixture(self, function: FunctionInfo, name: str, frame: Frame) -> Kind:
        """What pytest hands to a test or fixture for the name of a parameter."""
        key = self.fixtures.find(function.path, name, function.key)
        if key is None:
            return NEVER
        return self.provided(Callable(key), frame)

    def define_class(self, node: Class, frame: Frame) -> Kind:
        """A class; its body is followed."""
        key = self.program.keys[frame.path, node.start]
        bases = tuple(self._base(argument, frame) for argument in node.bases if argument.keyword is None)
        decorators = [self._decorator(decorator, frame) for decorator in node.decorators]
        if any(isinstance(kind, External | Method) and last(kind.name) == "as_declarative" for kind in decorators):
            bases = (*bases, DECLARATIVE_BASE)
        if any(isinstance(base, Never) for base in bases) and not self.is_closed(frame.unit):
            return NEVER
        is_mapped = any(_maps(kind) for kind in decorators)
        if self.hierarchy.set_bases(key, bases, is_mapped):
            self.store.touch(("class", node.name))
        inner = frame.inner(dict(frame.env), key)
        own: dict[str, Kind] = {}
        for statement in node.body:
            before = dict(inner.env)
            self.statement(statement, inner)
            own.update(
                (name, kind)
                for name, kind in inner.env.items()
                if name not in before or (before[name] is not kind and before[name] != kind)
            )
            own.update(self._field(statement, key, inner))
        for name, kind in own.items():
            self.store.write(("attribute", key, name), kind)
        return self.class_object(key)

    def _decorator(self, node: Expression, frame: Frame) -> Kind:
        """What decorates a class: of `@as_declarative()` what is called."""
        kind = self.evaluate(node, frame)
        return frame.kinds.get((node.function.start, node.function.end)) if isinstance(node, Call) else kind

    def statement(self, statement: Statement, frame: Frame) -> bool:
        """Follow one statement; whether what comes behind it runs."""
        raise NotImplementedError

    def _base(self, argument: Argument, frame: Frame) -> Kind:
        kind = self.evaluate(argument.value, frame)
        return kind if isinstance(kind, External | ClassObject | Model | Never) else None

    def _field(self, statement: Statement, cls: str, frame: Frame) -> dict[str, Kind]:
        """The columns and relationships of a mapped class, as its body declares them."""
        if not isinstance(statement, Assign) or len(statement.targets) != 1 or not isinstance(statement.targets[0], Name):
            return {}
        name = statement.targets[0].name
        found = read_field(statement, lambda expression: self.evaluate(expression, frame))
        if found is None or not (self.hierarchy.is_mapped(cls) or found.is_explicit):
            return {}
        if not found.is_relationship:
            if found.is_unhashable:
                self.unhashable.add((cls, name))
            return {name: Column(cls, name)}
        target = self._target(found, cls, statement, frame)
        relationship = Relationship(cls, name, target, found.is_collection)
        self.fields[cls, name] = found
        self.targets_of_fields[cls, name] = target
        if found.backref and target:
            self.backrefs.add((target, found.backref, cls, name))
            back = Relationship(target, found.backref, cls, found.back_is_collection)
            self.store.write(("attribute", target, found.backref), back)
        return {name: relationship}

    def _target(self, field: Field, cls: str, statement: Assign, frame: Frame) -> str:
        """The key of the class that a relationship leads to; empty where that is not known."""
        if field.target_name:
            return self._model_named(field.target_name, cls, frame)
        declared = self.annotated(statement.annotation, frame)
        declared = declared.of if isinstance(declared, Many) else declared
        if isinstance(declared, Instance):
            return declared.cls
        target = field.target
        kind = self.evaluate(target, frame) if target is not None else None
        return kind.key if isinstance(kind, Model | ClassObject) else ""

    def _model_named(self, name: str, cls: str, frame: Frame) -> str:
        """The mapped class that a class in the file of `frame` means by a name in a string; empty where several may be meant.

        SQLAlchemy finds it among the classes of one registry that are loaded, and refuses to choose. So of several apps in one
        repository the one is meant that is loaded with that file: its own class, then one that it imports.
        """
        module, _, short = name.rpartition(".")
        self.store.read(("class", short), frame.unit)
        found = [key for key in self.program.classes_by_name.get(short, ()) if self.hierarchy.is_mapped(key)]
        if len(found) < 2:
            return found[0] if found else ""
        kind = self.global_name(frame.path, short, frame.unit)
        imported = kind.key if isinstance(kind, Model | ClassObject) else ""
        above = frozenset(self.hierarchy.line(cls)) - {cls}
        narrower = (
            [key for key in found if module and f".{_stem(key)}".endswith(f".{module}")],
            [key for key in found if self.program.classes[key].path == frame.path],
            [key for key in found if key == imported],
            [key for key in found if not above.isdisjoint(self.hierarchy.line(key))],
        )
        return next((keys[0] for keys in narrower if len(keys) == 1), "")

    def bind_name(self, name: str, kind: Kind, frame: Frame) -> None:
        """Assign a value to a name."""
        frame.env[name] = kind
        for bound in frame.attempts:
            bound[name] = join(bound[name], kind, self.hierarchy.common) if name in bound else kind
        function = frame.function
        if function is None or frame.cls:
            return
        if name in function.declared:
            owner = self._declaring(function, name)
            self.store.write(("closure", owner, name) if owner else ("global", frame.path, name), kind)
        elif function.has_inner:
            self.store.write(("closure", function.key, name), kind)

    def _declaring(self, function: FunctionInfo, name: str) -> str:
        """The function around that binds a `nonlocal` name; empty for a global one."""
        while function.parent:
            function = self.program.functions[function.parent]
            if name in function.bindings:
                return function.key
        return ""

    def bind(self, target: Expression, kind: Kind, frame: Frame) -> None:
        """Assign a value to a target."""
        match target:
            case Name(name=name):
                frame.kinds[target.start, target.end] = kind
                self.bind_name(name, kind, frame)
            case Attribute(value=value, name=name):
                self._set(self.evaluate(value, frame), name, kind)
            case Collection(elements=elements):
                for index, element in enumerate(elements):
                    self.bind(element, self._item(kind, index, elements, frame), frame)
            case Starred(value=value):
                self.bind(value, Many(self.element(kind, frame)), frame)
            case Subscript(value=value):
                self.evaluate(target, frame)
                known = self.evaluate(value, frame)
                if isinstance(value, Name) and isinstance(known, Mapping):
                    self.bind_name(value.name, Mapping(join(known.of, kind, self.hierarchy.common)), frame)
            case _:
                self.evaluate(target, frame)

    def _item(self, kind: Kind, index: int, targets: tuple[Expression, ...], frame: Frame) -> Kind:
        if isinstance(kind, Items) and len(kind.of) == len(targets) and not isinstance(targets[index], Starred):
            return kind.of[index]
        return kind if isinstance(targets[index], Starred) else self.element(kind, frame)

    def _set(self, owner: Kind, name: str, kind: Kind) -> None:
        match owner:
            case Instance(cls=cls) | ClassObject(key=cls) if cls and not self.hierarchy.is_mapped(cls):
                self.store.write(("attribute", cls, name), kind)
            case ModuleObject(path=path) if path in self.program.bindings:
                self.store.write(("global", path, name), kind)
            case Foreign() if owner == ANY_MODULE:
                self.store.write(("attribute", ANY_MODULE.name, name), kind)
            case _:
                pass


def _maps(decorator: Kind) -> bool:
    """Whether a decorator maps a class: `@mapper_registry.mapped` and its kin."""
    return isinstance(decorator, External | Method) and last(decorator.name) in (
        "mapped",
        "mapped_as_dataclass",
    )


def _stem(key: str) -> str:
    """The dotted name of the file that a class is defined in, from the root of the repository."""
    return key.partition(":")[0].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
