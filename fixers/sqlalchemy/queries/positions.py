"""Where a query stands that is not the beginning of a chain: iterated over, tested, stored, handed on."""

from __future__ import annotations

import enum

from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Column,
    External,
    Query,
    Relationship,
    Select,
    Session,
    Statement,
)
from autofix.fixers.sqlalchemy.parents import key
from autofix.fixers.sqlalchemy.queries.criteria import KindOf
from autofix.fixers.sqlalchemy.queries.outcome import Context
from autofix.languages.python import code


class Position(enum.Enum):
    """What is done with a value."""

    CHAIN = "an attribute, method or subscript of it"
    ITERATED = "all of its results are asked for"
    MAPPED = "its results are made a dictionary"
    TESTED = "its truth is asked for, the value itself goes nowhere"
    PASSED = "it may be the value of the expression around it"
    STORED = "it is bound to local names"
    CROSSING = "it leaves the function, or is kept in something else"
    SQL = "it becomes a part of an SQL expression"
    IDLE = "nothing, or it is compared with None"
    SHOWN = "its text is asked for"
    UNKNOWN = "something unknown"


_ITERATING = frozenset(
    (
        *("list", "set", "tuple", "frozenset", "sorted", "enumerate", "sum", "any", "all", "min", "max"),
        *("zip", "map", "filter", "iter"),
    )
)
_SHOWING = frozenset(("str", "repr", "print"))


def position_of(expression: code.Expression, context: Context) -> Position:
    """Where an expression stands."""
    parent = context.parents.of(expression)
    if isinstance(parent, code.Argument):
        return _as_argument(parent, context)
    if isinstance(parent, code.Operation):
        return _as_operand(expression, parent)
    if isinstance(parent, code.Assign):
        return _assigned(expression, parent)
    if isinstance(parent, code.If | code.While | code.Conditional) and _is(parent.test, expression):
        return Position.TESTED
    if isinstance(parent, code.Conditional):
        return Position.PASSED
    if isinstance(parent, code.Attribute):
        return Position.CHAIN
    if isinstance(parent, code.Subscript):
        return Position.CHAIN if _is(parent.value, expression) else Position.UNKNOWN
    if isinstance(parent, code.For | code.Clause):
        is_plain = _is(parent.iterable, expression) and not parent.is_async
        return Position.ITERATED if is_plain else Position.UNKNOWN
    if isinstance(parent, code.Yield):
        return Position.UNKNOWN if parent.is_from else Position.CROSSING
    return _SIMPLE.get(type(parent), Position.UNKNOWN)


_SIMPLE: dict[type, Position] = {
    code.Starred: Position.ITERATED,
    code.Walrus: Position.STORED,
    code.Evaluate: Position.IDLE,
    code.Delete: Position.IDLE,
    code.Text: Position.SHOWN,
    **dict.fromkeys((code.Return, code.Lambda, code.Collection, code.Dictionary, code.Comprehension), Position.CROSSING),
}


def _is(node: code.Expression | None, expression: code.Expression) -> bool:
    return node is not None and key(node) == key(expression)


def _as_operand(expression: code.Expression, operation: code.Operation) -> Position:
    operators, is_last = set(operation.operators), _is(operation.operands[-1], expression)
    if operators == {"not"}:
        return Position.TESTED
    if operators <= {"and", "or"}:
        return Position.PASSED if is_last else Position.TESTED
    if operators <= {"is", "is not"}:
        return Position.IDLE
    if operators <= {"in", "not in"} and is_last and len(operation.operands) == 2:
        return Position.ITERATED
    return Position.UNKNOWN


def _assigned(expression: code.Expression, statement: code.Assign) -> Position:
    if statement.value is None or not _is(statement.value, expression):
        return Position.IDLE if any(_is(target, expression) for target in statement.targets) else Position.UNKNOWN
    if statement.operator != "=":
        return Position.UNKNOWN
    if all(isinstance(target, code.Name) for target in statement.targets):
        return Position.STORED
    if any(isinstance(target, code.Collection) for target in statement.targets):
        return Position.ITERATED if len(statement.targets) == 1 else Position.UNKNOWN
    return Position.CROSSING


def _as_argument(argument: code.Argument, context: Context) -> Position:
    call = context.parents.of(argument)
    if not isinstance(call, code.Call):
        return Position.UNKNOWN
    if argument.stars:
        return Position.ITERATED if argument.stars == 1 else Position.UNKNOWN
    function, kind = call.function, context.kind_of(call.function)
    if isinstance(kind, External):
        is_sql = kind.name.startswith(("sqlalchemy.", "sqlmodel."))
        return Position.SQL if is_sql else Position.UNKNOWN
    if isinstance(kind, Callable | ClassObject):
        return Position.CROSSING
    if isinstance(function, code.Attribute):
        receiver = context.kind_of(function.value)
        if isinstance(receiver, Session):
            return Position.SQL if function.name == "query" else Position.UNKNOWN
        return (
            Position.SQL
            if isinstance(receiver, Column | Relationship | Select | Query | Statement)
            else _of_library(function, context.kind_of)
        )
    return _builtin(function, call) if kind is None else Position.UNKNOWN


def _of_library(function: code.Attribute, kind_of: KindOf) -> Position:
    """`func.coalesce(query)`."""
    owner = kind_of(function.value)
    is_sql = isinstance(owner, External) and owner.name.startswith(("sqlalchemy.", "sqlmodel."))
    return Position.SQL if is_sql else Position.UNKNOWN


def _builtin(function: code.Expression, call: code.Call) -> Position:
    name = function.name if isinstance(function, code.Name) else ""
    if name in _ITERATING:
        return Position.ITERATED
    if name in _SHOWING:
        return Position.SHOWN
    if name == "bool" and len(call.arguments) == 1:
        return Position.TESTED
    return Position.MAPPED if name == "dict" and len(call.arguments) == 1 else Position.UNKNOWN
