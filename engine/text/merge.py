"""Which of many fixes can be made together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from autofix.text.edit import Edit, Overlap, in_order

T = TypeVar("T")


@dataclass
class Merge(Generic[T]):
    """The outcome: what is made now with all its edits by file, and what has to wait for the next round."""

    accepted: list[T] = field(default_factory=list)
    deferred: list[T] = field(default_factory=list)
    edits: dict[str, list[Edit]] = field(default_factory=dict)


class _Claims:
    """The ranges of one file that accepted fixes change, sorted and disjoint."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.edits: set[Edit] = set()

    def has(self, edit: Edit) -> bool:
        """Whether the very same change is made already, so that asking for it again adds nothing."""
        return (edit.shared or not edit.is_insertion) and edit in self.edits

    def conflict(self, edit: Edit) -> bool:
        """Whether another fix changes the same bytes.

        An insertion also conflicts with a change that it touches: which of the two texts comes first would be chance.
        """
        touching = edit.is_insertion
        at = bisect_left(self.ranges, (edit.start, edit.start))
        for start, end in self.ranges[max(0, at - 1) : bisect_right(self.ranges, (edit.end, edit.end)) + 1]:
            if touching or start == end:
                if start <= edit.end and edit.start <= end:
                    return True
            elif start < edit.end and edit.start < end:
                return True
        return False

    def add(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            insort(self.ranges, (edit.start, edit.end))
            self.edits.add(edit)


def _nothing(_: object) -> Collection[str]:
    return ()


def merge(
    fixes: Iterable[T],
    edits_of: Callable[[T], Mapping[str, Sequence[Edit]]],
    whole_files_of: Callable[[T], Collection[str]] = _nothing,
) -> Merge[T]:
    """Accept fixes in the order given, each with all its edits or not at all.

    A fix waits when one of its edits overlaps an edit of an accepted fix, or when it changes a file that another one
    creates, deletes or renames (`whole_files_of`). The same edit asked for twice is made once if it replaces text or is
    `shared`. Never raises: a fix that overlaps itself is deferred.
    """
    result: Merge[T] = Merge()
    claims: dict[str, _Claims] = {}
    whole: set[str] = set()
    for fix in fixes:
        wanted_whole = set(whole_files_of(fix))
        if not whole.isdisjoint(edits_of(fix)) or not wanted_whole.isdisjoint(whole | claims.keys()):
            result.deferred.append(fix)
            continue
        try:
            wanted = {path: in_order(edits) for path, edits in edits_of(fix).items()}
        except Overlap:
            result.deferred.append(fix)
            continue
        known = {path: claims.get(path) or _Claims() for path in wanted}
        fresh = {path: [edit for edit in edits if not known[path].has(edit)] for path, edits in wanted.items()}
        if any(known[path].conflict(edit) for path, edits in fresh.items() for edit in edits):
            result.deferred.append(fix)
            continue
        for path, edits in fresh.items():
            claims[path] = known[path]
            claims[path].add(edits)
            result.edits.setdefault(path, []).extend(edits)
        whole |= wanted_whole
        result.accepted.append(fix)
    return result
