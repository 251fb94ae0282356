"""The order of statements in a function: which bindings and events come before a use of a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autofix.languages.python.code import (
    Assign,
    Attribute,
    Block,
    Collection,
    Comprehension,
    Expression,
    For,
    Handler,
    If,
    Lambda,
    Leave,
    Match,
    Name,
    Return,
    Statement,
    Try,
    Walrus,
    With,
)
from autofix.languages.python.code_walk import Node, Parents, own, target_names


class Binding(NamedTuple):
    """A place that gives a name its value; `value` is what is assigned, or iterated over. Neither is there for a parameter."""

    statement: Statement | None
    value: Expression | None


def bindings_of(name: str, body: Block, parents: Parents) -> Iterator[Binding]:
    """Where the statements of a function bind a name."""
    for node in own(body):
        match node:
            case Assign(targets=targets, value=value) if value is not None:
                for target in targets:
                    if name in target_names(target):
                        yield Binding(node, _part(name, target, value))
            case For(target=target, iterable=iterable) if name in target_names(target):
                yield Binding(node, iterable)
            case With(items=items):
                for item in items:
                    if item.target is not None and name in target_names(item.target):
                        yield Binding(node, None)
            case Walrus(target=target, value=value) if name in target_names(target):
                statement = next((each for each in parents.around(node) if isinstance(each, Statement)), None)
                yield Binding(statement, value)
            case _:
                pass


def _part(name: str, target: Expression, value: Expression) -> Expression:
    """What of a value goes to a name: `a, b = x, y`."""
    if isinstance(target, Collection) and isinstance(value, Collection) and len(target.elements) == len(value.elements):
        for inner, part in zip(target.elements, value.elements, strict=True):
            if name in target_names(inner):
                return part
    return value


def bound_around(name: Name, parents: Parents) -> Expression | bool | None:
    """What a comprehension around a name iterates over where it binds the name; False where none does; None for a lambda."""
    for around in parents.around(name):
        if isinstance(around, Comprehension):
            for clause in around.clauses:
                if name.name in target_names(clause.target) and not _contains(clause.iterable, name):
                    return clause.iterable
        elif isinstance(around, Lambda):
            if any(parameter.name == name.name for parameter in around.parameters):
                return None
        elif isinstance(around, Statement):
            break
    return False


def _contains(node: Expression, inner: Expression) -> bool:
    return node.start <= inner.start and inner.end <= node.end


def reaches(first: Statement, second: Statement, parents: Parents) -> bool:
    """Whether what runs after `first` may come to `second`, which stands behind it or in it. Loops are not gone round."""
    if first is second or first.start > second.start:
        return False
    above_first, above_second = [first, *parents.around(first)], [second, *parents.around(second)]
    places = {id(node): index for index, node in enumerate(above_second)}
    meeting = next((index for index, node in enumerate(above_first) if id(node) in places), len(above_first))
    if meeting == 0:
        return True
    common = above_first[meeting] if meeting < len(above_first) else None
    if common is second:
        return False
    here = above_first[meeting - 1]
    there = above_second[(places[id(common)] if common is not None else len(above_second)) - 1]
    if _are_alternatives(common, here, there):
        return False
    return not any(_leaves(above_first[level + 1], above_first[level]) for level in range(meeting - 1))


def _are_alternatives(common: Node | None, here: Node, there: Node) -> bool:
    match common:
        case If(body=body, orelse=orelse):
            return _is_in(here, body) and _is_in(there, orelse)
        case Match():
            return here is not there
        case Try(orelse=orelse):
            return isinstance(here, Handler) and (isinstance(there, Handler) or _is_in(there, orelse))
        case _:
            return False


def _is_in(node: Node, block: Block) -> bool:
    return any(each is node for each in block)


def _leaves(around: Node, inner: Node) -> bool:
    """Whether the block of `around` that `inner` stands in ends by leaving it, so that what follows `around` is not reached."""
    for block in _blocks(around):
        if _is_in(inner, block):
            behind = block[next(index for index, each in enumerate(block) if each is inner) :]
            return any(isinstance(each, Return | Leave) for each in behind)
    return False


def _blocks(node: Node) -> Iterator[Block]:
    for name in ("body", "orelse", "final"):
        block = getattr(node, name, None)
        if isinstance(block, tuple) and not hasattr(block, "_fields"):
            yield block


def dominates(first: Statement, second: Statement, parents: Parents) -> bool:
    """Whether `second` is only reached through `first`: it stands in the same block or deeper, behind it."""
    above = parents.of(first)
    around = [None, *parents.around(second)]
    if not any(each is above for each in around):
        return False
    if above is None or not isinstance(above, If | Try | Match | For):
        return first.start < second.start
    inner = next((each for each in (second, *parents.around(second)) if parents.of(each) is above), None)
    return any(_is_in(first, block) and inner is not None and _is_in(inner, block) for block in _blocks(above))


def is_certain(name: str, binding: Binding, use: Statement, body: Block, parents: Parents) -> bool:
    """Whether a name is known not to be None where `use` runs: it was tested, or an attribute of it was read before."""
    for node in own(body):
        if isinstance(node, If) and excludes_none(node, name) and dominates(node, use, parents):
            return True
        if isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.name == name:
            statement = next((each for each in parents.around(node) if isinstance(each, Statement)), None)
            if (
                statement is not None
                and not isinstance(statement, If)
                and statement is not use
                and dominates(statement, use, parents)
                and (binding.statement is None or binding.statement.start < statement.start)
            ):
                return True
    tests = (each for each in parents.around(use) if isinstance(each, If))
    around = next((each for each in tests if isinstance(each.test, Name) and each.test.name == name), None)
    return around is not None and _is_in_body(use, around, parents)


def _is_in_body(use: Statement, around: If, parents: Parents) -> bool:
    inner: Node | None = use
    while inner is not None and parents.of(inner) is not around:
        inner = parents.of(inner)
    return inner is not None and _is_in(inner, around.body)


def excludes_none(node: Statement, name: str) -> bool:
    """`if not x: raise`, `if x is None: return`."""
    if not isinstance(node, If) or node.orelse or not node.body or not isinstance(node.body[-1], Return | Leave):
        return False
    test = node.test
    operators = getattr(test, "operators", ())
    operands = getattr(test, "operands", ())
    if operators[:1] == ("or",):
        return any(_is_negative(each, name) for each in operands)
    return _is_negative(test, name)


def _is_negative(test: Expression, name: str) -> bool:
    operators = getattr(test, "operators", ())
    operands = getattr(test, "operands", ())
    return bool(
        operators in (("not",), ("is",), ("==",)) and operands and isinstance(operands[0], Name) and operands[0].name == name
    )
