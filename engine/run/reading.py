"""Read files and look for needles in them: the first sieve, over bytes alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from autofix.project.files import Skip, Unreadable, is_behind_link, read
from autofix.run import pool
from autofix.run.pool import Died, Limits
from autofix.run.prefilter import Needles, holds

SUPPRESSION_MARK = b"autofix:"

# So many files are read by one process before the next is asked for help, which costs some milliseconds.
WORTH_SHARING = 1_000
CHUNK = 64

Wanted = tuple[str, Sequence[int]]
"""A path, and the fixers that may want it, by their index."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that some fixer has to look at, or that holds a suppression comment; or why it could not be read."""

    path: str
    data: bytes = b""
    hits: tuple[int, ...] = ()
    skipped: str = ""
    failed: str = ""


@dataclass(frozen=True)
class ReadWork:
    """Read some files in a worker."""

    root: str
    needles: Sequence[Needles]

    def __call__(self, task: Sequence[Wanted]) -> list[Candidate]:
        """The candidates among some files."""
        return list(self.candidates(task))

    def candidates(self, wanted: Iterable[Wanted]) -> Iterator[Candidate]:
        """Those of the files that hold needles, and those that cannot be read."""
        for path, indexes in wanted:
            try:
                data = read(f"{self.root}/{path}")
            except FileNotFoundError:
                continue
            except Skip as skip:
                yield Candidate(path, skipped=str(skip))
                continue
            except Unreadable as error:
                yield Candidate(path, failed=f"cannot be read: {error}")
                continue
            hits = tuple([index for index in indexes if holds(self.needles[index], data)])
            if (hits or SUPPRESSION_MARK in data) and not is_behind_link(self.root, path):
                yield Candidate(path, data, hits)


def candidates(work: ReadWork, wanted: Iterator[Wanted], limits: Limits) -> Iterator[Candidate]:
    """The candidates among many files, in any order; several processes share the reading where few are to be expected."""
    first = list(islice(wanted, WORTH_SHARING))
    all_match = any(work.needles[index] is None for _, indexes in first[:CHUNK] for index in indexes)
    rest = chain(first, wanted)
    if len(first) < WORTH_SHARING or limits.workers < 2 or all_match:
        yield from work.candidates(rest)
        return
    for answer in pool.run(work, iter(lambda: list(islice(rest, CHUNK)), []), limits):
        yield from work.candidates(answer.task) if isinstance(answer, Died) else answer
