"""Consumers of generator functions that become async: loops, comprehensions, `next`, `list`, `enumerate`, `yield from`."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.colours.sites import Site
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap, awaited
from autofix.languages.python.code import (
    Argument,
    Attribute,
    Call,
    Clause,
    Collection,
    Comprehension,
    Constant,
    Evaluate,
    Expression,
    For,
    Name,
    Yield,
)
from autofix.languages.python.code_walk import walk

# These read the whole of what they are given before they do anything else.
_READERS = frozenset(("list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "dict", "len", "reversed"))


def consumed(migration: Migration, site: Site) -> None:
    """Rewrite what consumes the call of a generator function that becomes an async one."""
    changes, node = migration.files[site.path], site.node
    parent = changes.parents.of(node)
    match parent:
        case For() if parent.iterable is node:
            if not parent.is_async:
                changes.pieces.append(Wrap(parent.start, parent.end, "async "))
            return
        case Clause() if parent.iterable is node:
            comprehension = changes.parents.of(parent)
            if isinstance(comprehension, Comprehension) and comprehension.kind != "generator":
                changes.pieces.append(Wrap(parent.start, parent.end, "async "))
                return
        case Yield(is_from=True):
            if _delegated(changes, parent, node):
                return
        case Argument():
            call = changes.parents.of(parent)
            if isinstance(call, Call) and _argument(migration, changes, call, node):
                return
        case _:
            pass
    migration.block(site.path, node.start, "an async generator is handed on to what cannot take it", unit=site.unit)


def _argument(migration: Migration, changes: FileChanges, call: Call, generator: Expression) -> bool:
    """A function that is given the generator; whether it can still be."""
    kind = migration.kind(changes.path, call.function)
    name = last(kind.name) if isinstance(kind, External) and kind.name.startswith("builtins.") else ""
    if name == "next":
        changes.pieces.append(Replace(call.function.start, call.function.end, "anext"))
        changes.pieces.append(awaited(call, changes.parents, changes.text))
        return True
    if name == "list" and len(call.arguments) == 1:
        changes.pieces.append(Replace(call.start, generator.start, "[item async for item in "))
        changes.pieces.append(Replace(generator.end, call.end, "]"))
        return True
    is_join = isinstance(call.function, Attribute) and call.function.name in ("join", "extend")
    if name in _READERS or is_join:
        changes.pieces.append(Wrap(generator.start, generator.end, "[item async for item in ", "]"))
        return True
    return name == "enumerate" and _enumerated(changes, call, generator)


def _delegated(changes: FileChanges, delegation: Yield, generator: Expression) -> bool:
    """`yield from generator` as a statement, to a loop."""
    statement = changes.parents.of(delegation)
    if not isinstance(statement, Evaluate):
        return False
    indent = _indent(changes, statement.start)
    if indent is None:
        return False
    changes.pieces.append(Replace(statement.start, generator.start, "async for item in "))
    changes.pieces.append(Replace(generator.end, statement.end, f":{changes.source.newline}{indent}    yield item"))
    return True


def _enumerated(changes: FileChanges, call: Call, generator: Expression) -> bool:
    """`for i, x in enumerate(generator):` to a loop that counts by itself: it need not read more than it is asked for."""
    loop = changes.parents.of(call)
    if not isinstance(loop, For) or loop.iterable is not call or loop.is_async or not isinstance(loop.target, Collection):
        return False
    if len(loop.target.elements) != 2 or not isinstance(loop.target.elements[0], Name) or not loop.body:
        return False
    counter, item = loop.target.elements
    indent, inner = _indent(changes, loop.start), _indent(changes, loop.body[0].start)
    if indent is None or inner is None or any(isinstance(each, Name) and each == counter for each in walk(item)):
        return False
    newline, name = changes.source.newline, changes.source.slice(counter.start, counter.end)
    before = f"{name} = {_before_start(changes, call)}{newline}{indent}async "
    changes.pieces.append(Wrap(loop.start, loop.end, before))
    changes.pieces.append(Replace(loop.target.start, item.start, ""))
    changes.pieces.append(Replace(call.start, generator.start, ""))
    changes.pieces.append(Replace(generator.end, call.end, ""))
    changes.pieces.append(Wrap(loop.body[0].start, loop.body[-1].end, f"{name} += 1{newline}{inner}"))
    return True


def _before_start(changes: FileChanges, call: Call) -> str:
    """One less than the first number of `enumerate`."""
    start = next((argument.value for argument in call.arguments[1:]), None)
    if start is None:
        return "-1"
    if isinstance(start, Constant) and type(start.value) is int:
        return str(start.value - 1)
    return f"{changes.source.slice(start.start, start.end)} - 1"


def _indent(changes: FileChanges, at: int) -> str | None:
    """The blanks before a statement; None where something else stands before it on its line."""
    start, _ = changes.source.line_range(changes.source.line_of(at))
    indent = changes.source.slice(start, at)
    return None if indent.strip() else indent
