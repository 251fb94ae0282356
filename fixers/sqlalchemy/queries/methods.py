"""What the methods of queries, statements and results return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Column,
    Coroutine,
    Instance,
    Items,
    Kind,
    Literal,
    Many,
    Model,
    Query,
    Result,
    Select,
    Selected,
    Session,
    Shape,
    Statement,
)
from autofix.fixers.sqlalchemy.queries.building import built
from autofix.fixers.sqlalchemy.queries.selecting import thing, things
from autofix.fixers.sqlalchemy.queries.tables import (
    EXPRESSIONS,
    MANY_ROWS,
    ROWS,
    SAME_RESULT,
    SUBQUERIES,
    TERMINALS,
    VALUES,
)
from autofix.languages.python.code import Argument, Call, Collection, Expression, Slice, Subscript

KindOf = Callable[[Expression], Kind]
"""What an expression is; None where that is not known."""


def is_terminal(name: str) -> bool:
    """Whether a method of a `Query` executes SQL."""
    return name in TERMINALS


def query_of(session: Session, session_text: str, call: Call, kind_of: KindOf) -> Query:
    """What `session.query(...)` or `Query([...], session)` returns."""
    return Query(Shape(_selected(call.arguments, kind_of)), session_text, session.is_async)


def select_of(call: Call, kind_of: KindOf) -> Select:
    """What `select(...)` returns, also in the form of release 1.3, `select([...])`."""
    return Select(Shape(_selected(call.arguments, kind_of)))


def _selected(arguments: tuple[Argument, ...], kind_of: KindOf) -> tuple[Selected, ...] | None:
    first = arguments[0] if arguments else None
    if first is not None and isinstance(first.value, Collection) and first.value.kind in ("list", "tuple"):
        return tuple(thing(element, kind_of) for element in first.value.elements)
    return None if any(argument.keyword is not None for argument in arguments) else things(arguments, kind_of)


def result_of(receiver: Kind, method: str, call: Call, kind_of: KindOf) -> Kind:
    """What `receiver.method(...)` returns, of a query, statement, result or alias; None where it is not known."""
    match receiver:
        case Query(shape=shape):
            return _of_query(receiver, shape, method, call, kind_of)
        case Select(shape=shape):
            if method in EXPRESSIONS:
                return Column()
            made = built(shape, method, call, kind_of)
            if made is not None and made.is_compound and not shape.is_compound:
                return Statement()
            return replace(receiver, shape=made) if made is not None else None
        case Result():
            return _of_result(receiver, method)
        case Statement():
            return Column() if method in EXPRESSIONS else None if method in SUBQUERIES else receiver
        case _:
            return None


def _of_query(query: Query, shape: Shape, method: str, call: Call, kind_of: KindOf) -> Kind:
    if method in ROWS:
        return row_of(shape)
    if method == "all":
        return Many(row_of(shape))
    if method == "scalar":
        return _value_of(shape)
    if method == "get":
        return row_of(shape) if shape.is_entity else None
    if method in ("count", "update", "delete", "value"):
        return Literal()
    if method == "values":
        return Many(row_of(Shape(_selected(call.arguments, kind_of))))
    if method in EXPRESSIONS:
        return Column()
    if method == "with_session":
        return replace(query, session="")
    made = built(shape, method, call, kind_of)
    return replace(query, shape=made) if made is not None else None


def _of_result(result: Result, method: str) -> Kind:
    if method in SAME_RESULT:
        return result
    if method == "scalars":
        return replace(result, scalars=True)
    if method in ("mappings", "columns"):
        return Result(None, is_stream=result.is_stream)
    made: Kind = None
    if method in ROWS:
        made = element_of(result)
    elif method in MANY_ROWS:
        made = Many(element_of(result))
    elif method == "partitions":
        return Many(Many(element_of(result)))
    elif method in VALUES and result.shape is not None:
        made = _value_of(result.shape)
    elif method in ("close", "keys"):
        made = Literal()
    return Coroutine(made) if result.is_stream and method != "keys" else made


def row_of(shape: Shape) -> Kind:
    """One row: an object where exactly one entity is selected, else a tuple."""
    if shape.is_entity:
        return _value_of(shape)
    if not shape.selected or (len(shape.selected) == 1 and not isinstance(shape.selected[0], Column)):
        return None
    return Items(tuple(_thing(item) for item in shape.selected))


def _value_of(shape: Shape) -> Kind:
    """The first thing of a row."""
    return _thing(shape.selected[0]) if shape.selected else None


def _thing(selected: Selected) -> Kind:
    match selected:
        case Model(key=key):
            return Instance(key)
        case Alias(model=key):
            return Instance(key)
        case Column():
            return Literal()
        case _:
            return None


def slice_of(query: Query, subscript: Subscript) -> Kind:
    """What `query[n]` or `query[a:b]` returns."""
    row = row_of(query.shape)
    return Many(row) if isinstance(subscript.key, Slice) else row


def element_of(kind: Kind) -> Kind:
    """What iterating over a query or result gives."""
    match kind:
        case Query(shape=shape):
            return row_of(shape)
        case Result(shape=Shape() as shape, scalars=True):
            return _value_of(shape)
        case Result(shape=Shape() as shape):
            # The rows of `execute` are tuples also where one entity is selected.
            return Items(tuple(_thing(item) for item in shape.selected)) if shape.selected else None
        case _:
            return None


def executed(session: Session, method: str, call: Call, kind_of: KindOf) -> Kind:
    """What a method of a session or connection returns that takes a statement or a class, without the coroutine around it."""
    argument = _first(call)
    given = kind_of(argument) if argument is not None else None
    shape = given.shape if isinstance(given, Select) else None
    match method:
        case "execute" | "exec_driver_sql":
            return Result(shape)
        case "scalars":
            return Result(shape, scalars=True)
        case "scalar":
            return _value_of(shape) if shape is not None else None
        case "stream":
            return Result(shape, is_stream=True)
        case "stream_scalars":
            return Result(shape, scalars=True, is_stream=True)
        case "exec" if session.is_sqlmodel:
            # SQLModel's own `select` of one thing makes its session return that thing rather than a tuple.
            one = isinstance(given, Select) and given.is_sqlmodel and len(given.shape.selected or ()) == 1
            return Result(shape, scalars=one)
        case "get" | "get_one":
            return _thing(given) if isinstance(given, Model | Alias) else None
        case "merge":
            return given if isinstance(given, Instance) else None
        case "is_modified" | "in_transaction" | "in_nested_transaction":
            return Literal()
        case "bulk_save_objects" | "bulk_insert_mappings" | "bulk_update_mappings" | "refresh" | "reset" | "invalidate":
            return Literal(None)
        case _:
            return None


def _first(call: Call) -> Expression | None:
    for argument in call.arguments:
        if argument.stars:
            return None
        if argument.keyword in (None, "statement", "entity", "instance"):
            return argument.value
    return None
