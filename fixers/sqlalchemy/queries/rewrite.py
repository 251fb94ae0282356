"""One use of a legacy query, in 2.0 style or kept behind the bridge: calls, subscripts, attributes and places."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import Query
from autofix.fixers.sqlalchemy.pieces import Piece, Replace
from autofix.fixers.sqlalchemy.queries import bridging
from autofix.fixers.sqlalchemy.queries.building import attribute, build, express, make
from autofix.fixers.sqlalchemy.queries.bulk import WHOLE, whole_chain
from autofix.fixers.sqlalchemy.queries.chains import Chain, chain_of, makes_query, method_of
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context, Refused, Rewritten, Use, imports_of, joined
from autofix.fixers.sqlalchemy.queries.places import place, room_for_await
from autofix.fixers.sqlalchemy.queries.positions import Position, position_of
from autofix.fixers.sqlalchemy.queries.table import ROLES, Role
from autofix.fixers.sqlalchemy.queries.terminals import counts_directly, subscript, terminal
from autofix.languages.python.code import Attribute, Call, Expression, Subscript


def rewrite(use: Expression, context: Context) -> Rewritten | Refused:
    """A use of a query (`groups.uses`) in 2.0 style. What it stands in and what it consists of are uses of their own; their
    pieces compose. A query is rewritten right only where all its uses are: `groups` says which belong together.
    """
    try:
        return _rewritten(use, context)
    except CannotRewrite as error:
        return Refused(str(error))


def bridge(use: Expression, context: Context) -> Rewritten | Refused:
    """The same use with the legacy query kept, on the sync session behind the asynchronous one."""
    try:
        return Rewritten(tuple(_bridged(use, context)))
    except CannotRewrite as error:
        return Refused(str(error))


def executes(use: Expression, context: Context) -> bool:
    """Whether a use sends SQL: what `await` is for."""
    if isinstance(use, Subscript) and isinstance(context.kind_of(use.value), Query):
        return True
    if isinstance(use, Call) and isinstance(use.function, Attribute):
        is_method = isinstance(context.kind_of(use.function.value), Query)
        if is_method and ROLES.get(use.function.name) is Role.EXECUTES:
            return True
    is_query = isinstance(context.kind_of(use), Query)
    return is_query and position_of(use, context) in (Position.ITERATED, Position.MAPPED)


def _rewritten(use: Expression, context: Context) -> Rewritten:
    found = [_method(use, context)] if isinstance(use, Call | Subscript | Attribute) else []
    query = context.kind_of(use)
    if isinstance(query, Query):
        found.append(place(use, query, position_of(use, context), context))
    if context.is_async and executes(use, context):
        found.append(Rewritten(tuple(room_for_await(use, context))))
    return joined(found)


def _method(use: Call | Subscript | Attribute, context: Context) -> Rewritten:
    """What a call, subscript or attribute changes by itself, wherever it stands."""
    if isinstance(use, Call):
        return _call(use, context)
    query = context.kind_of(use.value)
    if not isinstance(query, Query):
        return Rewritten()
    return subscript(use, query, context) if isinstance(use, Subscript) else _attribute(use, query, context)


def _attribute(node: Attribute, query: Query, context: Context) -> Rewritten:
    return Rewritten() if _is_called(node, context) else attribute(node, query, context)


def _is_called(node: Attribute, context: Context) -> bool:
    parent = context.parents.of(node)
    return isinstance(parent, Call) and parent.function == node


def _call(call: Call, context: Context) -> Rewritten:
    chain = chain_of(call, context)
    if chain is not None and chain.method in WHOLE:
        return whole_chain(chain, context) if call == chain.last else Rewritten()
    if makes_query(call, context.kind_of):
        return _count_of(chain, context) if counts_directly(chain, context) and chain else make(call, context)
    query = context.kind_of(call.function.value) if isinstance(call.function, Attribute) else None
    if not isinstance(query, Query):
        return Rewritten()
    use, role = Use(call, query, context), ROLES.get(method_of(call))
    if role is Role.BUILDS:
        return build(use)
    if role is Role.EXPRESSES:
        return express(use)
    if role is Role.EXECUTES:
        return terminal(use)
    raise CannotRewrite(f"{method_of(call)}() is no known method of a query")


def _count_of(chain: Chain, context: Context) -> Rewritten:
    """`session.query(Model)` as `select(func.count()).select_from(Model)`."""
    made = make(chain.make, context)
    func = context.names.written("sqlalchemy", "func")
    text = f"{context.names.written('sqlalchemy', 'select').text}({func.text}.count()).select_from"
    return Rewritten((Replace(chain.make.start, chain.make.open, text),), (*made.imports, *imports_of(func)))


def _bridged(use: Expression, context: Context) -> list[Piece]:
    pieces: list[Piece] = []
    query = context.kind_of(use)
    if isinstance(use, Call) and makes_query(use, context.kind_of):
        pieces += bridging.made(use, context)
    elif isinstance(use, Call) and isinstance(use.function, Attribute):
        pieces += _bridged_method(use, use.function, context)
    elif isinstance(use, Subscript) and isinstance(found := context.kind_of(use.value), Query):
        pieces += bridging.executed(use, found, context)
    elif isinstance(use, Attribute) and isinstance(found := context.kind_of(use.value), Query) and not _is_called(use, context):
        pieces += bridging.attribute(use, found, context)
    if isinstance(query, Query):
        position = position_of(use, context)
        if position in (Position.ITERATED, Position.MAPPED):
            pieces += bridging.iterated(use, query, context)
        if position is Position.UNKNOWN:
            raise CannotRewrite("the query is handed to something that is not known")
    return [*pieces, *(room_for_await(use, context) if executes(use, context) else [])]


def _bridged_method(call: Call, function: Attribute, context: Context) -> list[Piece]:
    query = context.kind_of(function.value)
    if not isinstance(query, Query):
        return []
    role = ROLES.get(function.name)
    if role is Role.EXECUTES:
        return bridging.executed(call, query, context)
    if role is None:
        raise CannotRewrite(f"{function.name}() is no known method of a query")
    return []
