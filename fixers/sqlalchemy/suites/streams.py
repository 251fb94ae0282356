"""Answers that tests read piece by piece: `with client.stream(...) as response`."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap, awaited
from autofix.languages.python.code import Attribute, Call, Clause, Comprehension, For, Function, Lambda, Name, With
from autofix.languages.python.code_walk import walk

# Members of httpx's `Response` that read from the connection, each with what an `AsyncClient` offers for it.
_WAITING = {"read": "aread", "close": "aclose"}
_PARTS = {name: f"a{name}" for name in ("iter_raw", "iter_bytes", "iter_text", "iter_lines")}


def rewrite(migration: Migration, path: str, call: Call) -> None:
    """What a test does with an answer, once `async with` enters the call that asks for it."""
    changes = migration.files[path]
    statement = enclosing(changes.parents, call, With)
    if not isinstance(statement, With):
        return
    target = next((item.target for item in statement.items if item.value is call), None)
    if target is None:
        return
    if not isinstance(target, Name):
        migration.block(path, target.start, "the answer that is streamed is kept: what is read of it is not followed")
        return
    for node in walk(statement.body):
        if isinstance(node, Name) and node.name == target.name:
            reason = _use(changes, statement, node)
            if reason:
                migration.block(path, node.start, reason, "Read it in a loop, or whole with `read`.")


def _use(changes: FileChanges, statement: With, response: Name) -> str:
    """Rewrite one use of the answer; why that cannot be done, else empty."""
    member = changes.parents.of(response)
    if not isinstance(member, Attribute) or member.value is not response:
        return "the answer that is streamed is handed on to what is not followed"
    if member.name not in _WAITING | _PARTS:
        return ""
    call = changes.parents.of(member)
    inner = enclosing(changes.parents, response, Function, Lambda)
    is_deferred = isinstance(inner, Function | Lambda) and inner.start > statement.start
    if not isinstance(call, Call) or call.function is not member or is_deferred:
        return f"`{member.name}` of the answer that is streamed is called elsewhere, where it may not be awaited"
    if member.name in _WAITING:
        changes.pieces.append(awaited(call, changes.parents, changes.text))
    else:
        loop = changes.parents.of(call)
        if not isinstance(loop, For | Clause) or loop.iterable is not call or _is_generator(changes, loop):
            return f"`{member.name}` of the answer that is streamed is read by what cannot wait for its parts"
        changes.pieces.append(Wrap(loop.start, loop.end, "async "))
    changes.pieces.append(Replace(member.name_start, member.end, (_WAITING | _PARTS)[member.name]))
    return ""


def _is_generator(changes: FileChanges, loop: For | Clause) -> bool:
    around = changes.parents.of(loop)
    return isinstance(loop, Clause) and isinstance(around, Comprehension) and around.kind == "generator"
