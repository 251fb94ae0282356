"""All queries of a program together: what begins as one and is executed as one is rewritten as a whole, or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import Kind, Origin, Query
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.fixers.sqlalchemy.queries.bridges import bridged
from autofix.fixers.sqlalchemy.queries.chains import step
from autofix.fixers.sqlalchemy.queries.outcome import ModelFacts, NotTheSame, Outcome, Place, Received, Refused, Style, nothing
from autofix.fixers.sqlalchemy.queries.rewrite import is_terminal_use, reads, rewritten
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Await,
    Clause,
    Collection,
    Expression,
    For,
    Module,
    Name,
    Starred,
    Subscript,
    Walrus,
    With,
)
from autofix.languages.python.code_walk import Parents, walk


class File(NamedTuple):
    """A file with queries."""

    path: str
    module: Module
    parents: Parents
    text: bytes
    kind_of: Callable[[Expression], Kind]
    session_text: Callable[[Expression], str]
    """The session to use at an expression where its query knows none: a parameter of the function around it; else empty."""
    received: Received = nothing
    cannot_wait: Callable[[Expression], str] = lambda _: ""
    """Why `await` cannot stand at an expression, in words that follow a line number; empty where it can."""


class Planned(NamedTuple):
    """What becomes of one use of a query."""

    path: str
    node: Expression
    outcome: Outcome


class _Use(NamedTuple):
    path: str
    node: Expression
    place: Place
    query: Query
    cannot_wait: str

    @property
    def origins(self) -> frozenset[Origin]:
        return self.query.shape.origins


def plan(
    files: Iterable[File], facts: ModelFacts, style: Style = Style.ASYNC, *, is_async: bool = False, difference: str = ""
) -> Iterator[list[Planned]]:
    """What becomes of every query of a program; `is_async` asks for those that are made of an `AsyncSession`, which crashes.

    `difference` is why no query of the program is what it seems; empty where all are.

    Queries that may be the same object at some place are decided together, and come together: all in 2.0 style where each use
    is known to have its equal there, else all as they are, else refused, each with the first reason that was found.
    """
    uses = [use for file in files for use in _uses(file, facts, style) if use.query.is_async is is_async]
    for group in _groups(uses):
        yield list(_decided(group, difference))


def _uses(file: File, facts: ModelFacts, style: Style) -> Iterator[_Use]:
    stored = {id(name) for node in walk(file.module) for name in _stored(node)}
    anywhere = Place(file.parents, file.kind_of, file.text, facts, style, received=file.received)
    for node in walk(file.module):
        if not isinstance(node, Expression) or isinstance(node, Starred) or id(node) in stored:
            continue
        query = _query_in(node, anywhere)
        if query is not None:
            place = replace(anywhere, session_text=file.session_text(node))
            yield _Use(file.path, node, place, query, file.cannot_wait(node))


def _stored(node: object) -> Iterator[object]:
    """Names that are assigned to rather than read."""
    stack: list[object]
    match node:
        case Assign(targets=targets):
            stack = list(targets)
        case For(target=target) | Clause(target=target) | Walrus(target=target):
            stack = [target]
        case With(items=items):
            stack = [item.target for item in items]
        case _:
            return
    for stored in stack:
        if isinstance(stored, Collection):
            stack += stored.elements
        elif isinstance(stored, Name | Attribute):
            yield stored


def _query_in(node: Expression, place: Place) -> Query | None:
    """The query that an expression is, or of which it calls a method or takes a part."""
    called = step(node, place)
    owner = called.value if called is not None else node.value if isinstance(node, Subscript) else None
    for expression in (owner, node):
        kind = place.kind_of(expression) if expression is not None else None
        if isinstance(kind, Query):
            return kind
    return None


def _groups(uses: Iterable[_Use]) -> Iterator[list[_Use]]:
    """Uses of what may be the same query; each use of a query that begins nowhere in the program is by itself."""
    leaders: dict[Origin, Origin] = {}

    def leader(origin: Origin) -> Origin:
        while leaders.setdefault(origin, origin) != origin:
            origin = leaders[origin]
        return origin

    groups: dict[Origin, list[_Use]] = defaultdict(list)
    known = list(uses)
    for use in known:
        for origin in use.origins:
            leaders[leader(origin)] = leader(min(use.origins))
    for use in known:
        if use.origins:
            groups[leader(min(use.origins))].append(use)
        else:
            yield [use]
    yield from groups.values()


def _decided(group: list[_Use], difference: str) -> Iterator[Planned]:
    outcomes, reason = ([], difference) if difference else _converted(group)
    if reason is not None:
        outcomes = [bridged(use.node, use.place, reason) for use in group]
    refused = next((outcome for outcome in outcomes if isinstance(outcome, Refused)), None)
    for use, outcome in zip(group, outcomes, strict=True):
        yield Planned(use.path, use.node, outcome if refused is None else refused)


def _converted(group: list[_Use]) -> tuple[list[Outcome], str | None]:
    """All uses in 2.0 style, or why not."""
    outcomes: list[Outcome] = []
    for use in group:
        if not use.origins:
            return [], "it is not known where the query begins"
        try:
            outcomes.append(_rewritten(use))
        except NotTheSame as difference:
            return [], str(difference)
    return outcomes, None


def _rewritten(use: _Use) -> Outcome:
    if use.place.awaits and use.cannot_wait and reads(use.node, use.place):
        return Refused(use.cannot_wait)
    made = rewritten(use.node, use.place)
    around = use.place.parents.of(use.node)
    if isinstance(made, Refused) or not isinstance(around, Await) or not is_terminal_use(use.node, use.place):
        return made
    has_parentheses = any(isinstance(piece, Wrap) and piece.before.startswith("(await ") for piece in made.pieces)
    return made._replace(pieces=(*_not_awaited(around, use.place, has_parentheses), *made.pieces))


def _not_awaited(node: Await, place: Place, has_parentheses: bool) -> Iterator[Replace]:
    """Without its `await`, as what executes the statement is awaited instead; and without its parentheses if that has some."""
    text, parent = place.text, place.parents.of(node)
    after = text[node.start + len("await") : node.value.start]
    start, end = node.start, node.start + len("await") + len(after) - len(after.lstrip(b" \t"))
    is_enclosed = text[start - 1 : start] == b"(" and text[node.end : node.end + 1] == b")"
    if has_parentheses and is_enclosed and isinstance(parent, Attribute | Subscript) and parent.value is node:
        yield Replace(start - 1, end, "")
        yield Replace(node.end, node.end + 1, "")
    else:
        yield Replace(start, end, "")
