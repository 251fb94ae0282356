"""Import paths in command lines: `python -m m`, `uvicorn m:app`, `celery -A m`, `pytest --cov=m`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What separates words in a shell line, in a JSON array and in a YAML sequence.
_TOKEN = re.compile(rb"[^\s\"'`,;|&()\[\]{}\\]+")
_BREAK = re.compile(rb"[;|&]|\r?\n|\r")
_CONTINUES = re.compile(rb"[\\,\[]\s*\Z")

_INTERPRETER = re.compile(rb"(?:python|pypy|py|coverage|debugpy|scalene|uv)(?:[\d.]+|w)?")
# Programs that take `module:attribute` as an argument.
_SERVERS = frozenset((b"uvicorn", b"gunicorn", b"hypercorn", b"daphne", b"granian", b"waitress-serve", b"taskiq"))
# Programs that take a dotted path as their first argument.
_WORKERS = frozenset((b"arq", b"dramatiq", b"huey_consumer", b"huey_consumer.py"))
_OPTIONS = {
    b"celery": frozenset((b"-A", b"--app")),
    b"faust": frozenset((b"-A", b"--app")),
    b"flask": frozenset((b"-A", b"--app")),
    b"pytest": frozenset((b"--cov", b"-p", b"--ds")),
}
_PATH = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*(?:\.\w+)*)?")


class PathText(NamedTuple):
    """An import path as written: `m.n` or `m:n`, with the byte offsets where it stands."""

    start: int
    end: int
    text: str


def paths_in_command(text: bytes, start: int, end: int, *, one: bool = False, program: bytes = b"") -> Iterator[PathText]:
    """The import paths among the words of a command, or of several: separators and ends of line part them.

    `one` says that an end of line parts nothing; `program` is the one whose arguments the words are.
    """
    reader = _Reader(program)
    at = start
    for token in _TOKEN.finditer(text, start, end):
        if _parted(text[at : token.start()], one=one):
            reader = _Reader(program)
        at = token.end()
        if token.group() != b"-":  # the mark of an item in a YAML sequence
            yield from reader.read(token.group(), token.start())


def _parted(gap: bytes, *, one: bool) -> bool:
    mark = _BREAK.search(gap)
    if mark is None:
        return False
    if mark.group() not in (b"\n", b"\r\n", b"\r"):
        return True
    return not (one or _CONTINUES.search(gap[: mark.start()]) or b"," in gap)


class _Reader:
    """Reads the words of one command from the left."""

    def __init__(self, program: bytes) -> None:
        self._module_follows = False
        self._interpreter = False
        self._server = False
        self._worker = False
        self._options = _OPTIONS.get(program, frozenset())
        self._value_follows = False

    def read(self, word: bytes, at: int) -> Iterator[PathText]:
        if self._module_follows or self._value_follows:
            self._module_follows = self._value_follows = False
            yield from _path(word, at)
        elif word == b"-m" and self._interpreter:
            self._interpreter, self._module_follows = False, True
            return
        elif word.startswith(b"-"):
            yield from self._option(word, at)
            return
        elif self._server and b":" in word:
            self._server = False
            yield from _path(word, at)
        elif self._worker:
            self._worker = False
            yield from _path(word, at)
        self._program(word)

    def _option(self, word: bytes, at: int) -> Iterator[PathText]:
        name, equals, value = word.partition(b"=")
        if name not in self._options:
            return
        if equals:
            yield from _path(value, at + len(name) + 1)
        else:
            self._value_follows = True

    def _program(self, word: bytes) -> None:
        program = word.rpartition(b"/")[2]
        if _INTERPRETER.fullmatch(program):
            self._interpreter = True
        elif program.endswith(b".py"):
            self._interpreter = False
        self._server = self._server or program in _SERVERS
        self._worker = self._worker or program in _WORKERS
        self._options = _OPTIONS.get(program, self._options)


def _path(word: bytes, at: int) -> Iterator[PathText]:
    if _PATH.fullmatch(word):
        yield PathText(at, at + len(word), word.decode("ascii"))
