"""Which mapped classes a criterion is about: one that is not selected adds a FROM of its own, and rows are multiplied."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Kind, Method, Model, Query, Relationship, Select, Selected
from autofix.languages.python.code import Attribute, Call, Expression, Name
from autofix.languages.python.code_walk import children

KindOf = Callable[[Expression], Kind]

# Their criteria stay within a subquery.
_CORRELATED = frozenset(("any", "has"))


def may_add_others(call: Call, selected: tuple[Selected, ...] | None, kind_of: KindOf) -> bool:
    """Whether the arguments of a call may be about others than what is selected, or it is not known what they are about."""
    own = {item.key for item in selected or () if isinstance(item, Model)}
    own |= {item.model for item in selected or () if isinstance(item, Column) and item.model}
    return any(
        argument.stars or _is_unknown(argument.value, kind_of) or _mentions(argument.value, own, kind_of)
        for argument in call.arguments
    )


def _is_unknown(expression: Expression, kind_of: KindOf) -> bool:
    """Whether a whole criterion comes from elsewhere."""
    kind = kind_of(expression)
    return isinstance(expression, Name) and (kind is None or (isinstance(kind, Column) and not kind.model))


def _mentions(node: object, own: set[str], kind_of: KindOf) -> bool:
    if isinstance(node, Expression):
        match kind_of(node):
            case Select() | Query():
                return False
            case Model(key=key) | Column(model=key) | Relationship(model=key) if key:
                return key not in own
            case Alias() | Model() | Method(receiver=Alias()):
                return True
            case _:
                pass
    if isinstance(node, Call) and isinstance(node.function, Attribute) and node.function.name in _CORRELATED:
        return _mentions(node.function.value, own, kind_of)
    return any(_mentions(child, own, kind_of) for child in children(node))
