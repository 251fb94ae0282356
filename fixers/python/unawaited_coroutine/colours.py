"""Which functions are coroutine functions, decorators included."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autofix.fixers.python.unawaited_coroutine.libraries import (
    FUNCTIONS,
    KEEPING,
    KEEPING_METHODS,
    METHODS,
    PROPERTIES,
    canonical,
)
from autofix.fixers.python.unawaited_coroutine.program import File, Program
from autofix.fixers.python.unawaited_coroutine.values import ClassObject, External, Function, Value
from autofix.languages.python.scopes import Binding, Kind

if TYPE_CHECKING:
    from tree_sitter import Node

_INNER = frozenset(("function_definition", "class_definition", "lambda"))


class Colours(ABC):
    """Tells coroutine functions from others."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._lines: dict[ClassObject, Sequence[ClassObject] | None] = {}
        self._attributes: dict[ClassObject, dict[str, list[Node]]] = {}
        self._known: dict[Function, bool] = {}

    @abstractmethod
    def evaluate(self, file: File, node: Node | None) -> Value:
        """What an expression of a file stands for."""

    @abstractmethod
    def bound(self, file: File, binding: Binding) -> Value:
        """What a name stands for."""

    def makes_coroutine(self, value: Value) -> bool:
        """Whether calling a value makes a coroutine, which does nothing until somebody awaits it."""
        match value:
            case Function():
                return self.is_coroutine_function(value)
            case External(name=name):
                cls, _, method = name.rpartition(".")
                return canonical(name) in FUNCTIONS or method in METHODS.get(cls, ())
            case _:
                return False

    def is_coroutine_function(self, function: Function) -> bool:
        """Whether it is an `async def` without `yield` whose decorators all leave it that."""
        if function not in self._known:
            self._known[function] = False  # a decorator that is decorated by itself
            self._known[function] = self._is_coroutine_function(function)
        return self._known[function]

    def _is_coroutine_function(self, function: Function) -> bool:
        if any(not self._keeps(function.file, decorator) for decorator in decorators(function.node)):
            return False
        return is_async(function.node) and not yields(function.node)

    def is_property(self, function: Function) -> bool:
        """Whether a method is read like an attribute."""
        values = [self.evaluate(function.file, item) for item in decorators(function.node)]
        return len(values) == 1 and isinstance(values[0], External) and values[0].name in PROPERTIES

    def _keeps(self, file: File, decorator: Node) -> bool:
        """Whether a coroutine function is one still behind a decorator."""
        is_call = decorator.type == "call"
        value = self.evaluate(file, decorator.child_by_field_name("function") if is_call else decorator)
        match value:
            case External(name=name):
                owner, _, method = name.rpartition(".")
                return name in KEEPING or name.startswith("pytest.mark.") or method in KEEPING_METHODS.get(owner, ())
            case Function():
                inner = self._result_of(value) if is_call else value
                return inner is not None and self._wraps(inner)
            case _:
                return False

    def _result_of(self, function: Function) -> Function | None:
        """The function within that a function always returns."""
        returned = {self._returned_name(function, node) for node in _returns(function.node)}
        value = next(iter(returned)) if len(returned) == 1 else None
        return value if isinstance(value, Function) and not is_async(function.node) else None

    def _returned_name(self, function: Function, node: Node) -> Value:
        value = node.named_children[0] if node.named_children else None
        return self.evaluate(function.file, value) if value is not None and value.type == "identifier" else None

    def _wraps(self, function: Function) -> bool:
        """Whether a decorator always returns what it was given, or a coroutine function of its own."""
        returns = _returns(function.node)
        return bool(returns) and not is_async(function.node) and all(self._is_kept(function, node) for node in returns)

    def _is_kept(self, function: Function, node: Node) -> bool:
        value = node.named_children[0] if node.named_children else None
        if value is None or value.type != "identifier":
            return False
        binding = function.file.names.binding_at(value.start_byte)
        scope = function.file.scope(function.node)
        if binding is None or binding.scope is not scope:
            return False
        sole = binding.sole
        if sole is not None and sole.kind is Kind.PARAMETER:
            return True
        found = self.bound(function.file, binding)
        return isinstance(found, Function) and self.is_coroutine_function(found)


def is_async(definition: Node) -> bool:
    """Whether a definition begins with `async`."""
    return definition.children[0].type == "async"


def decorators(definition: Node) -> list[Node]:
    """The decorators of a definition, without `@`."""
    around = definition.parent
    if around is None or around.type != "decorated_definition":
        return []
    found = [child for child in around.named_children if child.type == "decorator"]
    return [next(part for part in child.named_children if part.type != "comment") for child in found]


def yields(function: Node) -> bool:
    """Whether the body of a function makes it a generator."""
    return any(node.type == "yield" for node in _own(function))


def _own(function: Node) -> list[Node]:
    """Everything in the body of a function but the bodies of functions and classes in it."""
    found, waiting = [], [child for child in function.children if child.type == "block"]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if node.type not in _INNER:
            waiting += node.named_children
    return found


def _returns(function: Node) -> list[Node]:
    return [node for node in _own(function) if node.type == "return_statement"]
