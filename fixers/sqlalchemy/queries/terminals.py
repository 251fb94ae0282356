"""What executes a query: the methods that send SQL, and subscripts."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import External, Query, Select, Shape
from autofix.fixers.sqlalchemy.queries.chains import Chain, chain_of, method_of
from autofix.fixers.sqlalchemy.queries.layout import Execution, execute_call, receiver_of
from autofix.fixers.sqlalchemy.queries.outcome import (
    CannotRewrite,
    Context,
    Rewritten,
    Use,
    imports_of,
    needs_unique,
    session_of,
)
from autofix.languages.python.code import Attribute, Call, Constant, Expression, Slice, Subscript

# One row, whatever is counted.
_AGGREGATES = frozenset(("count", "sum", "max", "min", "avg", "total"))
_KEEPS_ONE_ROW = frozenset(("filter", "where", "filter_by", "join", "outerjoin", "select_from", "with_entities"))


def execution_of(shape: Shape, context: Context, session: str, *, addition: str = "") -> Execution:
    """How a query of a shape is executed so that it gives what iterating over the legacy query gives.

    Raises:
        CannotRewrite: that is not known.
    """
    _check_executable(shape, context)
    method = "scalars" if shape.is_entity else "execute"
    return Execution(session, method, addition, ".unique()" if needs_unique(shape, context.facts) else "")


def _check_executable(shape: Shape, context: Context) -> None:
    if shape.has_entity is None:
        raise CannotRewrite("it is not known what the query selects")
    if shape.is_compound:
        raise CannotRewrite("a compound of queries has no exact form as a select")
    if shape.streams and context.is_async:
        raise CannotRewrite("yield_per() streams: only a plain loop over the query can be rewritten")
    if "enable_eagerloads" in shape.options:
        raise CannotRewrite("enable_eagerloads() has no form for a select that is executed")


def terminal(use: Use) -> Rewritten:
    """A method that executes the query it is called of.

    Raises:
        CannotRewrite: it has no exact form.
    """
    writer = _WRITERS.get(use.method)
    if writer is None:
        raise CannotRewrite(f"{use.method}() has no form for a select that is made elsewhere")
    if use.call.arguments:
        raise CannotRewrite(f"{use.method}() has unusual arguments")
    return writer(use)


def _executed(use: Use, execution: Execution, last: str | None = None) -> Rewritten:
    return Rewritten(tuple(execute_call(use.call, execution, use.context, last=last)))


def _all(use: Use) -> Rewritten:
    """`all`, `one`, `one_or_none`: results have methods of these names."""
    return _executed(use, execution_of(use.shape, use.context, use.session))


def _first(use: Use) -> Rewritten:
    """One row is asked for: duplicates cannot come. `scalar()` of a single entity gives it, or None."""
    shape = use.shape
    _check_executable(shape, use.context)
    addition = "" if shape.is_statement else ".limit(1)"
    if shape.is_entity:
        return _executed(use, Execution(use.session, "scalar", addition), last="")
    return _executed(use, Execution(use.session, "execute", addition))


def _scalar(use: Use) -> Rewritten:
    """`session.scalar` takes the first of several rows, where the legacy method raises."""
    shape = use.shape
    if shape.is_entity:
        return _executed(use, execution_of(shape, use.context, use.session), last=".one_or_none()")
    _check_executable(shape, use.context)
    if shape.has_entity:
        raise CannotRewrite("scalar() of rows with an object in them has no exact form")
    if returns_one_row(use.call, shape, use.context):
        return _executed(use, Execution(use.session, "scalar"), last="")
    return _executed(use, Execution(use.session, "execute"), last=".scalar_one_or_none()")


def returns_one_row(call: Call, shape: Shape, context: Context) -> bool:
    """Whether the query that a method is called of has at most one row: it is limited to one, or aggregates all."""
    receiver = receiver_of(call)
    if isinstance(receiver, Call) and method_of(receiver) == "limit" and len(receiver.arguments) == 1:
        value = receiver.arguments[0].value
        return isinstance(value, Constant) and value.value == 1
    chain = chain_of(call, context)
    if chain is None or shape.is_grouped:
        return False
    selecting = [link for link in chain.builders if method_of(link) == "with_entities"]
    arguments = (selecting[-1] if selecting else chain.make).arguments
    is_plain = set(chain.methods) <= _KEEPS_ONE_ROW
    return len(arguments) == 1 and is_plain and _is_aggregate(arguments[0].value, chain, context)


def _is_aggregate(expression: Expression, chain: Chain, context: Context) -> bool:
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return False
    function = expression.function
    if function.name == "label":
        return _is_aggregate(function.value, chain, context)
    owner = context.kind_of(function.value)
    if function.name == "exists":
        return not chain.builders and isinstance(owner, Query | Select)
    if not isinstance(owner, External) or not owner.name.endswith(".func"):
        return False
    if function.name == "coalesce":
        return bool(expression.arguments) and _is_aggregate(expression.arguments[0].value, chain, context)
    return function.name in _AGGREGATES


def _count(use: Use) -> Rewritten:
    """The rows of the query as a subquery are counted, or directly what is in the table: `counts_directly`."""
    shape, names = use.shape, use.context.names
    if counts_directly(chain_of(use.call, use.context), use.context):
        return _executed(use, Execution(use.session, "scalar"), last="")
    if shape.is_compound or shape.is_statement:
        raise CannotRewrite("count() of a compound of queries or of a statement has no exact form as a select")
    if shape.selected is None:
        raise CannotRewrite("it is not known what the query selects")
    select, func = names.written("sqlalchemy", "select"), names.written("sqlalchemy", "func")
    before = f"{select.text}({func.text}.count()).select_from("
    counted = _executed(use, Execution(use.session, "scalar", ".subquery())", before=before), last="")
    return Rewritten(counted.pieces, imports_of(select, func))


def counts_directly(chain: Chain | None, context: Context) -> bool:
    """Whether `query(Model).filter(...).count()` is as much as counting rows of the table, filtered."""
    if chain is None or chain.method != "count" or len(chain.make.arguments) != 1:
        return False
    if set(chain.methods) - {"filter", "where", "filter_by", "join", "outerjoin"}:
        return False
    made = context.kind_of(chain.make)
    if not isinstance(made, Query) or not made.shape.is_entity or not made.shape.selected:
        return False
    key = getattr(made.shape.selected[0], "key", "")
    return bool(key) and context.facts.has_own_table(key) is True


_WRITERS: dict[str, Callable[[Use], Rewritten]] = {
    **dict.fromkeys(("all", "one", "one_or_none"), _all),
    "first": _first,
    "scalar": _scalar,
    "count": _count,
}


def subscript(node: Subscript, query: Query, context: Context) -> Rewritten:
    """`query[1:3]` and `query[1]` with numbers in them: others depend on the values, which may be negative.

    Raises:
        CannotRewrite: it has no exact form.
    """
    shape, session = query.shape, session_of(query, context)
    if shape.is_statement:
        raise CannotRewrite("a slice of from_statement() raises an error in a legacy query")
    if isinstance(node.key, Slice):
        addition, last = _slice(node.key)
    else:
        place = _number(node.key)
        addition, last = f".slice({place}, {place + 1})", ".all()[0]"
    execution = execution_of(shape, context, session, addition=addition)
    return Rewritten(tuple(execute_call(node, execution, context, last=last)))


def _slice(key: Slice) -> tuple[str, str]:
    lower = _number(key.lower) if key.lower is not None else None
    upper = _number(key.upper) if key.upper is not None else None
    step = f"[::{_number(key.step)}]" if key.step is not None else ""
    if upper is not None and upper <= (lower or 0):
        raise CannotRewrite("the slice is empty: a legacy query does not execute it")
    if lower is None and upper is None:
        return "", f".all(){step}"
    return f".slice({lower}, {upper})", f".all(){step}"


def _number(expression: Expression) -> int:
    value = expression.value if isinstance(expression, Constant) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CannotRewrite("a legacy query treats negative bounds in its own way, and these are not written out")
    return value
