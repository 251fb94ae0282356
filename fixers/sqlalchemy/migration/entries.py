"""Where a program begins: `main()` in scripts, tables made while a module is imported."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.colours.sites import Site, Sort
from autofix.fixers.sqlalchemy.engines.outcome import Context
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.migration import startup
from autofix.fixers.sqlalchemy.migration.applications import applications_of
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Wrap
from autofix.languages.python.code import Constant, If, Name, Operation


def rewrite(migration: Migration, path: str, context: Context) -> None:
    """What the top level of a file runs."""
    changes = migration.files[path]
    # pytest imports its files before there is an event loop; servers import an application while one is running.
    is_script = is_test_file(path) or not _is_imported(migration, path)
    made = set[int]()
    for run in startup.runs(migration, changes):
        made |= {statement.value.start for statement in run}
        if startup.is_synchronous(migration, changes, run):
            continue
        has_application = bool(applications_of(migration, path))
        startup.rewrite(migration, changes, run, context, is_script=is_script and not has_application)
    for site in migration.colours.of_unit.get(path, ()):
        if migration.colours.is_affected(site) and site.node.start not in made and not migration.is_kept(path, site.node):
            _site(migration, changes, site)


def _site(migration: Migration, changes: FileChanges, site: Site) -> None:
    if site.sort is Sort.REFERENCE:
        return
    is_run = _is_main(changes, site) or is_test_file(changes.path) or not _is_imported(migration, changes.path)
    if site.sort is Sort.CALL and is_run:
        changes.pieces.append(Wrap(site.node.start, site.node.end, "asyncio.run(", ")"))
        changes.need("asyncio")
        return
    migration.block(changes.path, site.node.start, f"the module {site.sort.value} while it is imported")


def _is_main(changes: FileChanges, site: Site) -> bool:
    """Whether a site is below `if __name__ == "__main__"`."""
    for around in changes.parents.around(site.node):
        if isinstance(around, If) and isinstance(around.test, Operation):
            operands = around.test.operands
            if any(isinstance(each, Name) and each.name == "__name__" for each in operands):
                return any(isinstance(each, Constant) and each.value == "__main__" for each in operands)
    return False


def _is_imported(migration: Migration, path: str) -> bool:
    return any(path in files for files in migration.inference.program.imported_files.values())
