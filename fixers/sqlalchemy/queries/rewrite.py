"""Each use of a legacy query in 2.0 style, by itself: chains are made of steps that do not know of each other.

A program that listens to `after_bulk_update` or `after_bulk_delete` of a session hears nothing of the statements that are
written instead of `Query.update` and `Query.delete`.
"""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import External, Query
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.builders import begin, build
from autofix.fixers.sqlalchemy.queries.chains import is_root, step
from autofix.fixers.sqlalchemy.queries.consumers import Use, use_of
from autofix.fixers.sqlalchemy.queries.executing import session_known
from autofix.fixers.sqlalchemy.queries.outcome import NotTheSame, Place, Refused, Rewritten
from autofix.fixers.sqlalchemy.queries.tables import TERMINALS
from autofix.fixers.sqlalchemy.queries.terminals import (
    method_of,
    shape_known,
    subscript,
    terminal,
    unique,
)
from autofix.languages.python.code import (
    Argument,
    Attribute,
    Call,
    Clause,
    Comprehension,
    Expression,
    For,
    Name,
    Operation,
    Subscript,
)

_KEPT_ATTRIBUTES = frozenset(("whereclause", "column_descriptions"))


def rewritten(node: Expression, place: Place) -> Rewritten | Refused:
    """A call or subscript of a query, or any expression that is one, in 2.0 style.

    Raises:
        NotTheSame: it has no known equal.
    """
    made = _itself(node, place)
    if not isinstance(place.kind_of(node), Query) or is_terminal_use(node, place):
        return made
    used = _used(node, place)
    if isinstance(used, Refused):
        return used
    return Rewritten((*used.pieces, *made.pieces), (*made.imports, *used.imports))


def is_terminal_use(node: Expression, place: Place) -> bool:
    """Whether it executes a query."""
    called = step(node, place)
    if called is not None:
        return called.name in TERMINALS
    return isinstance(node, Subscript) and isinstance(place.kind_of(node.value), Query)


def reads(node: Expression, place: Place) -> bool:
    """Whether the database is asked: by a method, a subscript, or because the rows of a query are wanted."""
    if is_terminal_use(node, place):
        return True
    return isinstance(place.kind_of(node), Query) and use_of(node, place) is Use.ITERATED


def _itself(node: Expression, place: Place) -> Rewritten:
    """The expression's own call."""
    if isinstance(node, Subscript) and isinstance(place.kind_of(node.value), Query):
        return subscript(node, place)
    called = step(node, place)
    if called is not None:
        return terminal(called, place) if called.name in TERMINALS else build(called, place)
    if isinstance(node, Call) and is_root(node, place):
        return begin(node, place)
    if isinstance(node, Call) and isinstance(node.function, Attribute | Name) and node.function.name == "Query":
        raise NotTheSame("a query that is made by its class")
    return Rewritten()


def _used(node: Expression, place: Place) -> Rewritten | Refused:
    """What is done with the query."""
    use = use_of(node, place)
    if use in (Use.METHOD, Use.SUBSCRIPT, Use.FLOWS, Use.COMPARED, Use.EXPRESSION):
        return Rewritten()
    if use is Use.TESTED:
        if not isinstance(node, Name | Attribute | Call | Subscript):
            raise NotTheSame("the truth of a query that is made in the test")
        return _tested(node, place)
    if use is Use.ITERATED:
        return iterated(node, place)
    parent = place.parents.of(node)
    if use is Use.ATTRIBUTE and isinstance(parent, Attribute):
        return _attribute(node, parent, place)
    if use is Use.TEXT:
        raise NotTheSame("a query that is shown, or combined with another")
    return Refused("the query goes on to where it cannot be followed")


def _tested(node: Expression, place: Place) -> Rewritten:
    """A query is true whatever it holds; a statement has no truth."""
    parent = place.parents.of(node)
    if isinstance(parent, Operation) and place.text[parent.start : node.start].split() == [b"not"]:
        return Rewritten((Replace(parent.start, node.start, ""), Wrap(node.start, node.end, "", " is None")))
    return Rewritten((Wrap(node.start, node.end, "", " is not None"),))


def iterated(node: Expression, place: Place) -> Rewritten:
    """`for user in query`."""
    shape = shape_known(node, place)
    session = session_known(node, place)
    method = method_of(shape)
    if shape.streams and place.awaits:
        return _streamed(node, place, session, "stream_scalars" if shape.is_entity else "stream")
    made = "" if shape.streams else unique(shape, place)
    if _is_mapped(node, place):
        # A result has `keys`, which makes `dict` take it for a mapping.
        made += ".all()"
    before, after = ("await ", "") if place.awaits else ("", "")
    if made and place.awaits:
        before, after = "(await ", f"){made}"
    elif made:
        after = made
    return Rewritten((Wrap(node.start, node.end, f"{before}{session}.{method}(", f"){after}"),))


def _is_mapped(node: Expression, place: Place) -> bool:
    """Whether the rows are given to `dict`."""
    argument = place.parents.of(node)
    call = place.parents.of(argument) if isinstance(argument, Argument) and not argument.stars else None
    return isinstance(call, Call) and place.kind_of(call.function) == External("builtins.dict")


def _streamed(node: Expression, place: Place, session: str, method: str) -> Rewritten:
    """`for` over what `yield_per` reads piece by piece, as `async for`."""
    loop = place.parents.of(node)
    if isinstance(loop, Clause):
        around = place.parents.of(loop)
        if not isinstance(around, Comprehension) or around.kind == "generator":
            raise NotTheSame("a generator expression over what is streamed")
    elif not isinstance(loop, For):
        raise NotTheSame("rows that are streamed are not read with a loop")
    pieces: list[Piece] = [Wrap(node.start, node.end, f"await {session}.{method}(", ")")]
    if not loop.is_async:
        pieces.append(Wrap(loop.start, loop.end, "async "))
    return Rewritten(tuple(pieces))


def _attribute(node: Expression, parent: Attribute, place: Place) -> Rewritten | Refused:
    if parent.name in _KEPT_ATTRIBUTES:
        return Rewritten()
    if parent.name == "statement":
        dot = place.text.rfind(b".", node.end, parent.name_start)
        return Rewritten((Replace(dot, parent.end, ""),))
    if isinstance(place.parents.of(parent), Attribute):
        # What is called of the session has to be awaited, too.
        return Refused(f"what is called of the `{parent.name}` of a query")
    if parent.name == "session" and isinstance(node, Name):
        return Rewritten((Replace(node.start, parent.end, session_known(node, place)),))
    return Refused(f"`{parent.name}` of a query")
