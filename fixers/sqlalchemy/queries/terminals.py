"""What executes a query, as an execution of a statement by its session."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Model, Query, Shape
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, binds_tighter
from autofix.fixers.sqlalchemy.queries.chains import Step, is_counted_directly, root, session_of, steps
from autofix.fixers.sqlalchemy.queries.layout import enclosed
from autofix.fixers.sqlalchemy.queries.outcome import NotTheSame, Place, Rewritten
from autofix.languages.python.code import Call, Constant, Evaluate, Expression, Slice, Subscript
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


def session_known(query: Expression, place: Place) -> str:
    """The text of the session that executes a query.

    Raises:
        NotTheSame: there is none that can be written here.
    """
    session = session_of(query, place)
    if not session:
        raise NotTheSame("it is not known which session executes it")
    return session


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


def executed(place: Place, session: str, method: str) -> tuple[str, str]:
    """What stands before and behind a statement to execute it, with a method of its result to follow."""
    return (f"(await {session}.{method}(", "))") if place.awaits else (f"{session}.{method}(", ")")


def terminal(step: Step, place: Place) -> Rewritten:
    """`query.all()` and its kin.

    Raises:
        NotTheSame: it has no known equal.
    """
    handler = _HANDLERS.get(step.name)
    if handler is None:
        raise NotTheSame(f"`select()` has no known equal of `Query.{step.name}`")
    shape = shape_known(step.value, place)
    if shape.streams and step.name not in ("count", "update", "delete"):
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
    return Rewritten((*pieces, _removed(place, step.value, end, step.call.end)))


def _removed(place: Place, value: Expression, start: int, end: int) -> Piece:
    """Nothing in the place of a method call, nor of the blanks before it."""
    gap = place.text[value.end : start]
    return Replace(start if gap.strip() else value.end, end, "")


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


_BULK_BUILDERS = frozenset(("filter", "where", "filter_by", "execution_options"))


def _bulk(step: Step, shape: Shape, place: Place) -> Rewritten:
    """`query.update(values)` and `query.delete()`, as statements of their own."""
    begun = root(step.value, place)
    if begun is None or len(begun.arguments) != 1 or not isinstance(shape.selected and shape.selected[0], Model):
        raise NotTheSame(f"`{step.name}` of a query that begins elsewhere")
    if any(each.name not in _BULK_BUILDERS for each in steps(step.value, place)):
        raise NotTheSame(f"`{step.name}` of a query that has more than filters")
    session = session_known(step.value, place)
    is_used = not isinstance(place.parents.of(step.call), Evaluate)
    before, after = executed(place, session, "execute")
    if not is_used and place.awaits:
        before, after = f"await {session}.execute(", ")"
    call = _update_call(step, place) if step.name == "update" else _delete_call(step, place)
    rowcount = ".rowcount" if is_used else ""
    pieces = (
        *_whole(place, step, before, f"{after}{rowcount}"),
        *call,
    )
    return Rewritten(pieces)


def _whole(place: Place, step: Step, before: str, after: str) -> list[Piece]:
    """Around a call including its own method."""
    return enclosed(place, step.call, before, "", after, None)


def _update_call(step: Step, place: Place) -> list[Piece]:
    values = step.arguments[0] if step.arguments else None
    if values is None or values.stars or values.keyword not in (None, "values"):
        raise NotTheSame("arguments of `update`")
    pieces: list[Piece] = [Replace(step.call.open - len("update"), step.call.open, "values")]
    if values.keyword is not None:
        pieces.append(Replace(values.start, values.value.start, ""))
    return [*pieces, *_synchronize(step, 1, place)]


def _delete_call(step: Step, place: Place) -> list[Piece]:
    if not step.arguments:
        return [_removed(place, step.value, step.dot, step.call.end)]
    return _synchronize(step, 0, place)


def _synchronize(step: Step, position: int, place: Place) -> list[Piece]:
    """The argument `synchronize_session` as an execution option."""
    given = step.arguments[position:]
    if not given:
        return []
    argument = given[0]
    if len(given) != 1 or argument.stars or argument.keyword not in (None, "synchronize_session"):
        raise NotTheSame(f"arguments of `{step.name}`")
    if position == 0:
        # The only argument of `delete`: its call becomes that of the options.
        keyword = Replace(argument.start, argument.value.start, "synchronize_session=")
        return [Replace(step.dot + 1, step.call.open, "execution_options"), keyword]
    before = step.arguments[position - 1]
    if not isinstance(argument.value, Constant) or b"#" in place.text[before.end : argument.start]:
        raise NotTheSame("`synchronize_session` is computed")
    option = f".execution_options(synchronize_session={place.slice(argument.value)})"
    return [Replace(before.end, argument.end, ""), Wrap(step.call.start, step.call.end, "", option)]


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
    "update": _bulk,
    "delete": _bulk,
}
