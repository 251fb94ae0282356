"""Statements that load relationships of objects at hand: `await db.refresh(post, ["author"])`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.loading.index import Index
from autofix.fixers.sqlalchemy.loading.relationships import Relationships
from autofix.languages.python.code import Return, Statement

Relations = tuple[str, ...]


class Site(NamedTuple):
    """A place for statements: behind the statement from `start` to `end`, or before it."""

    path: str
    start: int
    end: int
    is_before: bool
    indentation: str
    session: str
    subject: str
    """How the object is written, or the collection of objects."""
    model: str
    is_collection: bool = False
    may_be_none: bool = False
    is_stale: bool = False
    """Whether what is loaded already may be out of date."""


class Returned(NamedTuple):
    """A `return` whose value has to be given a name first."""

    path: str
    start: int
    """The offset of `return`."""
    value_start: int
    name: str


class Refreshes:
    """Collects what has to be loaded where."""

    def __init__(self, index: Index, relationships: Relationships, *, by_name: bool = True) -> None:
        """`by_name` says whether a refresh loads the relationships that it names, as it does since SQLAlchemy 2.0.4."""
        self._by_name = by_name
        self._index = index
        self._relationships = relationships
        self.sites: dict[Site, dict[Relations, None]] = defaultdict(dict)
        self.returned: dict[Site, Returned] = {}

    def add(self, site: Site, relations: Relations) -> None:
        """Load a path of relationships at a site."""
        self.sites[site][relations] = None

    def behind(self, path: str, statement: Statement) -> tuple[int, int, str] | None:
        """Where something is written behind a statement, and its indentation; None where others share the line."""
        text = self._index.texts[path]
        end = _line_end(text, statement.end)
        rest = text[statement.end : end].strip()
        indentation = self._indentation(path, statement)
        if indentation is None or (rest and not rest.startswith(b"#")):
            return None
        return statement.start, end, indentation

    def before(self, path: str, statement: Statement) -> tuple[int, int, str] | None:
        """The same for what is written before it."""
        indentation = self._indentation(path, statement)
        if indentation is None or self._index.texts[path][statement.start :].startswith((b"elif", b"while")):
            return None
        return statement.start, statement.end, indentation

    def _indentation(self, path: str, statement: Statement) -> str | None:
        text = self._index.texts[path]
        blank = text[text.rfind(b"\n", 0, statement.start) + 1 : statement.start]
        return None if blank.strip() else blank.decode()

    def lines(self, site: Site) -> list[str]:
        """The statements of a site, without its indentation."""
        paths = self.sites[site]
        if site.is_collection:
            item = _item(site.subject)
            inner = self._loads(site, item, site.model, paths)
            return [f"for {item} in {site.subject}:", *_indented(inner)]
        loads = list(self._loads(site, site.subject, site.model, paths))
        return [f"if {site.subject} is not None:", *_indented(loads)] if site.may_be_none else loads

    def _loads(self, site: Site, subject: str, model: str, paths: Iterable[Relations]) -> Iterator[str]:
        below: dict[str, dict[Relations, None]] = {}
        for path in paths:
            below.setdefault(path[0], {})
            if path[1:]:
                below[path[0]][path[1:]] = None
        refreshed = [name for name in below if not self._is_left_out(model, name)]
        if refreshed:
            listed = ", ".join(f'"{name}"' for name in sorted(refreshed))
            yield f"await {site.session}.refresh({subject}, [{listed}])"
        for name in below:
            if name not in refreshed:
                if site.is_stale:
                    yield f'{site.session}.expire({subject}, ["{name}"])'
                yield f"await {site.session}.run_sync(lambda _: {subject}.{name})"
        for name, further in below.items():
            known = self._relationships.find(model, name)
            if not further or known is None:
                continue
            if self._relationships.is_collection(known.declared):
                item = _item(name)
                yield f"for {item} in {subject}.{name}:"
                yield from _indented(self._loads(site, item, known.target, further))
            else:
                yield f"if {subject}.{name} is not None:"
                yield from _indented(self._loads(site, f"{subject}.{name}", known.target, further))

    def _is_left_out(self, model: str, name: str) -> bool:
        """Whether a refresh does not load a relationship that it names: one object of the same class.

        So it is in SQLAlchemy 2.0.58 and 2.1.9; it loads collections of the same class.
        """
        known = self._relationships.find(model, name)
        return not self._by_name or (
            known is not None
            and not self._relationships.is_collection(known.declared)
            and self._relationships.is_self_referential(model, known.target)
        )

    def name_for(self, path: str, node: Return, model: str) -> str | None:
        """A name for what a `return` returns, which means nothing else in the function around it."""
        function = self._index.function_of(path, node)
        if function is None:
            return None
        cls = self._index.program.classes[model].node.name if model in self._index.program.classes else "found"
        wanted = "".join(f"_{char.lower()}" if char.isupper() and index else char.lower() for index, char in enumerate(cls))
        taken = {*function.bindings, *self._index.program.bindings[path]}
        return next((name for name in (wanted, f"{wanted}_found", "found") if name not in taken), None)


def _line_end(text: bytes, offset: int) -> int:
    end = text.find(b"\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == b"\r" else end


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _item(collection: str) -> str:
    """A name for one of several objects."""
    name = collection.rpartition(".")[2]
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else f"each_{name}"
