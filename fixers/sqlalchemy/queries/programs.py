"""The files of a program as the algebra of queries sees them, and what it asks about mapped classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Query, Session
from autofix.languages.python.code import Expression, Function, Module, Name, Parameter
from autofix.languages.python.code_walk import Parents, walk


class Models:
    """What the algebra of queries asks about mapped classes."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def has_eager_collections(self, model: str) -> bool | None:
        """Whether loading an object joins a collection that belongs to it, however indirectly; None where that is not known."""
        return self._joins_collections(model, frozenset())

    def _joins_collections(self, model: str, seen: frozenset[str]) -> bool | None:
        if not model:
            return None
        if model in seen:
            return False
        answers: list[bool | None] = []
        for cls in self._inference.hierarchy.line(model):
            for lazy, is_collection, target in self._relationships(cls):
                if lazy == "?":
                    answers.append(None)
                elif lazy == "joined":
                    answers.append(True if is_collection else self._joins_collections(target, seen | {model}))
        return True if True in answers else None if None in answers else False

    def _relationships(self, cls: str) -> Iterator[tuple[str, bool, str]]:
        for (owner, name), found in self._inference.fields.items():
            if owner == cls:
                yield found.lazy, found.is_collection, self._inference.targets_of_fields.get((owner, name), "")
        for target, _, owner, declared in self._inference.backrefs:
            if target == cls:
                found = self._inference.fields[owner, declared]
                yield found.back_lazy, found.back_is_collection, owner

    def is_unhashable(self, model: str, column: str) -> bool:
        """Whether the values of a column cannot be hashed: JSON, arrays."""
        return any((cls, column) in self._inference.unhashable for cls in self._inference.hierarchy.line(model))


def has_queries(inference: Inference, path: str) -> bool:
    """Whether there is any legacy query in a file."""
    return any(isinstance(kind, Query) for kind in inference.kinds[path].values())


@dataclass
class Sessions:
    """The sessions that functions of one file are given."""

    inference: Inference
    path: str
    module: Module
    parents: Parents
    _known: dict[int, str] = field(default_factory=dict)

    def parameter(self, expression: Expression) -> str:
        """The only parameter of the function around an expression that is a session; empty where there is none."""
        function = self._around(expression)
        if function is None:
            return ""
        if id(function) not in self._known:
            found = [parameter.name for parameter in function.parameters if self._is_session(function, parameter)]
            self._known[id(function)] = found[0] if len(found) == 1 else ""
        return self._known[id(function)]

    def _is_session(self, function: Function, parameter: Parameter) -> bool:
        for name in self._uses.get(parameter.name, ()):
            if isinstance(self.inference.kind_of(self.path, name), Session) and self._around(name) is function:
                return True
        key = self.inference.program.keys[self.path, function.start]
        return isinstance(self.inference.store.peek(("parameter", key, parameter.name)), Session)

    def _around(self, node: Expression) -> Function | None:
        return next((each for each in self.parents.around(node) if isinstance(each, Function)), None)

    @cached_property
    def _uses(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = defaultdict(list)
        for node in walk(self.module.body):
            if isinstance(node, Name):
                found[node.name].append(node)
        return found
