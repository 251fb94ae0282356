"""Whether a program has queries of its own making: what `session.query` returns, or executes, is not what it seems then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.kinds import Maker, Session
from autofix.languages.python.code import Argument, Call, Constant, Dictionary
from autofix.languages.python.code_walk import Node, dotted, walk

_EVENTS = frozenset(("before_compile", "before_compile_update", "before_compile_delete"))
_LISTENING = frozenset(("listens_for", "listen", "listens_for_identifier"))
_CLASS = "sessions make queries of another class"


class Custom(NamedTuple):
    """A place that says so, and the reason in words that follow a line number."""

    path: str
    start: int
    reason: str


def custom_queries(inference: Inference, texts: Mapping[str, bytes]) -> Custom | None:
    """The first place that makes queries special: a class of its own for them, or a listener that changes them."""
    return next(iter((*_overrides(inference), *_settings(inference, texts))), None)


def _overrides(inference: Inference) -> Iterator[Custom]:
    """Session classes with a method `query`."""
    for key, info in sorted(inference.program.classes.items()):
        if not isinstance(inference.instance(key), Session | Maker):
            continue
        for above in inference.hierarchy.line(key):
            method = inference.program.classes[above].methods.get("query")
            if method is not None:
                function = inference.program.functions[method]
                yield Custom(
                    function.path, function.node.name_start, f"the session class `{info.node.name}` has its own `query`"
                )


def _settings(inference: Inference, texts: Mapping[str, bytes]) -> Iterator[Custom]:
    for path, module in sorted(inference.program.modules.items()):
        text = texts.get(path, b"")
        if b"query_cls" in text or b"before_compile" in text:
            for node in walk(module):
                yield from (Custom(path, start, reason) for start, reason in _said_by(node))


def _said_by(node: Node) -> Iterator[tuple[int, str]]:
    match node:
        case Argument(start=start, keyword="query_cls"):
            yield start, _CLASS
        case Dictionary(start=start, keys=keys):
            if any(isinstance(key, Constant) and key.value == "query_cls" for key in keys):
                yield start, _CLASS
        case Call(start=start, function=function, arguments=arguments) if last(dotted(function)) in _LISTENING:
            if any(isinstance(argument.value, Constant) and argument.value.value in _EVENTS for argument in arguments):
                yield start, "a listener changes queries before they are executed"
        case _:
            pass
