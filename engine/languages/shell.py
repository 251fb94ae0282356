"""Shell scripts: where the comments are. Nothing is parsed beyond quotes, substitutions and here-documents."""

from __future__ import annotations

import re

from autofix.text.source import Source

Range = tuple[int, int]

# What opens a context, and what closes it.
_CLOSERS = {b"$(": b")", b"(": b")", b"<(": b")", b">(": b")", b"${": b"}", b"`": b"`", b'"': b'"'}
_IN_CODE = re.compile(rb"""\\.|'[^']*'|\$'(?:[^'\\]|\\.)*'|\$\(|\$\{|[<>]\(|<<<|<<-?|["'`()#}\n]""", re.DOTALL)
_IN_QUOTES = re.compile(rb'\\.|\$\(|\$\{|["`]', re.DOTALL)
_IN_BRACES = re.compile(rb"""\\.|'[^']*'|\$\(|\$\{|["`}]""", re.DOTALL)
_DELIMITER = re.compile(rb"""[ \t]*((?:[^\s;&|<>()'"\\]|\\.|'[^'\n]*'|"[^"\n]*")+)""")
_WORD_BREAKS = b" \t\r\n;&|()`"


def comments(source: Source) -> list[Range]:
    """The byte ranges of the comments, from `#` to the end of the line; a `#` in quotes or in a word is none."""
    return ranges(source.text)


def ranges(text: bytes) -> list[Range]:
    """The same for a bare text."""
    found: list[Range] = []
    contexts: list[bytes] = []
    pending: list[tuple[bytes, bool]] = []
    at = 0
    while token := _tokens(contexts).search(text, at):
        at, mark = token.end(), token[0]
        if contexts and mark == _CLOSERS[contexts[-1]]:
            contexts.pop()
        elif mark in _CLOSERS:
            contexts.append(mark)
        elif mark == b"#" and _begins_word(text, token.start()):
            end = _line_end(text, at)
            found.append((token.start(), end))
            at = end
        elif mark in (b"<<", b"<<-") and (delimiter := _DELIMITER.match(text, at)):
            pending.append((re.sub(rb"""[\\'"]""", b"", delimiter[1]), mark == b"<<-"))
            at = delimiter.end()
        elif mark == b"\n":
            for word, dashed in pending:
                at = _after_document(text, at, word, dashed)
            pending = []
    return found


def _begins_word(text: bytes, at: int) -> bool:
    # A line that ends in a backslash goes on in the middle of the word.
    return at == 0 or (text[at - 1] in _WORD_BREAKS and not text.endswith((b"\\\n", b"\\\r\n"), 0, at))


def _tokens(contexts: list[bytes]) -> re.Pattern[bytes]:
    if contexts and contexts[-1] == b'"':
        return _IN_QUOTES
    return _IN_BRACES if contexts and contexts[-1] == b"${" else _IN_CODE


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1 : end] == b"\r" else end


def _after_document(text: bytes, at: int, word: bytes, dashed: bool) -> int:
    """The offset behind a here-document whose first line begins at `at`."""
    while at < len(text):
        end = text.find(b"\n", at)
        line = text[at : end if end >= 0 else len(text)].rstrip(b"\r")
        at = end + 1 if end >= 0 else len(text)
        if (line.lstrip(b"\t") if dashed else line) == word:
            break
    return at
