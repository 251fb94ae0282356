"""What is known of a value that may be either of two."""

from __future__ import annotations

from collections.abc import Callable as Function
from dataclasses import replace

from autofix.fixers.sqlalchemy.inference.externals import is_declarative_base
from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Callable,
    Column,
    Context,
    Coroutine,
    External,
    Instance,
    Items,
    Kind,
    Literal,
    Many,
    Mapping,
    Model,
    Never,
    OneOf,
    Origins,
    Query,
    Relationship,
    Result,
    Select,
    Selected,
    Shape,
)

NEVER = Never()
# More functions than this in one place are not followed one by one.
_MOST_CALLABLES = 64
_DEEPEST = 5

CommonBase = Function[[str, str], str | None]
"""The nearest class that two classes, by key, both are; an empty key for two different mapped classes."""


def join(a: Kind, b: Kind, common: CommonBase) -> Kind:  # noqa: C901 one case for each kind
    """What holds of both; None where nothing does. `None` of the program joins with everything: it is no value to be used."""
    if a is b or a == b or isinstance(b, Never):
        return a
    if isinstance(a, Never):
        return b
    if isinstance(a, Literal) and a.value is None:
        return b
    if isinstance(b, Literal) and b.value is None:
        return a
    match a, b:
        case Literal(), Literal():
            return Literal()
        case (Model(), External(name=name)) | (External(name=name), Model()) if is_declarative_base(name):
            # `class Base(DeclarativeBase)`, and `Base = declarative_base()` for older releases.
            return a if isinstance(a, Model) else b
        case Model(), Model():
            return Model("")
        case Relationship(), Relationship() if (a.model, a.name) == (b.model, b.name):
            # Its target becomes known once the class that it leads to has been followed.
            return a if a.target else b
        case Instance(), Instance():
            base = common(a.cls, b.cls)
            return None if base is None else Instance(base, a.origins | b.origins)
        case Many(), Many():
            return Many(join(a.of, b.of, common))
        case Mapping(), Mapping():
            return Mapping(join(a.of, b.of, common))
        case Items(), Items() if len(a.of) == len(b.of):
            return Items(tuple(join(x, y, common) for x, y in zip(a.of, b.of, strict=True)))
        case Items(), Many() | Items():
            return join(_as_many(a, common), b if isinstance(b, Many) else _as_many(b, common), common)
        case Many(), Items():
            return join(a, _as_many(b, common), common)
        case Coroutine(), Coroutine():
            return Coroutine(join(a.of, b.of, common))
        case Context(), Context() if a.is_async == b.is_async:
            return Context(join(a.of, b.of, common), a.is_async)
        case Callable() | OneOf(), Callable() | OneOf():
            together = _callables(a) | _callables(b)
            return OneOf(together) if len(together) <= _MOST_CALLABLES else None
        case Query(), Query() if a.is_async == b.is_async:
            return Query(join_shapes(a.shape, b.shape), a.session if a.session == b.session else "", a.is_async)
        case Select(), Select() if a.is_sqlmodel == b.is_sqlmodel:
            return Select(join_shapes(a.shape, b.shape), a.is_sqlmodel)
        case Result(), Result() if a.scalars == b.scalars and a.is_stream == b.is_stream:
            if a.shape is None or b.shape is None:
                return Result(None, a.scalars, a.is_stream)
            return Result(join_shapes(a.shape, b.shape), a.scalars, a.is_stream)
        case _:
            return None


def _as_many(items: Items, common: CommonBase) -> Many:
    element: Kind = NEVER
    for kind in items.of:
        element = join(element, kind, common)
    return Many(element)


def _callables(kind: Callable | OneOf) -> frozenset[Callable]:
    return kind.of if isinstance(kind, OneOf) else frozenset((kind,))


def join_shapes(a: Shape, b: Shape) -> Shape:
    """The shape of a query that was built on either of two ways."""
    if a == b:
        return a
    return Shape(
        selected=_join_selected(a, b),
        is_joined=a.is_joined or b.is_joined,
        streams=a.streams or b.streams,
        is_compound=a.is_compound or b.is_compound,
        is_limited=a.is_limited or b.is_limited,
        is_grouped=a.is_grouped or b.is_grouped,
        is_distinct=a.is_distinct or b.is_distinct,
        is_ordered=a.is_ordered or b.is_ordered,
        is_filtered=a.is_filtered or b.is_filtered,
        is_statement=a.is_statement or b.is_statement,
        joined_entity=a.joined_entity if a.joined_entity == b.joined_entity else "?",
        loaded=a.loaded | b.loaded,
        options=a.options | b.options,
        origins=a.origins | b.origins,
    )


def _join_selected(a: Shape, b: Shape) -> tuple[Selected, ...] | None:
    if a.selected == b.selected:
        return a.selected
    if a.selected is None or b.selected is None or len(a.selected) != len(b.selected):
        return None
    return tuple(_join_item(x, y) for x, y in zip(a.selected, b.selected, strict=True))


def _join_item(a: Selected, b: Selected) -> Selected:
    match a, b:
        case _ if a == b:
            return a
        case Model(), Model():
            return Model()
        case Model() | Alias(), Model() | Alias():
            return Alias()
        case Column(), Column():
            return Column()
        case _:
            return None


def shallow(kind: Kind, depth: int = _DEEPEST) -> Kind:
    """The same without what is nested deeper than a program would do on purpose: following a recursion must end."""
    if depth == 0:
        return None
    match kind:
        case Many() | Mapping() | Coroutine() | Context():
            inner = shallow(kind.of, depth - 1)
            return kind if inner is kind.of else replace(kind, of=inner)
        case Items():
            return Items(tuple(shallow(item, depth - 1) for item in kind.of))
        case _:
            return kind


def stamped(kind: Kind, origins: Origins) -> Kind:
    """The same, with where the objects in it come from."""
    match kind:
        case Instance() if not kind.origins:
            return replace(kind, origins=origins)
        case Many() | Mapping() | Coroutine():
            return replace(kind, of=stamped(kind.of, origins))
        case Items():
            return Items(tuple(stamped(item, origins) for item in kind.of))
        case _:
            return kind


def shape_of(kind: Kind) -> Shape | None:
    """The shape of a query, select or result."""
    return kind.shape if isinstance(kind, Query | Select | Result) else None


def detached(kind: Kind) -> Kind:
    """The same where it is known outside of the function that made it: the name of a query's session means nothing there."""
    match kind:
        case Query(session=session) if session:
            return replace(kind, session="")
        case Many() | Mapping() | Coroutine() | Context():
            inner = detached(kind.of)
            return kind if inner is kind.of else replace(kind, of=inner)
        case Items():
            return Items(tuple(detached(item) for item in kind.of))
        case _:
            return kind
