"""What the methods of sessions, queries, selects and results return. Pure, and total: what is not known is None."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Column,
    Connection,
    Coroutine,
    External,
    Instance,
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
    Transaction,
)
from autofix.fixers.sqlalchemy.queries.criteria import KindOf
from autofix.fixers.sqlalchemy.queries.shapes import shape_of, step
from autofix.fixers.sqlalchemy.queries.table import COMPOUNDS, ROLES, SELECT_BUILDS, SELECT_EXPRESSES, Role
from autofix.languages.python.code import Call, Slice, Subscript

__all__ = ["KindOf", "attribute_of", "element_of", "executed", "query_of", "result_of", "select_of", "slice_of"]

# Of a result, by what they return: itself or another, a list, one value, the first column of one row, a plain value.
_SAME = frozenset(("unique", "yield_per", "execution_options"))
_OTHERS = frozenset(("columns", "mappings", "tuples"))
_LISTS = frozenset(("all", "fetchall", "fetchmany"))
_ROWS = frozenset(("first", "one", "one_or_none", "fetchone"))
_SCALARS = frozenset(("scalar", "scalar_one", "scalar_one_or_none"))
_SYNC_ON_STREAM = frozenset(("scalars", "keys", *_SAME, *_OTHERS))

# Of a session.
_EFFECTS = frozenset(("commit", "rollback", "flush", "close", "delete", "refresh"))
_SYNC_EFFECTS = frozenset(("add", "add_all", "expunge", "expunge_all", "expire", "expire_all"))


def query_of(session: Session, session_text: str, call: Call, kind_of: KindOf) -> Query:
    """What `session.query(...)` returns; `session_text` as in `Query.session`."""
    return Query(shape_of(call, kind_of), session_text, session.is_async)


def select_of(call: Call, kind_of: KindOf) -> Select:
    """What `select(...)` returns, also with its columns in a list, as in 1.4."""
    function = kind_of(call.function)
    is_sqlmodel = isinstance(function, External) and function.name.partition(".")[0] == "sqlmodel"
    return Select(shape_of(call, kind_of), is_sqlmodel)


def result_of(receiver: Kind, method: str, call: Call, kind_of: KindOf) -> Kind:
    """What `receiver.method(...)` returns, where the receiver is a query, select, statement or result."""
    if isinstance(receiver, Query):
        return _of_query(receiver, method, call, kind_of)
    if isinstance(receiver, Select):
        return _of_select(receiver, method, call, kind_of)
    if isinstance(receiver, Statement):
        return None if method in ("compile", "columns", "subquery", "cte") else receiver
    if isinstance(receiver, Result):
        return _of_result(receiver, method, call)
    return None


def _of_query(query: Query, method: str, call: Call, kind_of: KindOf) -> Kind:
    role = ROLES.get(method)
    if role is Role.BUILDS:
        session = "" if method == "with_session" else query.session
        return Query(step(query.shape, method, call, kind_of), session, query.is_async)
    if role is Role.EXPRESSES:
        return Column()
    if role is Role.EXECUTES:
        return _executed_query(query.shape, method)
    return None


def _executed_query(shape: Shape, method: str) -> Kind:
    if method == "all":
        return Many(_element(shape))
    if method in ("first", "one", "one_or_none"):
        return _element(shape)
    if method == "get":
        return _value(shape)
    if method == "scalar":
        return _value(shape)
    if method in ("count", "update", "delete", "value"):
        return Literal()
    return Many(None) if method == "values" else None


def _of_select(select: Select, method: str, call: Call, kind_of: KindOf) -> Kind:
    if method in COMPOUNDS:
        return Select(Shape(_columns_of(select.shape), is_joined=True, is_compound=True), select.is_sqlmodel)
    if method in SELECT_BUILDS:
        return Select(step(select.shape, method, call, kind_of), select.is_sqlmodel)
    return Column() if method in SELECT_EXPRESSES else None


def _columns_of(shape: Shape) -> tuple[Selected, ...] | None:
    """What the rows of a compound of selects hold: the columns of an entity one by one."""
    return None if shape.has_entity is not False else shape.selected


def _of_result(result: Result, method: str, call: Call) -> Kind:
    found = _on_result(result, method, call)
    return Coroutine(found) if result.is_stream and method not in _SYNC_ON_STREAM else found


def _on_result(result: Result, method: str, call: Call) -> Kind:
    if method in _SAME:
        return result
    if method in _OTHERS:
        return Result(result.shape if method == "tuples" else None, is_stream=result.is_stream)
    if method == "scalars":
        return Result(result.shape if not call.arguments else None, scalars=True, is_stream=result.is_stream)
    if method in _LISTS:
        return Many(element_of(result))
    if method == "partitions":
        return Many(Many(element_of(result)))
    if method in _ROWS:
        return element_of(result)
    if method in _SCALARS:
        return _value(result.shape)
    return Literal() if method in ("keys", "close") else None


def attribute_of(receiver: Kind, name: str) -> Kind:
    """What the attribute of a query, select or result is, where it is not called."""
    if isinstance(receiver, Query):
        if name == "session":
            return Session(is_async=receiver.is_async)
        return Select(receiver.shape) if name in ("statement", "selectable") else None
    if isinstance(receiver, Result) and name in ("rowcount", "inserted_primary_key", "lastrowid", "returns_rows"):
        return Literal()
    if isinstance(receiver, Query | Select):
        return Column() if name == "whereclause" else None
    return None


def slice_of(receiver: Query, subscript: Subscript) -> Kind:
    """What `query[...]` returns: a list of a slice, else one thing."""
    element = _element(receiver.shape)
    return Many(element) if isinstance(subscript.key, Slice) else element


def element_of(kind: Kind) -> Kind:
    """What iterating over a value yields: with `async for` where that is a stream."""
    if isinstance(kind, Query):
        return _element(kind.shape)
    if isinstance(kind, Result):
        return _value(kind.shape) if kind.scalars else None
    return kind.of if isinstance(kind, Many) else None


def executed(session: Session | Connection, method: str, call: Call, kind_of: KindOf) -> Kind:
    """What `session.method(...)` returns; on an asynchronous session a `Coroutine`, where it has to be awaited."""
    if method in ("begin", "begin_nested"):
        return Transaction(session)
    if method == "query" and isinstance(session, Session):
        return query_of(session, "", call, kind_of)
    if method in _SYNC_EFFECTS:
        return Literal()
    found = _executed(session, method, call, kind_of)
    return Coroutine(found) if session.is_async and found is not None else found


def _executed(session: Session | Connection, method: str, call: Call, kind_of: KindOf) -> Kind:
    first = _first(call, kind_of)
    shape = first.shape if isinstance(first, Select) else None
    if method == "execute":
        return Result(shape)
    if method == "exec":
        is_sqlmodel = isinstance(first, Select) and first.is_sqlmodel
        is_single = shape is not None and shape.selected is not None and len(shape.selected) == 1
        return Result(shape, scalars=is_sqlmodel and is_single)
    if method == "scalars":
        return Result(shape, scalars=True)
    if method in ("stream", "stream_scalars"):
        return Result(shape, scalars=method == "stream_scalars", is_stream=True)
    if method == "scalar":
        return _value(shape)
    if method in ("get", "get_one"):
        return Instance(first.key) if isinstance(first, Model) and first.key else None
    if method == "merge":
        return first if isinstance(first, Instance) else None
    if method == "connection":
        return Connection(session.is_async)
    return Literal() if method in _EFFECTS else None


def _first(call: Call, kind_of: KindOf) -> Kind:
    positional = [argument for argument in call.arguments if argument.keyword in (None, "statement", "entity", "instance")]
    return kind_of(positional[0].value) if positional and not positional[0].stars else None


# What is in a row


def _element(shape: Shape) -> Kind:
    """One result of a query: an object where a single entity is selected, else a row."""
    return _instance(shape.selected[0]) if shape.is_entity and shape.selected else None


def _value(shape: Shape | None) -> Kind:
    """What the first column of a row holds."""
    if shape is None or not shape.selected:
        return None
    first = shape.selected[0]
    return Literal() if isinstance(first, Column) else _instance(first)


def _instance(item: Selected) -> Kind:
    key = item.key if isinstance(item, Model) else item.model if isinstance(item, Alias) else ""
    return Instance(key) if key else None
