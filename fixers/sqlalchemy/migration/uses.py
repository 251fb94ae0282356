"""Which files of a program use which others: what one of them becomes, the other has to go along with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from autofix.fixers.sqlalchemy.inference.fixtures import conftests, is_test_file
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo, Program
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages.python.code import Assign, Call, Constant, Text
from autofix.languages.python.code_walk import dotted, walk

Graph = Mapping[str, set[str]]
"""By file, the files that it uses."""

_IMPORTERS = frozenset(("import_module", "__import__"))
_FOLDER = re.compile(rb"""["']([A-Za-z_]\w*(?:\.\w+)*)\.\{\s*$""")


def uses(migration: Migration) -> Graph:
    """By file, the files that it imports, calls functions of, or gets fixtures from."""
    program = migration.inference.program
    found: dict[str, set[str]] = defaultdict(set)
    for path in program.modules:
        found[path] |= program.imported_files.get(path, set())
        found[path].update(_named(migration, path))
        if is_test_file(path):
            found[path].update(place for place in conftests(path) if place in program.modules)
            found[path].update(_plugins(program, path))
    for function in program.functions.values():
        found[function.path].update(_requested(migration, function))
    for sites in migration.colours.of_unit.values():
        for site in sites:
            found[site.path].update(program.functions[target].path for target in site.targets)
    for path, other in migration.ties:
        found[path].add(other)
    return found


def _plugins(program: Program, path: str) -> Iterator[str]:
    """What `pytest_plugins` of a file loads."""
    for statement in program.modules[path].body:
        if isinstance(statement, Assign) and any(dotted(target) == "pytest_plugins" for target in statement.targets):
            for node in walk(statement):
                if isinstance(node, Constant) and isinstance(node.value, str):
                    yield from _module(program, path, node.value)


def _requested(migration: Migration, function: FunctionInfo) -> Iterator[str]:
    """The files of the fixtures that a test or fixture asks for."""
    for parameter in function.node.parameters:
        found = migration.inference.fixtures.find(function.path, parameter.name, function.key)
        if found is not None:
            yield migration.inference.program.functions[found].path


def _named(migration: Migration, path: str) -> Iterator[str]:
    """What a file imports by a name that is a text: its texts that are names of modules, or of packages up to `.{name}`."""
    changes = migration.files.get(path)
    if changes is None or not any(name.encode() in changes.text for name in _IMPORTERS):
        return
    nodes = list(walk(changes.module.body))
    if not any(isinstance(node, Call) and dotted(node.function).rpartition(".")[2] in _IMPORTERS for node in nodes):
        return
    program = migration.inference.program
    for node in nodes:
        if isinstance(node, Constant) and isinstance(node.value, str):
            yield from _module(program, path, node.value)
        elif isinstance(node, Text) and node.parts:
            match = _FOLDER.search(changes.text[node.start : node.parts[0].start])
            if match is not None:
                folder = f"/{match[1].decode().replace('.', '/')}/"
                yield from (other for other in program.modules if folder in f"/{other}")


def _module(program: Program, path: str, name: str) -> Iterator[str]:
    found = program.find_module(path, name, 0)
    if found is not None:
        yield found
