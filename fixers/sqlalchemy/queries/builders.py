"""The methods that build a query, as `select()` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autofix.fixers.sqlalchemy.kinds import Alias, Column, Model, Query, Relationship, Selected, Shape
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.chains import Step, ends_in, is_counted_directly, root, steps
from autofix.fixers.sqlalchemy.queries.outcome import Import, NotTheSame, Place, Rewritten
from autofix.fixers.sqlalchemy.queries.selecting import thing
from autofix.fixers.sqlalchemy.queries.tables import TERMINALS
from autofix.languages.python.code import (
    Argument,
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Function,
    Lambda,
    Name,
    Operation,
)
from autofix.languages.python.code_walk import dotted, walk

_SAME = frozenset(
    (
        *("filter", "where", "having", "group_by", "order_by", "limit", "offset", "slice", "distinct", "options", "join"),
        *("outerjoin", "select_from", "with_for_update", "execution_options", "correlate", "add_columns", "prefix_with"),
        *("suffix_with", "with_hint", "with_statement_hint", "from_statement", "set_label_style", "label"),
        *("scalar_subquery", "cte"),
    )
)
_SELECTING = frozenset(("with_entities", "add_entity", "add_column", "add_columns"))
_RENAMED = {
    "with_entities": "with_only_columns",
    "add_entity": "add_columns",
    "add_column": "add_columns",
    "as_scalar": "scalar_subquery",
}
# `Query` refuses these once there is a LIMIT or OFFSET; `select()` takes them and means something else.
_NOT_AFTER_LIMIT = frozenset(
    ("filter", "where", "filter_by", "join", "outerjoin", "group_by", "having", "order_by", "with_parent")
)
# `Query` refuses these once there is any criterion.
_FIRST = frozenset(("select_from", "from_statement"))
_CLEARING = frozenset(("order_by", "group_by"))
_OPTIONS = frozenset(("populate_existing", "autoflush", "yield_per"))


def begin(call: Call, place: Place) -> Rewritten:
    """`session.query(A, B)` as `select(A, B)`; what ends the chain decides whether it is another statement.

    Raises:
        NotTheSame: it is not known what is selected.
    """
    end = ends_in(call, place)
    if end == "get":
        # Written as a whole by what ends the chain.
        return Rewritten()
    if b"#" in place.text[call.start : call.open]:
        raise NotTheSame("a comment stands between the session and its query")
    if not call.arguments or any(argument.keyword is not None for argument in call.arguments):
        raise NotTheSame("it is not known what is selected")
    if end == "count" and is_counted_directly(call, place):
        counting = Replace(call.start, call.open, "select(func.count()).select_from")
        return Rewritten((counting,), (("sqlalchemy", "select"), ("sqlalchemy", "func")))
    name = end if end in ("update", "delete") else "select"
    return Rewritten((Replace(call.start, call.open, name),), (("sqlalchemy", name),))


def build(step: Step, place: Place) -> Rewritten:
    """`query.method(...)` as a method of `select()`.

    Raises:
        NotTheSame: it has no known equal.
    """
    shape = _shape(step, place)
    _refuse_what_differs(step, shape)
    if step.name in _SAME:
        return Rewritten()
    if step.name in _RENAMED:
        return _renamed(step, _RENAMED[step.name])
    special = _SPECIAL.get(step.name)
    if special is None:
        raise NotTheSame(f"`select()` has no known equal of `Query.{step.name}`")
    return special(step, shape, place)


def _shape(step: Step, place: Place) -> Shape:
    kind = place.kind_of(step.value)
    if not isinstance(kind, Query):
        raise NotTheSame("it is not known what is selected")
    return kind.shape


def _refuse_what_differs(step: Step, shape: Shape) -> None:
    if shape.is_compound:
        raise NotTheSame("it goes on from a union, whose columns `select()` names otherwise")
    if step.name in _SELECTING and not any(_is_mapped(item) for item in shape.selected or ()):
        raise NotTheSame("what selects nothing of a class does not become a statement that loads objects")
    if shape.is_limited and step.name in _NOT_AFTER_LIMIT:
        raise NotTheSame(f"`Query.{step.name}` raises an error after LIMIT or OFFSET, that of `select()` does not")
    if step.name in _FIRST and (
        shape.is_filtered or shape.is_joined or shape.is_limited or shape.is_grouped or shape.is_ordered or shape.is_distinct
    ):
        raise NotTheSame(f"`Query.{step.name}` raises an error after any criterion, that of `select()` does not")
    if shape.is_statement and step.name not in ("execution_options", "options", "populate_existing", "yield_per"):
        raise NotTheSame(f"`Query.{step.name}` after `from_statement`")
    first = step.arguments[0].value if step.arguments else None
    if step.name in _CLEARING and isinstance(first, Constant) and first.value is False:
        raise NotTheSame(f"`select().{step.name}(False)` does not clear")
    if step.name in ("join", "outerjoin") and (
        isinstance(first, Constant) or any(argument.stars for argument in step.arguments)
    ):
        raise NotTheSame("a join by the name of a relationship is one of release 1.x")


def _is_mapped(item: Selected) -> bool:
    return isinstance(item, Model | Alias) or (isinstance(item, Column) and bool(item.model))


def _renamed(step: Step, name: str) -> Rewritten:
    if step.name == "add_entity" and len(step.arguments) != 1:
        raise NotTheSame("`add_entity` with an alias")
    start = step.name_start
    return Rewritten((Replace(start, start + len(step.name), name),))


def _option(step: Step, _shape: Shape, _place: Place) -> Rewritten:
    """`populate_existing()`, `yield_per(10)` to `execution_options(yield_per=10)`."""
    start = step.name_start
    if step.name == "populate_existing" and not step.arguments:
        return Rewritten(
            (
                Replace(start, step.call.open, "execution_options"),
                Replace(step.call.end - 1, step.call.end - 1, "populate_existing=True"),
            )
        )
    if step.positional is None or len(step.positional) != 1:
        raise NotTheSame(f"arguments of `{step.name}`")
    return Rewritten((Replace(start, step.call.open + 1, f"execution_options({step.name}="),))


def _filter_by(step: Step, shape: Shape, place: Place) -> Rewritten:
    """After a join `Query` filters the entity that was joined last; `select()` of release 2.1 looks in all of them."""
    entity = shape.joined_entity
    if not entity:
        if shape.selected is not None and len(shape.selected) == 1:
            if isinstance(shape.selected[0], Model) or shape.is_entity or _is_attribute(step, place):
                return Rewritten()
            raise NotTheSame("it is not known what `filter_by` filters")
        entity = _first_entity(step, place)
    elif entity == "?" or not _is_named_here(entity, step, place):
        raise NotTheSame("it is not known how to name what `filter_by` filters")
    return Rewritten(tuple(_spelled_out(step, entity, place)))


def _is_attribute(step: Step, place: Place) -> bool:
    """Whether the only column that is selected is a plain attribute of a mapped class."""
    begun = root(step.value, place)
    if begun is None or any(each.name == "with_entities" for each in steps(step.value, place)):
        return False
    return len(begun.arguments) == 1 and dotted(begun.arguments[0].value).count(".") == 1


def _first_entity(step: Step, place: Place) -> str:
    begun = root(step.value, place)
    if begun is None or any(each.name in ("with_entities", "select_from") for each in steps(step.value, place)):
        raise NotTheSame("it is not known what `filter_by` filters")
    first = begun.arguments[0].value
    text = dotted(first)
    if isinstance(thing(first, place.kind_of), Model) and text:
        return text
    owner = first.value if isinstance(first, Attribute) else None
    if owner is not None and isinstance(thing(owner, place.kind_of), Model) and dotted(owner):
        return dotted(owner)
    raise NotTheSame("it is not known what `filter_by` filters")


def _is_named_here(entity: str, step: Step, place: Place) -> bool:
    """Whether what was joined is named in the same function: its name may mean nothing elsewhere."""
    name = entity.removesuffix(".mapper.class_")
    function = next((each for each in place.parents.around(step.call) if isinstance(each, Function)), None)
    return any(
        isinstance(part, Name | Attribute) and dotted(part) == name and place.kind_of(part) is not None
        for part in walk(function if function is not None else step.value)
    )


def _spelled_out(step: Step, entity: str, place: Place) -> Iterator[Piece]:
    """`filter_by(name=x)` as `filter(Entity.name == x)`."""
    if any(argument.keyword is None for argument in step.arguments):
        raise NotTheSame("`filter_by` with arguments that are not written out")
    start = step.name_start
    yield Replace(start, start + len("filter_by"), "filter")
    for argument in step.arguments:
        yield Replace(argument.start, argument.value.start, f"{entity}.{argument.keyword} == {_opened(argument, place)}")
        if _binds_looser(argument.value) and not _has_parenthesis(argument, place):
            yield Wrap(argument.value.start, argument.value.end, "(", ")")


def _has_parenthesis(argument: Argument, place: Place) -> bool:
    return b"(" in place.text[argument.start : argument.value.start]


def _opened(argument: Argument, place: Place) -> str:
    """What opens before the value: its parentheses are no part of it."""
    return "(" * place.text[argument.start : argument.value.start].count(b"(")


def _binds_looser(value: Expression) -> bool:
    """Whether an operand of `==` has to stand in parentheses."""
    if isinstance(value, Conditional | Lambda):
        return True
    return isinstance(value, Operation) and any(
        operator in ("and", "or", "not", "in", "not in", "is", "is not") or operator in ("==", "!=", "<", ">", "<=", ">=")
        for operator in value.operators
    )


def _with_parent(step: Step, shape: Shape, place: Place) -> Rewritten:
    if step.positional is None or len(step.positional) != 2:
        raise NotTheSame("`with_parent` without its relationship")
    related = place.kind_of(step.positional[1])
    first = (shape.selected or (None,))[0]
    if not isinstance(related, Relationship) or first != Model(related.target) or shape.joined_entity or not related.target:
        raise NotTheSame("`with_parent` for another class than the first that is selected")
    start = step.name_start
    imports: tuple[Import, ...] = (("sqlalchemy.orm", "with_parent"),)
    return Rewritten((Replace(start, start, "where("), Wrap(step.call.end, step.call.end, "", ")")), imports)


def _subquery(step: Step, _shape: Shape, _place: Place) -> Rewritten:
    if any(argument.stars or argument.keyword not in (None, "name") for argument in step.arguments) or len(step.arguments) > 1:
        raise NotTheSame("arguments of `subquery`")
    return Rewritten()


def _exists(step: Step, shape: Shape, place: Place) -> Rewritten:
    """`Query.exists` selects 1 in the place of the columns, from the first: an aggregate would give a row whatever there is."""
    if step.arguments:
        raise NotTheSame("arguments of `exists`")
    if shape.selected is None or len(shape.selected) != 1 or not _is_row_by_row(shape.selected[0]):
        raise NotTheSame("`exists` of several things or of what may be an aggregate")
    begun = root(step.value, place)
    if shape.is_joined and (begun is None or any(each.name == "with_entities" for each in steps(step.value, place))):
        raise NotTheSame("`exists` of a join whose entity may have been replaced")
    return Rewritten()


def _is_row_by_row(item: Selected) -> bool:
    return isinstance(item, Model | Alias) or (isinstance(item, Column) and bool(item.name))


def _params(step: Step, _shape: Shape, place: Place) -> Rewritten:
    """`Select.params` gives values to what is there already, `Query.params` also to what comes later."""
    if ends_in(step.call, place, only_next=True) not in TERMINALS - {"update", "delete", "count"}:
        raise NotTheSame("`params` before other methods")
    return Rewritten()


_SPECIAL: dict[str, Callable[[Step, Shape, Place], Rewritten]] = {
    "filter_by": _filter_by,
    "with_parent": _with_parent,
    "subquery": _subquery,
    "exists": _exists,
    "params": _params,
    **dict.fromkeys(_OPTIONS, _option),
}
