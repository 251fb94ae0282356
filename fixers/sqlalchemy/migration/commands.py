"""Commands of click and typer, which call them as plain functions: each runs an event loop of its own."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.engines.runtime import put_before
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages.python.code import Function

NAME = "run_async"
_HELPER = f'''\
def {NAME}(function):
    """A function that runs a coroutine function to its end, in an event loop of its own."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        return asyncio.run(function(*args, **kwargs))

    return run
'''


def decorator(migration: Migration, function: FunctionInfo) -> str:
    """What stands before the definition of a command that becomes a coroutine function, below its other decorators."""
    changes, node = migration.files[function.path], function.node
    if function.parent or function.owner:
        migration.block(function.path, node.name_start, "a command that is no function at the top level of its file")
        return ""
    if NAME in migration.inference.program.bindings[function.path]:
        migration.block(function.path, node.name_start, f"`{NAME}` means something else in this file")
        return ""
    program = migration.inference.program
    own = [each.node for each in migration.functions_of(function.path) if each.key in _coloured(migration)]
    if node is own[0]:
        changes.edits.append(put_before(changes.source, program.modules[function.path], map(_start, own), _HELPER))
        changes.need("asyncio")
        changes.need("functools")
    return f"@{NAME}{changes.source.newline}{_indent(changes.text, node.start)}"


def _coloured(migration: Migration) -> frozenset[str]:
    return migration.colours.commands & migration.colours.because.keys()


def _start(node: Function) -> int:
    return min((decorator.start for decorator in node.decorators), default=node.start)


def _indent(text: bytes, start: int) -> str:
    line = text.rfind(b"\n", 0, start) + 1
    return text[line:start].decode()
