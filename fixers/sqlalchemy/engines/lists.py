"""Take items out of an argument list or a display, and put others in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from autofix.languages.python.code import Argument, Call, Dictionary
from autofix.text.edit import Edit, delete, insert
from autofix.text.source import Source

_REST_OF_LINE = re.compile(rb"[ \t]*(,?)[ \t]*(#[^\r\n]*)?(?:\r?\n|\r)")
# A comma that begins a later line.
_COMMA = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*)*,")
# Parentheses around an expression are no part of it.
_CLOSING = re.compile(rb"(?:[ \t\r\n]*\))*")


def with_arguments(source: Source, call: Call, drop: Collection[Argument], add: Sequence[str]) -> list[Edit]:
    """The edits of a call that lose some arguments and gain others, at the end but before `**`."""
    items = [(argument.start, argument.end) for argument in call.arguments]
    gone = [number for number, argument in enumerate(call.arguments) if argument in drop]
    starred = [number for number, argument in enumerate(call.arguments) if argument.stars == 2]
    return _edits(source, (call.open, call.end), items, gone, starred, add)


def with_entries(source: Source, display: Dictionary, drop: Collection[int], add: Sequence[str]) -> list[Edit]:
    """The edits of a dictionary display that lose entries, by their numbers, and gain others at the end."""
    items = []
    for key, value in zip(display.keys, display.values, strict=True):
        start = key.start if key is not None else source.text.rindex(b"**", 0, value.start)
        closing = _CLOSING.match(source.text, value.end)
        items.append((start, closing.end() if closing else value.end))
    return _edits(source, (display.start, display.end), items, drop, (), add)


def _edits(
    source: Source,
    bounds: tuple[int, int],
    items: Sequence[tuple[int, int]],
    drop: Collection[int],
    late: Collection[int],
    add: Sequence[str],
) -> list[Edit]:
    kept = [number for number in range(len(items)) if number not in drop]
    if not kept:
        start = bounds[0] + 1 if items else bounds[1] - 1
        return [Edit(start, bounds[1] - 1, ", ".join(add))] if items or add else []
    edits = list(_removals(source, items, drop))
    anchors = [number for number in kept if number not in late]
    if not add:
        return edits
    if not anchors:
        return [*edits, insert(items[kept[0]][0], "".join(f"{text}, " for text in add))]
    return [*edits, *_additions(source, items[anchors[-1]], add)]


def _removals(source: Source, items: Sequence[tuple[int, int]], drop: Collection[int]) -> Iterator[Edit]:
    for gone, group in groupby(range(len(items)), key=lambda number: number in drop):
        if not gone:
            continue
        run = list(group)
        first, last = run[0], run[-1]
        start, rest = items[first][0], _REST_OF_LINE.match(source.text, items[last][1])
        line = source.line_range(source.line_of(start))[0]
        is_closed = rest is not None and (bool(rest[1]) or last + 1 == len(items))
        if rest is not None and is_closed and not source.text[line:start].strip():
            # A comment behind it stays, on a line of its own.
            yield delete(start, rest.start(2)) if rest[2] else delete(line, rest.end())
        elif last + 1 < len(items):
            yield delete(start, items[last + 1][0])
        else:
            yield _last(source, line, items[first - 1][1], start, items[last][1])


def _last(source: Source, line: int, before: int, start: int, end: int) -> Edit:
    """Items at the end of a list that share their last line with something else; one comma at most stays."""
    if source.text[line:start].strip():
        return delete(before, end)
    comma = _COMMA.match(source.text, end)
    return delete(start, comma.end() if comma is not None else end)


def _additions(source: Source, anchor: tuple[int, int], add: Sequence[str]) -> Iterator[Edit]:
    start, end = anchor
    line = source.line_range(source.line_of(start))[0]
    indent = source.text[line:start]
    rest = _REST_OF_LINE.match(source.text, end)
    if indent.strip() or rest is None or (not rest[1] and _COMMA.match(source.text, end)):
        yield insert(end, "".join(f", {text}" for text in add))
        return
    ending = "," if rest[1] else ""
    if not rest[1]:
        yield insert(end, ",")
    lines = [f"{indent.decode()}{text}" for text in add]
    yield insert(rest.end(), f",{source.newline}".join(lines) + ending + source.newline)
