"""The logical lines of a Dockerfile: continuations joined, here-documents set apart.

The rules are those of BuildKit's parser (moby/buildkit, frontend/dockerfile/parser). dockerfile-parse reads `Layout.copy`,
in which what it would misread is blanked out line by line; the numbers of the lines stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from autofix.text.excerpt import Excerpt

Range = tuple[int, int]

_DIRECTIVE = re.compile(rb"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = (b"syntax", b"escape", b"check")
_CONTINUATION = {b"\\": re.compile(rb"(?:(?<=[^\\])|^)\\[ \t]*$"), b"`": re.compile(rb"(?:(?<=[^`])|^)`[ \t]*$")}
_WITH_HEREDOC = re.compile(rb"(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s", re.IGNORECASE)
_ARGUMENTS = re.compile(rb"(?:ONBUILD\s+)?\S+\s+(?:--\S+\s+)*", re.IGNORECASE)
_HEREDOC = re.compile(rb"\d*<<(-?)([^<]+)", re.DOTALL)
_QUOTED = re.compile(rb"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
# One word as BuildKit's lexer splits them: blanks separate, quotes and `${}` hold together.
_WORD = re.compile(rb"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\\$|\$\{[^}]*\}|\$(?!\{)|[^\s'"\\$])+""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: `start` to `end` is its body, without the line that ends it.

    `expand` says that variables in it are replaced (its word has no quotes), `strip_tabs` that `<<-` opened it.
    """

    name: str
    start: int
    end: int
    expand: bool
    strip_tabs: bool


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """An instruction as BuildKit reads it. `first` and `last` are 0-based line numbers, both included."""

    first: int
    last: int
    content: Excerpt
    heredocs: tuple[Heredoc, ...]
    comments: tuple[Range, ...]
    blank_lines: tuple[int, ...]
    """0-based numbers of empty lines inside a continuation, which BuildKit warns of."""


@dataclass
class Layout:
    """A whole file."""

    lines: list[Range]
    """Each line without its ending. Only a line feed ends a line here."""
    escape: bytes = b"\\"
    logical: list[LogicalLine] = field(default_factory=list)
    comments: dict[int, Range] = field(default_factory=dict)
    """By 0-based line number, without blanks in front."""
    directives: int = 0
    """How many lines at the top are parser directives."""
    problem: str | None = None
    copy: list[bytes] = field(default_factory=list)


def layout(text: bytes) -> Layout:
    """Split a file; `problem` names what a build would refuse."""
    reader = _Reader(text)
    reader.directives()
    while reader.at < len(reader.layout.lines):
        reader.line()
    return reader.layout


