"""The text of one file: bytes in, UTF-8 to work on, the same bytes out."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate, zip_longest
from typing import NamedTuple, TypeVar, cast

T = TypeVar("T")

# PEP 263: a cookie in one of the first two lines, the first of which may only be a comment or blank.
_COOKIE = re.compile(rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BOM_OF = {encoding: bom for bom, encoding in _UTF16_BOMS.items()}


class Undecodable(Exception):
    """The bytes are no text that can be edited and written back unchanged; the message says why in one line."""


class Position(NamedTuple):
    """A place for people and editors: line and column both 1-based, the column in characters."""

    line: int
    column: int


class Source:
    """One version of one file.

    `text` is UTF-8 without a byte order mark: all offsets in this project are byte offsets into it, 0-based.
    Line endings are those of the file.
    """

    __slots__ = ("_derived", "_line_starts", "bom", "encoding", "path", "text")

    def __init__(self, path: str, text: bytes, encoding: str = "utf-8", bom: bool = False) -> None:
        self.path = path
        self.text = text
        self.encoding = encoding
        self.bom = bom
        self._line_starts: list[int] | None = None
        self._derived: dict[object, object] = {}

    @classmethod
    def decode(cls, path: str, data: bytes) -> Source:
        """Read the bytes of a file.

        The encoding is UTF-8, or for Python what a PEP 263 cookie declares. A `.txt` may be UTF-16 with a byte order mark:
        PowerShell writes `pip freeze > requirements.txt` so, and pip reads it.

        Raises:
            Undecodable: NUL bytes, UTF-16 elsewhere, bytes that the encoding does not allow or would not write back.
        """
        utf16 = None if data.startswith(_UTF32_BOMS) else _UTF16_BOMS.get(data[:2])
        if utf16 is not None and path.endswith(".txt"):
            return cls(path, _to_utf8(data[2:], utf16), utf16, True)
        if utf16 is not None or data.startswith(_UTF32_BOMS):
            raise Undecodable("is UTF-16 or UTF-32: only UTF-8 and declared Python encodings are edited")
        if b"\0" in data:
            raise Undecodable("contains NUL bytes: not a text file")
        bom = data.startswith(codecs.BOM_UTF8)
        body = data[len(codecs.BOM_UTF8) :] if bom else data
        encoding = "utf-8" if bom or not path.endswith((".py", ".pyi")) else _declared_encoding(body)
        text = body if encoding == "utf-8" else _to_utf8(body, encoding)
        try:
            # isascii is an order of magnitude cheaper than a decode and settles most files.
            if not text.isascii():
                text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            raise Undecodable(
                f"is not UTF-8 (byte 0x{text[error.start]:02x} at line {line}) and declares no encoding"
            ) from None
        return cls(path, text, encoding, bom)

    def encode(self, text: bytes) -> bytes:
        """The bytes of a file that holds `text` (UTF-8) in this file's encoding and with its byte order mark.

        Raises:
            Undecodable: the file's encoding has no byte for a character of `text`.
        """
        if self.encoding != "utf-8":
            characters = text.decode("utf-8")
            try:
                data = characters.encode(self.encoding)
            except UnicodeEncodeError as error:
                raise Undecodable(f"{self.encoding} cannot write {error.object[error.start]!r}") from None
            # Some codecs write a character as another one that looks alike: shift_jis a yen sign as a backslash.
            read = data.decode(self.encoding)
            if read != characters:
                changed = next(one for one, other in zip_longest(characters, read) if one != other)
                raise Undecodable(f"{self.encoding} cannot write {changed!r}")
            return _BOM_OF[self.encoding] + data if self.bom else data
        return codecs.BOM_UTF8 + text if self.bom else text

    def with_text(self, text: bytes) -> Source:
        """The same file with another text."""
        return Source(self.path, text, self.encoding, self.bom)

    def once(self, compute: Callable[[Source], T]) -> T:
        """`compute(self)`, remembered for this version of the text: a parse tree that several fixers share."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        return cast("T", self._derived[compute])

    def slice(self, start: int, end: int) -> str:
        """The text between two byte offsets."""
        return self.text[start:end].decode("utf-8")

    @property
    def newline(self) -> str:
        r"""The line ending for inserted lines: the file's most frequent one; `\n` where it has none."""
        crlf = self.text.count(b"\r\n")
        lf = self.text.count(b"\n") - crlf
        cr = self.text.count(b"\r") - crlf
        if crlf >= lf and crlf >= cr and crlf:
            return "\r\n"
        return "\r" if cr > lf else "\n"

    @property
    def line_starts(self) -> list[int]:
        r"""The offset of each line's first byte; lines end at `\n`, `\r\n` or a lone `\r`."""
        if self._line_starts is None:
            ends = accumulate(map(len, self.text.splitlines(keepends=True)))
            self._line_starts = [0, *ends]
            if not self.text.endswith((b"\n", b"\r")) and self.text:
                self._line_starts.pop()  # the end of the text begins no line
        return self._line_starts

    def line_of(self, offset: int) -> int:
        """The 1-based number of the line that holds the byte at `offset`."""
        return bisect_right(self.line_starts, offset)

    def line_range(self, line: int) -> tuple[int, int]:
        """Start and end offset of a 1-based line, its line ending included."""
        starts = self.line_starts
        return starts[line - 1], starts[line] if line < len(starts) else len(self.text)

    def position(self, offset: int) -> Position:
        """Where a byte offset stands."""
        line = self.line_of(offset)
        return Position(line, len(self.text[self.line_starts[line - 1] : offset].decode("utf-8", "replace")) + 1)


def _declared_encoding(body: bytes) -> str:
    cookie = _COOKIE.match(body)
    if cookie is None:
        return "utf-8"
    name = cookie.group(1).decode("ascii", "replace")
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Undecodable(f"declares the unknown encoding {name!r}") from None


def _to_utf8(body: bytes, encoding: str) -> bytes:
    try:
        text = body.decode(encoding)
        if text.encode(encoding) != body:
            raise Undecodable(f"does not survive a round trip through {encoding}")
        return text.encode("utf-8")
    except (UnicodeError, LookupError, TypeError, ValueError, AssertionError) as error:
        raise Undecodable(f"is not valid {encoding}, the encoding that it declares") from error
