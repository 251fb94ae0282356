"""Which fixers there are: ours, and what other distributions offer under the entry point group `autofix.fixers`."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import NamedTuple, cast

from autofix.fixer import Fixer, FixerClass, Language, ProgramFixer

ENTRY_POINT_GROUP = "autofix.fixers"

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class UnknownSelector(ValueError):
    """A selection names nothing that exists; the message offers the nearest name."""


@dataclass(frozen=True)
class Registry:
    """The fixers by id, in alphabetical order, and why some could not be loaded."""

    fixers: Mapping[str, FixerClass]
    problems: Sequence[str] = ()

    @cached_property
    def group_of(self) -> Mapping[str, str]:
        """The domain of each fixer, by its id."""
        if isinstance(self.fixers, _Fixers):
            return self.fixers.groups
        return {name: fixer.group for name, fixer in self.fixers.items()}

    @property
    def groups(self) -> frozenset[str]:
        """The domains that have a fixer."""
        return frozenset(self.group_of.values())

    def matching(self, selectors: Iterable[str]) -> dict[str, FixerClass]:
        """The fixers that ids, groups, globs or recipes name.

        Raises:
            UnknownSelector: a selector matches nothing.
        """
        return {name: self.fixers[name] for name in sorted(self._names(selectors))}

    def selected(self, select: Sequence[str] | None, ignore: Sequence[str]) -> dict[str, FixerClass]:
        """The fixers of a run: those of `select`, by default all that are on by default, without those of `ignore`.

        Raises:
            UnknownSelector: a selector matches nothing.
        """
        chosen = (
            {name: fixer for name, fixer in self.fixers.items() if fixer.default} if select is None else self.matching(select)
        )
        ignored = set(self._names(ignore))
        return {name: fixer for name, fixer in chosen.items() if name not in ignored}

    def _names(self, selectors: Iterable[str]) -> set[str]:
        chosen: set[str] = set()
        for selector in selectors:
            found = set(self._matched_by(selector))
            if not found:
                raise UnknownSelector(self._unknown(selector))
            chosen |= found
        return chosen

    def _matched_by(self, selector: str) -> Iterator[str]:
        patterns = RECIPES[selector].selectors if selector in RECIPES else (selector,)
        for name, group in self.group_of.items():
            if any(group == pattern or fnmatchcase(name, pattern) for pattern in patterns):
                yield name

    def _unknown(self, selector: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(selector, [*self.fixers, *self.groups, *RECIPES], n=1)
        return f"no fixer, group or recipe is called {selector!r}" + (f"; did you mean {near[0]!r}?" if near else "")


class Recipe(NamedTuple):
    """A migration by name: the fixers it runs, their unsafe fixes included."""

    title: str
    selectors: tuple[str, ...]


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "deploy": Recipe(
            "everything between a broken service and its deployment",
            ("docker", "fastapi", "frontmatter", "python", "typescript", "workflows"),
        ),
        "imports": Recipe("the module moves that the configuration describes", ("moved-imports",)),
        "sqlalchemy-2": Recipe("legacy queries of SQLAlchemy, to 2.0 style", ("sqlalchemy-select",)),
        "sqlalchemy-async": Recipe("a service on synchronous SQLAlchemy sessions, to asyncio", ("sqlalchemy-async",)),
        "spaces": Recipe(
            "a Hugging Face Space that builds and starts",
            ("frontmatter", "docker-readme", "docker-user-order", "workflow-branch*"),
        ),
    }
)


class _Fixers(Mapping[str, FixerClass]):
    """Fixers that are imported when they are asked for: a run of one does not wait for all others."""

    def __init__(self, places: Mapping[str, tuple[str, str]], others: Mapping[str, FixerClass]) -> None:
        """Take the group and the module of each of our fixers, and those of others, which are loaded."""
        self._places = places
        self._loaded = dict(others)
        groups = {name: group for name, (group, _) in places.items()} | {name: fixer.group for name, fixer in others.items()}
        self.groups: Mapping[str, str] = dict(sorted(groups.items()))

    def __getitem__(self, name: str) -> FixerClass:
        if name not in self._loaded:
            _, module = self._places[name]
            self._loaded[name] = next(fixer for fixer in _declared_in(importlib.import_module(module)) if fixer.id == name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)


def load() -> Registry:
    """Find all fixers: our own by what stands in their files, those of others by importing them.

    A third-party one that cannot be imported costs only itself and is named.
    """
    ours = _our_places()
    others: dict[str, FixerClass] = {}
    problems: list[str] = []
    for name, value in _entry_points():
        try:
            offered = list(_declared_in(importlib.import_module(value.partition(":")[0])))
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            problems.append(f"entry point {name!r} ({value}) cannot be loaded: {reason}")
            continue
        for fixer in offered:
            if (lack := _lack(fixer)) is not None:
                problems.append(f"fixer {fixer.__name__} of entry point {name!r} is left out: {lack}")
            elif fixer.id in ours or others.setdefault(fixer.id, fixer) is not fixer:
                holder = ours[fixer.id][1] if fixer.id in ours else others[fixer.id].__module__
                problems.append(f"fixer {fixer.id!r} of entry point {name!r} is left out: {holder} has that id")
    return Registry(_Fixers(ours, others), tuple(problems))


# How a fixer's class says its id; tests compare what this finds with what the classes say.
_DECLARATION = re.compile(rb'^    id = "([a-z0-9-]+)"', re.MULTILINE)


def _our_places() -> dict[str, tuple[str, str]]:
    """Group and module of each of our fixers, by its id."""
    package = importlib.import_module("autofix.fixers")
    found: dict[str, tuple[str, str]] = {}
    for folder in sorted(Path(package.__path__[0]).iterdir()):
        if not folder.is_dir():
            continue
        for file in (*folder.glob("*.py"), *folder.glob("*/__init__.py")):
            declared = _DECLARATION.search(file.read_bytes())
            if declared is not None:
                stem = file.parent.name if file.name == "__init__.py" else file.stem
                found[declared[1].decode()] = (folder.name, f"autofix.fixers.{folder.name}.{stem}")
    return found


def _entry_points() -> Iterator[tuple[str, str]]:
    if not _any_distribution_offers_fixers():
        return
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        yield point.name, point.value


def _any_distribution_offers_fixers() -> bool:
    """A look at the files alone: most machines have no such distribution, and `importlib.metadata` is slow to import."""
    header = f"[{ENTRY_POINT_GROUP}]".encode()
    for folder in sys.path:
        try:
            found = [entry.path for entry in os.scandir(folder or ".") if entry.name.endswith((".dist-info", ".egg-info"))]
        except FileNotFoundError:
            continue
        except OSError:
            return True  # an archive, perhaps: only the library can look into it
        for information in found:
            try:
                with open(f"{information}/entry_points.txt", "rb") as file:
                    if header in file.read():
                        return True
            except OSError:
                continue
    return False


def _lack(fixer: FixerClass) -> str | None:
    """What a fixer does not say of itself although it has to."""
    name = getattr(fixer, "id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        return f"its id is {name!r}, which is not in kebab case"
    for attribute in ("title", "group"):
        if not isinstance(getattr(fixer, attribute, None), str):
            return f"it has no {attribute}"
    if not all(isinstance(language, Language) for language in getattr(fixer, "languages", [None])):
        return "it has no languages"
    return None


def _declared_in(module: ModuleType) -> Iterator[FixerClass]:
    for value in vars(module).values():
        declared_here = isinstance(value, type) and value.__module__ == module.__name__
        if declared_here and issubclass(value, Fixer | ProgramFixer) and not value.__abstractmethods__:
            yield cast("FixerClass", value)
