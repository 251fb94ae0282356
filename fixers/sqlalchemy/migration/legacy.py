"""Legacy queries of the program: in 2.0 style, or bridged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

from autofix.fixers.sqlalchemy.colours.bridges import Bridged, bridged, is_bridged
from autofix.fixers.sqlalchemy.dependencies.releases import Release
from autofix.fixers.sqlalchemy.kinds import Kind
from autofix.fixers.sqlalchemy.migration import statements, surroundings
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.fixers.sqlalchemy.pieces import Wrap
from autofix.fixers.sqlalchemy.queries.customs import custom_queries
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Refused, Rewritten
from autofix.fixers.sqlalchemy.queries.plan import File, Planned, plan
from autofix.fixers.sqlalchemy.queries.programs import Models, Sessions, has_queries
from autofix.languages.python.code import Expression


def rewrite(migration: Migration, release: Release) -> None:
    """All queries of the program."""
    has_scalars = surroundings.has_scalars(release)
    inference = migration.inference

    @cache
    def bridges(path: str) -> Bridged:
        changes = migration.files.get(path)
        return bridged(changes.text, changes.module, migration.kind_in(path)) if changes is not None else Bridged()

    files = [
        File(
            path,
            changes.module,
            changes.parents,
            changes.text,
            _kind_of(migration, path, bridges),
            Sessions(inference, path, changes.module, changes.parents).parameter,
            partial(inference.received, path),
        )
        for path, changes in migration.files.items()
        if has_queries(inference, path)
    ]
    custom = custom_queries(inference, {path: changes.text for path, changes in migration.files.items()})
    groups = list(plan(files, Models(inference), difference=custom.reason if custom is not None else ""))
    for group in groups:
        for planned in group:
            _take(migration, planned, has_scalars)
    for path in _without_queries(groups):
        statements.rewrite(migration, path, module=surroundings.module_of_select(release))


def _without_queries(groups: Iterable[list[Planned]]) -> list[str]:
    """The files that had queries, and in which all of them are statements now."""
    become, stay = set[str](), set[str]()
    for group in groups:
        if not all(isinstance(planned.outcome, Rewritten) for planned in group):
            stay.update(planned.path for planned in group)
        elif any(isinstance(planned.outcome, Rewritten) and planned.outcome.pieces for planned in group):
            become.update(planned.path for planned in group)
    return sorted(become - stay)


def _take(migration: Migration, planned: Planned, has_scalars: bool) -> None:
    outcome, changes = planned.outcome, migration.files[planned.path]
    if isinstance(outcome, Refused):
        migration.block(planned.path, planned.node.start, outcome.reason)
        return
    if isinstance(outcome, Bridge):
        migration.notes.append((planned.path, planned.node.start, f"bridged: {outcome.reason}"))
        migration.bridges.append((planned.path, planned.node.start, outcome.reason))
    if not has_scalars and any(isinstance(piece, Wrap) and ".scalars(" in piece.before for piece in outcome.pieces):
        reason = "`AsyncSession.scalars` is missing in the SQLAlchemy that is pinned"
        migration.block(planned.path, planned.node.start, reason, "Raise the pin to 1.4.24 or later first.")
    changes.pieces += outcome.pieces
    for module, name in outcome.imports:
        changes.need(module, name)


def _kind_of(migration: Migration, path: str, bridges: Callable[[str], Bridged]) -> Callable[[Expression], Kind]:
    def kind_of(expression: Expression) -> Kind:
        kind = migration.kind(path, expression)
        if kind is None or migration.is_kept(path, expression) or is_bridged(kind, bridges):
            return None
        return kind

    return kind_of
