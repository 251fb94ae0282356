"""A text and the original it came from, over several rounds of edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from autofix.text.edit import Edit, in_order


class Piece(NamedTuple):
    """A run of the revised text: `original` is the offset it was kept from, or None where the text is new."""

    text: bytes
    original: int | None


class Change(NamedTuple):
    """What stands between two kept runs: the original range and the revised range in its place, as byte offsets."""

    original_start: int
    original_end: int
    start: int
    end: int


@dataclass(frozen=True)
class Revision:
    """The original bytes and the pieces that the present text is made of.

    Knowing which bytes were kept makes the diff proportional to the change and lets a finding of a later round be shown
    at its place in the file as the user knows it.
    """

    original: bytes
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, original: bytes) -> Revision:
        """A text that nothing has changed yet."""
        return cls(original, (Piece(original, 0),))

    @cached_property
    def text(self) -> bytes:
        """The present text."""
        return b"".join(piece.text for piece in self.pieces)

    def edited(self, edits: Iterable[Edit]) -> Revision:
        """The revision after edits whose offsets count in the present `text`.

        Raises:
            Overlap: the edits claim the same bytes.
        """
        return Revision(self.original, tuple(_splice_pieces(self.pieces or (Piece(b"", None),), in_order(edits))))

    @property
    def changes(self) -> Iterator[Change]:
        """The places where the present text differs, in order."""
        original = present = start = 0
        for piece in self.pieces:
            if piece.original is not None:
                if piece.original != original or start != present:
                    yield Change(original, piece.original, start, present)
                original = piece.original + len(piece.text)
                start = present + len(piece.text)
            present += len(piece.text)
        if original != len(self.original) or start != present:
            yield Change(original, len(self.original), start, present)

    def original_offset(self, offset: int) -> int:
        """Where the byte at `offset` of the present text stood; for new text, where it was put in."""
        present = last = 0
        for piece in self.pieces:
            inside = offset < present + len(piece.text)
            if piece.original is not None:
                if inside:
                    return piece.original + max(0, offset - present)
                last = piece.original + len(piece.text)
            elif inside:
                return last
            present += len(piece.text)
        return last


def _splice_pieces(pieces: Iterable[Piece], edits: list[Edit]) -> Iterator[Piece]:
    present = 0
    pending = iter(edits)
    edit = next(pending, None)
    for piece in pieces:
        at, end = 0, len(piece.text)
        while edit is not None and edit.start <= present + end:
            # An edit may span pieces: each piece gives up its part, the one that holds the start writes the new text.
            cut = max(at, edit.start - present)
            if cut > at:
                yield _part(piece, at, cut)
            if edit.replacement:
                yield Piece(edit.replacement.encode("utf-8"), None)
            at = min(end, edit.end - present)
            if edit.end > present + end:
                edit = Edit(present + end, edit.end, "")
                break
            edit = next(pending, None)
        if at < end:
            yield _part(piece, at, end)
        present += end
    if edit is not None and (edit.end > present or edit.start > present):
        raise ValueError(f"edit to {edit.end} in a text of {present} bytes")


def _part(piece: Piece, start: int, end: int) -> Piece:
    if start == 0 and end == len(piece.text):
        return piece
    return Piece(piece.text[start:end], None if piece.original is None else piece.original + start)
