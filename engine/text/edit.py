"""The one way to change a file: replace ranges of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


class Overlap(ValueError):
    """Two edits of one fix claim the same bytes."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes `start` to `end` of a `Source.text` by `replacement`.

    Offsets are 0-based UTF-8 byte offsets, `end` is exclusive; an insertion has `start == end`. Line endings in
    `replacement` are written as they are: use `Source.newline`.

    A `shared` insertion may be asked for by several fixes and is written once (an import that two rewrites need).
    """

    start: int
    end: int
    replacement: str
    shared: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"edit from {self.start} to {self.end}")

    @property
    def is_insertion(self) -> bool:
        """Whether nothing is removed."""
        return self.start == self.end


def insert(at: int, text: str, *, shared: bool = False) -> Edit:
    """Add `text` before the byte at offset `at`."""
    return Edit(at, at, text, shared)


def replace(start: int, end: int, text: str) -> Edit:
    """Put `text` in the place of the bytes from `start` to `end`."""
    return Edit(start, end, text)


def delete(start: int, end: int) -> Edit:
    """Remove the bytes from `start` to `end`."""
    return Edit(start, end, "")


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Sort edits for writing: by place; insertions at one place keep the order they came in and precede a replacement there.

    Raises:
        Overlap: two ranges share a byte, or an insertion lies inside a range.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise Overlap(f"edits at {before.start}-{before.end} and {after.start}-{after.end} overlap")
    return ordered


def apply_edits(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with all edits made.

    Raises:
        Overlap: the edits claim the same bytes.
        ValueError: an edit lies outside the text.
    """
    return splice(text, in_order(edits))


def splice(text: bytes, ordered: Sequence[Edit]) -> bytes:
    """The text with edits made that `in_order` has sorted."""
    parts: list[bytes] = []
    at = 0
    for edit in ordered:
        if edit.end > len(text):
            raise ValueError(f"edit to {edit.end} in a text of {len(text)} bytes")
        parts += (text[at : edit.start], edit.replacement.encode("utf-8"))
        at = edit.end
    parts.append(text[at:])
    return b"".join(parts)
