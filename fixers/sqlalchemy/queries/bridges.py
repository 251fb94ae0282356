"""Queries that stay as they are, executed by `AsyncSession.run_sync`: same SQL, same rows, whatever they consist of."""

from __future__ import annotations

import re

from autofix.fixers.sqlalchemy.kinds import Callable, Method, OneOf, Query, Session
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, binds_tighter
from autofix.fixers.sqlalchemy.queries.chains import is_constructed, is_root, root, session_of, step, steps
from autofix.fixers.sqlalchemy.queries.consumers import Use, use_of
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Import, Place, Refused
from autofix.fixers.sqlalchemy.queries.rewrite import is_terminal_use
from autofix.languages.python.code import Attribute, Await, Call, Expression, Name, Subscript, Walrus, Yield
from autofix.languages.python.code_walk import walk


def bridged(node: Expression, place: Place, reason: str) -> Bridge | Refused:
    """A call or subscript of a query, or any expression that is one, left as it is."""
    if not place.awaits:
        return Bridge((), (), reason)
    if is_terminal_use(node, place):
        return _executed(node, place, reason)
    use = use_of(node, place) if isinstance(place.kind_of(node), Query) else Use.FLOWS
    if use is Use.UNKNOWN:
        return Refused("the query goes on to where it cannot be followed")
    if use is Use.ATTRIBUTE and _attribute_name(node, place) == "session":
        return Refused("`session` of a query")
    if is_constructed(node, place):
        return Refused("a query that is made by its class")
    pieces: list[Piece] = []
    imports: tuple[Import, ...] = ()
    if use is Use.ITERATED:
        session = _async_session(node, place)
        if not session:
            return Refused("it is not known which session executes the query")
        imports = _imports(session)
        pieces.append(_read(node, place, session))
    if (
        isinstance(node, Call)
        and isinstance(node.function, Attribute)
        and is_root(node, place)
        and not _is_inside_lambda(node, place)
    ):
        value = node.function.value
        session = "().sync_session" if _is_registry(value, place) else ".sync_session"
        pieces.append(Wrap(value.start, value.end, "", session))
    return Bridge(tuple(pieces), imports, reason)


def _async_session(query: Expression, place: Place) -> str:
    """The text of the session that has `run_sync`: not a registry, which does not pass that on."""
    session = session_of(query, place)
    if not session:
        return _session_by_name(query, place)
    begun = root(query, place)
    value = begun.function.value if begun is not None and isinstance(begun.function, Attribute) else None
    return f"{session}()" if value is not None and _is_registry(value, place) else session


def _session_by_name(query: Expression, place: Place) -> str:
    """The session of a query that has a name, asked of itself; empty where it has none."""
    first = query
    for each in steps(query, place):
        first = each.value
    is_free = re.search(rb"\basync_session\b(?!\.)", place.text) is None
    return f"async_session({first.name}.session)" if isinstance(first, Name) and is_free else ""


def _imports(session: str) -> tuple[Import, ...]:
    return (("sqlalchemy.ext.asyncio", "async_session"),) if session.startswith("async_session(") else ()


def _is_registry(value: Expression, place: Place) -> bool:
    kind = place.kind_of(value)
    return isinstance(kind, Session) and kind.is_registry


def _attribute_name(node: Expression, place: Place) -> str:
    parent = place.parents.of(node)
    return parent.name if isinstance(parent, Attribute) else ""


def _read(node: Expression, place: Place, session: str) -> Piece:
    if is_plain(node, place):
        return Wrap(node.start, node.end, f"await {session}.run_sync(lambda _: list(", "))")
    return Wrap(node.start, node.end, f"await {session}.run_sync(lambda _, query: list(query), ", ")")


