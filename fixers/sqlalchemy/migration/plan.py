"""The whole plan: from the files of a repository to the edits that migrate it, or why they are not made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.fixer import FileOperation, Part, Project
from autofix.fixers.sqlalchemy.colours.blockers import Blocker
from autofix.fixers.sqlalchemy.colours.listening import listenings
from autofix.fixers.sqlalchemy.dependencies import sqlalchemy_release
from autofix.fixers.sqlalchemy.inference.analysis import Inference, infer
from autofix.fixers.sqlalchemy.migration import (
    account,
    awaits,
    blocking,
    databases,
    eager,
    entries,
    expired,
    functions,
    imports,
    legacy,
    listeners,
    names,
    surroundings,
    twins,
)
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, unique
from autofix.fixers.sqlalchemy.migration.components import components
from autofix.fixers.sqlalchemy.migration.contexts import context_of
from autofix.fixers.sqlalchemy.pieces import compose
from autofix.fixers.sqlalchemy.suites import clients, configuration, mocks, tables
from autofix.fixers.sqlalchemy.worlds.plan import divide
from autofix.fixers.sqlalchemy.worlds.problems import problems
from autofix.languages.python.code import Module
from autofix.text.edit import Edit
from autofix.text.source import Source


@dataclass(frozen=True)
class Plan:
    """What happens to the files of one component: edits by path, or blockers."""

    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    operations: tuple[FileOperation, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    notes: tuple[tuple[str, int, str], ...] = ()
    part: Part = field(default_factory=lambda: Part(()))


def plan(project: Project, sources: Mapping[str, Source], modules: Mapping[str, Module]) -> list[Plan]:
    """Plan the migration of the Python files `sources`, read as `modules`."""
    migration = _begin(infer(modules, project.paths), sources)
    # Read once: it takes all manifests and lock files of the repository.
    release = sqlalchemy_release(project)
    base = surroundings.context(project, release)
    for path in migration.files:
        functions.rewrite(migration, path)
        databases.rewrite(migration, path, context_of(migration, path, base))
        listeners.rewrite(migration, path, context_of(migration, path, base))
        names.rewrite(migration, path)
    twins.rewrite(migration, base)
    for path in migration.files:
        entries.rewrite(migration, path, context_of(migration, path, base))
    legacy.rewrite(migration, has_scalars=surroundings.has_scalars(release))
    eager.rewrite(migration, refreshes_by_name=surroundings.refreshes_by_name(release))
    for unit in migration.colours.of_unit:
        awaits.rewrite(migration, unit)
    blocking.rewrite(migration)
    for path in migration.files:
        expired.rewrite(migration, path)
        clients.rewrite(migration, path)
        mocks.rewrite(migration, path)
    tables.rewrite(migration)
    configuration.rewrite(migration, project)
    for path in migration.files:
        imports.rewrite(migration, path)
    migration.blockers += migration.colours.blockers()
    migration.blockers += problems(migration.worlds, migration.colours, migration.inference)
    edits = {path: edits for path, changes in migration.files.items() if (edits := _edits(changes))}
    texts = (edit.replacement for found in edits.values() for edit in found)
    surroundings.rewrite_dependencies(migration, project, base, texts)
    return _plans(migration, edits)


def _plans(migration: Migration, edits: Mapping[str, tuple[Edit, ...]]) -> list[Plan]:
    """The plan of each component. What is no Python goes with the first one that is migrated."""
    touched = {*edits, *(blocker.path for blocker in migration.blockers)}
    plans: list[Plan] = []
    others, operations = migration.other_edits, tuple(migration.operations)
    for files in components(migration.inference.program, touched):
        blockers = tuple(dict.fromkeys(blocker for blocker in migration.blockers if blocker.path in files))
        own = {path: edits[path] for path in sorted(files) if path in edits}
        notes = tuple(note for note in migration.notes if note[0] in files)
        if blockers:
            part = account.part(migration, files, files, blockers)
            plans.append(Plan({}, (), blockers, notes, part))
        elif own:
            own |= {path: tuple(found) for path, found in others.items()}
            plans.append(Plan(own, operations, (), notes, account.part(migration, files, own, ())))
            others, operations = {}, ()
    return plans


def _begin(inference: Inference, sources: Mapping[str, Source]) -> Migration:
    program = inference.program
    found = tuple(listenings(inference))
    worlds, colours = divide(inference, found)
    changes = {path: FileChanges(sources[path], program.modules[path], program) for path in program.modules}
    return Migration(inference, colours, changes, worlds, found)


def _edits(changes: FileChanges) -> tuple[Edit, ...]:
    # Definitions that are put in front of a statement precede what is put in front of its first expression.
    return (*unique(changes.edits), *compose(dict.fromkeys(changes.pieces)))
