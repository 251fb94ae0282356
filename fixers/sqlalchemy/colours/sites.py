"""The places in a unit that decide its colour: database operations, calls of functions, functions used as values."""

from __future__ import annotations

import enum
from collections.abc import Callable as Finder
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from autofix.fixers.sqlalchemy.colours.bridges import run_by_sync
from autofix.fixers.sqlalchemy.colours.operations import (
    has_no_async_form,
    is_client,
    is_entered,
    is_handle,
    is_operation,
    is_request,
)
from autofix.fixers.sqlalchemy.colours.walker import Barrier, visits
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Connection,
    Engine,
    External,
    Instance,
    Kind,
    Method,
    Model,
    OneOf,
    Query,
)
from autofix.fixers.sqlalchemy.queries.consumers import Use, use_of
from autofix.fixers.sqlalchemy.queries.outcome import Place
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Await,
    Call,
    Clause,
    Collection,
    Comprehension,
    Expression,
    For,
    Lambda,
    Name,
    Starred,
    Subscript,
    Walrus,
    With,
    WithItem,
)
from autofix.languages.python.code_walk import Node, Parents, dotted


class Sort(enum.Enum):
    """What happens at a site."""

    OPERATION = "waits for the database"
    REQUEST = "sends a request"
    CLIENT = "enters a test client"
    ENTER = "enters a session or connection"
    ITERATE = "iterates over a query"
    CALL = "calls"
    PROPERTY = "reads a property"
    REFERENCE = "passes on"
    MISSING = "uses what has no asynchronous form"
    DYNAMIC = "looks functions up by their names"
    UNPROVED = "may use a session"


# What needs no `await` where a synchronous session is at work within an asynchronous one.
_SYNCHRONOUS = frozenset((Sort.OPERATION, Sort.ENTER, Sort.ITERATE, Sort.MISSING, Sort.UNPROVED))


class Site(NamedTuple):
    """A place."""

    unit: str
    path: str
    node: Expression
    sort: Sort
    barrier: Barrier
    targets: tuple[str, ...] = ()
    """The functions that are called, or named."""


Found = tuple[Expression, Sort, tuple[str, ...]]
"""The expression, the sort and the targets of a site."""
_SESSION_METHODS = frozenset(("commit", "rollback", "flush", "refresh", "query", "scalars"))
# What may have to be awaited, or is a function: of other values it does not matter where they go.
_NAMED = frozenset((Callable, OneOf, Method))
_SESSION_NAMES = frozenset(("db", "session", "_db", "_session", "db_session", "sess"))


def _is_within(node: Expression, functions: Sequence[Lambda]) -> bool:
    return any(each.start <= node.start < each.end for each in functions)


class _Unknown:
    """Facts of models, which matter to nothing here."""

    def has_eager_collections(self, model: str) -> bool | None:
        """Unknown."""

    def is_unhashable(self, model: str, column: str) -> bool:
        """Perhaps."""
        return True


