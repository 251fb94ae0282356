"""Legacy queries of the program: in 2.0 style, or bridged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Kind, Query, Session
from autofix.fixers.sqlalchemy.migration.changes import Migration, enclosing
from autofix.fixers.sqlalchemy.pieces import Wrap
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Refused
from autofix.fixers.sqlalchemy.queries.plan import File, plan
from autofix.languages.python.code import Expression, Function, Name, Parameter


class Facts:
    """What the algebra of queries asks about mapped classes."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def has_eager_collections(self, model: str) -> bool | None:
        """Whether loading an object joins a collection that belongs to it, however indirectly; None where that is not known."""
        return self._joins_collections(model, frozenset())

    def _joins_collections(self, model: str, seen: frozenset[str]) -> bool | None:
        if not model:
            return None
        if model in seen:
            return False
        answers: list[bool | None] = []
        for cls in self._inference.hierarchy.line(model):
            for lazy, is_collection, target in self._relationships(cls):
                if lazy == "?":
                    answers.append(None)
                elif lazy == "joined":
                    answers.append(True if is_collection else self._joins_collections(target, seen | {model}))
        return True if True in answers else None if None in answers else False

    def _relationships(self, cls: str) -> Iterator[tuple[str, bool, str]]:
        for (owner, name), field in self._inference.fields.items():
            if owner == cls:
                yield field.lazy, field.is_collection, self._inference.targets_of_fields.get((owner, name), "")
        for target, _, owner, declared in self._inference.backrefs:
            if target == cls:
                field = self._inference.fields[owner, declared]
                yield field.back_lazy, field.back_is_collection, owner

    def is_unhashable(self, model: str, column: str) -> bool:
        """Whether the values of a column cannot be hashed: JSON, arrays."""
        return any((cls, column) in self._inference.unhashable for cls in self._inference.hierarchy.line(model))


def rewrite(migration: Migration, *, has_scalars: bool) -> None:
    """All queries of the program; `has_scalars` says whether an `AsyncSession` can be asked for `scalars`."""
    files = [
        File(
            path,
            changes.module,
            changes.parents,
            changes.text,
            _kind_of(migration, path),
            _session_text(migration, path),
            partial(migration.inference.received, path),
        )
        for path, changes in migration.files.items()
        if any(isinstance(kind, Query) for kind in migration.inference.kinds[path].values())
    ]
    for planned in plan(files, Facts(migration.inference)):
        outcome, changes = planned.outcome, migration.files[planned.path]
        if isinstance(outcome, Refused):
            migration.block(planned.path, planned.node.start, outcome.reason)
            continue
        if isinstance(outcome, Bridge):
            migration.notes.append((planned.path, planned.node.start, f"bridged: {outcome.reason}"))
        if not has_scalars and any(isinstance(piece, Wrap) and ".scalars(" in piece.before for piece in outcome.pieces):
            reason = "`AsyncSession.scalars` is missing in the SQLAlchemy that is pinned"
            migration.block(planned.path, planned.node.start, reason, "Raise the pin to 1.4.24 or later first.")
        changes.pieces += outcome.pieces
        for module, name in outcome.imports:
            changes.need(module, name)


def _kind_of(migration: Migration, path: str) -> Callable[[Expression], Kind]:
    def kind_of(expression: Expression) -> Kind:
        kind = migration.kind(path, expression)
        return None if kind is None or migration.is_kept(path, expression) else kind

    return kind_of


def _session_text(migration: Migration, path: str) -> Callable[[Expression], str]:
    """The only parameter of the function around an expression that is a session."""
    known: dict[int, str] = {}

    def session_text(expression: Expression) -> str:
        function = enclosing(migration.files[path].parents, expression, Function)
        if not isinstance(function, Function):
            return ""
        if id(function) not in known:
            found = [parameter.name for parameter in function.parameters if _is_session(migration, path, function, parameter)]
            known[id(function)] = found[0] if len(found) == 1 else ""
        return known[id(function)]

    return session_text


def _is_session(migration: Migration, path: str, function: Function, parameter: Parameter) -> bool:
    key = migration.inference.program.keys[path, function.start]
    for name in migration.files[path].uses.get(parameter.name, ()):
        if isinstance(migration.kind(path, name), Session) and _function_of(migration, path, name) == key:
            return True
    return isinstance(migration.inference.store.peek(("parameter", key, parameter.name)), Session)


def _function_of(migration: Migration, path: str, node: Name) -> str:
    function = enclosing(migration.files[path].parents, node, Function)
    return migration.inference.program.keys[path, function.start] if isinstance(function, Function) else ""
