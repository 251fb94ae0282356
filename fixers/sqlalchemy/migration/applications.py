"""The applications of a program, and how files name one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.externals import APPLICATIONS
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages.python.code import Call, Import, Statement
from autofix.languages.python.code_walk import walk


class Application(NamedTuple):
    """A call that makes an application, in a statement at the top level of a file."""

    path: str
    statement: Statement
    call: Call


def applications_of(migration: Migration, path: str) -> list[Application]:
    """The applications that load a file, none of them in a test."""
    return [each for each in applications(migration) if path in loaded(migration.inference.program, each.path)]


def applications(migration: Migration) -> Iterator[Application]:
    """All applications of the program, those in tests left out."""
    for path, changes in migration.files.items():
        if is_test_file(path):
            continue
        for statement in changes.module.body:
            for node in walk(statement):
                if isinstance(node, Call):
                    kind = migration.kind(path, node.function)
                    if isinstance(kind, External) and kind.name in APPLICATIONS:
                        yield Application(path, statement, node)


def loaded(program: Program, path: str) -> set[str]:
    """A file and all that its imports load, however indirectly."""
    found, waiting = {path}, [path]
    while waiting:
        for other in program.imported_files.get(waiting.pop(), set()) - found:
            found.add(other)
            waiting.append(other)
    return found


def module_name(migration: Migration, path: str, asking: str) -> str | None:
    """How a file is imported in another one, by the example of what is written there or in other files; None for no example."""
    program = migration.inference.program
    for place in (*((asking,) if asking else ()), *sorted(migration.files)):
        for node in reversed(program.imports[place]):
            if node.level and place != asking:
                continue
            name = _name_in(program, place, node, path)
            if name is not None:
                return name
    return None


def _name_in(program: Program, place: str, node: Import, path: str) -> str | None:
    dots = "." * node.level
    if (node.module is not None or node.level) and program.find_module(place, node.module, node.level) == path:
        return f"{dots}{node.module or ''}"
    for item in node.names:
        module = item.name if node.module is None else f"{node.module}.{item.name}"
        if node.level and node.module is None:
            module = item.name
        if program.find_module(place, module, node.level) == path:
            return f"{dots}{module}"
    return None
