"""Frontmatter that fails to parse only for want of quotes: `title: RAG: the book`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from autofix.languages import yaml
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

# A key at the margin with a value on its line. What follows a blank and `#` is a comment to YAML.
_ENTRY = re.compile(rb"([A-Za-z_][\w.-]*):[ \t]+([^\s#][^\r\n]*?)(?:[ \t]+#[^\r\n]*)?[ \t]*(?=\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A value that is no YAML by itself: its key, its text, and where it stands in the file."""

    key: str
    value: str
    start: int
    end: int


def unquoted(source: Source, start: int, end: int) -> list[Unquoted]:
    """The values between two offsets that have to be quoted: of the lines `key: value` those that do not parse alone."""
    found: list[Unquoted] = []
    for line_start, line_end in _lines(source, start, end):
        match = _ENTRY.match(source.text, line_start, line_end)
        if match is not None and not _parses(match[0]):
            found.append(Unquoted(match[1].decode(), match[2].decode("utf-8"), *match.span(2)))
    return found


def with_quotes(values: list[Unquoted], instead: Mapping[str, str] | None = None) -> list[Edit]:
    """Each value in quotes; `instead` has other texts for some keys."""
    return [
        replace(
            item.start,
            item.end,
            yaml.rendered(instead[item.key]) if instead and item.key in instead else yaml.quoted(item.value),
        )
        for item in values
    ]


def _lines(source: Source, start: int, end: int) -> list[tuple[int, int]]:
    first, last = source.line_of(start), source.line_of(max(start, end - 1))
    return [(max(start, a), min(end, b)) for a, b in map(source.line_range, range(first, last + 1))]


def _parses(line: bytes) -> bool:
    # A value that goes on in the next lines (a block, an open bracket) is not judged by its first line.
    if re.search(rb":[ \t]+(?:[|>][0-9+-]*|&\S+|!\S+|[\[{\"'][^\r\n]*)$", line):
        return True
    try:
        roots = yaml.compose(line)
    except yaml.YamlError:
        return False
    entry = roots[0].entries[0] if len(roots) == 1 and isinstance(roots[0], yaml.MappingNode) else None
    return entry is not None and not isinstance(entry.value, yaml.MappingNode | yaml.AliasNode)
