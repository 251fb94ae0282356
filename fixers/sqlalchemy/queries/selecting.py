"""What the arguments of `query()` and `select()` select."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Kind, Model, Relationship, Selected
from autofix.languages.python.code import Argument, Attribute, Call, Expression, Name, Subscript
from autofix.languages.python.code_walk import walk

KindOf = Callable[[Expression], Kind]

# Functions and types whose values are lists and dictionaries: `json_agg`, `array_agg`, `JSONB`.
_UNHASHABLE = ("json", "array", "row_to_json", "to_json", "hstore", "pickletype")
_COLUMN_COLLECTIONS = frozenset(("c", "columns"))


def things(arguments: tuple[Argument, ...], kind_of: KindOf) -> tuple[Selected, ...] | None:
    """What arguments select; None where one is starred."""
    if any(argument.stars for argument in arguments):
        return None
    return tuple(thing(argument.value, kind_of) for argument in arguments)


def thing(expression: Expression, kind_of: KindOf) -> Selected:
    """What one expression selects. None also for an expression whose values may have no hash."""
    match expression:
        case Call(function=Attribute(value=value, name="label")):
            return thing(value, kind_of)
        case Attribute(value=Attribute(name=name)) if name in _COLUMN_COLLECTIONS and kind_of(expression) is None:
            # A column of a table or subquery.
            return Column()
        case _:
            kind = kind_of(expression)
    if not isinstance(kind, Model | Alias | Column | Relationship):
        return None
    return None if isinstance(kind, Column) and not kind.name and _may_be_unhashable(expression) else kind


def _may_be_unhashable(expression: Expression) -> bool:
    return any(
        isinstance(part, Subscript) or (isinstance(part, Name | Attribute) and part.name.lower().startswith(_UNHASHABLE))
        for part in walk(expression)
    )
