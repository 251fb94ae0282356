"""Walk over `code`: what an expression or statement consists of, and which names a block binds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from autofix.languages.python.code import (
    Argument,
    Assign,
    Attribute,
    Block,
    Case,
    Class,
    Clause,
    Collection,
    Declare,
    Expression,
    For,
    Function,
    Handler,
    Import,
    Module,
    Name,
    Parameter,
    Starred,
    Statement,
    Walrus,
    WithItem,
)

Node = Expression | Statement | Argument | Case | Clause | Handler | Module | Parameter | WithItem


def children(node: Any) -> list[Any]:
    """What a node consists of directly, in order; arguments, clauses, handlers and the like are nodes, too."""
    kind = type(node)
    if kind is tuple:
        return list(node)
    places = _PLACES.get(kind)
    if places is None:
        places = _PLACES[kind] = _node_places(kind)
    found: list[Any] = []
    for place in places:
        value = node[place]
        if type(value) is tuple:
            found += value if None not in value else filter(None, value)
        elif value is not None:
            found.append(value)
    return found


_PLACES: dict[type, tuple[int, ...]] = {}
"""By class of node, the fields that hold nodes."""
_PLAIN = frozenset(("int", "str", "bool", "object", "str | None", "tuple[str, ...]"))


def _node_places(kind: type) -> tuple[int, ...]:
    fields: tuple[str, ...] = getattr(kind, "_fields", ())
    written = {name: getattr(annotation, "__forward_arg__", annotation) for name, annotation in kind.__annotations__.items()}
    return tuple(place for place, name in enumerate(fields) if written[name] not in _PLAIN)


def walk(node: object) -> Iterator[Node]:
    """A node and everything in it, definitions included, outer ones first."""
    stack: list[Any] = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)


class Parents:
    """Which node each node of a file is part of directly."""

    def __init__(self, module: Module) -> None:
        # By identity: equal nodes stand in different places, and a file's nodes live as long as it does.
        self._module = module
        self._parents: dict[int, Node] = {}
        for node in walk(module):
            for child in children(node):
                self._parents[id(child)] = node

    def of(self, node: object) -> Node | None:
        """The node around; None for a statement at the top level."""
        found = self._parents.get(id(node))
        return None if found is self._module else found

    def around(self, node: object) -> Iterator[Node]:
        """All nodes around, the innermost first."""
        current = self.of(node)
        while current is not None:
            yield current
            current = self.of(current)


def own(block: Block) -> Iterator[Node]:
    """Everything in a block that runs with it: not the bodies of functions and classes in it, but their heads and lambdas."""
    stack: list[Any] = list(block)
    while stack:
        current = stack.pop()
        yield current
        kind = type(current)
        if kind is Function:
            stack.extend(current.decorators)
            stack.extend(parameter.default for parameter in current.parameters if parameter.default is not None)
        elif kind is Class:
            stack.extend((*current.decorators, *current.bases))
        else:
            stack += children(current)


def bindings(nodes: Iterable[Node]) -> Iterator[str]:
    """The names that the nodes of a scope (see `own`) bind, once for each place; `global` and `nonlocal` are not regarded."""
    for node in nodes:
        yield from _bound_by(node)


def _bound_by(node: object) -> Iterator[str]:
    match node:
        case Assign(targets=targets):
            for target in targets:
                yield from target_names(target)
        case For(target=target) | WithItem(target=target) | Walrus(target=target) if target is not None:
            yield from target_names(target)
        case Function(name=name) | Class(name=name):
            yield name
        case Handler(name=str(name)):
            yield name
        case Case(names=names):
            yield from names
        case Import(names=names):
            yield from (item.bound for item in names)
        case _:
            pass


def target_names(target: Expression) -> Iterator[str]:
    """The names that an assignment to a target binds."""
    match target:
        case Name(name=name):
            yield name
        case Collection(elements=elements):
            for element in elements:
                yield from target_names(element)
        case Starred(value=value):
            yield from target_names(value)
        case _:
            pass


def declared(nodes: Iterable[Node]) -> frozenset[str]:
    """The names that `global` and `nonlocal` statements among the nodes of a scope name."""
    return frozenset(name for node in nodes if isinstance(node, Declare) for name in node.names)


def dotted(expression: Expression) -> str:
    """`a.b.c` for names and attributes of names, else an empty string."""
    match expression:
        case Name(name=name):
            return name
        case Attribute(value=value, name=name):
            head = dotted(value)
            return f"{head}.{name}" if head else ""
        case _:
            return ""
