"""Which fixers have to look at which files: one pass over the raw bytes, no parsing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from autofix.fixer import AnyFixer
from autofix.languages import language_of

Needles = Sequence[Sequence[bytes]] | None


class Prefilter:
    """Answers by path, then by content. Fixers are named by their index in the run."""

    def __init__(self, fixers: Sequence[AnyFixer], ignored: Callable[[str, str], bool]) -> None:
        self._by_language: dict[str | None, list[int]] = {None: []}
        self._by_name: dict[str, list[int]] = {}
        for index, fixer in enumerate(fixers):
            for language in fixer.languages:
                self._by_language.setdefault(language, []).append(index)
        self._fixers = fixers
        self._needles: list[Needles] = [fixer.needles for fixer in fixers]
        self._ignored = ignored

    def by_path(self, path: str) -> list[int]:
        """The fixers that may want a file of this name."""
        name = path[path.rfind("/") + 1 :]
        indexes = self._by_name.get(name)
        if indexes is None:
            indexes = self._by_language.get(language_of(path)) or []
            if not name.endswith(".txt"):  # for those the folder counts, too
                self._by_name[name] = indexes
        if not indexes:
            return indexes
        return [
            index
            for index in indexes
            if self._needles[index] != ()
            and self._fixers[index].wants(path)
            and not self._ignored(path, self._fixers[index].id)
        ]

    def by_content(self, indexes: Iterable[int], data: bytes) -> list[int]:
        """Those of them whose needles the file holds."""
        return [index for index in indexes if holds(self._needles[index], data)]


def holds(needles: Needles, data: bytes) -> bool:
    """Whether the bytes hold at least one literal of each group."""
    if needles is None:
        return True
    for group in needles:
        for literal in group:
            if literal in data:
                break
        else:
            return False
    return True
