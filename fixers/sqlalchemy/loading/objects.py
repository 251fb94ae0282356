"""How objects are loaded with their relationships: by an option of the query, or by a refresh where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autofix.fixers.sqlalchemy.kinds import Instance, Kind, Many, Model, Origin, Query
from autofix.fixers.sqlalchemy.loading.flow import Binding, dominates, excludes_none, is_certain, reaches
from autofix.fixers.sqlalchemy.loading.generic import generic_model
from autofix.fixers.sqlalchemy.loading.index import Event, Index, Place, instances
from autofix.fixers.sqlalchemy.loading.options import Names, Options
from autofix.fixers.sqlalchemy.loading.refreshes import Refreshes, Returned, Site
from autofix.fixers.sqlalchemy.loading.relationships import Relationships
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Expression,
    Name,
    Return,
    Statement,
)
from autofix.languages.python.code_walk import dotted, own, walk

Relations = tuple[str, ...]


class Units(NamedTuple):
    """What becomes of the functions and files of the program, by their keys and paths."""

    is_kept: Callable[[str], bool]
    """It stays on sync sessions, which load lazily."""
    is_async: Callable[[str], bool]
    """It may await."""


class Objects:
    """Decides where something is loaded. The methods say whether it will be; None: not their business."""

    def __init__(self, index: Index, relationships: Relationships, units: Units, *, by_name: bool = True) -> None:
        self._index = index
        self._units = units
        self._relationships = relationships
        self.existing = Options(index, relationships)
        self.names = Names(index)
        self.refreshes = Refreshes(index, relationships, by_name=by_name)
        self.options: dict[Origin, dict[str, None]] = {}
        """The options that each query gets."""

    def queried(self, origin: Origin, model: str, relations: Relations) -> bool:
        """Objects that a query returns."""
        if self.existing.is_loaded(origin, relations):
            return True
        place = self._index.call_at(origin.path, origin.start, origin.end)
        if place is not None and self._units.is_kept(place.unit):
            return True
        root = self.existing.root(origin, relations, model)
        if root is None or place is None:
            return False
        known = self._relationships.ends(root[1], relations)
        if known is None or any(each.lazy in ("dynamic", "write_only", "?") for each in known):
            return False
        if all(each.is_eager for each in known):
            return True
        getting = self._get_of(place)
        if getting is not None:
            return self.got(place, getting, root[1], relations)
        kind = self._index.kind(place.path, place.node)
        if not self.existing.of(origin).is_known or (isinstance(kind, Query) and kind.is_async):
            return False
        text = self.existing.text(origin, root, relations, self.names)
        if text is None:
            return False
        self.options.setdefault(origin, {})[text] = None
        return True

    def _get_of(self, place: Place) -> Call | None:
        """The call of `db.query(X).get(...)`, where a query is written for that."""
        parents = self._index.parents(place.path)
        current: Expression = place.node
        while True:
            attribute = parents.of(current)
            call = parents.of(attribute) if isinstance(attribute, Attribute) else None
            if not isinstance(call, Call) or call.function is not attribute or not isinstance(attribute, Attribute):
                return None
            if attribute.name == "get":
                return call
            current = call

    def got(self, place: Place, node: Call, model: str, relations: Relations) -> bool:
        """An object that `get` returns: options would not be regarded where the session holds it already."""
        relations = self._needed(model, relations)
        if not relations or self._units.is_kept(place.unit):
            return True
        session = _session_of(node)
        if not self._is_certain_of(place, self._index.kind(place.path, node), model, relations):
            return False
        statement = self._index.statement_of(place.path, node)
        if not session or statement is None or self._is_query(model, relations) or not self._units.is_async(place.unit):
            return False
        if isinstance(statement, Return) and _is_all_of(statement.value, node):
            return self._returned(place, statement, session, model, relations, never_none=_never_none(node))
        if not isinstance(statement, Assign) or not _is_all_of(statement.value, node):
            return False
        return self._assigned(place, statement, session, model, relations, never_none=_never_none(node))

    def called(self, place: Place, statement: Statement | None, model: str, relations: Relations) -> bool:
        """An object that a function returns which others use, too: they are not to pay for what only this place reads."""
        session = self._index.session_near(place.path, place.unit, statement.end) if statement is not None else ""
        if not session or not isinstance(statement, Assign) or not self._units.is_async(place.unit):
            return False
        kind = self._index.kind(place.path, statement.targets[0])
        if not isinstance(kind, Instance) or not self._is_certain_of(place, kind, model, relations):
            return False
        if self._is_query(model, relations) or not self._needed(model, relations):
            return False
        return self._assigned(place, statement, session, model, relations, never_none=False)

    def _assigned(
        self, place: Place, statement: Assign, session: str, model: str, relations: Relations, *, never_none: bool
    ) -> bool:
        target = statement.targets[0]
        behind = self.refreshes.behind(place.path, statement)
        if len(statement.targets) != 1 or not isinstance(target, Name) or behind is None:
            return False
        may_be_none = not never_none
        guard = self._guard_after(place, statement, target.name)
        if guard is not None and may_be_none and not _reads(guard, target.name, relations[0]):
            found = self.refreshes.behind(place.path, guard)
            if found is not None:
                behind, may_be_none = found, False
        site = Site(place.path, behind[0], behind[1], False, behind[2], session, target.name, model, may_be_none=may_be_none)
        self.refreshes.add(site, relations)
        return True

    def _guard_after(self, place: Place, statement: Assign, name: str) -> Statement | None:
        """`if x is None: raise` right behind an assignment."""
        body = self._body(place)
        following = [
            each
            for each in own(body)
            if isinstance(each, Statement)
            and self._index.parents(place.path).of(each) is self._index.parents(place.path).of(statement)
            and each.start > statement.end
        ]
        first = min(following, key=lambda each: each.start, default=None)
        return first if first is not None and excludes_none(first, name) else None

    def _returned(
        self, place: Place, statement: Return, session: str, model: str, relations: Relations, *, never_none: bool
    ) -> bool:
        before = self.refreshes.before(place.path, statement)
        name = self.refreshes.name_for(place.path, statement, model)
        if before is None or name is None or statement.value is None:
            return False
        site = Site(
            place.path, statement.start, statement.end, False, before[2], session, name, model, may_be_none=not never_none
        )
        self.refreshes.add(site, relations)
        self.refreshes.returned[site] = Returned(place.path, statement.start, statement.value.start, name)
        return True

    def after_events(
        self, binding: Binding, place: Place, node: Name, use: Statement, model: str, relations: Relations
    ) -> bool | None:
        """An object that was stored or refreshed between where it got its name and where it is read."""
        event = self._last_event(binding, place, node.name, use) if not self._units.is_kept(place.unit) else None
        if event is None:
            return None
        kind = self._index.kind(place.path, node)
        if isinstance(kind, Many) and isinstance(kind.of, Instance):
            if all(origin.how in ("query", "get") for origin in kind.of.origins):
                return None
        elif not isinstance(kind, Instance):
            return None
        if not self._is_certain_of(place, kind, model, relations):
            return False
        if self._was_given(binding, place, node.name, event, relations):
            return None
        if event.names is not None and relations[0] in event.names and len(relations) == 1:
            return True
        if self._is_query(model, relations) or not self._units.is_async(place.unit):
            return False
        needed = relations if binding_is_new(binding, self._index, place.path) else self._needed(model, relations)
        if event.subject and event.names is None:
            # A refresh loads what is declared eager.
            needed = self._needed(model, relations)
        return self._refresh(binding, place, node.name, use, event, model, needed, isinstance(kind, Many)) if needed else True

    def _last_event(self, binding: Binding, place: Place, name: str, use: Statement) -> Event | None:
        parents = self._index.parents(place.path)
        found = [
            event
            for event in self._index.events(place.path, place.unit)
            if event.subject in ("", name)
            and (binding.statement is None or reaches(binding.statement, event.statement, parents))
            and reaches(event.statement, use, parents)
        ]
        return max(found, key=lambda event: event.statement.start, default=None)

    def _was_given(self, binding: Binding, place: Place, name: str, event: Event, relations: Relations) -> bool:
        """Whether a new object was made with the relationship, or it was assigned: storing the object keeps it."""
        if event.subject or len(relations) > 1:
            return False
        value = binding.value
        if binding_is_new(binding, self._index, place.path) and isinstance(value, Call):  # noqa: SIM102
            if any(argument.keyword == relations[0] for argument in value.arguments):
                return True
        parents = self._index.parents(place.path)
        for node in own(self._body(place)):
            match node:
                case Assign(targets=(Attribute(value=Name(name=owner), name=attribute),), operator="="):
                    if owner == name and attribute == relations[0] and dominates(node, event.statement, parents):
                        return True
                case _:
                    pass
        return False

    def _refresh(
        self,
        binding: Binding,
        place: Place,
        name: str,
        use: Statement,
        event: Event,
        model: str,
        relations: Relations,
        is_collection: bool,
    ) -> bool:
        path, parents = place.path, self._index.parents(place.path)
        session = event.session or self._index.session_near(path, place.unit, event.statement.end)
        if not session:
            return False
        is_there = binding.statement is None or dominates(binding.statement, event.statement, parents)
        certain = (
            event.subject == name
            or is_collection
            or binding_is_new(binding, self._index, path)
            or is_certain(name, binding, event.statement, self._body(place), parents)
        )
        behind = self.refreshes.behind(path, event.statement)
        if is_there and certain and behind is not None and dominates(event.statement, use, parents):
            stale = not event.subject
            site = Site(path, behind[0], behind[1], False, behind[2], session, name, model, is_collection, is_stale=stale)
            self.refreshes.add(site, relations)
            return True
        return self._before(binding, place, name, use, session, model, relations, is_collection, is_stale=not event.subject)

    def _before(
        self,
        binding: Binding,
        place: Place,
        name: str,
        use: Statement,
        session: str,
        model: str,
        relations: Relations,
        is_collection: bool,
        *,
        is_stale: bool = False,
    ) -> bool:
        before = self.refreshes.before(place.path, use)
        if before is None:
            return False
        certain = is_collection or is_certain(name, binding, use, self._body(place), self._index.parents(place.path))
        site = Site(
            place.path, before[0], before[1], True, before[2], session, name, model, is_collection, not certain, is_stale
        )
        self.refreshes.add(site, relations)
        return True

    def here(self, place: Place, model: str, relations: Relations) -> bool:
        """An object of which it is not known where to load it earlier: refreshed right before it is read."""
        node = place.node
        kind = self._index.kind(place.path, node)
        use = self._index.statement_of(place.path, node)
        function = self._index.function_of(place.path, node)
        if not isinstance(node, Name) or use is None or function is None or node.name not in function.bindings:
            return False
        if not self._units.is_async(function.key):
            return False
        if function.owner and self._index.inference.hierarchy.is_mapped(function.owner):
            return False
        is_collection = isinstance(kind, Many)
        session = self._index.session_near(place.path, place.unit, node.start)
        needed = self._needed(model, relations)
        if not self._is_certain_of(place, kind, model, relations):
            return False
        if not session or not needed or self._is_query(model, relations):
            return False
        if not isinstance(kind, Instance) and not (is_collection and isinstance(kind.of, Instance)):  # type: ignore[union-attr]
            return False
        return self._before(Binding(None, None), place, node.name, use, session, model, needed, is_collection)

    def _is_certain_of(self, place: Place, kind: Kind, model: str, relations: Relations) -> bool:
        """Whether all objects that a value may be have the relationship: code that is shared by several classes names none."""
        if self._index.is_generic(place.unit):
            return False
        wanted = self._relationships.find(model, relations[0])
        meant = generic_model(self._index, place, is_declared=True)
        found = [self._relationships.find(each.cls or meant, relations[0]) for each in instances(kind)]
        return wanted is not None and bool(found) and all(each == wanted for each in found)

    def _needed(self, model: str, relations: Relations) -> Relations:
        """A path; nothing where all of it is declared eager."""
        known = self._relationships.ends(model, relations)
        return () if known is not None and all(each.is_eager for each in known) else relations

    def _is_query(self, model: str, relations: Relations) -> bool:
        known = self._relationships.ends(model, relations)
        return known is None or any(each.lazy in ("dynamic", "write_only", "?") for each in known)

    def _body(self, place: Place) -> Block:
        function = self._index.program.functions.get(place.unit)
        return function.node.body if function is not None else self._index.program.modules[place.path].body


def binding_is_new(binding: Binding, index: Index, path: str) -> bool:
    """Whether a name is bound to an object that is made there."""
    value = binding.value
    return isinstance(value, Call) and isinstance(index.kind(path, value.function), Model)


def _is_all_of(value: Expression | None, call: Call) -> bool:
    return value is call or (isinstance(value, Await) and value.value is call)


def _reads(statement: Statement, name: str, attribute: str) -> bool:
    return any(
        isinstance(node, Attribute) and node.name == attribute and isinstance(node.value, Name) and node.value.name == name
        for node in walk(statement)
    )


def _never_none(call: Call) -> bool:
    return isinstance(call.function, Attribute) and call.function.name == "get_one"


def _session_of(call: Call) -> str:
    """The session of `db.get(...)` or `db.query(X).get(...)`, as it is written."""
    current: Expression = call
    while isinstance(current, Call) and isinstance(current.function, Attribute):
        if current.function.name in ("query", "get_one") or not isinstance(current.function.value, Call):
            return dotted(current.function.value)
        current = current.function.value
    return ""
