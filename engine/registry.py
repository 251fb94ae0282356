"""Which fixers there are: ours, and what other distributions offer under the entry point group `autofix.fixers`."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType, ModuleType
from typing import cast

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

    @property
    def groups(self) -> frozenset[str]:
        """The domains that have a fixer."""
        return frozenset(fixer.group for fixer in self.fixers.values())

    def matching(self, selectors: Iterable[str]) -> dict[str, FixerClass]:
        """The fixers that ids, groups, globs or recipes name.

        Raises:
            UnknownSelector: a selector matches nothing.
        """
        chosen: set[str] = set()
        for selector in selectors:
            found = set(self._matched_by(selector))
            if not found:
                raise UnknownSelector(self._unknown(selector))
            chosen |= found
        return {name: fixer for name, fixer in self.fixers.items() if name in chosen}

    def selected(self, select: Sequence[str] | None, ignore: Sequence[str]) -> dict[str, FixerClass]:
        """The fixers of a run: those of `select`, by default all that are on by default, without those of `ignore`.

        Raises:
            UnknownSelector: a selector matches nothing.
        """
        chosen = (
            {name: fixer for name, fixer in self.fixers.items() if fixer.default} if select is None else self.matching(select)
        )
        ignored = self.matching(ignore)
        return {name: fixer for name, fixer in chosen.items() if name not in ignored}

    def _matched_by(self, selector: str) -> Iterator[str]:
        patterns = RECIPES[selector].selectors if selector in RECIPES else (selector,)
        for name, fixer in self.fixers.items():
            if any(fixer.group == pattern or fnmatchcase(name, pattern) for pattern in patterns):
                yield name

    def _unknown(self, selector: str) -> str:
        near = get_close_matches(selector, [*self.fixers, *self.groups, *RECIPES], n=1)
        return f"no fixer, group or recipe is called {selector!r}" + (f"; did you mean {near[0]!r}?" if near else "")


@dataclass(frozen=True)
class Recipe:
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
        "spaces": Recipe(
            "a Hugging Face Space that builds and starts",
            ("frontmatter", "docker-readme", "docker-user-order", "workflow-branch*"),
        ),
    }
)


@dataclass
class _Loading:
    fixers: dict[str, FixerClass] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, module: ModuleType, origin: str) -> None:
        for fixer in _declared_in(module):
            if (lack := _lack(fixer)) is not None:
                self.problems.append(f"fixer {fixer.__name__} of {origin} is left out: {lack}")
                continue
            known = self.fixers.setdefault(fixer.id, fixer)
            if known is not fixer:
                self.problems.append(f"fixer {fixer.id!r} of {origin} is left out: {known.__module__} has that id")


def load() -> Registry:
    """Import all fixers. A third-party one that cannot be imported costs only itself and is named."""
    loading = _Loading()
    package = importlib.import_module("autofix.fixers")
    for info in pkgutil.walk_packages(package.__path__, "autofix.fixers."):
        loading.add(importlib.import_module(info.name), "autofix")
    for name, value in _entry_points():
        try:
            loading.add(importlib.import_module(value.partition(":")[0]), f"entry point {name!r}")
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            loading.problems.append(f"entry point {name!r} ({value}) cannot be loaded: {reason}")
    return Registry(dict(sorted(loading.fixers.items())), tuple(loading.problems))


def _entry_points() -> Iterator[tuple[str, str]]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        yield point.name, point.value


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