class _Reader:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self.layout = Layout([(start, end) for start, end in _lines(text)])
        self.layout.copy = [text[start:end] for start, end in self.layout.lines]
        self.at = 0

    def directives(self) -> None:
        seen: set[bytes] = set()
        while self.at < len(self.layout.lines):
            match = _DIRECTIVE.match(self._bare(self.at))
            if match is None or (name := match[1].lower()) not in _DIRECTIVES:
                return
            if name in seen or (name == b"escape" and match[2] not in _CONTINUATION):
                self._problem(f"a wrong parser directive at line {self.at + 1}")
            if name == b"escape" and match[2] in _CONTINUATION:
                self.layout.escape = match[2]
            if name == b"check":  # unknown to dockerfile-parse, which would look for no escape below it
                self.layout.copy[self.at] = b"# syntax=x"
            seen.add(name)
            self._comment()
            self.at += 1
            self.layout.directives = self.at

    def line(self) -> None:
        """Read a comment, an empty line, or an instruction to the end of its here-documents."""
        if not self._bare(self.at):
            self.at += 1
            return
        if self._is_comment():
            self._comment()
            self.at += 1
            return
        first = self.at
        start, end = self.layout.lines[first]
        pieces = [(start + (end - start) - len(self.text[start:end].lstrip()), end)]
        pieces[0], ended = self._joined(*pieces[0])
        last_content, blank = first, []
        if not ended and b" " not in (word := self.text[slice(*pieces[0])]):
            # dockerfile-parse wants a blank behind the keyword.
            self.layout.copy[first] = word + b" " + self.layout.escape
        self.at += 1
        while not ended and self.at < len(self.layout.lines):
            if self._is_comment():
                self._comment()
            elif not self._bare(self.at):
                blank.append(self.at)
                self.layout.copy[self.at] = b"#"
            else:
                piece, ended = self._joined(*self.layout.lines[self.at])
                pieces.append(piece)
                last_content = self.at
            self.at += 1
        if ended:
            self._hide_escape(last_content, b"x")
        else:
            self._problem(f"line {last_content + 1} is continued, and nothing follows")
            self._hide_escape(last_content, b" ")
        content = Excerpt.of(self.text, pieces)
        if not content.text.strip():
            self._problem(f"line {first + 1} holds no instruction")
            return
        comments = tuple(self.layout.comments[number] for number in range(first, self.at) if number in self.layout.comments)
        heredocs = tuple(self._heredocs(content.text, first))
        self.layout.logical.append(LogicalLine(first, self.at - 1, content, heredocs, comments, tuple(blank)))

    def _joined(self, start: int, end: int) -> tuple[Range, bool]:
        """The part of a line that belongs to the instruction, and whether the instruction ends with it."""
        match = _CONTINUATION[self.layout.escape].search(self.text[start:end])
        return ((start, start + match.start()), False) if match else ((start, end), True)

    def _heredocs(self, content: bytes, first: int) -> Iterator[Heredoc]:
        if b"<<" not in content or not _WITH_HEREDOC.match(content) or is_json(_ARGUMENTS.sub(b"", content, count=1)):
            return
        for word in split_words(content):
            match = _HEREDOC.fullmatch(word)
            if match is None:
                continue
            name = _QUOTED.sub(lambda quoted: quoted[1] or quoted[2] or quoted[3] or b"", match[2])
            body = self.at
            while self.at < len(self.layout.lines):
                line = self._content(self.at)
                if (line.lstrip(b"\t") if match[1] else line) == name:
                    break
                self.at += 1
            else:
                self._problem(f"the here-document {name.decode()} of line {first + 1} never ends")
            for number in range(body, min(self.at + 1, len(self.layout.lines))):
                self.layout.copy[number] = b"#"
            start = self.layout.lines[body][0] if body < len(self.layout.lines) else len(self.text)
            end = self.layout.lines[self.at][0] if self.at < len(self.layout.lines) else len(self.text)
            self.at = min(self.at + 1, len(self.layout.lines))
            yield Heredoc(name.decode(), start, end, match[2] == name, bool(match[1]))

    def _hide_escape(self, number: int, mark: bytes) -> None:
        """Keep dockerfile-parse from joining the next line where BuildKit does not: after two escapes, at the end."""
        line = self.layout.copy[number].rstrip()
        if line.endswith(self.layout.escape):
            self.layout.copy[number] = line[:-1] + mark

    def _content(self, number: int) -> bytes:
        start, end = self.layout.lines[number]
        return self.text[start:end]

    def _bare(self, number: int) -> bytes:
        return self._content(number).lstrip()

    def _is_comment(self) -> bool:
        return self._bare(self.at).startswith(b"#")

    def _comment(self) -> None:
        end = self.layout.lines[self.at][1]
        self.layout.comments[self.at] = (end - len(self._bare(self.at)), end)

    def _problem(self, reason: str) -> None:
        self.layout.problem = self.layout.problem or reason


def _lines(text: bytes) -> Iterator[Range]:
    at = 0
    while at < len(text):
        feed = text.find(b"\n", at)
        end = len(text) if feed < 0 else feed
        yield at, at + len(text[at:end].rstrip(b"\r"))
        at = end + 1


def split_words(text: bytes) -> list[bytes]:
    """Words as BuildKit's lexer splits them, quotes kept; none where a quote or a brace is never closed."""
    words: list[bytes] = []
    at = 0
    while at < len(text):
        if text[at : at + 1].isspace():
            at += 1
            continue
        match = _WORD.match(text, at)
        if match is None or not (match.end() == len(text) or text[match.end() : match.end() + 1].isspace()):
            return []
        words.append(match[0])
        at = match.end()
    return words


def is_json(arguments: bytes) -> bool:
    """Whether arguments are a JSON array of strings: the exec form."""
    if not arguments.lstrip().startswith(b"["):
        return False
    try:
        items = json.loads(arguments)
    except ValueError:
        return False
    return isinstance(items, list) and all(isinstance(item, str) for item in items)
