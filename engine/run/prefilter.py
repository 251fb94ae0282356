"""Which fixers have to look at which files: one pass over the raw bytes, no parsing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from autofix.fixer import AnyFixer, Fixer
from autofix.languages import SUFFIXES, language_of
from autofix.run.describe import describe

Needles = Sequence[Sequence[bytes]] | None


class Prefilter:
    """Answers by path, then by content. Fixers are named by their index in the run."""

    def __init__(self, fixers: Sequence[AnyFixer], ignored: Callable[[str], Collection[str]]) -> None:
        self._by_language: dict[str | None, list[int]] = {None: []}
        self._by_name: dict[str, list[int]] = {}
        for index, fixer in enumerate(fixers):
            for language in fixer.languages:
                self._by_language.setdefault(language, []).append(index)
        self._fixers = fixers
        self._ignored = ignored
        self._choosy = frozenset(index for index, fixer in enumerate(fixers) if type(fixer).wants is not Fixer.wants)
        self.broken: dict[int, str] = {}
        """The fixers that cannot even say what they look for, with the reason: they are asked no more."""
        self.needles: list[Needles] = [self._needles_of(index) for index in range(len(fixers))]

    def _needles_of(self, index: int) -> Needles:
        try:
            needles = self._fixers[index].needles
            return needles if needles is None else tuple(tuple(map(_require_bytes, group)) for group in needles)
        except Exception as error:
            self.broken[index] = describe(error)
            return ()

    def sifted(self, paths: Iterable[str]) -> list[str]:
        """The paths without those whose ending tells at once that no fixer of this run may want them."""
        unwanted = tuple(suffix for suffix, language in SUFFIXES.items() if language not in self._by_language)
        return [path for path in paths if not path.endswith(unwanted)]

    def by_path(self, path: str) -> list[int]:
        """The fixers that may want a file of this name."""
        name = path[path.rfind("/") + 1 :]
        indexes = self._by_name.get(name)
        if indexes is None:
            indexes = [index for index in self._by_language.get(language_of(path)) or [] if self.needles[index] != ()]
            if not name.endswith(".txt"):  # for those the folder counts, too
                self._by_name[name] = indexes
        if not indexes:
            return indexes
        ignored = self._ignored(path)
        if not ignored and self._choosy.isdisjoint(indexes):
            return indexes
        return [
            index
            for index in indexes
            if self._fixers[index].id not in ignored and (index not in self._choosy or self._wants(index, path))
        ]

    def _wants(self, index: int, path: str) -> bool:
        try:
            return self._fixers[index].wants(path)
        except Exception as error:
            self._give_up(index, error)
            return False

    def prepare(self, index: int) -> None:
        """Let a fixer import what it takes to look at files."""
        try:
            self._fixers[index].prepare()
        except (Exception, SystemExit) as error:
            self._give_up(index, error)

    def _give_up(self, index: int, error: BaseException) -> None:
        self.broken[index] = describe(error)
        self.needles[index] = ()
        self._by_name.clear()

    def by_content(self, indexes: Iterable[int], data: bytes) -> list[int]:
        """Those of them whose needles the file holds."""
        return [index for index in indexes if holds(self.needles[index], data.__contains__)]


def _require_bytes(literal: bytes) -> bytes:
    if not isinstance(literal, bytes):
        raise TypeError(f"the needle {literal!r:.100} is no bytes literal")
    return literal


def holds(needles: Needles, has: Callable[[bytes], bool]) -> bool:
    """Whether a file, which tells what it has, holds at least one literal of each group."""
    if needles is None:
        return True
    for group in needles:
        for literal in group:
            if has(literal):
                break
        else:
            return False
    return True
