"""What expressions stand for, wherever the names in them lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autofix.fixers.python.unawaited_coroutine.colours import decorators
from autofix.fixers.python.unawaited_coroutine.libraries import canonical
from autofix.fixers.python.unawaited_coroutine.program import File, Program
from autofix.fixers.python.unawaited_coroutine.results import Results
from autofix.fixers.python.unawaited_coroutine.values import (
    ClassObject,
    Entering,
    External,
    Foreign,
    Function,
    Instance,
    Module,
    Nothing,
    Pending,
    Super,
    Value,
)
from autofix.languages.python.scopes import Binding, Kind, Scope, ScopeKind, Target
from autofix.languages.python.syntax import unstarred

if TYPE_CHECKING:
    from tree_sitter import Node

# Longer ways are not followed.
_DEEPEST = 20


class Evaluator(Results):
    """Follows names through assignments, annotations, imports and classes; each way has to be proved."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._depth = 0
        self._followed: set[object] = set()
        """The names that are followed right now: who comes to one of them again goes in a circle."""

    def evaluate(self, file: File, node: Node | None) -> Value:
        """What an expression of a file stands for."""
        if node is None or self._depth >= _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._expression(file, unstarred(node))
        finally:
            self._depth -= 1

    def _expression(self, file: File, node: Node) -> Value:
        match node.type:
            case "identifier":
                return self._name(file, node)
            case "attribute":
                value = self.evaluate(file, node.children[0])
                return self.member(value, self._attribute_name(file, node))
            case "call":
                return self.call(file, node)
            case "await":
                value = self.evaluate(file, node.named_children[-1])
                return value.result if isinstance(value, Pending) else None
            case "parenthesized_expression":
                inner = [child for child in node.named_children if child.type != "comment"]
                return self.evaluate(file, inner[0]) if len(inner) == 1 else None
            case "none":
                return Nothing()
            case _:
                return None

    def _attribute_name(self, file: File, node: Node) -> str:
        """The name of an attribute as Python knows it, private ones with the name of their class."""
        name = file.text(node.child_by_field_name("attribute"))
        cls = file.names.scope_at(node.start_byte).class_name.lstrip("_") if name.startswith("__") else ""
        return f"_{cls}{name}" if cls and not name.endswith("__") else name

    # Names.

    def _name(self, file: File, node: Node) -> Value:
        binding = file.names.binding_at(node.start_byte)
        if binding is not None:
            return self.bound(file, binding)
        return self._unbound(file, file.text(node)) if file.names.is_unbound(node.start_byte) else None

    def _unbound(self, file: File, name: str) -> Value:
        """A name that star imports or the builtins give."""
        found: Value = None
        stars = [statement for statement in file.names.imports if statement.is_star]
        for statement in stars:
            path = self.program.find(file.path, statement.module or "", statement.level)
            if not isinstance(path, str):
                return None
            value = self.member(Module(path), name)
            if value is not None and found is not None and value != found:
                return None
            found = value or found
        return found if stars else External(f"builtins.{name}")

    def bound(self, file: File, binding: Binding) -> Value:
        """What a name stands for: the same at each place that binds it."""
        if binding in self._followed or len(self._followed) >= _DEEPEST:
            return None
        self._followed.add(binding)
        try:
            return self._bound(file, binding)
        finally:
            self._followed.discard(binding)

    def _bound(self, file: File, binding: Binding) -> Value:
        targets = [target for target in binding.targets if not self._is_overload(file, target)]
        if any(target.kind is Kind.ANNOTATION for target in targets):
            declared = [target for target in targets if target.kind is Kind.ANNOTATION]
            return self._target(file, declared[0], binding) if len(declared) == 1 else None
        values = [value for target in targets if not isinstance(value := self._target(file, target, binding), Nothing)]
        return self.same(values)

    def same(self, values: Sequence[Value]) -> Value:
        """The one value that several places agree on; of functions the first, if all make coroutines."""
        if not values or any(value is None for value in values):
            return None
        first = values[0]
        if all(value == first for value in values):
            return first
        if isinstance(first, Instance) and all(isinstance(value, Instance) and value.cls == first.cls for value in values):
            return Instance(first.cls, False)
        if all(isinstance(value, Function) and self.is_coroutine_function(value) for value in values):
            return first
        return None

    def _is_overload(self, file: File, target: Target) -> bool:
        if target.kind is not Kind.FUNCTION:
            return False
        return any(file.text(item).rpartition(".")[2] == "overload" for item in decorators(target.node))

    def _target(self, file: File, target: Target, binding: Binding) -> Value:
        node = target.node
        match target.kind:
            case Kind.FUNCTION:
                return Function(file, node)
            case Kind.CLASS:
                return ClassObject(file, node)
            case Kind.IMPORT:
                return self._imported(file, target, binding)
            case Kind.PARAMETER:
                return self._parameter(file, target)
            case Kind.ASSIGNMENT | Kind.ANNOTATION:
                return self._assigned(file, target)
            case Kind.WITH:
                return self._entered(file, node)
            case Kind.WALRUS:
                return self.evaluate(file, node.child_by_field_name("value"))
            case _:
                return None

    def _imported(self, file: File, target: Target, binding: Binding) -> Value:
        for statement, item in binding.imports:
            if item.bound_range[0] != target.start:
                continue
            if not statement.is_from:
                return self._module(file, item.name if item.asname else item.bound)
            path = self.program.find(file.path, statement.module or "", statement.level)
            if path is None:
                return External(canonical(f"{statement.module}.{item.name}")) if not statement.level else None
            return self.member(Module(path), item.name) if isinstance(path, str) else None
        return None

    def _module(self, file: File, name: str) -> Value:
        path = self.program.find(file.path, name, 0)
        if path is None:
            return External(name)
        return Module(path) if isinstance(path, str) else None

    def _parameter(self, file: File, target: Target) -> Value:
        node, scope = target.node, target.scope
        if scope.kind is not ScopeKind.FUNCTION:
            return None
        if node.type in ("typed_parameter", "typed_default_parameter"):
            if node.named_children[0].type in ("list_splat_pattern", "dictionary_splat_pattern"):
                return None
            return self.annotated(file, node.child_by_field_name("type")) if self._is_honest(file, scope) else None
        return self._receiver(file, target, scope) if node.type == "identifier" else None

    def _receiver(self, file: File, target: Target, scope: Scope) -> Value:
        parameters = scope.node.child_by_field_name("parameters")
        first = next((child for child in parameters.named_children if child.type != "comment"), None) if parameters else None
        cls = self.class_around(file, scope)
        if first is None or cls is None or first.start_byte != target.start:
            return None
        written = {file.text(item) for item in decorators(scope.node)}
        if "staticmethod" in written:
            return None
        name = file.text(scope.node.child_by_field_name("name"))
        return cls if "classmethod" in written or name in ("__new__", "__init_subclass__") else Instance(cls, False)

    def _is_honest(self, file: File, scope: Scope) -> bool:
        """Whether what is handed over is what the annotation says: to tests mocks are handed over."""
        return not (file.text(scope.node.child_by_field_name("name")).startswith("test") and b"ock" in file.source.text)

    def _assigned(self, file: File, target: Target) -> Value:
        node = target.node
        left, annotation = node.child_by_field_name("left"), node.child_by_field_name("type")
        while left is not None and left.start_byte != target.start:
            right = node.child_by_field_name("right")
            if right is None or right.type != "assignment":
                return None
            node, left = right, right.child_by_field_name("left")
        if left is None or left.type != "identifier":
            return None
        if annotation is not None:
            return self.annotated(file, annotation)
        value = node.child_by_field_name("right")
        while value is not None and value.type == "assignment":
            value = value.child_by_field_name("right")
        return self.evaluate(file, value)

    def _entered(self, file: File, node: Node) -> Value:
        """`value as name` of a `with`."""
        while node.type in ("with_item", "as_pattern"):
            node = node.named_children[0]
        value = self.evaluate(file, node)
        match value:
            case Entering(result=result):
                return result
            case Foreign():
                return value
            case Instance(cls=cls):
                found = [self.lookup(cls, name) for name in ("__aenter__", "__enter__")]
                methods = [item for item in found if isinstance(item, Function)]
                return self.returned(methods[0], value) if len(methods) == 1 else None
            case _:
                return None

    # Attributes.

    def member(self, value: Value, name: str) -> Value:
        """An attribute of a value."""
        match value:
            case Module(path=path):
                return self._of_module(path, name)
            case External(name=module):
                return External(canonical(f"{module}.{name}"))
            case Foreign(cls=cls):
                return External(f"{cls}.{name}")
            case ClassObject():
                return self._of_class(value, name)
            case Instance(cls=cls):
                return self._of_instance(value, cls, name)
            case Super(cls=cls):
                found = self.lookup(cls, name, above=True)
                return found if self._is_final(cls, name, False) else None
            case _:
                return None

    def _of_module(self, path: str, name: str) -> Value:
        file = self.program.file(path)
        if file is None:
            return None
        binding = file.names.scope.bindings.get(name)
        if binding is not None:
            return self.bound(file, binding)
        inner = self.program.submodule(path, name)
        if inner is not None:
            return Module(inner)
        if not file.names.has_star_imports or (path, name) in self._followed:
            return None
        self._followed.add((path, name))
        try:
            return self._unbound(file, name)
        finally:
            self._followed.discard((path, name))

    def _of_class(self, cls: ClassObject, name: str) -> Value:
        found = self.lookup(cls, name)
        return found if self._is_final(cls, name, False) or isinstance(found, ClassObject) else None

    def _of_instance(self, value: Instance, cls: ClassObject, name: str) -> Value:
        if self.is_assigned_to_instances(cls, name):
            return self._instance_attribute(cls, name) if self.lookup_definition(cls, name) is None else None
        found = self.lookup(cls, name)
        if isinstance(found, Function) and self.is_property(found):
            return self.returned(found, value)
        return found if self._is_final(cls, name, value.exact) else None

    def _is_final(self, cls: ClassObject, name: str, exact: bool) -> bool:
        """Whether no class below puts something else in the place of a method."""
        return exact or not self.program.facts.may_be_overridden(self.class_name(cls), name)

    def _instance_attribute(self, cls: ClassObject, name: str) -> Value:
        declared = self.declared_attribute(cls, name)
        if declared is not None:
            return self.annotated(*declared)
        assignments = list(self.attribute_assignments(cls, name))
        for file, node in assignments:
            annotation = node.child_by_field_name("type")
            if annotation is not None:
                return self.annotated(file, annotation)
        values = [self._assigned_value(file, node) for file, node in assignments]
        return self.same([value for value in values if not isinstance(value, Nothing)])

    def _assigned_value(self, file: File, node: Node) -> Value:
        left = node.child_by_field_name("left") if node.type == "assignment" else None
        return self.evaluate(file, node.child_by_field_name("right")) if left is not None and left.type == "attribute" else None
