"""What executes a query, as an execution of a statement by its session."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Model, Query, Shape
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, binds_tighter
from autofix.fixers.sqlalchemy.queries.bulk import bulk
from autofix.fixers.sqlalchemy.queries.chains import Step, is_counted_directly, root, steps
from autofix.fixers.sqlalchemy.queries.executing import executed, removed, session_known
from autofix.fixers.sqlalchemy.queries.layout import enclosed
from autofix.fixers.sqlalchemy.queries.outcome import NotTheSame, Place, Rewritten
from autofix.languages.python.code import Call, Constant, Expression, Slice, Subscript
from autofix.languages.python.code_walk import dotted

_AGGREGATES = frozenset(("count", "sum", "max", "min", "avg"))


def shape_known(query: Expression, place: Place) -> Shape:
    """The shape of a query whose rows are known to be objects or tuples.

    Raises:
        NotTheSame: that is not known.
    """
    kind = place.kind_of(query)
    if not isinstance(kind, Query) or kind.shape.has_entity is None:
        raise NotTheSame("it is not known whether objects or rows are selected")
    if kind.shape.is_compound:
        raise NotTheSame("`select()` names the columns of a union otherwise")
    if "options" in kind.shape.options and not kind.shape.has_entity:
        raise NotTheSame("`Query` refuses loader options where no object is selected")
    return kind.shape


def unique(shape: Shape, place: Place) -> str:
    """`.unique()` where rows may come more than once, which `Query` returns once if any entity is selected."""
    if not shape.has_entity:
        return ""
    models = (_only_model(shape), *shape.loaded)
    if not shape.is_joined and all(place.facts.has_eager_collections(model) is False for model in models):
        return ""
    if not shape.is_entity and any(
        item is None or (isinstance(item, Column) and place.facts.is_unhashable(item.model, item.name))
        for item in shape.selected or ()
    ):
        raise NotTheSame("rows that hold values which may have no hash are told apart otherwise")
    return ".unique()"


def _only_model(shape: Shape) -> str:
    """The class that all that is selected belongs to; empty where there are several, which multiply one another's rows."""
    selected = shape.selected or ()
    if len(selected) == 1 and isinstance(selected[0], Alias):
        return selected[0].model
    models = {item.key if isinstance(item, Model) else item.model if isinstance(item, Column) else "" for item in selected}
    return models.pop() if len(models) == 1 else ""


def method_of(shape: Shape) -> str:
    """The method of a session that returns what the query returns: objects, or rows."""
    return "scalars" if shape.is_entity else "execute"


def terminal(step: Step, place: Place) -> Rewritten:
    """`query.all()` and its kin.

    Raises:
        NotTheSame: it has no known equal.
    """
    if step.name in ("update", "delete"):
        return bulk(step, place)
    handler = _HANDLERS.get(step.name)
    if handler is None:
        raise NotTheSame(f"`select()` has no known equal of `Query.{step.name}`")
    shape = shape_known(step.value, place)
    if shape.streams and step.name != "count":
        raise NotTheSame("rows that are streamed are not read with a loop")
    return handler(step, shape, place)


def _read(step: Step, place: Place, shape: Shape, suffix: str, result: str) -> Rewritten:
    if step.arguments:
        raise NotTheSame(f"`{step.name}` with arguments")
    session = session_known(step.value, place)
    before, after = executed(place, session, method_of(shape))
    return Rewritten(
        (
            *enclosed(place, step.value, before, suffix, after, step),
            Replace(step.dot, step.call.end, f"{unique(shape, place)}.{result}"),
        )
    )


def _all(step: Step, shape: Shape, place: Place) -> Rewritten:
    return _read(step, place, shape, "", "all()")


def _first(step: Step, shape: Shape, place: Place) -> Rewritten:
    return _read(step, place, shape, "" if shape.is_statement else ".limit(1)", "first()")


def _one(step: Step, shape: Shape, place: Place) -> Rewritten:
    return _read(step, place, shape, "", "one()")


def _one_or_none(step: Step, shape: Shape, place: Place) -> Rewritten:
    return _read(step, place, shape, "", "one_or_none()")


def _scalar(step: Step, shape: Shape, place: Place) -> Rewritten:
    if shape.is_entity:
        return _one_or_none(step, shape, place)
    if step.arguments:
        raise NotTheSame("`scalar` with arguments")
    if _is_single_value(step, place):
        return _single(step, place, "", "", "", step.dot)
    if shape.has_entity:
        raise NotTheSame("`scalar` of rows with an entity")
    return _read(step, place, shape, "", "scalar_one_or_none()")


def _is_single_value(step: Step, place: Place) -> bool:
    """Whether there is exactly one row whatever the tables hold: an aggregate without groups, EXISTS."""
    begun = root(step.value, place)
    names = {each.name for each in steps(step.value, place)}
    if (
        begun is None
        or len(begun.arguments) != 1
        or not names <= {"filter", "where", "filter_by", "select_from", "join", "outerjoin"}
    ):
        return False
    selected = begun.arguments[0].value
    if not isinstance(selected, Call):
        return False
    name = dotted(selected.function)
    if name in {f"func.{aggregate}" for aggregate in _AGGREGATES}:
        return True
    return not names and isinstance(place.kind_of(selected), Column) and place.text[: selected.end].endswith(b".exists()")


