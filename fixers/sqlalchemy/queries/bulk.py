"""`Query.update` and `Query.delete`, which are statements of their own in 2.0 style."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import Model
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.chains import Step, root, steps
from autofix.fixers.sqlalchemy.queries.executing import executed, removed, session_known
from autofix.fixers.sqlalchemy.queries.layout import enclosed
from autofix.fixers.sqlalchemy.queries.outcome import NotTheSame, Place, Rewritten
from autofix.fixers.sqlalchemy.queries.selecting import thing
from autofix.languages.python.code import Assign, Await, Constant, Evaluate, Expression, Function, Name
from autofix.languages.python.code_walk import bindings, dotted, own

_FILTERS = frozenset(("filter", "where", "filter_by"))


def bulk(step: Step, place: Place) -> Rewritten:
    """`query.update(values)` and `query.delete()`, as statements of their own.

    Raises:
        NotTheSame: the query is more than filters, or it cannot be seen what it consists of.
    """
    session = session_known(step.value, place)
    started = _started(step, place)
    reader = place.parents.of(step.call)
    is_used = not isinstance(place.parents.of(reader) if isinstance(reader, Await) else reader, Evaluate)
    before, after = executed(place, session, "execute")
    if not is_used and place.awaits:
        before, after = f"await {session}.execute(", ")"
    call = _update_call(step, place) if step.name == "update" else _delete_call(step, place)
    around = enclosed(place, step.call, before, "", f"{after}{'.rowcount' if is_used else ''}", None)
    return Rewritten((*around, *started, *call), (("sqlalchemy", step.name),) if started else ())


def _started(step: Step, place: Place) -> list[Piece]:
    """What begins the statement: nothing where the query begins in the same expression, which is written as one itself."""
    if root(step.value, place) is not None:
        _filtered_class(step.value, place)
        return []
    if not isinstance(step.value, Name):
        raise NotTheSame(f"`{step.name}` of a query that begins elsewhere")
    name = step.value.name
    value = _only_value(name, step, place)
    if value is None or not all(each.name in _FILTERS for each in steps(value, place)):
        raise NotTheSame(f"`{step.name}` of a query that begins elsewhere")
    if not any(_has_criteria(each) for each in steps(value, place)):
        raise NotTheSame(f"`{step.name}` of a query that may have no filter")
    model = _filtered_class(value, place)
    return [Replace(step.value.start, step.value.end, f"{step.name}({model}).where({name}.whereclause)")]


def _filtered_class(query: Expression, place: Place) -> str:
    """The class of a query that has nothing but filters, as it is written."""
    begun = root(query, place)
    selected = begun.arguments[0].value if begun is not None and len(begun.arguments) == 1 else None
    if selected is None or not isinstance(thing(selected, place.kind_of), Model):
        raise NotTheSame("an update or delete of what is no class")
    if any(each.name not in {*_FILTERS, "execution_options"} for each in steps(query, place)):
        raise NotTheSame("an update or delete of a query that has more than filters")
    return place.slice(selected)


def _has_criteria(step: Step) -> bool:
    return bool(step.arguments) and not any(argument.stars for argument in step.arguments)


def _only_value(name: str, step: Step, place: Place) -> Expression | None:
    """The only value that a name has in the function."""
    function = next((each for each in place.parents.around(step.call) if isinstance(each, Function)), None)
    if function is None or any(parameter.name == name for parameter in function.parameters):
        return None
    if sum(bound == name for bound in bindings(function.body)) != 1:
        return None
    values = (part for part in own(function.body) if isinstance(part, Assign))
    return next((part.value for part in values if [dotted(target) for target in part.targets] == [name]), None)


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
        return [removed(place, step.value, step.dot, step.call.end)]
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
