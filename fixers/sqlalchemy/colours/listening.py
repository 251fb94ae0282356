"""Events: which functions of a program SQLAlchemy calls when something happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.kinds import Callable, External, Kind
from autofix.languages.python.code import Call, Constant, Expression, Function
from autofix.languages.python.code_walk import walk

_NAMES = frozenset(("listen", "listens_for", "remove", "contains"))


class Listening(NamedTuple):
    """A function that is called when something happens to a target."""

    path: str
    call: Call
    """`event.listen(...)` or `event.listens_for(...)`."""
    target: Expression
    event: str
    """Empty where it is not written as a string."""
    function: str
    """The key of the listener."""


def is_event_call(callee: Kind) -> bool:
    """Whether it is a function of `sqlalchemy.event` that takes a target."""
    return (
        isinstance(callee, External) and is_sqlalchemy(callee.name) and ".event." in callee.name and last(callee.name) in _NAMES
    )


def listenings(inference: Inference) -> Iterator[Listening]:
    """All of a program whose listener is one of its functions."""
    for path, module in inference.program.modules.items():
        if not any(is_event_call(External(name)) for name in inference.foreign_names[path]):
            continue
        for node in walk(module.body):
            if isinstance(node, Function):
                for decorator in node.decorators:
                    if isinstance(decorator, Call):
                        yield from _listening(inference, path, decorator, inference.program.keys[path, node.start])
            elif isinstance(node, Call) and len(node.arguments) > 2:
                function = inference.kind_of(path, node.arguments[2].value)
                if isinstance(function, Callable):
                    yield from _listening(inference, path, node, function.key)


def _listening(inference: Inference, path: str, call: Call, function: str) -> Iterator[Listening]:
    if is_event_call(inference.kind_of(path, call.function)) and len(call.arguments) > 1:
        event = call.arguments[1].value
        name = event.value if isinstance(event, Constant) and isinstance(event.value, str) else ""
        yield Listening(path, call, call.arguments[0].value, name, function)
