"""The eager loads that a program needs once its sessions are async: as data, and as pieces of text for each file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Instance, Origin
from autofix.fixers.sqlalchemy.loading.accesses import Access, Accesses
from autofix.fixers.sqlalchemy.loading.index import Index
from autofix.fixers.sqlalchemy.loading.objects import Objects, Units
from autofix.fixers.sqlalchemy.loading.refreshes import Refreshes, Site
from autofix.fixers.sqlalchemy.loading.relationships import Declared, Relationships
from autofix.fixers.sqlalchemy.loading.sources import Sources
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.languages.python.code import Attribute, Call, Expression


class Unresolved(NamedTuple):
    """An access that will fail, and that nothing can be done about here."""

    path: str
    start: int
    message: str
    is_reached: bool = True
    """Whether the program is seen to get there."""


@dataclass(frozen=True)
class LoadingPlan:
    """What loads relationships before they are read.

    `options` are those that each query gets; `declarations` the relationships that have to be declared `lazy="selectin"`,
    with the reason; `pieces` and `imports` what to write in each file, without the declarations.
    """

    options: Mapping[Origin, tuple[str, ...]] = field(default_factory=dict)
    refreshes: Mapping[Site, tuple[str, ...]] = field(default_factory=dict)
    """The statements at each site, without its indentation."""
    declarations: Mapping[Declared, str] = field(default_factory=dict)
    unresolved: tuple[Unresolved, ...] = ()
    pieces: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    imports: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def plan_loading(
    inference: Inference,
    texts: Mapping[str, bytes],
    *,
    is_kept: Callable[[str], bool] = lambda _: False,
    is_async: Callable[[str], bool] = lambda _: True,
    is_provided: Callable[[str], bool] = lambda _: False,
    refreshes_by_name: bool = True,
) -> LoadingPlan:
    """Plan the loads of a program.

    `texts` are the files that may be changed, as the offsets of the inferred modules mean them. Of the key of a function, or
    the path of a file, `is_kept` tells whether it stays on sync sessions, and `is_async` whether it may await. What
    `is_provided` reads is there already, or loaded when it is read, whatever it is given.
    `refreshes_by_name` says whether `refresh(obj, ["rel"])` loads a relationship: since SQLAlchemy 2.0.4.
    """
    if not inference.fields:
        return LoadingPlan()
    index = Index(inference, texts)
    accesses = Accesses(index)
    found = [access for access in dict.fromkeys(accesses.find()) if not is_provided(access.place.unit)]
    declarations: dict[Declared, str] = {}
    while True:
        # What has to be declared eager needs nothing else elsewhere.
        objects = Objects(index, accesses.relationships, Units(is_kept, is_async), by_name=refreshes_by_name)
        sources = Sources(index, accesses, objects)
        wanted: dict[Declared, str] = {}
        unresolved: list[Unresolved] = []
        for access in found:
            if _goes_on(index, access):
                message = f"`{access.relations[0]}` is followed from object to object: no query can load all of them"
                unresolved.append(Unresolved(access.place.path, access.start, message))
            elif not sources.resolve(access) and not objects.here(access.place, access.model, access.relations):
                _declare(access, accesses.relationships, wanted, unresolved)
        if not wanted:
            break
        declarations |= wanted
        accesses.relationships.declared |= wanted.keys()
    for key in sources.unseen:
        function = inference.program.functions[key]
        message = f"`{function.node.name}` reads relationships, and nothing is seen to call it"
        unresolved.append(Unresolved(function.path, function.node.name_start, message, is_reached=False))
    unresolved += [Unresolved(*place, message, is_reached=certain) for place, (message, certain) in accesses.untraced.items()]
    options = {origin: tuple(texts_) for origin, texts_ in objects.options.items()}
    lines = {site: tuple(objects.refreshes.lines(site)) for site in objects.refreshes.sites}
    return LoadingPlan(
        options,
        lines,
        declarations,
        tuple(unresolved),
        _pieces(index, options, objects.refreshes, lines),
        {path: tuple(names) for path, names in objects.names.imports.items()},
    )


def _goes_on(index: Index, access: Access) -> bool:
    """Whether a relationship is read of objects that were reached by the same relationship, in a loop or a recursion."""
    kind = index.kind(access.place.path, access.place.node)
    return isinstance(kind, Instance) and any(access.relations[0] in origin.relations for origin in kind.origins)


def _declare(
    access: Access, relationships: Relationships, declarations: dict[Declared, str], unresolved: list[Unresolved]
) -> None:
    known = relationships.ends(access.model, access.relations) or []
    for each in known:
        if each.lazy in ("dynamic", "write_only"):
            message = f"`{each.declared.name}` is a query of each object (lazy={each.lazy!r}) and is read as a collection"
            unresolved.append(Unresolved(access.place.path, access.start, message))
        elif each.is_met or (not each.is_eager and relationships.is_self_referential(each.declared.cls, each.target)):
            message = f"`{each.declared.name}` is read of objects that it is not known where to load"
            unresolved.append(Unresolved(access.place.path, access.start, message))
        elif not each.is_eager:
            declarations.setdefault(each.declared, "it is read of objects that it is not known where to load")


def _pieces(
    index: Index, options: Mapping[Origin, tuple[str, ...]], refreshes: Refreshes, lines: Mapping[Site, tuple[str, ...]]
) -> dict[str, tuple[Piece, ...]]:
    pieces: dict[str, list[Piece]] = defaultdict(list)
    for origin, texts in options.items():
        pieces[origin.path].append(_option_piece(index, origin, longest(texts)))
    for site, statements in lines.items():
        pieces[site.path] += _site_pieces(index, refreshes, site, statements)
    return {path: tuple(found) for path, found in pieces.items()}


def longest(texts: tuple[str, ...]) -> list[str]:
    """The options that are not the beginning of another one, which loads the same."""
    return [text for text in texts if not any(other.startswith(f"{text}.") for other in texts)]


def _option_piece(index: Index, origin: Origin, texts: list[str]) -> Piece:
    """Behind the arguments of the options that the same chain of calls has already, else an `options` call of its own."""
    place = index.call_at(origin.path, origin.start, origin.end)
    text = index.texts[origin.path]
    current: Expression | None = place.node if place is not None else None
    while current is not None and place is not None:
        attribute = index.parents(place.path).of(current)
        call = index.parents(place.path).of(attribute) if isinstance(attribute, Attribute) else None
        if not isinstance(attribute, Attribute) or not isinstance(call, Call) or call.function is not attribute:
            break
        if attribute.name == "options" and call.arguments:
            last = call.arguments[-1]
            return Wrap(last.start, last.end, "", f", {', '.join(texts)}")
        current = call
    return Wrap(origin.start, origin.end, "", f"{_layout(text, origin.end)}.options({', '.join(texts)})")


def _layout(text: bytes, offset: int) -> str:
    """The line break and blanks before the method that follows, where it stands on a line of its own."""
    rest = text[offset : offset + 200]
    gap = rest[: len(rest) - len(rest.lstrip())]
    if b"\n" not in gap or not rest.lstrip().startswith(b"."):
        return ""
    return gap.decode()


def _site_pieces(index: Index, refreshes: Refreshes, site: Site, statements: tuple[str, ...]) -> list[Piece]:
    text = index.texts[site.path]
    newline = "\r\n" if b"\r\n" in text else "\n"
    written = f"{newline}{site.indentation}".join(statements)
    # The spans are wider than the statement: whatever is written around it belongs to it.
    if site.is_before:
        return [Wrap(site.start, site.end + 1, f"{written}{newline}{site.indentation}", "")]
    returned = refreshes.returned.get(site)
    if returned is None:
        return [Wrap(site.start - 1, site.end, "", f"{newline}{site.indentation}{written}")]
    return [
        Replace(returned.start, returned.value_start, f"{returned.name} = "),
        Wrap(
            site.start - 1,
            site.end,
            "",
            f"{newline}{site.indentation}{written}{newline}{site.indentation}return {returned.name}",
        ),
    ]
