"""Unified diffs that `git apply` takes, built from bytes."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from io import BytesIO
from itertools import accumulate, repeat
from typing import NamedTuple

from autofix.text.revision import Revision

CONTEXT = 3
# Lines times lines that are compared for the smallest diff; above it the whole block is shown as changed.
COMPARISONS = 4_000_000


class FileDiff(NamedTuple):
    """One file before and after, paths relative to the folder where `git apply` runs.

    `old` is None for a file that is created, `new` for one that is deleted; a differing path is a rename. Modes are git's
    (0o100644 or 0o100755). `revision`, where known, spares the comparison of the bytes that were kept.
    """

    path: str
    old: bytes | None
    new: bytes | None
    old_path: str | None = None
    mode: int = 0o100644
    revision: Revision | None = None


class _Same(NamedTuple):
    """`size` lines stand unchanged at line `old` and at line `new`, both 0-based."""

    old: int
    new: int
    size: int


class _Block(NamedTuple):
    """Lines `old_start:old_end` become `new_start:new_end` (0-based, end exclusive)."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


# A tab ends a name with blanks, as git writes it: without it patch programs cut the name at the blank.
_TAB_AFTER = {True: b"\t", False: b""}


def render(diff: FileDiff) -> bytes:
    """The diff of one file with git's extended header; empty where nothing differs."""
    old_path = diff.old_path or diff.path
    if diff.old == diff.new and old_path == diff.path:
        return b""
    old_name, new_name = _quoted("a/", old_path), _quoted("b/", diff.path)
    out = [b"diff --git %s %s\n" % (old_name, new_name)]
    if diff.old is None:
        out.append(b"new file mode %o\n" % diff.mode)
    elif diff.new is None:
        out.append(b"deleted file mode %o\n" % diff.mode)
    elif old_path != diff.path:
        out += [b"rename from %s\n" % _quoted("", old_path), b"rename to %s\n" % _quoted("", diff.path)]
    hunks = list(_hunks(diff))
    if hunks:
        out.append(b"--- %s\n" % (b"/dev/null" if diff.old is None else old_name + _TAB_AFTER[b" " in old_name]))
        out.append(b"+++ %s\n" % (b"/dev/null" if diff.new is None else new_name + _TAB_AFTER[b" " in new_name]))
    return b"".join(out + hunks)


def _hunks(diff: FileDiff) -> Iterator[bytes]:
    old, new = split_lines(diff.old or b""), split_lines(diff.new or b"")
    kept = _kept_lines(diff.revision, old, new) if diff.revision is not None else []
    for group in _groups(_changed(old, new, kept)):
        yield b"".join(_hunk(group, old, new))


def split_lines(text: bytes) -> list[bytes]:
    r"""Lines as git counts them: only `\n` ends one, and stays part of it."""
    return BytesIO(text).readlines()


def _kept_lines(revision: Revision, old: list[bytes], new: list[bytes]) -> Iterator[_Same]:
    """The runs of lines that no edit touched."""
    old_starts, new_starts = _line_starts(old), _line_starts(new)
    boundaries = set(new_starts)
    old_at = new_at = 0
    ends = [(change.original_start, change.original_end, change.end) for change in revision.changes]
    for kept_end, next_old, next_new in [*ends, (len(revision.original), 0, 0)]:
        shift = new_at - old_at
        first, end = bisect_left(old_starts, old_at), bisect_right(old_starts, kept_end) - 1
        if first < end and old_starts[first] + shift not in boundaries:
            first += 1  # glued to inserted text
        if first < end and old_starts[end] + shift not in boundaries:
            end -= 1  # the end of the old text, which goes on in the new one
        if first < end:
            yield _Same(first, bisect_left(new_starts, old_starts[first] + shift), end - first)
        old_at, new_at = next_old, next_new


def _line_starts(lines: list[bytes]) -> list[int]:
    return [0, *accumulate(map(len, lines))]


def _changed(old: list[bytes], new: list[bytes], kept: Iterable[_Same]) -> Iterator[_Block]:
    old_at = new_at = 0
    for same in [*kept, _Same(len(old), len(new), 0)]:
        yield from _compare(old, new, _Block(old_at, same.old, new_at, same.new))
        old_at, new_at = same.old + same.size, same.new + same.size


def _compare(old: list[bytes], new: list[bytes], block: _Block) -> Iterator[_Block]:
    """The differing lines within a block."""
    start, end = 0, 0
    size = min(block.old_end - block.old_start, block.new_end - block.new_start)
    while start < size and old[block.old_start + start] == new[block.new_start + start]:
        start += 1
    while end < size - start and old[block.old_end - 1 - end] == new[block.new_end - 1 - end]:
        end += 1
    inner = _Block(block.old_start + start, block.old_end - end, block.new_start + start, block.new_end - end)
    lines = (inner.old_end - inner.old_start, inner.new_end - inner.new_start)
    if lines == (0, 0):
        return
    if 0 in lines or lines[0] * lines[1] > COMPARISONS:
        yield inner
        return
    a, b = old[inner.old_start : inner.old_end], new[inner.new_start : inner.new_end]
    for tag, a_start, a_end, b_start, b_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Block(inner.old_start + a_start, inner.old_start + a_end, inner.new_start + b_start, inner.new_start + b_end)


def _groups(blocks: Iterable[_Block]) -> Iterator[list[_Block]]:
    """Blocks whose context would touch share a hunk."""
    group: list[_Block] = []
    for block in blocks:
        if group and block.old_start - group[-1].old_end > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(group: list[_Block], old: list[bytes], new: list[bytes]) -> Iterator[bytes]:
    before = min(CONTEXT, group[0].old_start)
    after = min(CONTEXT, len(old) - group[-1].old_end)
    old_start, old_end = group[0].old_start - before, group[-1].old_end + after
    new_start, new_end = group[0].new_start - before, group[-1].new_end + after
    yield b"@@ -%s +%s @@\n" % (_span(old_start, old_end), _span(new_start, new_end))
    at = old_start
    for block in group:
        yield from map(_marked, repeat(b" "), old[at : block.old_start])
        yield from map(_marked, repeat(b"-"), old[block.old_start : block.old_end])
        yield from map(_marked, repeat(b"+"), new[block.new_start : block.new_end])
        at = block.old_end
    yield from map(_marked, repeat(b" "), old[at:old_end])


def _span(start: int, end: int) -> bytes:
    # An empty side names the line before it; a count of one is left out, as git does.
    count = end - start
    if count == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + 1 if count else start, count)


def _marked(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n\\ No newline at end of file\n"


_ESCAPES = {ord(char): b"\\" + code for char, code in zip('\a\b\t\n\v\f\r"\\', b'a b t n v f r " \\'.split(), strict=True)}


def _quoted(prefix: str, path: str) -> bytes:
    """A path as git prints it: in double quotes with C escapes where it holds bytes outside printable ASCII."""
    raw = os.fsencode(prefix + path)
    if all(32 <= byte < 127 and byte not in _ESCAPES for byte in raw):
        return raw
    body = b"".join(_ESCAPES.get(byte) or (bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte) for byte in raw)
    return b'"' + body + b'"'
