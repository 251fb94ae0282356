"""Who else may read a query than those that are known: callers that are not seen, and who is told that it is a `Query`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Callable, OneOf, Query
from autofix.fixers.sqlalchemy.queries.plan import Planned
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Conditional,
    Function,
    Name,
    Operation,
    Return,
    Walrus,
)
from autofix.languages.python.code_walk import Node, Parents, walk
from autofix.text.source import Source

_QUERY = re.compile(rb"\bQuery\b")


class Readers:
    """Looks for them in the whole program."""

    def __init__(self, inference: Inference, sources: Mapping[str, Source]) -> None:
        self._inference = inference
        self._sources = sources
        self._parents = inference.program.parents

    def unknown(self, group: Iterable[Planned]) -> str:
        """Why it is not known what becomes of the queries of a group, in words that follow a line number; else empty."""
        for planned in group:
            if not isinstance(self._inference.kind_of(planned.path, planned.node), Query):
                continue
            goal = self._goal(planned)
            function = self._function(planned)
            if self._is_annotated(planned, goal, function):
                return "it is annotated as `Query`"
            for name in _handed_on_by(goal, function):
                if name in self._reads:
                    return f"`{name}` hands the query on, and it is not known who reads that at {self._reads[name]}"
        return ""

    def _goal(self, planned: Planned) -> Node | None:
        """What the value of an expression goes to."""
        around = self._parents[planned.path].around(planned.node)
        return next((each for each in around if not isinstance(each, Conditional | Operation | Walrus)), None)

    def _function(self, planned: Planned) -> Function | None:
        around = self._parents[planned.path].around(planned.node)
        return next((each for each in around if isinstance(each, Function)), None)

    def _is_annotated(self, planned: Planned, goal: Node | None, function: Function | None) -> bool:
        annotations = [goal.annotation] if isinstance(goal, Assign) else []
        if function is not None:
            annotations += [function.returns] * isinstance(goal, Return)
            name = planned.node.name if isinstance(planned.node, Name) else ""
            annotations += [parameter.annotation for parameter in function.parameters if parameter.name == name]
        text = self._sources[planned.path].text
        return any(each is not None and _QUERY.search(text, each.start, each.end) for each in annotations)

    @cached_property
    def _reads(self) -> dict[str, str]:
        """By name, where attributes are read of what is not known, and functions are used as values."""
        found: dict[str, str] = {}
        for path, module in self._inference.program.modules.items():
            parents = self._parents[path]
            for node in walk(module):
                if not isinstance(node, Name | Attribute) or node.name in found:
                    continue
                if self._may_lead_to_others(path, node, parents):
                    found[node.name] = f"{path}:{self._sources[path].line_of(node.start)}"
        return found

    def _may_lead_to_others(self, path: str, node: Name | Attribute, parents: Parents) -> bool:
        around = parents.of(node)
        kind = self._inference.kind_of(path, node)
        if isinstance(kind, Callable | OneOf):
            return not (isinstance(around, Call) and around.function is node)
        is_stored = isinstance(around, Assign) and around.value is not node
        return kind is None and isinstance(node, Attribute) and not is_stored


def _handed_on_by(goal: Node | None, function: Function | None) -> Iterator[str]:
    """The names by which others get at what goes to an attribute, or is returned."""
    match goal:
        case Assign(targets=targets):
            yield from (target.name for target in targets if isinstance(target, Attribute))
        case Return() if function is not None:
            yield function.name
        case _:
            pass
