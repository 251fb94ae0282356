"""What makes a query and what builds on it, as `select` and its methods: no I/O, in both styles the same."""

from __future__ import annotations

from collections.abc import Callable

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Model, Query, Shape
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.chains import is_written_out
from autofix.fixers.sqlalchemy.queries.layout import operand_end, receiver_of
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context, Rewritten, Use, imports_of, session_of
from autofix.fixers.sqlalchemy.queries.shapes import UNKNOWN, models, written
from autofix.fixers.sqlalchemy.queries.table import COMPOUNDS
from autofix.languages.python.code import Attribute, Call, Collection, Constant

_SAME = frozenset(
    (
        *("filter", "where", "having", "group_by", "limit", "offset", "slice", "options", "with_for_update", "correlate"),
        *("add_columns", "select_from", "set_label_style", "prefix_with", "suffix_with", "with_hint"),
        *("with_statement_hint", "execution_options", "distinct", "params", "ext", "from_statement"),
    )
)
_RENAMED = {"with_entities": "with_only_columns", "add_entity": "add_columns", "add_column": "add_columns"}
# The legacy query raises when these follow what limits it, or a whole statement.
_NOT_AFTER_LIMIT = frozenset(("filter", "where", "filter_by", "having", "join", "outerjoin"))
_NOT_AFTER_STATEMENT = frozenset((*_NOT_AFTER_LIMIT, "slice", "limit", "offset", "distinct", "reset_joinpoint"))
_LABELS = "set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)"


def make(call: Call, context: Context, function: str = "select") -> Rewritten:
    """`session.query(X)` as `select(X)`."""
    if not is_written_out(call) or any(argument.keyword for argument in call.arguments):
        raise CannotRewrite("the arguments of query() are not written out")
    if not call.arguments:
        raise CannotRewrite("query() has no arguments")
    for argument in call.arguments:
        if isinstance(argument.value, Collection) or not isinstance(context.kind_of(argument.value), Model | Alias | Column):
            raise CannotRewrite("it is not known what the query selects")
    _check_no_comment(context, call.start, call.open)
    name = context.names.written("sqlalchemy", function)
    return Rewritten((Replace(call.start, call.open, name.text),), imports_of(name))


def build(use: Use) -> Rewritten:
    """A method that builds on a query.

    Raises:
        CannotRewrite: it has no exact form.
    """
    method = use.method
    _check_legacy_accepts(method, use.shape)
    if method in _RENAMED:
        if any(argument.keyword for argument in use.call.arguments):
            raise CannotRewrite(f"{method}() has arguments by name")
        return Rewritten((_renamed(use, _RENAMED[method]),))
    if method in _SAME:
        return Rewritten()
    writer = _WRITERS.get(method)
    if writer is None:
        reason = "a compound of queries" if method in COMPOUNDS else f"{method}()"
        raise CannotRewrite(f"{reason} has no exact form as a select")
    return writer(use)


def _check_legacy_accepts(method: str, shape: Shape) -> None:
    if shape.is_compound:
        raise CannotRewrite("what follows a compound of queries is adapted to it")
    if shape.is_limited and method in _NOT_AFTER_LIMIT:
        raise CannotRewrite(f"{method}() after limit() or offset() raises an error in a legacy query")
    if shape.is_statement and method in _NOT_AFTER_STATEMENT:
        raise CannotRewrite(f"{method}() after from_statement() raises an error in a legacy query")
    has_criteria = shape.is_filtered or shape.is_limited or shape.is_grouped or shape.is_ordered or shape.is_distinct
    if method in ("select_from", "from_statement") and (has_criteria or shape.joined_entity):
        raise CannotRewrite(f"{method}() after criteria raises an error in a legacy query")


def _renamed(use: Use, name: str) -> Piece:
    return Replace(use.function.name_start, use.function.end, name)


def _order_by(use: Use) -> Rewritten:
    if any(isinstance(argument.value, Constant) and argument.value.value is False for argument in use.call.arguments):
        raise CannotRewrite("order_by(False) has no form as a select")
    return Rewritten()


def _filter_by(use: Use) -> Rewritten:
    """After a join, and with several entities, newer releases look at all of them: say which one is meant."""
    call, shape, context = use.call, use.shape, use.context
    if not shape.joined_entity and _selects_from_one(shape):
        return Rewritten()
    if _is_only_one_with(call, shape, context):
        return Rewritten()
    entity = shape.joined_entity
    if entity == UNKNOWN and shape.joined_model:
        entity = context.model_name(shape.joined_model) or UNKNOWN
    if entity in ("", UNKNOWN) or not is_written_out(call) or any(a.keyword is None for a in call.arguments):
        raise CannotRewrite("it is not known which entity filter_by() filters")
    if any(_binds_weaker(argument.value) for argument in call.arguments):
        raise CannotRewrite("a value of filter_by() would need brackets")
    pieces: list[Piece] = [_renamed(use, "filter")]
    for argument in call.arguments:
        keyword_end = argument.start + len((argument.keyword or "").encode())
        gap = context.source.text[keyword_end : argument.value.start]
        pieces.append(Replace(argument.start, keyword_end + gap.index(b"=") + 1, f"{entity}.{argument.keyword} == "))
    return Rewritten(tuple(pieces))


