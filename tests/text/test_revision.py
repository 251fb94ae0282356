"""Texts over several rounds of edits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from autofix.text.edit import Edit, Overlap, apply_edits, delete, insert, replace
from autofix.text.revision import Revision
from hypothesis import given, settings
from hypothesis import strategies as st

ORIGINAL = bytes(range(ord("a"), ord("a") + 20))
# New text is upper case and the bytes of the original differ, so that each byte of a result tells where it comes from.
NEW = st.sampled_from(["", "X", "YY", "ZZZ\n", "É"])


@st.composite
def rounds(draw):
    """Several rounds of edits, each valid for the text that the ones before it have made."""
    text, found = ORIGINAL[: draw(st.integers(0, 20))], []
    original = text
    for _ in range(draw(st.integers(0, 4))):
        points = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
        edits = [Edit(start, end, draw(NEW)) for start, end in list(pairwise(points))[::2]]
        edits += (
            [insert(at, draw(NEW)) for at in draw(st.lists(st.sampled_from(points), max_size=2)) if points] if points else []
        )
        try:
            text = apply_edits(text, edits)
        except Overlap:
            continue
        found.append(draw(st.permutations(edits)))
    return original, found


def revised(original, steps):
    revision, text = Revision.of(original), original
    for edits in steps:
        revision = revision.edited(edits)
        text = apply_edits(text, edits)
    return revision, text


@settings(max_examples=300)
@given(rounds())
def test_text_is_what_the_edits_make(case):
    revision, text = revised(*case)
    assert revision.text == text
    assert revision.original == case[0]


@settings(max_examples=300)
@given(rounds())
def test_kept_bytes_know_where_they_stood(case):
    original, steps = case
    revision, text = revised(original, steps)
    last = 0
    for offset in range(len(text)):
        at = revision.original_offset(offset)
        byte = text[offset : offset + 1]
        if byte.islower():
            assert original[at : at + 1] == byte
        assert 0 <= at <= len(original)
        assert at >= last
        last = at
    assert last <= revision.original_offset(len(text)) <= len(original)


@settings(max_examples=300)
@given(rounds())
def test_changes_are_the_edits_that_lead_there_at_once(case):
    original, steps = case
    revision, text = revised(original, steps)
    changes = list(revision.changes)
    made, at = b"", 0
    for change in changes:
        made += original[at : change.original_start] + text[change.start : change.end]
        at = change.original_end
    assert made + original[at:] == text
    for change in changes:
        assert (change.original_start, change.start) != (change.original_end, change.end)
    for before, after in pairwise(changes):
        assert before.original_end < after.original_start
        assert before.end < after.start
        assert after.original_start - before.original_end == after.start - before.end
    kept_until = changes[0].original_start if changes else len(original)
    assert original[:kept_until] == text[:kept_until]


def test_where_new_text_was_put_in():
    revision = Revision.of(b"abcdef").edited([replace(2, 4, "XYZ")]).edited([insert(3, "!")])
    assert revision.text == b"abX!YZef"
    assert [revision.original_offset(at) for at in range(9)] == [0, 1, 2, 2, 2, 2, 4, 5, 6]


def test_nothing_left():
    revision = Revision.of(b"abc").edited([delete(0, 3)])
    assert revision.text == b""
    assert revision.edited([insert(0, "x")]).text == b"x"
    assert revision.original_offset(0) == 0


@pytest.mark.parametrize("edits", [[replace(0, 4, "")], [insert(4, "x")], [replace(2, 9, "")]])
def test_edits_behind_the_end(edits):
    with pytest.raises(ValueError, match="in a text of 3 bytes"):
        Revision.of(b"abc").edited(edits)


def test_edits_that_overlap():
    with pytest.raises(Overlap):
        Revision.of(b"abc").edited([replace(0, 2, ""), replace(1, 3, "")])