def _executed(node: Expression, place: Place, reason: str) -> Bridge | Refused:
    """`await db.run_sync(lambda session: session.query(User).all())`."""
    query = _query_of(node, place)
    session = _async_session(query, place)
    if not session:
        return Refused("it is not known which session executes the query")
    tight = binds_tighter(node, place.parents, place.text)
    opened, closed = ("(", "))") if tight else ("", ")")
    if not is_plain(node, place):
        return _handed_over(node, query, place, session, reason)
    begun = root(query, place)
    if begun is None or not isinstance(begun.function, Attribute):
        around = Wrap(node.start, node.end, f"{opened}await {session}.run_sync(lambda _: ", closed)
        return Bridge((around,), _imports(session), reason)
    name = _free_name(node, place)
    value = begun.function.value
    return Bridge(
        (
            Wrap(node.start, node.end, f"{opened}await {session}.run_sync(lambda {name}: ", closed),
            Replace(value.start, value.end, name),
        ),
        (),
        reason,
    )


def _handed_over(node: Expression, query: Expression, place: Place, session: str, reason: str) -> Bridge | Refused:
    """With the query as an argument, so that what is in it may be awaited."""
    called = step(node, place)
    start = called.dot if called is not None else node.open if isinstance(node, Subscript) else node.end
    own = called.arguments if called is not None else (node.key,) if isinstance(node, Subscript) else ()
    if any(_may_wait(part, place) or _is_query(part, place) for argument in own for part in walk(argument)):
        return Refused("something in the query has to be awaited that stays synchronous")
    tight = binds_tighter(node, place.parents, place.text)
    opened, closed = ("(", "))") if tight else ("", ")")
    method = place.text[start : node.end].decode()
    before = f"{opened}await {session}.run_sync(lambda _, query: query{method}, "
    gap = place.text[query.end : start]
    tail = Replace(start if gap.strip() else query.end, node.end, "")
    return Bridge((Wrap(node.start, node.end, before, closed), tail), _imports(session), reason)


def _is_query(part: object, place: Place) -> bool:
    return isinstance(part, Expression) and isinstance(place.kind_of(part), Query)


def _query_of(node: Expression, place: Place) -> Expression:
    called = step(node, place)
    if called is not None:
        return called.value
    return node.value if isinstance(node, Subscript) else node


def is_plain(node: Expression, place: Place) -> bool:
    """Whether nothing in it may have to be awaited: it may stand in a lambda."""
    return not any(_may_wait(part, place) for part in walk(node) if part is not node)


def _may_wait(part: object, place: Place) -> bool:
    match part:
        case Await() | Yield() | Walrus():
            return True
        case Call(function=function):
            callee = place.kind_of(function)
            if isinstance(callee, Callable | OneOf):
                return True
            if isinstance(callee, Method) and isinstance(callee.receiver, Session):
                return callee.name != "query"
            return is_terminal_use(part, place)
        case Subscript():
            return is_terminal_use(part, place)
        case _:
            return False


def _free_name(node: Expression, place: Place) -> str:
    used = {part.name for part in walk(node) if isinstance(part, Name)}
    return next(
        name for name in ("session", "sync_session", "sync_session_") if name not in used or _is_session(name, node, place)
    )


def _is_session(name: str, node: Expression, place: Place) -> bool:
    """Whether a name is used for nothing but the session that begins the query."""
    begun = root(_query_of(node, place), place)
    value = begun.function.value if begun is not None and isinstance(begun.function, Attribute) else None
    named = [part for part in walk(node) if isinstance(part, Name) and part.name == name]
    return isinstance(value, Name) and all(part is value for part in named)


def _is_inside_lambda(node: Expression, place: Place) -> bool:
    """Whether what executes the chain has taken it over, with the session's new name."""
    current: Expression = node
    while True:
        parent = place.parents.of(current)
        outer = place.parents.of(parent) if isinstance(parent, Attribute) else parent
        if isinstance(outer, Subscript) and outer.value is current and parent is outer:
            return is_plain(outer, place)
        called = step(outer, place) if isinstance(outer, Call) else None
        if called is None or called.value is not current:
            return False
        if is_terminal_use(called.call, place):
            return is_plain(called.call, place)
        current = called.call