class Sites:
    """Finds the sites of units."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program
        self.parents = inference.program.parents
        self._called: set[int] = set()
        """The expressions that are called, by identity: they are visited right after their calls."""
        self._finders: dict[type, Finder[[Any, str], Iterator[Found]]] = {
            Call: self._call,
            With: self._with,
            For: self._for,
            Comprehension: self._comprehension,
            Attribute: self._attribute,
            Name: self._reference,
            Subscript: self._subscript,
        }

    def of(self, unit: str) -> Iterator[Site]:
        """The sites of a function, by its key, or of the top level of a file, by its path."""
        function = self.program.functions.get(unit)
        path = function.path if function is not None else unit
        block = function.node.body if function is not None else self.program.modules[path].body
        kinds = self.inference.kinds[path]
        handed: list[Lambda] = []
        for node, barrier in visits(block):
            # Statements are in the same place as what they consist of alone.
            is_query = type(kinds.get((node.start, node.end))) is Query
            if is_query and isinstance(node, Expression) and self._is_read(node, path) and not _is_within(node, handed):
                yield Site(unit, path, node, Sort.ITERATE, barrier)
            find = self._finders.get(type(node))
            if find is not None:
                if type(node) is Call:
                    handed += run_by_sync(node, partial(self._kind, path))
                for expression, sort, targets in find(node, path):
                    if sort not in _SYNCHRONOUS or not _is_within(expression, handed):
                        yield Site(unit, path, expression, sort, barrier, targets)

    def _with(self, node: With, path: str) -> Iterator[Found]:
        for item in node.items if not node.is_async else ():
            kind = self._kind(path, item.value)
            if is_entered(kind):
                yield item.value, Sort.ENTER, ()
            elif is_client(kind):
                yield item.value, Sort.CLIENT, ()

    def _for(self, node: For, path: str) -> Iterator[Found]:
        yield from self._iterated(node.iterable, path)

    def _comprehension(self, node: Comprehension, path: str) -> Iterator[Found]:
        for clause in node.clauses:
            yield from self._iterated(clause.iterable, path)

    def _subscript(self, node: Subscript, path: str) -> Iterator[Found]:
        if isinstance(self._kind(path, node.value), Query):
            yield node, Sort.OPERATION, ()

    def _kind(self, path: str, expression: Expression) -> Kind:
        return self.inference.kind_of(path, expression)

    def _call(self, node: Call, path: str) -> Iterator[Found]:
        self._called.add(id(node.function))
        callee = self._kind(path, node.function)
        if (
            is_operation(callee)
            or self._inspects(callee, node, path)
            or (is_handle(callee) and not self._is_entered(node, path))
        ):
            yield node, Sort.OPERATION, ()
        elif is_request(callee):
            yield node, Sort.REQUEST, ()
        elif isinstance(callee, External) and callee.name in ("builtins.globals", "builtins.vars", "inspect.getmembers"):
            yield node, Sort.DYNAMIC, ()
        elif callee is None and self._looks_like_session(node, path):
            yield node, Sort.UNPROVED, ()
        targets = self.called(callee)
        if targets:
            yield node, Sort.CALL, targets

    def _looks_like_session(self, node: Call, path: str) -> bool:
        """Whether a call of what is not known is written as one of a session. Only a reason to ask, never to rewrite."""
        if not isinstance(node.function, Attribute) or node.function.name not in _SESSION_METHODS:
            return False
        return last(dotted(node.function.value)) in _SESSION_NAMES and self._kind(path, node.function.value) is None

    def _inspects(self, callee: Kind, node: Call, path: str) -> bool:
        if not isinstance(callee, External) or callee.name not in ("sqlalchemy.inspect", "sqlalchemy.inspection.inspect"):
            return False
        return any(isinstance(self._kind(path, argument.value), Engine | Connection) for argument in node.arguments[:1])

    def _is_entered(self, node: Call, path: str) -> bool:
        return any(
            isinstance(parent, With) and any(item.value is node for item in parent.items)
            for parent in self.parents[path].around(node)
        )

    def _iterated(self, iterable: Expression, path: str) -> Iterator[Found]:
        kind = self._kind(path, iterable)
        if isinstance(kind, Query) and not kind.is_async:
            yield iterable, Sort.ITERATE, ()

    def _is_read(self, node: Expression, path: str) -> bool:
        """Whether a query is read other than in a loop: by `list`, by unpacking, with `in`."""
        kind = self._kind(path, node)
        if not isinstance(kind, Query) or kind.is_async or isinstance(self.parents[path].of(node), For | Clause):
            return False
        place = Place(
            self.parents[path], partial(self._kind, path), b"", _Unknown(), received=partial(self.inference.received, path)
        )
        return use_of(node, place) is Use.ITERATED

    def called(self, callee: Kind) -> tuple[str, ...]:
        """The functions of the program that calling a value runs."""
        match callee:
            case Callable() | OneOf():
                return tuple(target.key for target in self.inference.targets(callee))
            case ClassObject(key=key) | Model(key=key) if key:
                return self._method(key, "__init__")
            case Instance(cls=cls) if cls:
                return self._method(cls, "__call__")
            case _:
                return ()

    def _method(self, cls: str, name: str) -> tuple[str, ...]:
        for above in self.inference.hierarchy.line(cls):
            found = self.program.classes[above].methods.get(name)
            if found is not None:
                return (found,)
        return ()

    def _attribute(self, node: Attribute, path: str) -> Iterator[Found]:
        properties = self.inference.property_of(self._kind(path, node.value), node.name)
        if properties:
            yield node, Sort.PROPERTY, properties
        else:
            yield from self._reference(node, path)

    def _reference(self, node: Name | Attribute, path: str) -> Iterator[Found]:
        kind = self._kind(path, node)
        if type(kind) not in _NAMED:
            return
        if id(node) in self._called:
            if has_no_async_form(kind):
                yield node, Sort.MISSING, ()
            return
        if self._is_target(node, path):
            return
        if isinstance(kind, Callable | OneOf):
            yield node, Sort.REFERENCE, tuple(target.key for target in self.inference.targets(kind))
        elif isinstance(kind, Method) and is_operation(kind):
            yield node, Sort.REFERENCE, ()
        elif has_no_async_form(kind):
            yield node, Sort.MISSING, ()

    def _is_target(self, node: Expression, path: str) -> bool:
        """Whether a value is bound to an expression, rather than read from it."""
        inner: Node = node
        for around in self.parents[path].around(node):
            match around:
                case Collection() | Starred():
                    inner = around
                case Assign(targets=targets):
                    return any(target is inner for target in targets)
                case For(target=target) | Clause(target=target) | WithItem(target=target) | Walrus(target=target):
                    return target is inner
                case _:
                    return False
        return False


def is_awaited(node: Expression, parents: Parents) -> bool:
    """Whether an `await` stands before a call already."""
    return isinstance(parents.of(node), Await)
