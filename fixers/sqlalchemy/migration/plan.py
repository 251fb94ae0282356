"""The whole plan: from the files of a repository to the edits that migrate it, or why they are not made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from autofix.fixer import FileOperation, Part, Project
from autofix.fixers.sqlalchemy.colours.blockers import Blocker
from autofix.fixers.sqlalchemy.colours.graph import DATABASE
from autofix.fixers.sqlalchemy.colours.listening import listenings
from autofix.fixers.sqlalchemy.dependencies import sqlalchemy_release
from autofix.fixers.sqlalchemy.engines.outcome import Context
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
from autofix.fixers.sqlalchemy.migration.components import components, is_tests_only
from autofix.fixers.sqlalchemy.migration.contexts import context_of
from autofix.fixers.sqlalchemy.migration.uses import uses
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
        context = context_of(migration, path, base)
        functions.rewrite(migration, path)
        databases.rewrite(migration, path, context)
        listeners.rewrite(migration, path, context)
        names.rewrite(migration, path)
    twins.rewrite(migration, base)
    for path in migration.files:
        entries.rewrite(migration, path, context_of(migration, path, base))
    legacy.rewrite(migration, release)
    eager.rewrite(migration, refreshes_by_name=surroundings.refreshes_by_name(release))
    for unit in migration.colours.of_unit:
        awaits.rewrite(migration, unit)
    blocking.rewrite(migration)
    for path in migration.files:
        expired.rewrite(migration, path)
        clients.rewrite(migration, path)
        mocks.rewrite(migration, path)
    tables.rewrite(migration)
    for path in migration.files:
        imports.rewrite(migration, path)
    migration.blockers += migration.colours.blockers()
    migration.blockers += problems(migration.worlds, migration.colours, migration.inference)
    edits = {path: edits for path, changes in migration.files.items() if (edits := _edits(changes))}
    found = _plans(migration, edits)
    _surround(migration, project, base, found)
    return found


def _plans(migration: Migration, edits: Mapping[str, tuple[Edit, ...]]) -> list[Plan]:
    """The plan of each component. Tests that follow nothing of the application stay as they are."""
    touched = {*edits, *migration.created, *(blocker.path for blocker in migration.blockers)}
    plans: list[Plan] = []
    for files in components(uses(migration), touched):
        blockers = tuple(dict.fromkeys(blocker for blocker in migration.blockers if blocker.path in files))
        own = {path: edits[path] for path in sorted(files) if path in edits}
        operations = tuple(migration.created[path] for path in sorted(files) if path in migration.created)
        notes = tuple(note for note in migration.notes if note[0] in files)
        if not blockers and is_tests_only(files):
            blockers = _of_tests_only(migration, files)
        if blockers:
            plans.append(Plan({}, (), blockers, notes, account.part(migration, files, files, blockers)))
        elif not is_tests_only(files):
            plans.append(Plan(own, operations, (), notes, account.part(migration, files, own, ())))
    return plans


def _of_tests_only(migration: Migration, files: Iterable[str]) -> tuple[Blocker, ...]:
    """Why tests that use a database stay as they are; nothing for those that only send requests."""
    units = ((unit, site) for unit, site in migration.colours.because.items() if site is not None and site.path in files)
    first = min(
        ((site.path, site.node.start, unit) for unit, site in units if site.sort in DATABASE),
        default=None,
    )
    if first is None:
        return ()
    path, start, unit = first
    return (Blocker(unit, path, start, "only tests use the database here: nothing that they test becomes asynchronous"),)


def _surround(migration: Migration, project: Project, base: Context, plans: list[Plan]) -> None:
    """What is no Python follows what is migrated, in the first plan that migrates anything."""
    edits = {path: found for made in plans for path, found in made.edits.items()}
    index = next((index for index, made in enumerate(plans) if made.edits), None)
    if index is None:
        return
    configuration.rewrite(migration, project, edits.keys())
    surroundings.rewrite_dependencies(migration, project, base, edits)
    first = plans[index]
    others = {path: tuple(found) for path, found in migration.other_edits.items()}
    plans[index] = replace(
        first,
        edits={**first.edits, **others},
        operations=(*first.operations, *migration.operations),
        part=replace(first.part, files=(*first.part.files, *others)),
    )


def _begin(inference: Inference, sources: Mapping[str, Source]) -> Migration:
    program = inference.program
    found = tuple(listenings(inference))
    worlds, colours = divide(inference, found)
    changes = {path: FileChanges(sources[path], program.modules[path], program) for path in program.modules}
    return Migration(inference, colours, changes, worlds, found)


def _edits(changes: FileChanges) -> tuple[Edit, ...]:
    # Definitions that are put in front of a statement precede what is put in front of its first expression.
    return (*unique(changes.edits), *compose(dict.fromkeys(changes.pieces)))
