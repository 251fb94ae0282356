"""What the methods that build a query or statement make of its shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from autofix.fixers.sqlalchemy.kinds import Alias, Kind, Model, Relationship, Shape
from autofix.fixers.sqlalchemy.queries.mentions import may_add_others
from autofix.fixers.sqlalchemy.queries.selecting import thing, things
from autofix.fixers.sqlalchemy.queries.tables import CRITERIA, EAGER, FLAGS, JOINS, SEPARATE, SETTINGS, UNCHANGED
from autofix.languages.python.code import Argument, Attribute, Call, Constant, Expression, Name
from autofix.languages.python.code_walk import dotted

KindOf = Callable[[Expression], Kind]


def built(shape: Shape, method: str, call: Call, kind_of: KindOf) -> Shape | None:
    """The shape of `builder.method(...)`; None where that is no builder of the same sort, or it is not known."""
    if method in FLAGS:
        changed: dict[str, Any] = {FLAGS[method]: True}
        multiplies = method in CRITERIA and may_add_others(call, shape.selected, kind_of)
        return replace(shape, is_joined=shape.is_joined or multiplies, **changed)
    if method in UNCHANGED:
        return shape
    if method in JOINS:
        return replace(shape, is_joined=True, joined_entity=_joined(method, call, kind_of))
    if method == "select_from":
        return _selected_from(shape, call, kind_of)
    if method == "reset_joinpoint":
        return replace(shape, joined_entity="")
    if method in ("with_entities", "with_only_columns"):
        # `Query.filter_by` goes back to what is selected, `select()` of release 2.1 also looks in what was joined before.
        entity = "?" if shape.joined_entity else ""
        return replace(shape, selected=things(_selecting(call), kind_of), joined_entity=entity)
    if method in ("add_columns", "add_column", "add_entity", "column"):
        added = things(_selecting(call), kind_of)
        return replace(shape, selected=None if shape.selected is None or added is None else (*shape.selected, *added))
    if method == "options":
        multiplies = any(_multiplies(argument, kind_of) for argument in call.arguments)
        loaded = shape.loaded | {key for argument in call.arguments for key in _loaded(argument, kind_of)}
        return replace(shape, is_joined=shape.is_joined or multiplies, loaded=loaded, options=shape.options | {"options"})
    if method in SETTINGS:
        streams = shape.streams or any(
            argument.keyword in ("yield_per", "stream_results", None) for argument in _set(method, call)
        )
        return replace(shape, streams=streams, options=shape.options | {method})
    if method == "from_statement":
        return replace(shape, is_statement=True, is_joined=True)
    return None


def _set(method: str, call: Call) -> tuple[Argument, ...]:
    return call.arguments if method == "execution_options" else ()


def _selecting(call: Call) -> tuple[Argument, ...]:
    return tuple(argument for argument in call.arguments if argument.keyword not in ("maintain_column_froms", "alias"))


def _joined(method: str, call: Call, kind_of: KindOf) -> str:
    """How the entity is written that was joined last: what `filter_by` filters from now on."""
    position = 1 if method.endswith("_from") else 0
    positional = [argument for argument in call.arguments if argument.keyword is None]
    if any(argument.stars for argument in call.arguments) or len(positional) <= position:
        return "?"
    target = positional[position].value
    kind, text = thing(target, kind_of), dotted(target)
    if isinstance(kind, Model | Alias) and text:
        return text
    if isinstance(kind, Relationship) and text and len(positional) == position + 1:
        return f"{text}.mapper.class_"
    return "?"


def _selected_from(shape: Shape, call: Call, kind_of: KindOf) -> Shape:
    argument = call.arguments[0].value if len(call.arguments) == 1 and not call.arguments[0].stars else None
    kind = thing(argument, kind_of) if argument is not None else None
    text = dotted(argument) if argument is not None and isinstance(kind, Model | Alias) else ""
    known = kind is not None and shape.selected is not None and set(shape.selected) == {kind}
    entity = shape.joined_entity if shape.is_joined and shape.joined_entity else text or "?"
    return replace(shape, is_joined=shape.is_joined or not known, joined_entity=entity)


def _multiplies(argument: Argument, kind_of: KindOf) -> bool:
    """Whether a loader option may multiply rows: an eager join of what may be a collection, or it is not known what it is."""
    if argument.stars:
        return True
    steps = list(loader_steps(argument.value))
    if not steps:
        return True
    return any(_step_multiplies(name, call, kind_of) for name, call in steps)


def _loaded(argument: Argument, kind_of: KindOf) -> Iterator[str]:
    """The models that a loader option joins, one object for each row; empty for one that is not known."""
    for name, call in loader_steps(argument.value):
        kinds = [kind_of(each.value) for each in call.arguments] if name in EAGER else []
        yield from (kind.target for kind in kinds if isinstance(kind, Relationship) and not kind.is_collection)


def loader_steps(option: Expression) -> Iterator[tuple[str, Call]]:
    """The calls of `joinedload(...).selectinload(...)`, by their names."""
    current: Expression = option
    while isinstance(current, Call):
        match current.function:
            case Attribute(value=value, name=name):
                yield name, current
                current = value
            case Name(name=name):
                yield name, current
                return
            case _:
                yield "?", current
                return


def _step_multiplies(name: str, call: Call, kind_of: KindOf) -> bool:
    if name in SEPARATE:
        return name == "options" and any(_multiplies(argument, kind_of) for argument in call.arguments)
    if name not in EAGER or not call.arguments:
        return True
    for argument in call.arguments:
        if argument.keyword == "innerjoin" and isinstance(argument.value, Constant):
            continue
        kind = kind_of(argument.value)
        if not isinstance(kind, Relationship) or kind.is_collection:
            return True
    return False
