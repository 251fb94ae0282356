"""Comments of formats that are read line by line."""

from __future__ import annotations

import re

from autofix.languages import shell
from autofix.text.source import Source

Range = tuple[int, int]

# configparser: a comment has its line to itself.
_INI = re.compile(rb"^[ \t]*([#;][^\r\n]*)", re.MULTILINE)
# git and Docker: only in the first column; elsewhere `#` is part of a pattern.
_IGNORE = re.compile(rb"^(#[^\r\n]*)", re.MULTILINE)
# pip: at the start of a line or after white space, quotes or not.
_REQUIREMENTS = re.compile(rb"(?:^|(?<=[ \t]))(#[^\r\n]*)", re.MULTILINE)
# A quoted value may span lines and hold `#`; after an unquoted one it takes a blank.
_DOTENV = re.compile(
    rb"""^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[ \t]*(#[^\r\n]*)?"""
    rb"""|^[ \t]*(#[^\r\n]*)|^[^\r\n#]*?(?:[ \t](#[^\r\n]*)|$)|^[^\r\n]*?[ \t](#[^\r\n]*)""",
    re.MULTILINE | re.DOTALL,
)
_HTML = re.compile(rb"(<!--.*?-->)|<(script|style)\b.*?</\2\s*>", re.DOTALL | re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]+")


def ini(source: Source) -> list[Range]:
    """INI: lines that begin with `#` or `;`."""
    return _found(_INI, source)


def ignore(source: Source) -> list[Range]:
    """Ignore files: lines that begin with `#`."""
    return _found(_IGNORE, source)


def requirements(source: Source) -> list[Range]:
    """Requirement files: from a `#` that begins a word."""
    return _found(_REQUIREMENTS, source)


def dotenv(source: Source) -> list[Range]:
    """Environment files: lines of their own, and behind values."""
    return _found(_DOTENV, source)


def html(source: Source) -> list[Range]:
    """`<!-- -->` outside scripts and styles."""
    return _found(_HTML, source)


def procfile(source: Source) -> list[Range]:
    """Procfile: each line is a shell command of its own."""
    found: list[Range] = []
    for line in _LINE.finditer(source.text):
        found += [(line.start() + start, line.start() + end) for start, end in shell.ranges(line[0])]
    return found


def _found(pattern: re.Pattern[bytes], source: Source) -> list[Range]:
    ranges: list[Range] = []
    for match in pattern.finditer(source.text):
        groups = range(1, pattern.groups + 1)
        ranges += (match.span(group) for group in groups if (match[group] or b"").startswith((b"#", b";", b"<!--")))
    return ranges
