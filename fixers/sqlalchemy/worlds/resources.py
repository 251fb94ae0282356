"""Engines, session makers, sessions and what provides them, at the top level of files, and where they are used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo, blocks
from autofix.fixers.sqlalchemy.kinds import (
    Connection,
    Context,
    Engine,
    Kind,
    Maker,
    Many,
    Mapping,
    ModuleObject,
    Query,
    Session,
)
from autofix.languages.python.code import Assign, Attribute, Block, Function, Import, Name
from autofix.languages.python.code_walk import Node, walk


class Resource(NamedTuple):
    """Something that has a name at the top level of a file."""

    path: str
    name: str


class Use(NamedTuple):
    """Where a resource is named."""

    path: str
    node: Name | Attribute
    unit: str
    """The key of the function around, or the path of the file."""
    resource: Resource
    statement: Import | None
    """What imported the name; None for names of the same file, and for attributes of modules."""


def is_database(kind: Kind) -> bool:
    """Whether a value is bound to one of both worlds."""
    match kind:
        case Session() | Engine() | Connection() | Maker():
            return True
        case Context(of=of) | Many(of=of) | Mapping(of=of):
            return is_database(of)
        case _:
            return False


def is_handed(kind: Kind) -> bool:
    """Whether a value that is passed on belongs to a session, so that what it is passed to has to be of the same world."""
    return is_database(kind) or isinstance(kind, Query)


def is_synchronous(kind: Kind) -> bool:
    """Whether it is of the synchronous world today."""
    match kind:
        case Session() | Engine() | Connection():
            return not kind.is_async
        case Maker(session=session):
            return not session.is_async
        case Context(of=of) | Many(of=of) | Mapping(of=of):
            return is_synchronous(of)
        case _:
            return False


class Resources:
    """Those of a program."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program
        self.parents = inference.program.parents
        self.definitions: dict[Resource, list[Assign | Function]] = defaultdict(list)
        self.providers: dict[str, Resource] = {}
        """By the key of the function."""
        for path, module in self.program.modules.items():
            for statement in _assignments(module.body):
                if statement.value is not None and is_synchronous(inference.kind_of(path, statement.value)):
                    for target in statement.targets:
                        if isinstance(target, Name):
                            self.definitions[Resource(path, target.name)].append(statement)
        for function in self.program.functions.values():
            if not function.owner and not function.parent and self.is_provider(function):
                resource = Resource(function.path, function.node.name)
                self.definitions[resource].append(function.node)
                self.providers[function.key] = resource
        self._names = {resource.name for resource in self.definitions}

    def is_provider(self, function: FunctionInfo) -> bool:
        """Whether a function gives out sessions, engines or the like, and is given none."""
        made = self.inference.store.peek(("yield" if function.is_generator else "return", function.key))
        return is_synchronous(made) and not self.takes_session(function)

    def takes_session(self, function: FunctionInfo) -> bool:
        """Whether a parameter of a function belongs to one of both worlds."""
        names = {parameter.name for parameter in function.node.parameters}
        return any(
            isinstance(node, Name) and node.name in names and is_handed(self.inference.kind_of(function.path, node))
            for node in function.nodes
        )

    def uses(self) -> Iterator[Use]:
        """All places that name one, apart from where it is bound."""
        for path, module in self.program.modules.items():
            for node in walk(module.body):
                if isinstance(node, Name | Attribute):
                    found = self.named(path, node)
                    if found is not None and not self._is_bound(path, node):
                        yield Use(path, node, self.unit_of(path, node), *found)

    def _is_bound(self, path: str, node: Node) -> bool:
        parent = self.parents[path].of(node)
        return isinstance(parent, Assign) and any(target is node for target in parent.targets)

    def unit_of(self, path: str, node: Node) -> str:
        """The function that runs a node, or the file."""
        inner = node
        for around in self.parents[path].around(node):
            if isinstance(around, Function) and any(statement is inner for statement in around.body):
                return self.program.keys[path, around.start]
            inner = around
        return path

    def named(self, path: str, node: Name | Attribute) -> tuple[Resource, Import | None] | None:
        """The resource that a node names, and what imported it."""
        if isinstance(node, Attribute):
            if node.name not in self._names:
                return None
            kind = self.inference.kind_of(path, node.value)
            resource = self._global(kind.path, node.name, frozenset()) if isinstance(kind, ModuleObject) else None
            return (resource, None) if resource is not None else None
        function = self.program.functions.get(self.unit_of(path, node))
        while function is not None:
            if node.name in function.bindings:
                statement = _importing(function.nodes, node.name)
                return self._through(path, statement, node.name, frozenset()) if statement is not None else None
            function = self.program.functions.get(function.parent)
        if Resource(path, node.name) in self.definitions:
            return Resource(path, node.name), None
        statement = _importing(self.program.nodes[path], node.name)
        if statement is not None:
            return self._through(path, statement, node.name, frozenset())
        resource = self._starred(path, node.name, frozenset())
        return (resource, None) if resource is not None else None

    def _through(self, path: str, statement: Import, bound: str, seen: frozenset[str]) -> tuple[Resource, Import] | None:
        if statement.module is None and not statement.level:
            return None
        target = self.program.find_module(path, statement.module, statement.level)
        name = next(item.name for item in statement.names if item.bound == bound)
        resource = self._global(target, name, seen) if target is not None else None
        return (resource, statement) if resource is not None else None

    def _global(self, path: str, name: str, seen: frozenset[str]) -> Resource | None:
        if Resource(path, name) in self.definitions:
            return Resource(path, name)
        if path in seen or path not in self.program.modules:
            return None
        statement = _importing(self.program.nodes[path], name)
        if statement is None:
            return self._starred(path, name, seen)
        found = self._through(path, statement, name, seen | {path})
        return found[0] if found is not None else None

    def _starred(self, path: str, name: str, seen: frozenset[str]) -> Resource | None:
        for star in self.program.stars[path]:
            target = self.program.find_module(path, star.module, star.level)
            found = self._global(target, name, seen | {path}) if target is not None and target not in seen else None
            if found is not None:
                return found
        return None


def _assignments(block: Block) -> Iterator[Assign]:
    """Those that run while a module is imported, also in branches."""
    for statement in block:
        if isinstance(statement, Assign):
            yield statement
        for inner in blocks(statement):
            yield from _assignments(inner)


def _importing(nodes: Iterable[Node], bound: str) -> Import | None:
    for node in nodes:
        if isinstance(node, Import) and any(item.bound == bound for item in node.names):
            return node
    return None
