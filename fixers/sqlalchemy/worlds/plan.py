"""The division of a program, from its inference to the colours that follow from it."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.fixers.sqlalchemy.colours.graph import Colours
from autofix.fixers.sqlalchemy.colours.listening import Listening
from autofix.fixers.sqlalchemy.colours.sites import Site, Sites, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import APPLICATIONS, METADATA, TABLE
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.kinds import Method
from autofix.fixers.sqlalchemy.worlds.entries import entries
from autofix.fixers.sqlalchemy.worlds.reach import reached
from autofix.fixers.sqlalchemy.worlds.worlds import Divider, Worlds
from autofix.languages.python.code import Call, Import

_WAITS = frozenset((Sort.OPERATION, Sort.ENTER, Sort.ITERATE))


def divide(inference: Inference, listenings: Iterable[Listening]) -> tuple[Worlds, Colours]:
    """Which units stay synchronous, and which become async."""
    program = inference.program
    sites = Sites(inference)
    units = (*program.modules, *program.functions)
    of_unit = {unit: tuple(sites.of(unit)) for unit in units}
    files = {path for path, imports in program.imports.items() if _is_alembic(imports)}
    files.update(path for path in program.modules if _is_script(inference, path, of_unit[path]))
    always = {listening.function for listening in listenings} | files
    always.update(key for key, function in program.functions.items() if function.path in files)
    found = entries(inference, of_unit)
    roots = found.tasks | always
    probe = Colours(sites, of_unit, frozenset(always), commands=found.commands)
    if not roots:
        return Worlds(commands=found.commands), probe
    worlds = Divider(inference, probe, of_unit, reached(inference, of_unit, roots), frozenset(always)).divided()
    providers = worlds.resources.providers if worlds.resources is not None else {}
    twins = frozenset(key for key, resource in providers.items() if resource in worlds.twins)
    return worlds, Colours(sites, of_unit, worlds.kept, bridges=worlds.bridges, commands=worlds.commands, twins=twins)


def _is_alembic(imports: Iterable[Import]) -> bool:
    """Whether a file belongs to alembic, which runs it with a synchronous connection of its own."""
    return any(
        statement.module == "alembic" and any(item.name in ("op", "context") for item in statement.names)
        for statement in imports
    )


def _is_script(inference: Inference, path: str, sites: Iterable[Site]) -> bool:
    """Whether the top level of a file works with the database, and nothing else of the program loads the file."""
    waits = any(site.sort in _WAITS and not _makes_tables(inference, site) for site in sites)
    if not waits or is_test_file(path) or any(path in files for files in inference.program.imported_files.values()):
        return False
    return APPLICATIONS.isdisjoint(inference.foreign_names[path])


def _makes_tables(inference: Inference, site: Site) -> bool:
    callee = inference.kind_of(site.path, site.node.function) if isinstance(site.node, Call) else None
    return isinstance(callee, Method) and callee.receiver in (METADATA, TABLE)
