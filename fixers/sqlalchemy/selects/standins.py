"""Mocks and other stand-ins for sessions in tests: they answer to `query`, and know nothing of `scalars`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.languages.python.code import Attribute, Class, Function
from autofix.languages.python.code_walk import Node, walk
from autofix.text.source import Source

_ASKED = frozenset(
    (
        *("return_value", "side_effect", "called", "called_once", "call_args", "call_args_list", "call_count", "mock_calls"),
        *("assert_called", "assert_called_once", "assert_called_with", "assert_called_once_with", "assert_any_call"),
        *("assert_not_called", "assert_has_calls", "reset_mock", "configure_mock"),
    )
)


def replaced(program: Program, sources: Mapping[str, Source]) -> dict[str, str]:
    """By file of which a test may hand a stand-in to a function, where that test makes it."""
    found: dict[str, str] = {}
    for path in sorted(program.modules):
        place = _place(program, sources[path]) if is_test_file(path) else ""
        if place:
            found.update((each, place) for each in _loaded_by(program, path) if each not in found)
    return found


def _place(program: Program, source: Source) -> str:
    if b"query" not in source.text:
        return ""
    found = (start for node in walk(program.modules[source.path]) for start in _standing_in(node))
    start = next(found, None)
    return f"{source.path}:{source.line_of(start)}" if start is not None else ""


def _standing_in(node: Node) -> Iterator[int]:
    match node:
        case Attribute(start=start, value=Attribute(name="query"), name=name) if name in _ASKED:
            yield start
        case Class(body=body):
            yield from (each.start for each in body if isinstance(each, Function) and each.name == "query")
        case _:
            pass


def _loaded_by(program: Program, path: str) -> set[str]:
    """A file and all that its imports load."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(program.imported_files.get(current, ()))
    return found