def _selects_from_one(shape: Shape) -> bool:
    """Whether all that is selected belongs to one entity, as far as it shows."""
    selected = shape.selected
    if not selected:
        return False
    if len(selected) == 1 and isinstance(selected[0], Model | Alias):
        return True
    return all(isinstance(item, Column) for item in selected) and len(models(shape)) <= 1


def _is_only_one_with(call: Call, shape: Shape, context: Context) -> bool:
    """Whether the attributes are found in one entity only, however many are looked at."""
    selected = shape.selected
    if selected is None or not shape.joined_model or shape.joined_entity == "":
        return False
    others = [item.key for item in selected if isinstance(item, Model)]
    if len(others) != len(selected) or not is_written_out(call) or shape.joined_model in others:
        return False
    return shape.joins == 1 and all(
        context.facts.has_attribute(key, argument.keyword or "") is False for key in others for argument in call.arguments
    )


def _binds_weaker(expression: object) -> bool:
    return type(expression).__name__ in ("Operation", "Conditional", "Lambda", "Walrus", "Yield")


def _join(use: Use) -> Rewritten:
    positional = [argument.value for argument in use.call.arguments if argument.keyword is None]
    if not positional or len(positional) > 2 or not is_written_out(use.call):
        raise CannotRewrite(f"{use.method}() with these arguments belongs to older releases")
    if any(isinstance(value, Collection | Constant) for value in positional):
        raise CannotRewrite(f"{use.method}() of a name or tuple belongs to older releases")
    return Rewritten()


def _dropped(use: Use) -> Rewritten:
    """`reset_joinpoint`, `tuples`: the kinds know what they change."""
    end = operand_end(use.context.source, receiver_of(use.call))
    _check_no_comment(use.context, end, use.call.end)
    return Rewritten((Replace(end, use.call.end, ""),))


def _labelled(use: Use) -> Rewritten:
    if use.call.arguments:
        raise CannotRewrite(f"{use.method}() has arguments")
    style = use.context.names.written("sqlalchemy", "LABEL_STYLE_TABLENAME_PLUS_COL")
    piece = Replace(use.function.name_start, use.call.end, f"set_label_style({style.text})")
    return Rewritten((piece,), imports_of(style))


def _as_option(name: str, value: str | None = None) -> Callable[[Use], Rewritten]:
    """A method as an execution option, with its argument or a given value."""

    def write(use: Use) -> Rewritten:
        call, start = use.call, use.function.name_start
        if value is not None and not call.arguments:
            return Rewritten((Replace(start, call.end, f"execution_options({name}={value})"),))
        if value is None and len(call.arguments) == 1 and not call.arguments[0].stars and not call.arguments[0].keyword:
            return Rewritten((Replace(start, call.open + 1, f"execution_options({name}="),))
        raise CannotRewrite(f"{use.method}() has unusual arguments")

    return write


def _with_parent(use: Use) -> Rewritten:
    call = use.call
    if len(call.arguments) != 2 or not is_written_out(call):
        raise CannotRewrite("with_parent() does not say which relationship it means")
    name = use.context.names.written("sqlalchemy.orm", "with_parent")
    pieces = (Replace(use.function.name_start, call.open, f"where({name.text}"), Wrap(call.open, call.end, "", ")"))
    return Rewritten(pieces, imports_of(name))


_WRITERS: dict[str, Callable[[Use], Rewritten]] = {
    "order_by": _order_by,
    "filter_by": _filter_by,
    **dict.fromkeys(("join", "outerjoin"), _join),
    **dict.fromkeys(("reset_joinpoint", "tuples"), _dropped),
    **dict.fromkeys(("with_labels", "apply_labels"), _labelled),
    "populate_existing": _as_option("populate_existing", "True"),
    "autoflush": _as_option("autoflush"),
    "yield_per": _as_option("yield_per"),
    "with_parent": _with_parent,
}


def express(use: Use) -> Rewritten:
    """A method that makes an expression of a query.

    Raises:
        CannotRewrite: it has no exact form.
    """
    method, arguments = use.method, use.call.arguments
    _check_legacy_accepts(method, use.shape)
    if use.shape.is_statement:
        raise CannotRewrite(f"{method}() after from_statement() is not an expression")
    if method == "as_scalar":
        return Rewritten((_renamed(use, "scalar_subquery"),))
    if any(argument.keyword in ("with_labels", "reduce_columns") for argument in arguments):
        raise CannotRewrite("subquery() with labels or reduced columns has no form as a select")
    if method == "subquery" and len(arguments) > 1:
        raise CannotRewrite("subquery() has unusual arguments")
    return Rewritten()


def attribute(node: Attribute, query: Query, context: Context) -> Rewritten:
    """An attribute of a query that is not called."""
    if node.name in ("whereclause", "column_descriptions") and not query.shape.is_compound:
        return Rewritten()
    end = operand_end(context.source, node.value)
    _check_no_comment(context, end, node.end)
    if node.name in ("statement", "selectable") and not query.shape.is_compound:
        return Rewritten((Replace(end, node.end, ""),))
    if node.name == "session" and written(node.value) and session_of(query, context):
        return Rewritten((Replace(node.start, node.end, session_of(query, context)),))
    raise CannotRewrite(f"the attribute {node.name} of a query has no form for a select")


def _check_no_comment(context: Context, start: int, end: int) -> None:
    if b"#" in context.source.text[start:end]:
        raise CannotRewrite("a comment stands in what would have to be replaced")