def _count(step: Step, shape: Shape, place: Place) -> Rewritten:
    if step.arguments:
        raise NotTheSame("`count` with arguments")
    if shape.is_statement or shape.streams:
        raise NotTheSame("the number of rows of a given statement")
    if is_counted_directly(step.call, place):
        return _single(step, place, "", "", "", step.dot)
    made = _single(step, place, "select(func.count()).select_from(", ".subquery()", ")", step.dot)
    return made._replace(imports=(("sqlalchemy", "select"), ("sqlalchemy", "func")))


def _single(step: Step, place: Place, before: str, suffix: str, after: str, end: int) -> Rewritten:
    """One value, by the session's `scalar`."""
    session = session_known(step.value, place)
    call = f"{session}.scalar({before}"
    tight = place.awaits and binds_tighter(step.call, place.parents, place.text)
    start, close = ("(await ", "))") if tight else ("await " if place.awaits else "", ")")
    pieces = enclosed(place, step.value, f"{start}{call}", suffix, f"{after}{close}", step)
    return Rewritten((*pieces, removed(place, step.value, end, step.call.end)))


def _get(step: Step, shape: Shape, place: Place) -> Rewritten:
    begun = root(step.value, place)
    key = step.arguments[0] if len(step.arguments) == 1 else None
    if key is None or key.stars or key.keyword not in (None, "ident"):
        raise NotTheSame("arguments of `get`")
    if begun is None or len(begun.arguments) != 1 or not isinstance(shape.selected and shape.selected[0], Model):
        raise NotTheSame("`get` of a query that begins elsewhere")
    settings = list(steps(step.value, place))
    if any(each.name != "options" for each in settings) or len(settings) > 1:
        raise NotTheSame("`get` of a query that has been filtered")
    session = session_known(step.value, place)
    start, close = _awaited(step.call, place)
    model_end = place.text.rfind(b")", begun.arguments[0].end, begun.end)
    pieces: list[Piece] = [
        Wrap(step.call.start, step.call.end, start, close),
        Replace(begun.start, begun.open, f"{session}.get"),
    ]
    if not settings:
        return Rewritten((*pieces, *_joined(place, model_end, step.call.open, "")))
    options = settings[0]
    keyword = "" if key.keyword else "ident="
    return Rewritten(
        (
            *pieces,
            *_joined(place, model_end, options.call.open, "options=["),
            *_joined(place, options.call.end - 1, step.call.open, keyword, "]"),
        )
    )


def _joined(place: Place, close: int, opened: int, keyword: str, bracket: str = "") -> list[Piece]:
    """`, ` in the place of `).method(`, from the one parenthesis to the other."""
    if b"#" in place.text[close : opened + 1]:
        raise NotTheSame("a comment stands between the methods")
    return [Replace(close, opened + 1, f"{bracket}, {keyword}")]


def _awaited(node: Expression, place: Place) -> tuple[str, str]:
    if not place.awaits:
        return "", ""
    return ("(await ", ")") if binds_tighter(node, place.parents, place.text) else ("await ", "")


def subscript(node: Subscript, place: Place) -> Rewritten:
    """`query[0]` and `query[1:3]`.

    Raises:
        NotTheSame: the bounds are not known, or it has no known equal.
    """
    shape = shape_known(node.value, place)
    if shape.streams or shape.is_statement:
        raise NotTheSame("a part of what is streamed or of a given statement")
    if shape.is_limited:
        raise NotTheSame("a part of what is limited already")
    suffix, item = _bounds(node.key)
    session = session_known(node.value, place)
    before, after = executed(place, session, method_of(shape))
    result = f"{unique(shape, place)}.all(){item}"
    pieces = enclosed(place, node.value, before, suffix, after, None)
    return Rewritten((*pieces, _removed_key(place, node, result)))


def _removed_key(place: Place, node: Subscript, result: str) -> Piece:
    if b"#" in place.text[node.open : node.end]:
        raise NotTheSame("a comment stands in the subscript")
    return Replace(node.open, node.end, result)


def _bounds(key: Expression) -> tuple[str, str]:
    """The method that limits a statement, and what is taken of the list."""
    if isinstance(key, Constant):
        at = _whole_number(key)
        return f".slice({at}, {at + 1})", "[0]"
    if not isinstance(key, Slice) or key.step is not None:
        raise NotTheSame("a subscript that is no plain number")
    lower = None if key.lower is None else _whole_number(key.lower)
    upper = None if key.upper is None else _whole_number(key.upper)
    if lower is None and upper is None:
        return "", ""
    if lower is not None and upper is not None and upper <= lower:
        raise NotTheSame("a slice of nothing")
    if upper is None:
        return f".offset({lower})", ""
    return (f".limit({upper})" if lower is None else f".slice({lower}, {upper})"), ""


def _whole_number(bound: Expression) -> int:
    if isinstance(bound, Constant) and isinstance(bound.value, int) and not isinstance(bound.value, bool):
        return bound.value
    raise NotTheSame("bounds that are not written as numbers")


_HANDLERS: dict[str, Callable[[Step, Shape, Place], Rewritten]] = {
    "all": _all,
    "first": _first,
    "one": _one,
    "one_or_none": _one_or_none,
    "scalar": _scalar,
    "count": _count,
    "get": _get,
}
