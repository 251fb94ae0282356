"""Suppression comments: how a person tells fixers to leave something alone.

What can be written, in any language that has comments, with an optional ` -- reason` behind it:

    autofix: ignore[docker-apt]        this line (on a line of its own: the next line with code)
    autofix: ignore-next[docker]       the next line with code
    autofix: off[python, env-*]        from here on ..
    autofix: on[python, env-*]         .. to here
    autofix: ignore-file[spaces-card]  the whole file, wherever it stands

In the brackets stand ids, groups and globs over ids, separated by commas; without brackets every fixer is meant.

- A directive begins its comment, or follows another comment marker in it (`# noqa # autofix: ignore`). Only real comments
  count: the same words in a string, in a heredoc or in a code block of a Markdown page do nothing.
- `ignore` behind code covers each finding whose first or last line is the comment's line. So the comment of a statement
  over several lines may stand at its first line or at its last one.
- `ignore` on a line of its own is `ignore-next`. That covers each finding whose first or last line is the next line with
  code; blank lines and lines of comments in between are passed over, so several directives may be stacked. Where a
  backslash joins lines (Dockerfile, shell, requirements, Python) the joined lines are one.
- For `off` and `on` the last one before a place that names the fixer decides: regions do not nest, `on` alone ends all of
  them, `on[a]` after a plain `off` excepts `a`, and a region that is not ended reaches to the end of the file. A finding
  is covered when any byte of it lies in such a region.
- A directive that cannot be read does nothing and is reported, as are names that no fixer or group has, and what
  suppressed nothing although every fixer that it names has looked at the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from autofix.languages import Language
from autofix.languages.comments import comments
from autofix.text.source import Source

_GUARD = b"autofix:"
# At the start of a comment behind its marker, or behind a further marker.
_DIRECTIVE = re.compile(rb"(?:\A[#/*;<!\-{\s:]*|(?:#|//|;)[ \t]*)autofix:[ \t]*([^\s\[\]#;*,]*)([^\r\n]*)")
_REST = re.compile(rb"[ \t]*(?:\[([^\[\]\r\n]*)\])?[ \t]*(?:--.*|\*/.*|#.*|//.*|;.*)?\Z")
_SELECTOR = re.compile(r"[\w*?.-]+")
_VERBS = ("ignore", "ignore-next", "ignore-file", "off", "on")
_JOINED = frozenset({Language.DOCKERFILE, Language.SHELL, Language.REQUIREMENTS, Language.PYTHON})


class Notice(NamedTuple):
    """What is wrong with a suppression comment; the line is 1-based."""

    line: int
    message: str


@dataclass(eq=False)
class Directive:
    """One suppression: `start` and `end` are the bytes of its comment, `lines` the first and last line that it covers
    (1-based; None where it covers none, a region or the file). No selectors means every fixer.
    """

    verb: str
    selectors: tuple[str, ...]
    start: int
    end: int
    line: int
    lines: tuple[int, int] | None = None
    used: set[str] = field(default_factory=set)

    def naming(self, fixer: str, group: str) -> str | None:
        """The selector that names a fixer, `` for all of them; None where it is not meant."""
        if not self.selectors:
            return ""
        return next((one for one in self.selectors if one in (fixer, group) or fnmatchcase(fixer, one)), None)

    def touches(self, first: int, last: int) -> bool:
        """Whether a finding from one 1-based line to another is meant."""
        return self.verb == "ignore-file" or (
            self.lines is not None and any(self.lines[0] <= line <= self.lines[1] for line in (first, last))
        )


class Suppressions:
    """The suppression comments of one file, which remember whether they were needed."""

    def __init__(
        self,
        source: Source,
        directives: Sequence[Directive] = (),
        malformed: Sequence[Notice] = (),
        unreadable: bool = False,
    ) -> None:
        self.directives = directives
        self.malformed = malformed
        self._source = source
        self._unreadable = unreadable

    def covers(self, fixer: str, group: str, start: int, end: int) -> bool:
        """Whether a finding at these byte offsets is not wanted; every directive that says so counts as used."""
        if not self.directives:
            return self._unreadable
        first, last = self._source.line_of(start), self._source.line_of(max(start, end - 1))
        covering = [one for one in self.directives if one.verb not in ("off", "on") and one.touches(first, last)]
        covering += self._regions(fixer, group, start, max(end, start + 1))
        found = False
        for directive in covering:
            selector = directive.naming(fixer, group)
            if selector is not None:
                directive.used.add(selector)
                found = True
        return found

    def _regions(self, fixer: str, group: str, start: int, end: int) -> Iterator[Directive]:
        """The `off` directives whose region shares a byte with `start` to `end`."""
        begun: Directive | None = None
        for directive in self.directives:
            if directive.verb not in ("off", "on") or directive.naming(fixer, group) is None:
                continue
            if directive.verb == "off":
                begun = begun or directive
            elif begun is not None:
                if begun.start < end and start < directive.start:
                    yield begun
                begun = None
        if begun is not None and begun.start < end:
            yield begun

    def notices(self, ran: Collection[str], known: Mapping[str, str]) -> Sequence[Notice]:
        """What is malformed, unknown or unused, by line.

        `known` are all fixers there are, each with its group; `ran` the ids of those that have looked at the file. What
        names a fixer that has not run may be needed by it and is not called unused.
        """
        found = list(self.malformed)
        for directive in self.directives:
            found += (Notice(directive.line, message) for message in _doubts(directive, ran, known))
        return sorted(found)


def _doubts(directive: Directive, ran: Collection[str], known: Mapping[str, str]) -> Iterator[str]:
    for selector in directive.selectors or ("",):
        meant = [one for one, group in known.items() if not selector or selector in (one, group) or fnmatchcase(one, selector)]
        if not meant:
            from difflib import get_close_matches

            near = get_close_matches(selector, [*known, *sorted(set(known.values()))], n=1)
            yield f"no fixer or group is called {selector!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        elif directive.verb != "on" and selector not in directive.used and all(one in ran for one in meant):
            what = f"{directive.verb}[{selector}]" if selector else directive.verb
            yield f"`autofix: {what}` suppresses nothing"


def suppressions(source: Source, language: Language | None) -> Suppressions:
    """Read the suppression comments of a file. Where they cannot be told from other text, all of the file is covered."""
    if language is None or _GUARD not in source.text:
        return Suppressions(source)
    try:
        ranges = sorted(comments(source, language))
    except Exception as error:
        where = source.line_of(source.text.index(_GUARD))
        problem = Notice(
            where, f"nothing is changed in this file: its comments cannot be read ({type(error).__name__}: {error})"
        )
        return Suppressions(source, malformed=[problem], unreadable=True)
    directives: list[Directive] = []
    malformed: list[Notice] = []
    lines = _Lines(source, ranges, language)
    for start, end in ranges:
        for found in _read(source, start, end):
            if isinstance(found, Notice):
                malformed.append(found)
                continue
            if found.verb in ("ignore", "ignore-next"):
                found.lines = lines.covered(found)
            directives.append(found)
    malformed += _without_off(directives)
    return Suppressions(source, directives, malformed)


def _read(source: Source, start: int, end: int) -> Iterator[Directive | Notice]:
    comment = source.text[start:end]
    if _GUARD not in comment:
        return
    body = re.sub(rb"\s*(?:\*/|--!?>)\Z", b"", comment)
    at = 0
    while match := _DIRECTIVE.search(body, at):
        # The rest may hold a further directive: search on from where this one's name ends.
        at = match.end(1)
        line = source.line_of(start + match.start(1))
        verb, rest = match[1].decode("utf-8", "replace"), _REST.match(match[2])
        if verb not in _VERBS:
            from difflib import get_close_matches

            near = get_close_matches(verb, _VERBS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it is one of {', '.join(_VERBS)}"
            yield Notice(line, f"`autofix: {verb}` is no directive: {hint}")
        elif rest is None:
            yield Notice(line, f"`autofix: {verb}` cannot be read: fixers stand in [brackets], a reason behind `--`")
        else:
            names = None if rest[1] is None else [name.strip() for name in rest[1].decode("utf-8", "replace").split(",")]
            if names is not None and not all(_SELECTOR.fullmatch(name) for name in names):
                yield Notice(line, f"`autofix: {verb}[..]` needs the names of fixers, separated by commas")
            else:
                yield Directive(verb, tuple(names or ()), start, end, line)


def _without_off(directives: Sequence[Directive]) -> Iterator[Notice]:
    seen = False
    for directive in directives:
        seen = seen or directive.verb == "off"
        if directive.verb == "on" and not seen:
            yield Notice(directive.line, "`autofix: on` without an `autofix: off` before it")


class _Lines:
    """Which lines hold code, and which lines a comment covers."""

    def __init__(self, source: Source, ranges: Sequence[tuple[int, int]], language: Language) -> None:
        self._source = source
        self._ranges = ranges
        self._starts = [start for start, _ in ranges]
        self._language = language

    def covered(self, directive: Directive) -> tuple[int, int] | None:
        """The first and last line for an `ignore` or `ignore-next`; None where no code follows."""
        first, last = self._source.line_of(directive.start), self._source.line_of(max(directive.start, directive.end - 1))
        if directive.verb == "ignore" and any(self._has_code(line) for line in (first, last)):
            return first, last
        for line in range(last + 1, len(self._source.line_starts) + 1):
            if self._has_code(line):
                return line, self._joined(line)
        return None

    def _has_code(self, line: int) -> bool:
        return self._code(line) not in (b"", b"{}")  # `{/* .. */}` is a comment of JSX

    def _code(self, line: int) -> bytes:
        """A line without comments and white space."""
        start, end = self._source.line_range(line)
        parts: list[bytes] = []
        at = start
        for comment_start, comment_end in self._ranges[max(0, bisect_right(self._starts, start) - 1) :]:
            if comment_start >= end:
                break
            parts.append(self._source.text[at : max(at, comment_start)])
            at = max(at, comment_end)
        parts.append(self._source.text[at:end])
        return b"".join(b"".join(parts).split())

    def _joined(self, line: int) -> int:
        """The last line of those that backslashes join to a line."""
        if self._language not in _JOINED:
            return line
        count = len(self._source.line_starts)
        while line < count and self._code(line).endswith(b"\\"):
            line += 1
            # Comments and blank lines do not end an instruction of a Dockerfile.
            while self._language is Language.DOCKERFILE and line < count and not self._has_code(line):
                line += 1
        return line
