"""Diffs that the real `git apply` takes, and that say what was meant."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from autofix.text.diff import COMPARISONS, FileDiff, render, split_lines
from autofix.text.edit import Edit, apply_edits
from autofix.text.revision import Revision
from hypothesis import given, settings
from hypothesis import strategies as st


def apply(folder: Path, patch: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    # Not as part of a repository around it, nor with the settings of a user.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    command = ["git", "apply", "--whitespace=nowarn", *options]
    return subprocess.run(command, cwd=folder, input=patch, capture_output=True, env=environment)


def files(folder: Path) -> dict[str, tuple[bytes, bool]]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {os.fsdecode(os.fsencode(path.relative_to(folder))): (path.read_bytes(), os.access(path, os.X_OK)) for path in found}


def require_round_trip(folder: Path, diffs: list[FileDiff]) -> bytes:
    """`git apply` of the patch makes the new files of the old ones, and with -R the old of the new."""
    before, after = {}, {}
    for diff in diffs:
        executable = diff.mode == 0o100755
        if diff.old is not None:
            before[diff.old_path or diff.path] = (diff.old, executable)
        if diff.new is not None:
            after[diff.path] = (diff.new, executable)
    for name, (content, executable) in before.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755 if executable else 0o644)
    patch = b"".join(map(render, diffs))
    if not patch:
        assert before == after
        return patch
    for options, expected in (((), after), (("-R",), before)):
        done = apply(folder, patch, *options)
        assert done.returncode == 0, (done.stderr.decode(), patch)
        assert done.stderr == b"", patch
        assert files(folder) == expected, patch
    return patch


NAMES = [
    "plain.txt", "with space", " leading", "trailing ", 'quo"te', "back\\slash", "tab\there", "new\nline", "é ü", "漢字.md",
    "\udcff\udcfe", "a\x01b", "a\x7fb", "'single'", "-dash", "a/b/c d/e.txt", "dev/null", "a b/a b",
    "percent%20", "{brace}", "b/x", "$x",
]  # fmt: skip
CONTENTS = [
    b"", b"\n", b"a\n", b"a", b"a\nb\nc\n", b"a\nb\nc", b"a\r\nb\r\n", b"a\r\nb\nc\r", b"\xef\xbb\xbfa\n",
    b"\r", b"\r\n", b"\n\n\n",
    b"- a\n+ b\n@@ -1 +1 @@\n", b"--- a\n+++ b\n", b"\\ No newline at end of file\n", b"\xff\xfe\xe9\n",
    b"diff --git a/x b/x\n", b"\t \n",
    "é\u2028\x85\x0c\n".encode(), b"".join(b"%d\n" % i for i in range(60)),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names(tmp_path, name):
    for number, (old, new) in enumerate([(b"a\nb\n", b"a\nc\n"), (None, b"a\n"), (b"a\n", None), (None, b""), (b"", None)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        require_round_trip(folder, [FileDiff(name, old, new)])


@pytest.mark.parametrize("new", NAMES)
@pytest.mark.parametrize("old", ["plain.md", "with space.md", 'quo"te.md', "é.md", "z/trailing "])
def test_renames(tmp_path, old, new):
    for number, content in enumerate([b"1\n2\n3\n", b"1\n2 changed\n3"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        patch = require_round_trip(folder, [FileDiff(new, b"1\n2\n3\n", content, old_path=old)])
        assert b"rename from" in patch


@pytest.mark.parametrize("mode", [0o100644, 0o100755])
def test_modes(tmp_path, mode):
    diffs = [
        FileDiff("new", None, b"x", mode=mode),
        FileDiff("gone", b"x\n", None, mode=mode),
        FileDiff("e", None, b"", mode=mode),
    ]
    require_round_trip(tmp_path, diffs)


def test_every_content_to_every_other(tmp_path):
    pairs = [(old, new) for old in [None, *CONTENTS] for new in [None, *CONTENTS] if (old, new) != (None, None)]
    require_round_trip(tmp_path, [FileDiff(f"f{i}", old, new) for i, (old, new) in enumerate(pairs)])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lines_that_end_within_a_character(encoding, tmp_path):
    lines = [f"package{number}==1\r\n" for number in range(20)]
    old, new = "".join(lines), "".join([*lines[:9], "driver\r\n", *lines[9:]])
    require_round_trip(tmp_path, [FileDiff("a.txt", b"\xff\xfe" + old.encode(encoding), b"\xff\xfe" + new.encode(encoding))])


def test_git_applies_it_to_the_index_too(tmp_path):
    """With modes and all: what is applied to a repository is checked against what it knows."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in ("changed", "gone", "moved"):
        (tmp_path / name).write_bytes(b"1\n2\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    diffs = [
        FileDiff("changed", b"1\n2\n", b"1\n3\n"),
        FileDiff("gone", b"1\n2\n", None),
        FileDiff("to", b"1\n2\n", b"1\n2\n", old_path="moved"),
        FileDiff("run", None, b"#!\n", mode=0o100755),
    ]
    done = apply(tmp_path, b"".join(map(render, diffs)), "--index")
    assert done.stderr == b""
    status = subprocess.run(["git", "-C", str(tmp_path), "ls-files", "-s"], capture_output=True, text=True, check=True).stdout
    assert [(line.split()[0], line.split("\t")[1]) for line in status.splitlines()] == [
        ("100644", "changed"),
        ("100755", "run"),
        ("100644", "to"),
    ]


lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"\xff\n", b"d"]), max_size=30).map(b"".join)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.none() | lines, st.none() | lines).filter(any), min_size=1, max_size=8))
def test_any_contents(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("d")
    require_round_trip(folder, [FileDiff(f"f{i}", old, new) for i, (old, new) in enumerate(contents)])


@st.composite
def revisions(draw):
    """Texts that edits have changed in one or two rounds."""
    original = draw(st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"long line %d\n"]), max_size=25).map(b"".join))
    original += draw(st.sampled_from([b"", b"end"]))
    revision = Revision.of(original)
    for _ in range(draw(st.integers(1, 2))):
        size = len(revision.text)
        points = sorted(draw(st.sets(st.integers(0, size), max_size=6)))
        pieces = st.sampled_from(["", "x", "\n", "x\ny\n", "\r\n", "a\n"])
        edits = [Edit(a, b, draw(pieces)) for a, b in zip(points[::2], points[1::2], strict=False)]
        edits += [Edit(size, size, draw(pieces))] if not points or points[-1] < size else []
        revision = revision.edited(edits)
    return revision


@settings(max_examples=80, deadline=None)
@given(st.lists(revisions(), min_size=1, max_size=8))
def test_revisions_say_the_same_as_texts(tmp_path_factory, changed):
    """Knowing what was kept makes the diff cheaper, not another one."""
    folder = tmp_path_factory.mktemp("d")
    diffs = [FileDiff(f"f{i}", item.original, item.text, revision=item) for i, item in enumerate(changed)]
    require_round_trip(folder, diffs)


@settings(max_examples=200, deadline=None)
@given(revisions())
def test_no_line_is_taken_out_and_put_in_again(revision):
    """Between two lines of context, removed and added lines differ at both ends."""
    patch = render(FileDiff("f", revision.original, revision.text, revision=revision))
    block: list[bytes] = []
    for line in [*split_lines(patch)[4:], b" "]:
        if line[:1] in b"+-\\" and line[:1]:
            block.append(line)
            continue
        removed = [other[1:] for other in block if other[:1] == b"-"]
        added = [other[1:] for other in block if other[:1] == b"+"]
        if removed and added and not any(other[:1] == b"\\" for other in block):
            assert removed[0] != added[0] or removed[-1] != added[-1] or len(removed) != len(added)
            assert removed[0] != added[0]
        block = []


def test_context_and_headers():
    old = b"".join(b"%d\n" % i for i in range(1, 21))
    patch = render(FileDiff("f", old, old.replace(b"3\n", b"three\n", 1).replace(b"10\n", b"ten\n").replace(b"20\n", b"20")))
    assert patch == (
        b"diff --git a/f b/f\n--- a/f\n+++ b/f\n"
        b"@@ -1,13 +1,13 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
        b"@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+20\n\\ No newline at end of file\n"
    )


def test_nothing_differs():
    assert render(FileDiff("f", b"a", b"a")) == b""
    assert render(FileDiff("f", b"", b"")) == b""
    assert render(FileDiff("f", b"a", b"a", old_path="f")) == b""


def test_large_changes_are_not_compared_line_by_line(tmp_path):
    side = int(COMPARISONS**0.5) + 10
    old = b"".join(b"old %d\n" % i for i in range(side))
    new = b"".join(b"new %d\n" % i for i in range(side))
    patch = require_round_trip(tmp_path, [FileDiff("f", b"same\n" + old, b"same\n" + new)])
    assert patch.count(b"@@") == 2


def test_the_diff_of_a_revision_costs_what_changed(monkeypatch):
    """Lines outside the edits are never compared."""
    from autofix.text import diff as diffing

    compared = []
    real = diffing._compare
    monkeypatch.setattr(diffing, "_compare", lambda old, new, block: compared.append(block) or real(old, new, block))
    original = b"".join(b"line %d\n" % i for i in range(10_000))
    revision = Revision.of(original).edited([Edit(50, 51, "X"), Edit(70_000, 70_000, "new\n")])
    assert apply_edits(original, [Edit(50, 51, "X"), Edit(70_000, 70_000, "new\n")]) == revision.text
    patch = render(FileDiff("f", original, revision.text, revision=revision))
    assert patch.count(b"\n@@") == 2
    assert sum(block.old_end - block.old_start for block in compared) <= 4
