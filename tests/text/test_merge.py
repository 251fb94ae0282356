"""Merging, against a slow implementation of the same rules."""

from __future__ import annotations

from itertools import combinations

import pytest
from autofix.text.edit import Edit, Overlap, apply_edits, delete, in_order, insert, replace
from autofix.text.merge import merge
from hypothesis import given, settings
from hypothesis import strategies as st

SIZE = 12
TEXT = bytes(range(ord("a"), ord("a") + SIZE))


@st.composite
def one_edit(draw):
    start = draw(st.integers(0, SIZE))
    end = draw(st.one_of(st.just(start), st.integers(start, min(SIZE, start + 4))))
    return Edit(start, end, draw(st.sampled_from(["", "X", "YY", "é"])), draw(st.booleans()) and start == end)


fixes = st.lists(st.dictionaries(st.sampled_from(["f", "g"]), st.lists(one_edit(), max_size=3), max_size=2), max_size=6)


def clash_within(a: Edit, b: Edit) -> bool:
    """Two edits of one fix: no byte twice, no insertion in the middle of what goes away."""
    if a.is_insertion and b.is_insertion:
        return False
    if a.is_insertion or b.is_insertion:
        point, other = (a, b) if a.is_insertion else (b, a)
        return other.start < point.start < other.end
    return max(a.start, b.start) < min(a.end, b.end)


def clash_between(a: Edit, b: Edit) -> bool:
    """Edits of two fixes: also where an insertion touches, since the order would be chance."""
    if a.is_insertion or b.is_insertion:
        return max(a.start, b.start) <= min(a.end, b.end)
    return max(a.start, b.start) < min(a.end, b.end)


def slow_merge(wanted):
    accepted, made = [], {}
    for number, fix in enumerate(wanted):
        if any(clash_within(a, b) for edits in fix.values() for a, b in combinations(edits, 2)):
            continue
        fresh = {}
        for path, edits in fix.items():
            known = made.get(path, [])
            fresh[path] = [edit for edit in edits if not (edit in known and (edit.shared or not edit.is_insertion))]
        if any(clash_between(a, b) for path, edits in fresh.items() for a in edits for b in made.get(path, [])):
            continue
        for path, edits in fresh.items():
            made.setdefault(path, []).extend(edits)
        accepted.append(number)
    return accepted, made


@settings(max_examples=300)
@given(fixes)
def test_as_the_slow_one(wanted):
    accepted, made = slow_merge(wanted)
    merged = merge(range(len(wanted)), lambda number: wanted[number])
    assert merged.accepted == accepted
    assert sorted(merged.accepted + merged.deferred) == list(range(len(wanted)))
    assert {path: sorted(edits) for path, edits in merged.edits.items()} == {
        path: sorted(edits) for path, edits in made.items()
    }
    for edits in merged.edits.values():
        apply_edits(TEXT, edits)


@settings(max_examples=300)
@given(fixes)
def test_the_order_of_edits_within_a_fix_does_not_matter(wanted):
    backwards = [{path: edits[::-1] for path, edits in fix.items()} for fix in wanted]
    merged = merge(range(len(wanted)), lambda number: wanted[number])
    assert merge(range(len(wanted)), lambda number: backwards[number]).accepted == merged.accepted


@settings(max_examples=200)
@given(st.lists(one_edit(), max_size=5))
def test_apply_edits_as_the_slow_one(edits):
    if any(clash_within(a, b) for a, b in combinations(edits, 2)):
        with pytest.raises(Overlap):
            apply_edits(TEXT, edits)
        return
    gaps = [b""] * (SIZE + 1)
    kept = [TEXT[i : i + 1] for i in range(SIZE)]
    for edit in sorted(edits, key=lambda edit: not edit.is_insertion):
        gaps[edit.start] += edit.replacement.encode()
        kept[edit.start : edit.end] = [b""] * (edit.end - edit.start)
    expected = b"".join(gap + byte for gap, byte in zip(gaps, [*kept, b""], strict=True))
    assert apply_edits(TEXT, edits) == expected


def test_insertions_keep_their_order():
    assert apply_edits(b"ab", [insert(1, "1"), replace(1, 2, "B"), insert(1, "2")]) == b"a12B"
    assert in_order([delete(1, 2), insert(1, "x")]) == [insert(1, "x"), delete(1, 2)]


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1)])
def test_edits_that_are_none(start, end):
    with pytest.raises(ValueError, match="edit from"):
        Edit(start, end, "")
    with pytest.raises(ValueError, match="in a text of 2 bytes"):
        apply_edits(b"ab", [Edit(1, 3, "")])


def test_a_shared_import_is_written_once_and_any_other_insertion_is_not():
    shared = {"f": [insert(0, "import x\n", shared=True), replace(5, 6, "X")]}
    other = {"f": [insert(0, "import x\n", shared=True), replace(7, 8, "Y")]}
    merged = merge([0, 1], lambda number: [shared, other][number])
    assert merged.accepted == [0, 1]
    assert apply_edits(TEXT, merged.edits["f"]) == b"import x\nabcdeXgYijkl"
    alone = {"f": [insert(0, "x")]}
    assert merge([0, 1], lambda number: alone).deferred == [1]


def test_a_fix_with_a_conflict_in_one_file_leaves_the_others_alone():
    first = {"f": [replace(0, 2, "X")]}
    second = {"g": [replace(0, 2, "Y")], "f": [replace(1, 3, "Y")]}
    third = {"g": [replace(0, 2, "Z")]}
    merged = merge([0, 1, 2], lambda number: [first, second, third][number])
    assert (merged.accepted, merged.deferred) == ([0, 2], [1])
    assert merged.edits == {"f": [replace(0, 2, "X")], "g": [replace(0, 2, "Z")]}


def test_whole_files_belong_to_one_fix():
    edits = {"edit": {"f": [replace(0, 1, "X")]}, "delete": {}, "both": {"f": [replace(0, 1, "Y")]}, "other": {"g": []}}
    whole = {"edit": (), "delete": ("f",), "both": ("f",), "other": ("h",)}

    def run(*order):
        return merge(order, lambda name: edits[name], lambda name: whole[name]).accepted

    assert run("edit", "delete", "other") == ["edit", "other"]
    assert run("delete", "edit", "other") == ["delete", "other"]
    assert run("both", "edit", "delete") == ["both"]
    assert run("delete", "both") == ["delete"]
