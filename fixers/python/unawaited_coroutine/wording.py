"""How findings speak of functions."""

from __future__ import annotations

from autofix.fixers.python.unawaited_coroutine.calls import Site
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import External, Function, Value


def called(file: File, site: Site) -> str:
    """The call without its arguments: `db.commit()`."""
    words = " ".join(file.text(site.callee).split())
    return f"{words if len(words) <= 60 else '...' + words[-57:]}()"


def evidence(value: Value) -> tuple[str, ...]:
    """Where the coroutine function is defined."""
    match value:
        case Function(file=file, node=node):
            name = file.text(node.child_by_field_name("name"))
            return (f"{file.path}:{node.start_point.row + 1}: async def {name}",)
        case External(name=name):
            return (f"{name} is a coroutine function",)
        case _:
            return ()
