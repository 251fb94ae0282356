"""Short work shared with processes that are forked for it: nothing is sent to them and nothing has to be imported."""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
from collections.abc import Callable, Iterator
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

PIECES = 256
"""The most that one byte can number."""


def shared(do: Callable[[int], T], count: int, helpers: int) -> Iterator[T]:
    """`do(number)` for each number below `count`, at most `PIECES`, in any order.

    All processes draw their numbers from one pipe, so that none waits for another. A helper answers once, when none is left;
    what it drew and did not answer for is done here. `do` must return what `marshal` can write.
    """
    numbers, supply = os.pipe()
    os.write(supply, bytes(range(count)))
    os.close(supply)
    left = set(range(count))
    team: list[_Helper[T]] = []
    try:
        team += (_Helper(do, numbers) for _ in range(helpers))
        for number in _drawn(numbers):
            left.discard(number)
            yield do(number)
        for helper in team:
            for number, value in helper.answer():
                left.discard(number)
                yield value
        for number in sorted(left):
            yield do(number)
    finally:
        os.close(numbers)
        for helper in team:
            helper.end()


def _drawn(numbers: int) -> Iterator[int]:
    while number := os.read(numbers, 1):
        yield number[0]


class _Helper(Generic[T]):
    def __init__(self, do: Callable[[int], T], numbers: int) -> None:
        self._answer, answer = os.pipe()
        self._process = os.fork()
        if not self._process:
            _help(do, numbers, answer)
        os.close(answer)

    def answer(self) -> list[tuple[int, T]]:
        """What the process did, number by number; nothing if it died."""
        with open(self._answer, "rb", closefd=False) as stream:
            try:
                return marshal.loads(stream.read())  # type: ignore[no-any-return]  # noqa: S302 - from a fork of ours
            except (EOFError, ValueError, TypeError):
                return []

    def end(self) -> None:
        os.close(self._answer)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _help(do: Callable[[int], T], numbers: int, answer: int) -> NoReturn:
    """The life of a helper; whatever happens to it, it must not return into the program that it is a copy of."""
    try:
        done = marshal.dumps([(number, do(number)) for number in _drawn(numbers)])
        with open(answer, "wb") as stream:
            stream.write(done)
    finally:
        os._exit(0)
