"""The expressions of a unit, each with what stands between it and an `await`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any

from autofix.languages.python.code import (
    Argument,
    Assign,
    Block,
    Case,
    Class,
    Comprehension,
    Constant,
    Declare,
    Expression,
    Function,
    Handler,
    Import,
    Lambda,
    Name,
    Statement,
    WithItem,
)
from autofix.languages.python.code_walk import children


class Barrier(enum.Enum):
    """Where `await` is no syntax, or would change what the code around is."""

    NONE = ""
    LAMBDA = "a lambda"
    GENERATOR = "a generator expression"
    CLASS = "the body of a class"
    DEFAULT = "a default argument"
    DECORATOR = "a decorator"


Visit = tuple[Expression | Statement, Barrier]
"""One node of a unit, with what it stands in."""


def visits(block: Block) -> Iterator[Visit]:
    """Every statement and expression that runs as part of a block, outer ones first; annotations are left out."""
    stack: list[Visit] = [(statement, Barrier.NONE) for statement in reversed(block)]
    while stack:
        visit = stack.pop()
        yield visit
        node, barrier = visit
        kind = type(node)
        if kind in _LEAVES:
            continue
        inside = _INSIDE.get(kind)
        parts = list(inside(node, barrier)) if inside is not None else [(part, barrier) for part in _parts(node)]
        parts.reverse()
        stack += parts


def _function(node: Function, barrier: Barrier) -> Iterator[Visit]:
    for decorator in node.decorators:
        yield decorator, _inside(barrier, Barrier.DECORATOR)
    for parameter in node.parameters:
        if parameter.default is not None:
            yield parameter.default, _inside(barrier, Barrier.DEFAULT)


def _class(node: Class, barrier: Barrier) -> Iterator[Visit]:
    for decorator in node.decorators:
        yield decorator, barrier
    for base in node.bases:
        yield base.value, barrier
    for statement in node.body:
        yield statement, _inside(barrier, Barrier.CLASS)


def _lambda(node: Lambda, barrier: Barrier) -> Iterator[Visit]:
    for parameter in node.parameters:
        if parameter.default is not None:
            yield parameter.default, barrier
    yield node.body, Barrier.LAMBDA


def _comprehension(node: Comprehension, barrier: Barrier) -> Iterator[Visit]:
    inner = _inside(barrier, Barrier.GENERATOR) if node.kind == "generator" else barrier
    for index, clause in enumerate(node.clauses):
        yield clause.iterable, barrier if index == 0 else inner
        for condition in clause.conditions:
            yield condition, inner
    for element in node.elements:
        yield element, inner


# What each sort of scope consists of; all others hand the barrier on.
_INSIDE: dict[type, Callable[[Any, Barrier], Iterator[Visit]]] = {
    Function: _function,
    Class: _class,
    Lambda: _lambda,
    Comprehension: _comprehension,
}
_LEAVES = frozenset((Name, Constant, Import, Declare))


def _inside(outer: Barrier, inner: Barrier) -> Barrier:
    return inner if outer is Barrier.NONE else outer


def _parts(node: Expression | Statement) -> Iterator[Expression | Statement]:
    """The children that are statements or expressions, also through arguments, handlers and the like."""
    annotation = node.annotation if type(node) is Assign else None
    for child in children(node):
        if child is annotation:
            continue
        if type(child) in _CARRIERS:
            yield from _parts(child)
        else:
            yield child


# Parts of statements and calls that are neither by themselves.
_CARRIERS = frozenset((Argument, Case, Handler, WithItem))
