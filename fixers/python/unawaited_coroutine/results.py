"""What calls give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.fixers.python.unawaited_coroutine.annotations import Annotations
from autofix.fixers.python.unawaited_coroutine.colours import decorators, is_async
from autofix.fixers.python.unawaited_coroutine.libraries import CALLED, ENTERED, MADE_BY, METHODS
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import (
    ClassObject,
    Entering,
    External,
    Foreign,
    Function,
    Instance,
    Pending,
    Super,
    Value,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_CLASSES = frozenset((*METHODS, *CALLED, "fastapi.FastAPI", "fastapi.APIRouter"))


class Results(Annotations):
    """Follows calls to what they return."""

    def call(self, file: File, node: Node) -> Value:
        """What a call gives."""
        callee = node.child_by_field_name("function")
        if callee is not None and callee.type == "identifier" and file.text(callee) == "super":
            return self._super(file, node)
        return self.result(file, self.evaluate(file, callee))

    def _super(self, file: File, node: Node) -> Value:
        arguments = node.child_by_field_name("arguments")
        scope = file.names.scope_at(node.start_byte).function
        if scope is None or arguments is None or arguments.named_child_count:
            return None
        cls = self.class_around(file, scope)
        return Super(cls) if cls is not None else None

    def result(self, file: File, function: Value) -> Value:
        """What calling a value gives."""
        match function:
            case ClassObject():
                return Instance(function, True) if self.makes_instances(function) else None
            case Function():
                given = self.returned(function, None)
                if self.is_coroutine_function(function):
                    return Pending(given)
                return given if not decorators(function.node) and not is_async(function.node) else None
            case External(name=name):
                return self._of_library(name)
            case Foreign(cls=cls) if cls in CALLED:
                return Foreign(CALLED[cls])
            case _:
                return None

    def _of_library(self, name: str) -> Value:
        if name in MADE_BY:
            return Foreign(MADE_BY[name])
        if name in _CLASSES:
            return Foreign(name)
        cls, _, method = name.rpartition(".")
        entered = ENTERED.get((cls, method))
        return Entering(Foreign(entered)) if entered is not None else None

    def returned(self, function: Function, receiver: Instance | None) -> Value:
        """What a function returns, by its annotation."""
        annotation = function.node.child_by_field_name("return_type")
        if annotation is None:
            return None
        if function.file.text(annotation).strip("\"'").rpartition(".")[2] == "Self":
            return receiver
        return self.annotated(function.file, annotation)
