"""What a program with asyncio has to install: `sqlalchemy[asyncio]`, a driver, and what its tests need.

Manifests are edited in their own style; nothing that is pinned is moved. Lock files and other files that tools write are named,
not edited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from autofix.fixer import Language, Project
from autofix.fixers.sqlalchemy.dependencies import manifests
from autofix.fixers.sqlalchemy.dependencies.drivers import chosen_drivers, distributions, runtime_dialects
from autofix.fixers.sqlalchemy.dependencies.groups import CannotChange, Group, Lines, edits_between, options
from autofix.fixers.sqlalchemy.dependencies.releases import Release, locked, release_of
from autofix.fixers.sqlalchemy.dependencies.requirements import is_compiled
from autofix.languages import language_of, toml
from autofix.text.edit import Edit
from autofix.text.source import Source

__all__ = [
    "Changes",
    "Release",
    "chosen_drivers",
    "declared",
    "dependency_changes",
    "distributions",
    "runtime_dialects",
    "sqlalchemy_release",
]

_SQLALCHEMY = ("sqlalchemy", "sqlmodel")
# The oldest release that works with the code that is written, of each distribution that may be added.
_MINIMUM: Mapping[str, str] = {
    "aiosqlite": "0.17",
    "asyncpg": "0.27",
    "psycopg": "3.1",
    "aiomysql": "0.1.1",
    "asyncmy": "0.2.5",
    "aioodbc": "0.4",
    "oracledb": "2.0",
    "anyio": "3.6",
    "httpx": "0.24",
    "pytest-asyncio": "0.26",
}
# With aiosqlite 0.22 and SQLAlchemy before 2.0.46 a program whose engine is not disposed does not end: measured.
_AIOSQLITE_BEFORE = "0.22"
_DISPOSES_AIOSQLITE_0_22 = (2, 0, 46)
_DEVELOPMENT = re.compile(r"(?:^|[-_./])(?:dev|test|doc|lint|ci\b)")
_WRITTEN_BY_HAND = ("setup.py", "environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
_LOCKS = {
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}


@dataclass(slots=True)
class Changes:
    """Edits of manifests, by path, and what a person has to do: `path` or `path:line`, then what."""

    edits: dict[str, list[Edit]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def groups(project: Project) -> Iterator[Group]:
    """All lists of requirements of the repository that can be read, in the order of their paths."""
    for path in sorted(project.paths):
        source = project.source(path) if _is_manifest(path) else None
        if source is not None:
            yield from groups_of(source)


def _is_manifest(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in ("pyproject.toml", "Pipfile", "setup.cfg") or language_of(path) is Language.REQUIREMENTS


def groups_of(source: Source) -> list[Group]:
    """The lists of requirements of one file; none where it cannot be read."""
    name = source.path.rpartition("/")[2]
    if name in ("pyproject.toml", "Pipfile"):
        try:
            return list(manifests.groups(source))
        except toml.TomlError:
            return []
    if name == "setup.cfg":
        return list(options(source))
    # The name, with the folders below one that is called `requirements`.
    inner = source.path.lower().rpartition("/requirements/")[2] if "/requirements/" in f"/{source.path}" else name.lower()
    return [] if _is_constraints(source.path) else [Lines(source, "", _DEVELOPMENT.search(inner) is None)]


def _is_constraints(path: str) -> bool:
    """Whether a file only restricts what other files ask for: it has no extras."""
    return language_of(path) is Language.REQUIREMENTS and "constraint" in path.rpartition("/")[2].lower()


def declared(project: Project) -> frozenset[str]:
    """The normalised names of all distributions that manifests ask for."""
    return frozenset(entry.name for group in groups(project) for entry in group.entries)


def sqlalchemy_release(project: Project) -> Release:
    """The SQLAlchemy that the repository runs on: what its lock files say, otherwise the oldest of what its manifests allow."""
    found = [release for _, release in locked(project, project.paths)] or list(_required(project))
    return min(found, key=lambda release: release.minor or (9, 9), default=Release())


def _required(project: Project) -> Iterator[Release]:
    constraints = (project.source(path) for path in sorted(project.paths) if _is_constraints(path))
    for group in [*groups(project), *(Lines(source, "", False) for source in constraints if source is not None)]:
        for entry in group.entries:
            if entry.name in _SQLALCHEMY:
                line = group.source.line_of(entry.start)
                text = group.source.slice(*group.source.line_range(line)).strip()
                release = release_of(entry.name, entry.specifier, f"{group.source.path}:{line}: {text}")
                if release is not None:
                    yield release


def dependency_changes(
    project: Project, drivers: Iterable[str], tests: Iterable[str] = (), near: Collection[str] = ()
) -> Changes:
    """What to edit so that `drivers` (names of distributions) are installed with the program, and `tests` for its tests.

    `near` are paths of the program: of several manifests only those in folders around one of them are edited.
    """
    changes = Changes()
    release = sqlalchemy_release(project)
    by_path: dict[str, list[Group]] = {}
    for group in groups(project):
        by_path.setdefault(group.source.path, []).append(group)
    homes = {path: found for path, known in by_path.items() if (found := _homes(known))}
    homes = {path: found for path, found in homes.items() if _is_around(path, near)} or homes
    runtime = {path for path, found in homes.items() if any(group.is_runtime for group in found)}
    for path in sorted(runtime or homes):
        _change(path, homes[path], _runtime_wishes(drivers, release), changes, extra="asyncio")
    missing = [name for name in tests if name not in declared(project)]
    if missing and homes:
        _change_tests(by_path, sorted(runtime or homes), missing, changes)
    _notes(project, changes, bool(homes))
    return changes


def _is_around(manifest: str, near: Collection[str]) -> bool:
    """Whether the folder of a manifest, or the one around its folder `requirements`, holds any of some files."""
    folder = manifest.rpartition("/")[0]
    folder = folder.rpartition("/")[0] if folder.rpartition("/")[2] == "requirements" else folder
    return not near or not folder or any(path.startswith(f"{folder}/") for path in near)


def _homes(known: Sequence[Group]) -> list[Group]:
    """The lists of a file that name SQLAlchemy; those of the program itself where there are some."""
    found = [group for group in known if any(group.find(name) for name in _SQLALCHEMY)]
    return [group for group in found if group.is_runtime] or found


def _runtime_wishes(drivers: Iterable[str], release: Release) -> list[tuple[str, str]]:
    """Names with the version that they must not have."""
    wishes = []
    for name in sorted(set(drivers)):
        is_old = release.exact is not None and release.exact < _DISPOSES_AIOSQLITE_0_22
        wishes.append((name, f"<{_AIOSQLITE_BEFORE}" if name == "aiosqlite" and is_old else ""))
    return wishes


def _change(path: str, found: Sequence[Group], wishes: Sequence[tuple[str, str]], changes: Changes, extra: str = "") -> None:
    start = found[0].source
    source = found[0].edited(changes.edits.get(path, ()))
    if isinstance(found[0], Lines) and is_compiled(source):
        names = ", ".join([f"sqlalchemy[{extra}]"] * bool(extra) + [name for name, _ in wishes])
        changes.notes.append(f"{path}: made by a tool: add {names} to what it is made from, and make it again")
        return
    for label in [group.label for group in found]:
        try:
            source = _with_all(source, label, wishes, extra)
        except CannotChange as error:
            changes.notes.append(f"{path}: {label or 'the list'} {error}: add {', '.join(name for name, _ in wishes)} by hand")
    if source.text != start.text:
        changes.edits[path] = edits_between(start, source)


def _with_all(source: Source, label: str, wishes: Sequence[tuple[str, str]], extra: str) -> Source:
    """The file with what is wished for in one list; the lists are read anew after each change."""

    def group() -> Group:
        return next(group for group in groups_of(source) if group.label == label)

    def beside() -> str:
        return next((name for name in (_SQLALCHEMY if extra else ("pytest", *_SQLALCHEMY)) if group().find(name)), "")

    if extra and group().find("sqlalchemy"):
        source = group().with_extra("sqlalchemy", extra)
    elif extra:
        source = group().with_requirement(f"sqlalchemy[{extra}]", "", beside())
    for name, limit in wishes:
        if group().find(name) is None:
            source = group().with_requirement(_with_extras(name), limit or _styled(group(), name), beside())
    return source


def _with_extras(name: str) -> str:
    return "psycopg[binary]" if name == "psycopg" else name


def _styled(group: Group, name: str) -> str:
    """A version in the style of the list: a lower bound where most have one, otherwise none."""
    bounded = sum(entry.specifier.startswith((">", "^", "~")) or ">=" in entry.specifier for entry in group.entries)
    wants_bound = bounded * 2 > len(group.entries)
    return f">={_MINIMUM[name]}" if wants_bound and name in _MINIMUM else ""


def _change_tests(by_path: Mapping[str, list[Group]], homes: Sequence[str], missing: Sequence[str], changes: Changes) -> None:
    """Beside pytest: in a list for development if one has it, otherwise where the program's own requirements are."""
    with_pytest = [group for known in by_path.values() for group in known if group.find("pytest")]
    near = sorted(with_pytest, key=lambda group: (-_shared(group.source.path, homes), group.is_runtime, group.source.path))
    chosen = near[:1] or [group for path in homes[:1] for group in _homes(by_path[path])[:1]]
    for group in chosen:
        _change(group.source.path, [group], [(name, "") for name in missing], changes)


def _shared(path: str, homes: Sequence[str]) -> int:
    """How many folders a path has in common with the nearest of some others."""
    parts = path.split("/")[:-1]
    pairs = (zip(parts, home.split("/")[:-1], strict=False) for home in homes)
    return max(sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pair)) for pair in pairs)


def _notes(project: Project, changes: Changes, is_known: bool) -> None:
    for path in sorted(project.paths):
        folder, _, name = path.rpartition("/")
        if name in _LOCKS and any(not folder or changed.startswith(f"{folder}/") for changed in changes.edits):
            changes.notes.append(f"{path}: no longer fits: run `{_LOCKS[name]}`")
        elif name in _WRITTEN_BY_HAND and b"sqlalchemy" in (project.read(path) or b"").lower():
            changes.notes.append(f"{path}: names SQLAlchemy and is not edited: add what the other files have")
    if not is_known:
        changes.notes.append("no manifest names SQLAlchemy: install sqlalchemy[asyncio] and the driver")
