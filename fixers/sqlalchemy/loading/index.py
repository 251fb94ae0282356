"""What the files of a program contain that loading depends on, found in one pass: calls, results, events, accesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.attributes import PROPERTIES
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Callable,
    Context,
    Coroutine,
    External,
    Instance,
    Items,
    Kind,
    Many,
    Method,
    Model,
    OneOf,
    Query,
    Result,
    Session,
)
from autofix.fixers.sqlalchemy.kinds import Mapping as MappingKind
from autofix.languages.python.code import (
    Attribute,
    Call,
    Collection,
    Constant,
    Expression,
    Function,
    Name,
    Return,
    Statement,
    Subscript,
    Yield,
)
from autofix.languages.python.code_walk import Parents, dotted, own

_STORING = frozenset(("commit", "flush", "rollback", "expire", "expire_all"))


class Place(NamedTuple):
    """An expression, and the function (its key) or file (its path) that it belongs to."""

    path: str
    unit: str
    node: Expression


class Event(NamedTuple):
    """A statement after which relationships of objects are no longer what they were.

    `names` are those that it loads; None where it loads columns only, or none. `subject` is the object that is refreshed;
    empty where all objects of the session are meant.
    """

    statement: Statement
    session: str
    subject: str = ""
    names: tuple[str, ...] | None = None


class Index:
    """The program, once over."""

    def __init__(self, inference: Inference, texts: Mapping[str, bytes]) -> None:
        self.inference = inference
        self.program = inference.program
        self.texts = texts
        self.callers: dict[str, list[Place]] = defaultdict(list)
        """By function, the calls of it, and where it is a property the attributes that are one."""
        self.results: dict[str, list[Place]] = defaultdict(list)
        """By function, the values that it returns or yields."""
        self.attributes: list[Place] = []
        self.calls: list[Place] = []
        self.names_read: set[str] = set()
        """All names and attributes in the code, but for those that are only defined."""
        self._called: dict[str, set[str]] = defaultdict(set)
        self._session_calls: dict[str, list[tuple[Call, str, str]]] = defaultdict(list)
        self._unit_calls: dict[str, list[tuple[Call, frozenset[str]]]] = defaultdict(list)
        self._call_at: dict[tuple[str, int, int], Place] = {}
        self._properties = self._find_properties()
        for path in texts:
            self._read(path, path, self.program.nodes[path])
        for function in self.program.functions.values():
            if function.path in texts:
                self._read(function.path, function.key, function.nodes)

    def _find_properties(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key, decorators in self.inference.decorators.items():
            function = self.program.functions[key]
            if function.owner and any(last(name) in PROPERTIES for name in decorators):
                found[function.node.name].append(key)
        return found

    def _read(self, path: str, unit: str, nodes: Iterable[object]) -> None:
        for node in nodes:
            if isinstance(node, Call):
                self._call(Place(path, unit, node), node)
            elif isinstance(node, Attribute):
                self._attribute(Place(path, unit, node), node)
            elif isinstance(node, Name):
                self.names_read.add(node.name)
            elif isinstance(node, Return | Yield) and node.value is not None:
                self.results[unit].append(Place(path, unit, node.value))

    def _call(self, place: Place, node: Call) -> None:
        self.calls.append(place)
        self._call_at[place.path, node.start, node.end] = place
        callee = self.kind(place.path, node.function)
        if isinstance(callee, Callable | OneOf):
            keys = frozenset(target.key for target in self.inference.targets(callee))
            for key in keys:
                self.callers[key].append(place)
            self._called[place.unit] |= keys
            self._unit_calls[place.unit].append((node, keys))
        elif isinstance(callee, Method) and isinstance(callee.receiver, Session) and isinstance(node.function, Attribute):
            self._session_calls[place.unit].append((node, callee.name, dotted(node.function.value)))

    def _attribute(self, place: Place, node: Attribute) -> None:
        self.attributes.append(place)
        self.names_read.add(node.name)
        for key in self._properties.get(node.name, ()):
            kind = self.kind(place.path, node.value)
            if isinstance(kind, Instance) and key in self.inference.property_of(kind, node.name):
                self.callers[key].append(place)

    def kind(self, path: str, expression: Expression) -> Kind:
        """What an expression is."""
        return self.inference.kind_of(path, expression)

    def parents(self, path: str) -> Parents:
        """What stands around the nodes of a file."""
        return self.program.parents[path]

    def is_generic(self, unit: str) -> bool:
        """Whether a function is a method of a generic class, whose code is to name no class of its own."""
        function = self.program.functions.get(unit)
        if function is None or not function.owner:
            return False
        info = self.program.classes[function.owner]
        bases = [base.value.value for base in info.node.bases if isinstance(base.value, Subscript)]
        kinds = [self.kind(info.path, base) for base in bases]
        return any(isinstance(kind, External) and last(kind.name) in ("Generic", "Protocol") for kind in kinds)

    def call_at(self, path: str, start: int, end: int) -> Place | None:
        """The call with these offsets."""
        return self._call_at.get((path, start, end))

    def function_of(self, path: str, node: object) -> FunctionInfo | None:
        """The function that an expression is part of."""
        for around in self.parents(path).around(node):
            if isinstance(around, Function):
                return self.program.functions[self.program.keys[path, around.start]]
        return None

    def statement_of(self, path: str, node: object) -> Statement | None:
        """The innermost statement that a node is part of."""
        for around in (node, *self.parents(path).around(node)):
            if isinstance(around, Statement):
                return around
        return None

    @cached_property
    def storing(self) -> frozenset[str]:
        """The functions that write to the database when they are called, themselves or by what they call."""
        found = {unit for unit, calls in self._session_calls.items() if any(name in _STORING for _, name, _ in calls)}
        waiting = list(found)
        callers: dict[str, set[str]] = defaultdict(set)
        for unit, called in self._called.items():
            for key in called:
                callers[key].add(unit)
        while waiting:
            for unit in callers[waiting.pop()] - found:
                found.add(unit)
                waiting.append(unit)
        return frozenset(found)

    def events(self, path: str, unit: str) -> Iterator[Event]:
        """What happens in a function to the objects of its session."""
        for node, name, session in self._session_calls[unit]:
            statement = self.statement_of(path, node)
            if statement is None:
                continue
            if name in ("refresh", "expire") and node.arguments:
                names = _names(node) if name == "refresh" else None
                yield Event(statement, session, dotted(node.arguments[0].value) or "?", names)
            elif name in _STORING:
                yield Event(statement, session)
        for node, keys in self._unit_calls[unit]:
            if keys & self.storing:
                statement = self.statement_of(path, node)
                if statement is not None:
                    yield Event(statement, "")

    def session_near(self, path: str, unit: str, offset: int) -> str:
        """How the session is written that is used nearest before a place of a function, else nearest after it."""
        function = self.program.functions.get(unit)
        body = function.node.body if function is not None else self.program.modules[path].body
        found = [
            (node.start, text)
            for node in own(body)
            if isinstance(node, Name | Attribute) and isinstance(self.kind(path, node), Session) and (text := dotted(node))
        ]
        if function is not None:
            found += [(p.start, p.name) for p in function.node.parameters if self._is_session(function, p.name)]
        before = [item for item in found if item[0] < offset]
        return max(before)[1] if before else min(found)[1] if found else ""

    def _is_session(self, function: FunctionInfo, name: str) -> bool:
        given = self.inference.store.peek(("parameter", function.key, name))
        return isinstance(given, Session)


def instances(kind: Kind) -> Iterator[Instance]:
    """The objects in a value, however deep."""
    match kind:
        case Instance():
            yield kind
        case Items(of=of):
            for inner in of:
                yield from instances(inner)
        case Many() | MappingKind() | Coroutine() | Context():
            yield from instances(kind.of)
        case Query() | Result() if kind.shape is not None:
            # Iterated over, they give objects.
            for item in kind.shape.selected or ():
                if isinstance(item, Model | Alias):
                    yield Instance(item.key if isinstance(item, Model) else item.model, kind.shape.origins)
        case _:
            pass


def _names(call: Call) -> tuple[str, ...] | None:
    """The attributes that `refresh(obj, [...])` names."""
    for argument in call.arguments[1:]:
        if argument.keyword in (None, "attribute_names") and isinstance(argument.value, Collection):
            return tuple(str(item.value) for item in argument.value.elements if isinstance(item, Constant))
    return None
