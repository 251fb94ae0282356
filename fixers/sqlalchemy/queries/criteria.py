"""Which tables a criterion names: a column of another table brings that table into FROM, which multiplies the rows."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, External, Kind, Model, Query, Relationship, Select
from autofix.languages.python.code import Attribute, Call, Collection, Constant, Expression, Operation, Subscript

KindOf = Callable[[Expression], Kind]
"""What an expression of the program may be."""

_LIBRARIES = ("sqlalchemy.", "sqlmodel.")
_CONNECTING = frozenset(("&", "|", "~", "and", "or", "not"))
_CONNECTIVES = frozenset(("and_", "or_", "not_", "asc", "desc", "nullsfirst", "nullslast", "nulls_first", "nulls_last"))


def names_only(own: frozenset[str], criterion: Expression, kind_of: KindOf) -> bool:
    """Whether a criterion names no table but those of the models `own` (keys)."""
    return _is_own(criterion, own, kind_of, is_criterion=True)


def _is_own(expression: Expression, own: frozenset[str], kind_of: KindOf, *, is_criterion: bool) -> bool:
    """Whether an expression in a criterion names no table but the own ones. What is compared with a column, and is not known
    to be an SQL expression, is a value.
    """
    if isinstance(expression, Constant) or isinstance(kind_of(expression), Query | Select):
        return True
    if isinstance(expression, Operation):
        connects = is_criterion and bool(_CONNECTING & set(expression.operators))
        return all(_is_own(part, own, kind_of, is_criterion=connects) for part in expression.operands)
    if isinstance(expression, Collection):
        return all(_is_own(part, own, kind_of, is_criterion=False) for part in expression.elements)
    if _is_own_column(expression, own, kind_of):
        return True
    if isinstance(expression, Call):
        return _is_own_call(expression, own, kind_of, is_criterion=is_criterion)
    return not is_criterion and _is_value(expression, own, kind_of)


def _is_own_column(expression: Expression, own: frozenset[str], kind_of: KindOf) -> bool:
    """Whether it is written `Model.column`, for one of the models: that of an alias is another table."""
    if not isinstance(expression, Attribute) or not isinstance(kind_of(expression.value), Model):
        return False
    kind = kind_of(expression)
    return isinstance(kind, Column | Relationship) and kind.model in own


def _is_own_call(call: Call, own: frozenset[str], kind_of: KindOf, *, is_criterion: bool) -> bool:
    function = call.function
    receiver = function.value if isinstance(function, Attribute) else None
    if receiver is not None and isinstance(kind_of(receiver), Relationship):
        # Those are written as EXISTS; `contains` may join the table between.
        return isinstance(function, Attribute) and function.name in ("any", "has")
    library = library_name(function, kind_of)
    if library in ("exists", "select", "literal", "true", "false"):
        return True
    if library == "text" or any(argument.stars for argument in call.arguments):
        return False
    connects = is_criterion and library in _CONNECTIVES
    if not all(_is_own(argument.value, own, kind_of, is_criterion=connects) for argument in call.arguments):
        return False
    if library:
        return True
    return not is_criterion if receiver is None else _is_own(receiver, own, kind_of, is_criterion=is_criterion)


def library_name(function: Expression, kind_of: KindOf) -> str:
    """The name of a function of SQLAlchemy, that of `func.lower` too; empty for other functions."""
    kind = kind_of(function)
    if kind is None and isinstance(function, Attribute):
        kind = kind_of(function.value)
        return function.name if isinstance(kind, External) and kind.name.startswith(_LIBRARIES) else ""
    return kind.name.rpartition(".")[2] if isinstance(kind, External) and kind.name.startswith(_LIBRARIES) else ""


def _is_value(expression: Expression, own: frozenset[str], kind_of: KindOf) -> bool:
    """Whether an expression is no column of another table: those of `Table` objects are under `.c`."""
    if _is_own_column(expression, own, kind_of):
        return True
    if isinstance(kind_of(expression), Model | Alias | Relationship | Column):
        return False
    if isinstance(expression, Attribute):
        return expression.name not in ("c", "columns") and _is_value(expression.value, own, kind_of)
    if isinstance(expression, Subscript):
        return _is_value(expression.value, own, kind_of)
    return not isinstance(expression, Call) or _is_value(expression.function, own, kind_of)
