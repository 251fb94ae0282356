"""What the arguments of `query()` and `select()` select."""

from __future__ import annotations

import re
from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, ClassObject, Column, External, Kind, Method, Model, Relationship, Selected
from autofix.languages.python.code import Argument, Attribute, Call, Expression, Name, Subscript
from autofix.languages.python.code_walk import walk

KindOf = Callable[[Expression], Kind]

# Functions and types whose values are lists and dictionaries: `json_agg`, `array_agg`, `JSONB`.
_UNHASHABLE = ("json", "array", "row_to_json", "to_json", "hstore", "pickletype")
# The name of a class, by convention.
_CLASS = re.compile("[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
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
            kind = _mapped(kind_of(expression))
    if kind is None or isinstance(kind, Method | External):
        return _inherited_column(expression, kind_of)
    if not isinstance(kind, Model | Alias | Column | Relationship):
        return None
    return None if isinstance(kind, Column) and not kind.name and _may_be_unhashable(expression) else kind


def _inherited_column(expression: Expression, kind_of: KindOf) -> Column | None:
    """A column that a mapped class has from where it cannot be followed to."""
    if not isinstance(expression, Attribute):
        return None
    owner = _mapped(kind_of(expression.value))
    return Column(owner.key, expression.name) if isinstance(owner, Model) else None


def _mapped(kind: Kind) -> Kind:
    """A class that is selected is a mapped one, also where nothing of what it inherits is known."""
    match kind:
        case ClassObject(key=key):
            return Model(key)
        case External(name=name) if _CLASS.fullmatch(name.rpartition(".")[2]) and not name.startswith("sqlalchemy."):
            return Model()
        case _:
            return kind


def _may_be_unhashable(expression: Expression) -> bool:
    return any(
        isinstance(part, Subscript) or (isinstance(part, Name | Attribute) and part.name.lower().startswith(_UNHASHABLE))
        for part in walk(expression)
    )
