"""Tables that tests found because the import of the application made them, and that its lifespan makes now."""

from __future__ import annotations

from autofix.fixer import CreateFile
from autofix.fixers.sqlalchemy.colours.operations import is_client
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.migration.applications import module_name
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.fixers.sqlalchemy.migration.databases import is_schema_call
from autofix.fixers.sqlalchemy.migration.startup import NAME
from autofix.languages.python.code import Call, Evaluate, With
from autofix.languages.python.code_walk import walk
from autofix.text.edit import insert

_FIXTURE = "database_tables"


def rewrite(migration: Migration) -> None:
    """A fixture that makes them, where tests send requests to an application that they have not started."""
    tests = [path for path in migration.files if is_test_file(path)]
    if not migration.table_makers or not any(_has_unstarted_client(migration, path) for path in tests):
        return
    if any(_makes_tables(migration, path) for path in tests):
        # They have a database of their own.
        return
    for maker in sorted({path for path, _ in migration.table_makers}):
        module = module_name(migration, maker, "")
        home = _conftest(tests)
        if module is None:
            migration.block(maker, 0, "the tests need its tables, and it is not known how to import it there")
            continue
        migration.ties.append((home, maker))
        if home in migration.files:
            _append(migration, home, module)
        else:
            text = f"{_imports(migration)}import pytest\n\nfrom {module} import {NAME}\n\n\n{_fixture(migration)}"
            migration.created[home] = CreateFile(home, text.encode())


def _append(migration: Migration, home: str, module: str) -> None:
    changes = migration.files[home]
    if {_FIXTURE, NAME} & migration.inference.program.bindings[home].keys():
        migration.block(home, 0, f"`{_FIXTURE}` or `{NAME}` means something else in this file")
        return
    text = _fixture(migration).replace("\n", changes.source.newline)
    gap = "" if changes.text.endswith(b"\n") or not changes.text else changes.source.newline
    changes.edits.append(insert(len(changes.text), f"{gap}{changes.source.newline * 2}{text}"))
    changes.need("pytest")
    changes.need(module, NAME)
    if not migration.colours.awaits_requests:
        changes.need("asyncio")


def _imports(migration: Migration) -> str:
    return "" if migration.colours.awaits_requests else "import asyncio\n\n"


def _fixture(migration: Migration) -> str:
    before, call = ("async ", f"await {NAME}()") if migration.colours.awaits_requests else ("", f"asyncio.run({NAME}())")
    return f'@pytest.fixture(scope="session", autouse=True)\n{before}def {_FIXTURE}() -> None:\n    {call}\n'


def _conftest(tests: list[str]) -> str:
    """The file for fixtures of all tests."""
    there = [path for path in tests if path.endswith("conftest.py")]
    if there:
        return min(there, key=lambda path: (path.count("/"), path))
    folder = min((path.rpartition("/")[0] for path in tests), key=lambda path: (path.count("/"), path))
    return f"{folder}/conftest.py" if folder else "conftest.py"


def _has_unstarted_client(migration: Migration, path: str) -> bool:
    changes = migration.files[path]
    for node in walk(changes.module.body):
        if isinstance(node, Call) and is_client(migration.kind(path, node)):
            around = next((each for each in changes.parents.around(node) if isinstance(each, With)), None)
            if around is None or not any(item.value is node for item in around.items):
                return True
    return False


def _makes_tables(migration: Migration, path: str) -> bool:
    nodes = walk(migration.files[path].module.body)
    return any(isinstance(node, Evaluate) and is_schema_call(migration, path, node) for node in nodes)
