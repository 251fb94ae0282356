"""How the shape of a query or select changes with each method that builds on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Model, Relationship, Selected, Shape
from autofix.fixers.sqlalchemy.queries.criteria import KindOf, library_name, names_only
from autofix.fixers.sqlalchemy.queries.table import COMPOUNDS
from autofix.languages.python.code import (
    Argument,
    Attribute,
    Call,
    Collection,
    Constant,
    Expression,
    Name,
    Starred,
)

UNKNOWN = "?"
"""A joined entity that cannot be told."""

# Loader options that never multiply the rows of the statement itself.
_SEPARATE_LOADERS = frozenset(
    (
        *("selectinload", "subqueryload", "lazyload", "noload", "raiseload", "immediateload", "defaultload"),
        *("load_only", "defer", "undefer", "undefer_group", "with_expression", "selectin_polymorphic"),
    )
)
_FLAGS = (
    *("is_joined", "streams", "is_compound", "is_limited", "is_grouped", "is_distinct"),
    *("is_ordered", "is_filtered", "is_statement"),
)
_JOINING_LOADERS = frozenset(("joinedload", "contains_eager"))


def shape_of(call: Call, kind_of: KindOf) -> Shape:
    """The shape of `query(...)` or `select(...)`, from the arguments of the call."""
    return _selecting(Shape(None), selected(call, kind_of))


def selected(call: Call, kind_of: KindOf) -> tuple[Selected, ...] | None:
    """What the arguments select; None where that is not written out."""
    values = [argument.value for argument in call.arguments]
    if any(argument.stars or argument.keyword is not None for argument in call.arguments):
        return None
    if len(values) == 1 and isinstance(values[0], Collection) and values[0].kind in ("list", "tuple"):
        values = list(values[0].elements)
        if any(isinstance(value, Starred) for value in values):
            return None
    kinds = (kind_of(value) for value in values)
    return tuple(kind if isinstance(kind, Model | Alias | Column | Relationship) else None for kind in kinds)


def _selecting(shape: Shape, items: tuple[Selected, ...] | None) -> Shape:
    """The shape with other things selected: rows with an entity and anything else may repeat."""
    entities = [item for item in items or () if isinstance(item, Model | Alias)]
    mixed = bool(entities) and (len(items or ()) > len(entities) or len(set(entities)) < len(entities))
    return replace(shape, selected=items, is_joined=shape.is_joined or mixed)


def step(shape: Shape, method: str, call: Call, kind_of: KindOf) -> Shape:
    """The shape after `query.method(...)`, where the method builds a query or select."""
    change = _STEPS.get(method)
    if change is not None:
        return change(shape, call, kind_of)
    plain = _PLAIN_STEPS.get(method)
    return plain(shape) if plain is not None else shape


def merged(one: Shape, other: Shape) -> Shape:
    """The shape of what is either of two queries, as after a branch: what differs is not known any more."""
    same_join = (one.joined_entity, one.joined_model) == (other.joined_entity, other.joined_model)
    flags = {name: getattr(one, name) or getattr(other, name) for name in _FLAGS}
    return Shape(
        selected=one.selected if one.selected == other.selected else None,
        joined_entity=one.joined_entity if same_join else UNKNOWN,
        joined_model=one.joined_model if same_join else "",
        joins=max(one.joins, other.joins),
        options=one.options | other.options,
        **flags,
    )


def _with_selected(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    """`with_entities`, `with_only_columns`."""
    positional = call._replace(arguments=tuple(a for a in call.arguments if a.keyword != "maintain_column_froms"))
    # What was filtered by may no longer be what is selected: other tables stay in FROM.
    changed = _selecting(shape, selected(positional, kind_of))
    return changed if models(changed) and models(changed) <= models(shape) else replace(changed, is_joined=True)


def _with_more(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    """`add_columns`, `add_entity`, `add_column`."""
    more = selected(call, kind_of)
    if shape.selected is None or more is None:
        return _selecting(shape, None)
    return replace(_selecting(shape, (*shape.selected, *more)), is_joined=True)


def _joined(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    """`join`, `outerjoin`: `filter_by` then looks at what was joined last."""
    positional = [argument for argument in call.arguments if argument.keyword is None]
    target = positional[0] if positional else None
    text, model = UNKNOWN, ""
    if target is not None and not target.stars:
        kind = kind_of(target.value)
        if isinstance(kind, Model | Alias):
            text, model = written(target.value) or UNKNOWN, kind.key if isinstance(kind, Model) else kind.model
        elif isinstance(kind, Relationship) and not _relationships(positional[1:], kind_of):
            text, model = UNKNOWN, kind.target
    return replace(shape, is_joined=True, joined_entity=text, joined_model=model, joins=min(shape.joins + 1, 2))


def _relationships(arguments: list[Argument], kind_of: KindOf) -> bool:
    return any(isinstance(kind_of(argument.value), Relationship) for argument in arguments)


def _from_joined(shape: Shape) -> Shape:
    return replace(shape, is_joined=True, joined_entity=UNKNOWN, joined_model="", joins=2)


def _from(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    """`select_from`: `filter_by` looks at it as long as nothing is joined."""
    own = models(shape)
    first = call.arguments[0] if call.arguments else None
    kind = kind_of(first.value) if first is not None and not first.stars else None
    is_own = len(call.arguments) == 1 and isinstance(kind, Model) and {kind.key} == own
    if shape.joined_entity or first is None:
        return replace(shape, is_joined=True)
    text = written(first.value) if isinstance(kind, Model | Alias) and not first.stars else ""
    model = kind.key if isinstance(kind, Model) else kind.model if isinstance(kind, Alias) else ""
    is_joined = shape.is_joined or not is_own
    return replace(shape, is_joined=is_joined, joined_entity=text or UNKNOWN, joined_model=model, joins=2)


def _filtered(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    return replace(_mentioning(shape, call, kind_of), is_filtered=True)


def _filtered_by(shape: Shape) -> Shape:
    return replace(shape, is_filtered=True)


def _ordered(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    resets = len(call.arguments) == 1 and _is_nothing(call.arguments[0].value)
    return replace(_mentioning(shape, call, kind_of), is_ordered=not resets)


def _grouped(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    resets = len(call.arguments) == 1 and _is_nothing(call.arguments[0].value)
    return replace(_mentioning(shape, call, kind_of), is_grouped=not resets)


def _is_nothing(expression: Expression) -> bool:
    return isinstance(expression, Constant) and (expression.value is None or expression.value is False)


def _with_options(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    multiplies = any(argument.stars or _multiplies(argument.value, kind_of) for argument in call.arguments)
    return replace(shape, is_joined=shape.is_joined or multiplies, options=shape.options | {"options"})


def _multiplies(option: Expression, kind_of: KindOf) -> bool:
    """Whether a loader option may join a collection: every link of the chain is looked at, from its head."""
    links: list[Call] = []
    current: Expression = option
    while isinstance(current, Call):
        links.append(current)
        function = current.function
        current = function.value if isinstance(function, Attribute) and isinstance(function.value, Call) else function
    for link in reversed(links):
        name = _loader(link, kind_of, is_head=link is links[-1])
        if name in ("selectinload", "subqueryload", "lazyload", "noload", "raiseload", "immediateload"):
            return False
        if name in _JOINING_LOADERS and not all(_leads_to_one(a.value, kind_of) for a in link.arguments):
            return True
        if name not in _JOINING_LOADERS and name not in _SEPARATE_LOADERS:
            return True
    return not links


def _loader(link: Call, kind_of: KindOf, *, is_head: bool) -> str:
    if not is_head:
        return link.function.name if isinstance(link.function, Attribute) else ""
    return library_name(link.function, kind_of)


def _leads_to_one(expression: Expression, kind_of: KindOf) -> bool:
    kind = kind_of(expression)
    return isinstance(kind, Relationship) and not kind.is_collection


def _with_set(setting: str) -> Callable[[Shape], Shape]:
    def change(shape: Shape) -> Shape:
        return replace(shape, options=shape.options | {setting})

    return change


def _with_execution_options(shape: Shape, call: Call, _kind_of: KindOf) -> Shape:
    keywords = {argument.keyword for argument in call.arguments}
    options = shape.options | {"execution_options"}
    return replace(shape, options=options, streams=shape.streams or "yield_per" in keywords or None in keywords)


def _streaming(shape: Shape) -> Shape:
    return replace(shape, streams=True)


def _limited(shape: Shape) -> Shape:
    return replace(shape, is_limited=True)


def _distinct(shape: Shape) -> Shape:
    return replace(shape, is_distinct=True)


def _multiplied(shape: Shape) -> Shape:
    return replace(shape, is_joined=True, is_filtered=True)


def _from_statement(shape: Shape) -> Shape:
    # Any statement may return a row twice.
    return replace(shape, is_statement=True, is_joined=True)


def _compound(shape: Shape) -> Shape:
    """A query over the compound: what was built before is inside of it."""
    return Shape(shape.selected, is_joined=True, streams=shape.streams, is_compound=True, options=shape.options)


def _rejoined(shape: Shape) -> Shape:
    """`reset_joinpoint`: `filter_by` looks at the first entity again."""
    return replace(shape, joined_entity="", joined_model="")


def _obscured(_shape: Shape) -> Shape:
    """What may do anything to a query."""
    return Shape(None, is_joined=True, is_compound=True, joined_entity=UNKNOWN)


_STEPS: dict[str, Callable[[Shape, Call, KindOf], Shape]] = {
    **dict.fromkeys(("with_entities", "with_only_columns"), _with_selected),
    **dict.fromkeys(("add_columns", "add_column", "add_entity", "column"), _with_more),
    **dict.fromkeys(("join", "outerjoin"), _joined),
    "select_from": _from,
    **dict.fromkeys(("filter", "where", "having"), _filtered),
    "order_by": _ordered,
    "group_by": _grouped,
    "options": _with_options,
    "execution_options": _with_execution_options,
}
"""Where the arguments matter."""

_PLAIN_STEPS: dict[str, Callable[[Shape], Shape]] = {
    **dict.fromkeys(("join_from", "outerjoin_from"), _from_joined),
    "filter_by": _filtered_by,
    "distinct": _distinct,
    **dict.fromkeys(("limit", "offset", "slice", "fetch"), _limited),
    **{name: _with_set(name) for name in ("populate_existing", "with_for_update", "enable_eagerloads", "params", "autoflush")},
    "yield_per": _streaming,
    "with_parent": _multiplied,
    "from_statement": _from_statement,
    "reset_joinpoint": _rejoined,
    **dict.fromkeys(COMPOUNDS, _compound),
    **dict.fromkeys(("with_transformation", "from_self", "select_entity_from", "only_return_tuples"), _obscured),
}


def models(shape: Shape) -> frozenset[str]:
    """The keys of the models that a shape selects from, as far as they are known."""
    return frozenset(key for item in shape.selected or () if (key := _model(item)))


def _model(item: Selected) -> str:
    if isinstance(item, Model):
        return item.key
    return item.model if isinstance(item, Column) else ""


def _mentioning(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    """The shape after criteria: a column of another table brings that table into FROM, which multiplies the rows."""
    if shape.is_joined:
        return shape
    own = models(shape)
    if all(not argument.stars and names_only(own, argument.value, kind_of) for argument in call.arguments):
        return shape
    return replace(shape, is_joined=True)


def written(expression: Expression) -> str:
    """A name or a chain of attributes as it is written; empty for anything else."""
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Attribute) and (value := written(expression.value)):
        return f"{value}.{expression.name}"
    return ""
