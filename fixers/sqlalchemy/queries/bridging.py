"""The exact way out: the legacy query stays, on the sync session that is behind the asynchronous one."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.kinds import (
    Column,
    Connection,
    External,
    Literal,
    Query,
    Relationship,
    Select,
    Session,
    Statement,
)
from autofix.fixers.sqlalchemy.parents import below, key
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, is_followed
from autofix.fixers.sqlalchemy.queries.chains import Chain, chain_of, makes_query
from autofix.fixers.sqlalchemy.queries.layout import operand_end, receiver_of
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context, session_of
from autofix.fixers.sqlalchemy.queries.positions import Position, position_of
from autofix.fixers.sqlalchemy.queries.shapes import written
from autofix.fixers.sqlalchemy.queries.table import ROLES, Role
from autofix.languages.python import code

_SQL = (Query, Select, Statement, Column, Relationship)
_PURE = frozenset(
    ("len", "int", "str", "float", "bool", "list", "tuple", "set", "dict", "min", "max", "abs", "round", "sorted")
)


def made(call: code.Call, context: Context) -> list[Piece]:
    """`session.query(...)` on the sync session; where the chain is executed in one piece, that does it all."""
    chain = chain_of(call, context)
    if chain is not None and _executed_end(chain, context) is not None:
        return []
    return [_on_sync_session(call)]


def _on_sync_session(call: code.Call) -> Piece:
    session = receiver_of(call)
    if not written(session):
        raise CannotRewrite("the session is made where it is used")
    return Wrap(session.start, session.end, "", ".sync_session")


def _executed_end(chain: Chain, context: Context) -> code.Expression | None:
    """What executes a chain that is written in one piece: its last call, a subscript, or where it stands."""
    if chain.last is not None:
        return chain.last if ROLES.get(chain.method) is Role.EXECUTES else None
    top = chain.builders[-1] if chain.builders else chain.make
    parent = context.parents.of(top)
    if isinstance(parent, code.Subscript):
        return parent
    return top if position_of(top, context) in (Position.ITERATED, Position.MAPPED) else None


def executed(node: code.Call | code.Subscript, query: Query, context: Context) -> list[Piece]:
    """A terminal method or a subscript, run on the sync session."""
    receiver = receiver_of(node)
    chain = _chain_below(receiver, context)
    if chain is not None:
        return _whole(node, chain, "", context)
    if not written(receiver):
        raise CannotRewrite("the query is chosen where it is executed")
    _check_plain(_own_parts(node), context)
    return [_run(node, session_of(query, context), "lambda _: ", "", context)]


def iterated(expression: code.Expression, query: Query, context: Context) -> list[Piece]:
    """A query whose results are asked for where it stands."""
    chain = _chain_below(expression, context)
    if chain is not None:
        return _whole(expression, chain, ".all()", context)
    if not written(expression):
        raise CannotRewrite("the query is chosen where it is executed")
    return [_run(expression, session_of(query, context), "lambda _: ", ".all()", context)]


def attribute(node: code.Attribute, query: Query, context: Context) -> list[Piece]:
    """An attribute that is not called."""
    if node.name == "session":
        if not written(node.value):
            raise CannotRewrite("the session of a query is asked for that is made in the same place")
        return [Replace(node.start, node.end, session_of(query, context))]
    if node.name in ROLES and ROLES[node.name] is Role.EXECUTES:
        raise CannotRewrite(f"{node.name} is handed on without being called")
    return []


def _chain_below(expression: code.Expression, context: Context) -> Chain | None:
    return chain_of(expression, context) if isinstance(expression, code.Call) else None


def _whole(node: code.Expression, chain: Chain, addition: str, context: Context) -> list[Piece]:
    """A chain in one piece: in a lambda that is given the session, or built outside of it where that cannot be."""
    session = receiver_of(chain.make)
    text = written(session)
    if not text:
        raise CannotRewrite("the session is made where it is used")
    if _fits_in_lambda(node, chain, context):
        name = _parameter(node, session)
        return [
            *([Replace(session.start, session.end, name)] if name != text else []),
            _run(node, text, f"lambda {name}: ", addition, context),
        ]
    receiver = node if addition else receiver_of_node(node)
    end = operand_end(context.source, receiver) if receiver is not node else node.end
    _check_plain(_own_parts(node) if receiver is not node else [], context)
    rest = context.source.slice(end, node.end) + addition
    return [
        _on_sync_session(chain.make),
        *([Replace(end, node.end, "")] if receiver is not node else []),
        _run_on(node, end, text, f"lambda _, query: query{rest.lstrip()}, ", context),
    ]


def receiver_of_node(node: code.Expression) -> code.Expression:
    """What a method is called of, or a subscript is taken from."""
    if isinstance(node, code.Call | code.Subscript):
        return receiver_of(node)
    raise CannotRewrite("the query is executed in an unusual way")


def _run(node: code.Expression, session: str, head: str, addition: str, context: Context) -> Piece:
    is_outer = is_followed(node, context.parents.of(node))
    before, after = ("(await ", ")") if is_outer else ("await ", "")
    return Wrap(node.start, node.end, f"{before}{session}.run_sync({head}", f"{addition}){after}")


def _run_on(node: code.Expression, end: int, session: str, head: str, context: Context) -> Piece:
    is_outer = is_followed(node, context.parents.of(node))
    before, after = ("(await ", ")") if is_outer else ("await ", "")
    return Wrap(node.start, end, f"{before}{session}.run_sync({head}", f"){after}")


def _parameter(node: code.Expression, session: code.Expression) -> str:
    """A name for the session in the lambda that means nothing else there."""
    names = {part.name for part in below(node) if isinstance(part, code.Name) and key(part) != key(session)}
    return next(name for name in ("session", "sync_session", "_session", "__session") if name not in names)


def _fits_in_lambda(node: code.Expression, chain: Chain, context: Context) -> bool:
    """Whether nothing in a chain needs the asynchronous side: another session, a call of what may become asynchronous."""
    session = receiver_of(chain.make)
    for part in below(node):
        if isinstance(part, code.Await | code.Yield | code.Walrus | code.Lambda):
            return False
        is_other = isinstance(part, code.Name | code.Attribute) and written(part) == written(session)
        if is_other and key(part) != key(session):
            return False
        if isinstance(part, code.Call) and not _is_pure(part, chain, context):
            return False
    return True


def _is_pure(call: code.Call, chain: Chain, context: Context) -> bool:
    """Whether a call makes SQL, belongs to the chain or is a builtin without I/O."""
    kind = context.kind_of(call)
    if isinstance(kind, _SQL):
        return not makes_query(call, context.kind_of) or call == chain.make
    function = call.function
    if call == chain.last or isinstance(context.kind_of(function), External):
        return call == chain.last or _is_sql_function(function, context)
    if isinstance(function, code.Attribute):
        owner = context.kind_of(function.value)
        return isinstance(owner, External | Literal | Column | Relationship)
    return isinstance(function, code.Name) and function.name in _PURE and context.kind_of(function) is None


def _is_sql_function(function: code.Expression, context: Context) -> bool:
    kind = context.kind_of(function)
    return isinstance(kind, External) and kind.name.startswith(("sqlalchemy.", "sqlmodel."))


def _own_parts(node: code.Expression) -> list[code.Expression]:
    """The arguments of a terminal method, the bounds of a subscript."""
    if isinstance(node, code.Call):
        return [argument.value for argument in node.arguments]
    return [node.key] if isinstance(node, code.Subscript) else []


def _check_plain(expressions: list[code.Expression], context: Context) -> None:
    """What stays within the lambda must not need the asynchronous side."""
    for part in _all_below(expressions):
        if isinstance(part, code.Await | code.Yield | code.Walrus):
            raise CannotRewrite("what is handed to the executing method is asynchronous")
        if isinstance(part, code.Call) and not _is_harmless(part, context):
            raise CannotRewrite("a function is called within the arguments of the executing method")
        if isinstance(part, code.Name | code.Attribute) and isinstance(context.kind_of(part), Session | Connection):
            raise CannotRewrite("a session is used within the arguments of the executing method")


def _is_harmless(call: code.Call, context: Context) -> bool:
    if isinstance(context.kind_of(call), _SQL) or _is_sql_function(call.function, context):
        return True
    function = call.function
    if isinstance(function, code.Attribute):
        return isinstance(context.kind_of(function.value), External | Literal | Column)
    return isinstance(function, code.Name) and function.name in _PURE


def _all_below(expressions: list[code.Expression]) -> Iterator[object]:
    for expression in expressions:
        yield from below(expression)
