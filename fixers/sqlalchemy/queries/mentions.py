"""Which mapped classes a criterion is about: one that is not selected adds a FROM of its own, and rows are multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Kind, Method, Model, Query, Relationship, Select, Selected
from autofix.languages.python.code import Attribute, Call, Collection, Comprehension, Expression, Name, Operation
from autofix.languages.python.code_walk import children, dotted

KindOf = Callable[[Expression], Kind]

# Their criteria stay within a subquery.
_CORRELATED = frozenset(("any", "has"))
_COMBINING = frozenset(("and_", "or_", "not_"))


def may_add_others(call: Call, selected: tuple[Selected, ...] | None, kind_of: KindOf) -> bool:
    """Whether the arguments of a call may be about others than what is selected, or it is not known what they are about."""
    own = {item.key for item in selected or () if isinstance(item, Model)}
    own |= {item.model for item in selected or () if isinstance(item, Column) and item.model}
    return any(
        criterion is None or _is_unknown(criterion, kind_of) or _mentions(criterion, own, kind_of)
        for criterion in _criteria(call)
    )


def _criteria(node: Expression) -> Iterator[Expression | None]:
    """What the arguments of a call come to, through `and_`, `or_` and their operators; None for what is not written out."""
    parts = [(item.value, item.stars) for item in node.arguments] if isinstance(node, Call) else []
    parts += [(operand, 0) for operand in node.operands] if isinstance(node, Operation) else []
    for value, stars in parts:
        if stars and not isinstance(value, Collection | Comprehension):
            yield None
        elif _combines(value):
            yield from _criteria(value)
        else:
            yield value


def _combines(node: Expression) -> bool:
    if isinstance(node, Call):
        return dotted(node.function).rpartition(".")[2] in _COMBINING
    return isinstance(node, Operation) and set(node.operators) <= {"&", "|", "~"}


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
    if isinstance(node, Call) and isinstance(node.function, Attribute):
        if node.function.name in _CORRELATED:
            return _mentions(node.function.value, own, kind_of)
        if node.function.name == "contains" and not isinstance(kind_of(node.function.value), Column):
            # Of a relationship of many to many it joins the table between them.
            return True
    return any(_mentions(child, own, kind_of) for child in children(node))
