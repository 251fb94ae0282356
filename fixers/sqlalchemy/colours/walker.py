"""The expressions of a unit, each with what stands between it and an `await`."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

from autofix.languages.python.code import (
    Argument,
    Block,
    Case,
    Class,
    Comprehension,
    Function,
    Handler,
    Lambda,
    WithItem,
)
from autofix.languages.python.code_walk import Node, children


class Barrier(enum.Enum):
    """Where `await` is no syntax, or would change what the code around is."""

    NONE = ""
    LAMBDA = "a lambda"
    GENERATOR = "a generator expression"
    CLASS = "the body of a class"
    DEFAULT = "a default argument"
    DECORATOR = "a decorator"


class Visit(NamedTuple):
    """One node of a unit."""

    node: Node
    barrier: Barrier


def visits(block: Block, barrier: Barrier = Barrier.NONE) -> Iterator[Visit]:
    """Every statement and expression that runs as part of a block, outer ones first; annotations are left out."""
    for statement in block:
        yield from _visit(statement, barrier)


def _visit(node: Node, barrier: Barrier) -> Iterator[Visit]:  # noqa: C901 one branch for each sort of scope
    yield Visit(node, barrier)
    match node:
        case Function(decorators=decorators, parameters=parameters):
            for decorator in decorators:
                yield from _visit(decorator, _inside(barrier, Barrier.DECORATOR))
            for parameter in parameters:
                if parameter.default is not None:
                    yield from _visit(parameter.default, _inside(barrier, Barrier.DEFAULT))
        case Class(decorators=decorators, bases=bases, body=body):
            for decorator in decorators:
                yield from _visit(decorator, barrier)
            for base in bases:
                yield from _visit(base.value, barrier)
            yield from visits(body, _inside(barrier, Barrier.CLASS))
        case Lambda(parameters=parameters, body=body):
            for parameter in parameters:
                if parameter.default is not None:
                    yield from _visit(parameter.default, barrier)
            yield from _visit(body, Barrier.LAMBDA)
        case Comprehension():
            yield from _comprehension(node, barrier)
        case _:
            for child in _parts(node):
                yield from _visit(child, barrier)


def _comprehension(node: Comprehension, barrier: Barrier) -> Iterator[Visit]:
    inner = _inside(barrier, Barrier.GENERATOR) if node.kind == "generator" else barrier
    for index, clause in enumerate(node.clauses):
        yield from _visit(clause.iterable, barrier if index == 0 else inner)
        for condition in clause.conditions:
            yield from _visit(condition, inner)
    for element in node.elements:
        yield from _visit(element, inner)


def _inside(outer: Barrier, inner: Barrier) -> Barrier:
    return inner if outer is Barrier.NONE else outer


def _parts(node: Node) -> Iterator[Node]:
    """The children that are statements or expressions, also through arguments, handlers and the like."""
    annotation = getattr(node, "annotation", None)
    for child in children(node):
        if child is annotation:
            continue
        if isinstance(child, _CARRIERS):
            yield from _parts(child)
        else:
            yield child


# Parts of statements and calls that are neither by themselves.
_CARRIERS = (Argument, Case, Handler, WithItem)
