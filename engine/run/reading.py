"""Look for needles in many files: the first sieve, over bytes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from autofix.project.files import UNREAD, Glass, Skip, Unreadable, is_behind_link
from autofix.run.pool import Limits
from autofix.run.prefilter import Needles, holds
from autofix.run.sharing import PIECES, shared

SUPPRESSION_MARK = b"autofix:"

# For so many files a process is worth the few milliseconds that its start costs.
WORTH_SHARING = 1_000

Wanted = tuple[str, Sequence[int]]
"""A path, and the fixers that may want it, by their index."""


class Candidate(NamedTuple):
    """A file that some fixer has to look at, or that holds a suppression comment; or why it could not be read."""

    path: str
    data: bytes = b""
    hits: tuple[int, ...] = ()
    skipped: str = ""
    failed: str = ""


def problem(path: str, error: Exception) -> Candidate | None:
    """A file that reading raised one of `UNREAD` for; None for a file that is gone."""
    if isinstance(error, Skip):
        return Candidate(path, skipped=str(error))
    if isinstance(error, Unreadable):
        return Candidate(path, failed=f"cannot be read: {error}")
    return None


class Reader:
    """Reads files and keeps those with needles."""

    def __init__(self, root: str, needles: Sequence[Needles], limits: Limits) -> None:
        self._root = root
        self._needles = needles
        self._limits = limits
        self._glass = Glass()

    def candidates(self, wanted: Sequence[Wanted], tell: Callable[[int], None]) -> Iterator[Candidate]:
        """The candidates among many files, in any order; `tell` hears how many files have been looked at."""
        size = len(wanted) // PIECES + 1

        def piece(number: int) -> list[tuple[object, ...]]:
            return [tuple(found) for found in self._among(wanted[number * size : (number + 1) * size])]

        count, helpers = -(-len(wanted) // size), self._helpers(wanted)
        for done, found in enumerate(shared(piece, count, helpers) if helpers > 0 else map(piece, range(count))):
            tell(done * size)
            yield from (Candidate(*fields) for fields in found)  # type: ignore[arg-type]

    def _helpers(self, wanted: Sequence[Wanted]) -> int:
        """How many processes are worth their start: none where most files match and would have to be handed over."""
        all_match = any(self._needles[index] is None for _, indexes in wanted[:64] for index in indexes)
        if all_match or self._limits.start_method != "fork":
            return 0
        return min(self._limits.workers - 1, len(wanted) // WORTH_SHARING)

    def _among(self, wanted: Iterable[Wanted]) -> Iterator[Candidate]:
        """Those of some files that hold needles, and those that cannot be read."""
        glass = self._glass
        for path, indexes in wanted:
            try:
                glass.load(f"{self._root}/{path}")
            except UNREAD as error:
                if (found := problem(path, error)) is not None:
                    yield found
                continue
            hits = tuple([index for index in indexes if holds(self._needles[index], glass.holds)])
            if (hits or glass.holds(SUPPRESSION_MARK)) and not is_behind_link(self._root, path):
                yield Candidate(path, glass.data(), hits)
