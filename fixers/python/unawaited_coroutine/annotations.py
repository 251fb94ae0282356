"""What a value is by its annotation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autofix.fixers.python.unawaited_coroutine.classes import Classes
from autofix.fixers.python.unawaited_coroutine.libraries import CALLED, METHODS
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import ClassObject, External, Foreign, Instance, Value

if TYPE_CHECKING:
    from tree_sitter import Node

_CLASSES = frozenset((*METHODS, *CALLED, "asyncio.AbstractEventLoop", "fastapi.FastAPI", "fastapi.APIRouter"))
# In a string: a class, perhaps in a module, perhaps or None.
_STRING = re.compile(r"""[bru]*(?P<quote>"{3}|'{3}|["'])(?P<name>[\w.]+)(?:\s*\|\s*None)?(?P=quote)""", re.IGNORECASE)
_OPTIONAL = frozenset(("typing.Optional", "typing.Annotated", "typing_extensions.Annotated"))
_TYPES = frozenset(("builtins.type", "typing.Type"))


class Annotations(Classes):
    """Reads types."""

    def annotated(self, file: File, node: Node | None) -> Value:
        """What a value of an annotated type is: an object of a class or of one below it."""
        if node is None:
            return None
        match node.type:
            case "type" | "parenthesized_expression":
                return self.annotated(file, node.named_children[0])
            case "identifier" | "attribute":
                return _instance(self.evaluate(file, node))
            case "subscript":
                key = node.children_by_field_name("subscript")
                return self._subscript(file, node.child_by_field_name("value"), key)
            case "generic_type":
                parameters = node.named_children[1].named_children
                return self._subscript(file, node.named_children[0], parameters)
            case "binary_operator" | "union_type":
                return self._union(file, node.named_children)
            case "string":
                return _instance(self._string(file, node))
            case _:
                return None

    def _subscript(self, file: File, generic: Node | None, parameters: list[Node]) -> Value:
        value = self.evaluate(file, generic)
        if isinstance(value, External):
            if value.name in _OPTIONAL and parameters:
                return self.annotated(file, parameters[0])
            if value.name == "typing.Union":
                return self._union(file, parameters)
            if value.name in _TYPES and len(parameters) == 1:
                found = self.annotated(file, parameters[0])
                return found.cls if isinstance(found, Instance) else None
        return _instance(value)

    def _union(self, file: File, nodes: list[Node]) -> Value:
        """Of a union, what is left without None."""
        left = [node for node in nodes if node.type != "comment" and file.text(node) != "None"]
        return self.annotated(file, left[0]) if len(left) == 1 else None

    def _string(self, file: File, node: Node) -> Value:
        found = _STRING.fullmatch(file.text(node))
        if found is None:
            return None
        head, *rest = found["name"].split(".")
        # Offsets count bytes, and what stands before the name is plain.
        binding = file.names.binding_at(node.start_byte + found.start("name"))
        value = self.bound(file, binding) if binding is not None and binding.name == head else None
        for name in rest:
            value = self.member(value, name)
        return value

    def member(self, value: Value, name: str) -> Value:
        """An attribute of a value."""
        raise NotImplementedError


def _instance(value: Value) -> Value:
    match value:
        case ClassObject():
            return Instance(value, False)
        case External(name=name) if name in _CLASSES:
            return Foreign(name)
        case _:
            return None
