"""A text put together from parts of a source, that still knows where each byte came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Excerpt:
    """What another language's parser is given: a shell command without the continuations of the Dockerfile around it.

    `text` is UTF-8. `runs` are pairs (offset in `text`, offset in the source), ascending: the bytes from one run to the
    next stand side by side in the source.
    """

    text: bytes
    runs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, source: bytes, ranges: Iterable[tuple[int, int]]) -> Excerpt:
        """The bytes of some ranges of a source, one behind the other."""
        parts: list[bytes] = []
        runs: list[tuple[int, int]] = []
        size = 0
        for start, end in ranges:
            if start < end:
                runs.append((size, start))
                parts.append(source[start:end])
                size += end - start
        return cls(b"".join(parts), tuple(runs))

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.runs]

    def offset(self, at: int) -> int:
        """The offset in the source of the byte at `at`; for the end of the text, the offset behind its last byte.

        Raises:
            IndexError: `at` lies outside the text, or the text is empty and stands nowhere.
        """
        if not 0 <= at <= len(self.text) or not self.runs:
            raise IndexError(f"offset {at} in an excerpt of {len(self.text)} bytes")
        if at == len(self.text):
            return self.offset(at - 1) + 1
        start, origin = self.runs[bisect_right(self._starts, at) - 1]
        return origin + at - start

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The source range from the byte at `start` to the byte before `end`."""
        return self.offset(start), self.offset(end - 1) + 1 if end > start else self.offset(start)

    def part(self, start: int, end: int) -> Excerpt:
        """The excerpt of the bytes `start` to `end` of this one."""
        first = max(0, bisect_right(self._starts, start) - 1)
        runs = [
            (max(at, start) - start, origin + max(0, start - at))
            for at, origin in self.runs[first:]
            if at < end and start < end
        ]
        return Excerpt(self.text[start:end], tuple(runs))
