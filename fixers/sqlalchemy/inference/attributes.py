"""What an attribute of a value is."""

from __future__ import annotations

from functools import cached_property

from autofix.fixers.sqlalchemy.inference.externals import (
    ANY_MODULE,
    METADATA,
    REGISTRY,
    is_declarative_base,
    is_sqlalchemy,
    is_sqlmodel,
    last,
    object_of,
    value_of,
)
from autofix.fixers.sqlalchemy.inference.joins import NEVER, join
from autofix.fixers.sqlalchemy.inference.names import Frame, Names
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Column,
    Connection,
    Engine,
    External,
    Foreign,
    Form,
    Instance,
    Kind,
    Literal,
    Maker,
    Many,
    Method,
    Model,
    ModuleObject,
    Never,
    OneOf,
    Relationship,
    Session,
    Super,
)

# Relationships of relationships are followed this far from where an object comes from.
LONGEST_PATH = 4
PROPERTIES = frozenset(("property", "cached_property", "hybrid_property"))


class Attributes(Names):
    """Looks attributes up: in modules, in classes and what they inherit, in objects of SQLAlchemy."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.decorators: dict[str, frozenset[str]] = {}
        """By function, the dotted names of the decorators from outside of the program."""

    def decorated_by(self, function: str, frame: Frame) -> set[str]:
        """The last components of the names of what decorates a function, as far as it comes from outside of the program."""
        self.store.read(("decorators", function), frame.unit)
        return {last(name) for name in self.decorators.get(function, ())}

    def attribute(self, value: Kind, name: str, frame: Frame) -> Kind:  # noqa: C901 one case for each kind
        """`value.name`."""
        match value:
            case Never() | Literal(value=None):
                # Nothing is read of `None`: where this runs, the value is another one.
                return NEVER
            case Model() | External() | Foreign() if name == "metadata" and _has_metadata(value):
                return METADATA
            case ModuleObject(path=path):
                return self._module_attribute(path, name, frame)
            case Foreign() if value == ANY_MODULE:
                return self._of_any_module(name, frame)
            case External(name=dotted):
                return External(f"{dotted}.{name}")
            case Instance(cls=""):
                return None
            case Model(key=""):
                return Column()
            case Instance(cls=cls):
                return self.member(cls, name, value, frame)
            case ClassObject(key=cls) | Model(key=cls):
                return self.member(cls, name, value, frame)
            case Super(cls=cls, receiver=receiver):
                above = self.hierarchy.line(cls)[1:]
                return self._bound(self._first(above, name, frame), receiver, frame)
            case Session() if name in ("bind", "engine"):
                return Engine(value.is_async)
            case Connection() | Session() if name == "sync_session":
                return Session()
            case Engine() if name == "sync_engine":
                return Engine()
            case None | Literal() | Form():
                return Literal() if isinstance(value, Literal) else None
            case _:
                return Method(value, name)

    def _module_attribute(self, path: str, name: str, frame: Frame) -> Kind:
        if not path.endswith("/"):
            return self.module_member(path, name, frame.unit)
        inner = self.program.find_relative(path, name)
        return ModuleObject(inner) if inner is not None else None

    def _of_any_module(self, name: str, frame: Frame) -> Kind:
        """What some module has: functions, or what opens the database, if all that is called so in the program agrees."""
        found = self.store.read(("attribute", ANY_MODULE.name, name), frame.unit)
        for path, bindings in self.program.bindings.items():
            if name in bindings:
                found = join(found, self.store.read(("global", path, name), frame.unit), self.hierarchy.common)
        return found if isinstance(found, Callable | OneOf | Engine | Maker | Session) else Method(ANY_MODULE, name)

    def member(self, cls: str, name: str, receiver: Kind, frame: Frame) -> Kind:
        """An attribute of a class of the program, or of its instances, as the class itself or any that inherits has it."""
        found = self._first(self.hierarchy.line(cls), name, frame)
        for below in self.hierarchy.below(cls):
            own = self.store.read(("attribute", below, name), frame.unit)
            if not isinstance(own, Callable | OneOf):
                # Overriding methods are looked for when one is called.
                found = join(found, own, self.hierarchy.common)
        if isinstance(found, Never) and (self.hierarchy.has_unknown_base(cls) or any(self.hierarchy.externals(cls))):
            return self._inherited(cls, name, receiver)
        return self._bound(found, receiver, frame)

    def _inherited(self, cls: str, name: str, receiver: Kind) -> Kind:
        """What comes from a base outside of the program."""
        for external in self.hierarchy.externals(cls):
            if is_sqlalchemy(external) and last(external) in ("Session", "AsyncSession"):
                return Method(value_of(external), name)
        return Method(receiver, name)

    def _first(self, line: tuple[str, ...], name: str, frame: Frame) -> Kind:
        for cls in line:
            found = self.store.read(("attribute", cls, name), frame.unit)
            if not isinstance(found, Never):
                return found
        return NEVER

    def _bound(self, found: Kind, receiver: Kind, frame: Frame) -> Kind:
        """What a class holds, as it comes out of the class or of an instance."""
        through_instance = isinstance(receiver, Instance)
        match found:
            case Callable(key=key):
                return self._bound_function(key, receiver, frame)
            case OneOf(of=of):
                kind: Kind = NEVER
                for each in sorted(of, key=lambda item: item.key):
                    kind = join(kind, self._bound_function(each.key, receiver, frame), self.hierarchy.common)
                return kind
            case Column() if through_instance:
                return Literal()
            case Relationship() if isinstance(receiver, Instance):
                return self._related(found, receiver)
            case _:
                return found

    def _related(self, relationship: Relationship, receiver: Instance) -> Kind:
        """What a relationship of an object leads to."""
        if not relationship.target:
            return Many(None) if relationship.is_collection else None
        origins = (
            origin._replace(relations=(*origin.relations, relationship.name))
            for origin in receiver.origins
            if len(origin.relations) < LONGEST_PATH
        )
        one = Instance(relationship.target, frozenset(origins))
        return Many(one) if relationship.is_collection else one

    def _bound_function(self, key: str, receiver: Kind, frame: Frame) -> Kind:
        function = self.program.functions[key]
        names = self.decorated_by(key, frame)
        if not function.owner or "staticmethod" in names:
            return Callable(key)
        if "classmethod" in names:
            return Callable(key, self._class_of(receiver))
        if names & PROPERTIES:
            if isinstance(receiver, Instance):
                return self.invoked(Callable(key, receiver), frame)
            return Column() if "hybrid_property" in names else None
        return Callable(key, receiver if isinstance(receiver, Instance) else None)

    @cached_property
    def _properties(self) -> frozenset[str]:
        """The names of all properties, once everything is known."""
        found = (key for key, names in self.decorators.items() if any(last(name) in PROPERTIES for name in names))
        return frozenset(self.program.functions[key].node.name for key in found)

    def property_of(self, receiver: Kind, name: str) -> tuple[str, ...]:
        """The functions behind a property of an object; empty where the attribute is none."""
        if not isinstance(receiver, Instance) or not receiver.cls or name not in self._properties:
            return ()
        found: list[str] = []
        for cls in (*self.hierarchy.line(receiver.cls), *self.hierarchy.below(receiver.cls)):
            key = self.program.classes[cls].methods.get(name)
            if key is not None and any(last(each) in PROPERTIES for each in self.decorators.get(key, frozenset())):
                found.append(key)
        return tuple(found)

    def _class_of(self, receiver: Kind) -> Kind:
        return self.class_object(receiver.cls) if isinstance(receiver, Instance) else receiver

    def class_object(self, cls: str) -> Kind:
        """A class as a value."""
        return Model(cls) if not cls or self.hierarchy.is_mapped(cls) else ClassObject(cls)

    def instance(self, cls: str) -> Kind:
        """An object of a class of the program; those that inherit from a session are sessions."""
        for external in self.hierarchy.externals(cls):
            kind = value_of(external) if is_sqlalchemy(external) else None
            if isinstance(kind, Session | Maker):
                return kind
        return Instance(cls)

    def meant(self, kind: Kind) -> Kind:
        """What a value is that is annotated with a type: `Session` means a session."""
        match kind:
            case Never():
                return NEVER
            case Form(of=of):
                return of
            case Model(key=key):
                return Instance(key) if key else Instance("")
            case ClassObject(key=key):
                return self.instance(key)
            case External(name=name) if name.startswith("builtins.") and last(name) in _PLAIN:
                return Literal()
            case External(name=name):
                return value_of(name) or object_of(name)
            case Literal(value=None):
                return kind
            case _:
                return None

    def invoked(self, callee: Kind, frame: Frame) -> Kind:
        """The result of a call without arguments."""
        raise NotImplementedError


def _has_metadata(value: Model | External | Foreign) -> bool:
    if isinstance(value, Foreign):
        return value == REGISTRY
    return isinstance(value, Model) or is_sqlmodel(value.name) or is_declarative_base(value.name)


_PLAIN = frozenset(("str", "int", "float", "bool", "bytes", "dict", "complex"))
