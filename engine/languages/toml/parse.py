"""Where the tables, keys and values of a TOML text stand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autofix.text.source import Source

Key = str | int
Path = tuple[Key, ...]
"""The way to a value: names of keys, and numbers for the items of arrays and for arrays of tables (from 0)."""


class TomlError(ValueError):
    """The text is no TOML; the message names the line."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written: bytes `start` to `end`.

    `key` is the range of its key, with dots as written, and None for items of arrays. `children` are the paths of items
    and of the keys of an inline table, in order.
    """

    path: Path
    start: int
    end: int
    kind: Literal["scalar", "array", "table"]
    key: tuple[int, int] | None = None
    children: tuple[Path, ...] = ()


@dataclass(slots=True)
class Table:
    """A table with a header (`start` to `end`, brackets included) or the top of the text, before any header.

    `values` are those that stand below the header itself, in order.
    """

    path: Path
    start: int
    end: int
    values: list[Value] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The offset behind the last value, or behind the header where there is none."""
        return self.values[-1].end if self.values else self.end


@dataclass(frozen=True, slots=True)
class Document:
    """All that is written, by path; tables in the order of their headers, the first being the top of the text."""

    values: Mapping[Path, Value]
    tables: Mapping[Path, Table]

    def value(self, *path: Key) -> Value | None:
        """The value at a path, however it is written: below a header, with a dotted key, in an inline table or an array."""
        return self.values.get(path)

    def table(self, *path: Key) -> Table | None:
        """The table that has a header of its own at a path; the top of the text for the empty one."""
        return self.tables.get(path)


_BLANK = re.compile(rb"[ \t]*")
_SPACE = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*)*")
# A closing delimiter takes up to two more quotes, which belong to the string.
_STRING = (
    rb'"""(?:[^"\\]++|\\.|"(?!""))*"""(?:"{0,2})'
    rb"|'''(?:[^']++|'(?!''))*'''(?:'{0,2})"
    rb'|"(?:[^"\\\r\n]++|\\.)*"'
    rb"|'[^'\r\n]*'"
)
# A date and a time may have a blank between them.
_SCALAR = re.compile(_STRING + rb"|\d{4}-\d\d-\d\d \d\d:\d\d[^\s,\]}#]*|[^\s,\]}#]+", re.DOTALL)
_SIMPLE_KEY = re.compile(rb"\"(?:[^\"\\\r\n]|\\.)*\"|'[^'\r\n]*'|[^\s.=\]\"'#]+")
_COMMENT_OR_STRING = re.compile(_STRING + rb"|(#[^\r\n]*)", re.DOTALL)
_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def load(source: Source) -> dict[str, Any]:
    """The data; a fresh copy each time.

    Raises:
        TomlError: the text is no TOML.
    """
    try:
        return tomllib.loads(source.text.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line = int(place[1]) if place and place[1] else source.line_of(len(source.text))
        reason = str(error)[: place.start()] if place else str(error)
        raise TomlError(f"line {line}: {reason[:1].lower()}{reason[1:]}") from None
    except RecursionError:
        raise TomlError("line 1: nested too deeply") from None
    except ValueError as error:
        # An impossible date, or a number with more digits than Python reads.
        raise TomlError(f"line 1: {error}") from None


def parse(source: Source) -> Document:
    """What stands where, read once for each text.

    Raises:
        TomlError: the text is no TOML.
    """
    return source.once(_parse)


def _parse(source: Source) -> Document:
    load(source)
    return _Scanner(source.text).document()


def check(source: Source) -> str | None:
    """Why a text is no TOML, in one line; None where it is."""
    try:
        load(source)
    except TomlError as error:
        return str(error)
    return None


def regressed(before: Source, after: Source) -> str | None:
    """Why a changed text is worse than before: it no longer parses. None if it is not."""
    problem = check(after)
    return problem if problem is not None and check(before) is None else None


def comments(source: Source) -> list[tuple[int, int]]:
    """The byte ranges of the comments, in order.

    Raises:
        TomlError: the text is no TOML.
    """
    load(source)
    return [match.span(1) for match in _COMMENT_OR_STRING.finditer(source.text) if match[1] is not None]


class _Scanner:
    """Reads text that is known to be TOML, so that every step may trust the one before."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 0
        self.values: dict[Path, Value] = {}
        self.tables: dict[Path, Table] = {(): Table((), 0, 0)}
        self.counts: dict[Path, int] = {}

    def document(self) -> Document:
        table = self.tables[()]
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith(b"[", self.at):
                table = self.header()
            else:
                table.values.append(self.pair(table.path))
            self.skip(_SPACE)
        return Document(self.values, self.tables)

    def skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def header(self) -> Table:
        start = self.at
        brackets = 2 if self.text.startswith(b"[[", start) else 1
        self.at += brackets
        self.skip(_BLANK)
        path = self.resolved(self.dotted(), is_array=brackets == 2)
        self.at += brackets
        table = self.tables[path] = Table(path, start, self.at)
        return table

    def resolved(self, keys: Path, *, is_array: bool) -> Path:
        """The path of a header: a name that stands for an array of tables means its last one."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if is_array and number == len(keys) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def dotted(self) -> Path:
        keys: list[str] = []
        while True:
            match = _SIMPLE_KEY.match(self.text, self.at)
            if match is None:
                line = self.text.count(b"\n", 0, self.at) + 1
                raise TomlError(f"line {line}: no key where one was expected")
            keys.append(_key(match[0]))
            self.at = match.end()
            self.skip(_BLANK)
            if not self.text.startswith(b".", self.at):
                return tuple(keys)
            self.at += 1
            self.skip(_BLANK)

    def pair(self, parent: Path) -> Value:
        start = self.at
        path = (*parent, *self.dotted())
        end = start + len(self.text[start : self.at].rstrip(b" \t"))
        self.at += 1
        self.skip(_BLANK)
        return self.value(path, (start, end))

    def value(self, path: Path, key: tuple[int, int] | None) -> Value:
        start = self.at
        first = self.text[start : start + 1]
        if first in (b"[", b"{"):
            children = tuple(self.children(path, is_array=first == b"["))
            found = Value(path, start, self.at, "array" if first == b"[" else "table", key, children)
        else:
            self.skip(_SCALAR)
            found = Value(path, start, self.at, "scalar", key)
        self.values[path] = found
        return found

    def children(self, parent: Path, *, is_array: bool) -> list[Path]:
        found: list[Path] = []
        self.at += 1
        self.skip(_SPACE)
        while self.text[self.at : self.at + 1] not in (b"]", b"}"):
            child = self.value((*parent, len(found)), None) if is_array else self.pair(parent)
            found.append(child.path)
            self.skip(_SPACE)
            if self.text.startswith(b",", self.at):
                self.at += 1
                self.skip(_SPACE)
        self.at += 1
        return found


def _key(written: bytes) -> str:
    text = written.decode("utf-8")
    if text.startswith('"') and "\\" in text:
        return next(iter(tomllib.loads(f"{text} = 0")))
    return text[1:-1] if text.startswith(("'", '"')) else text
