"""Disks that are full, and limits on the size of files: nothing is cut off, and one line says why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from autofix.apply.changes import Change
from autofix.apply.errors import ApplyError
from autofix.apply.undo import undo
from autofix.apply.write import apply_changes


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True)
    except OSError:
        pytest.skip("no file systems can be mounted here")
    if done.returncode:
        pytest.skip("no file systems can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(small_disk, tmp_path):
    state = tmp_path / "state"
    for name in "abc":
        (small_disk / name).write_bytes(b"1" * 30_000)
    changes = [Change(name, b"1" * 30_000, b"2" * size) for name, size in zip("abc", (20_000, 500_000, 20_000), strict=True)]
    applied = apply_changes(small_disk, changes, state=state)
    assert applied.written == ["a", "c"]
    assert applied.refused[0].reason == "cannot be written: no space left on device"
    assert (small_disk / "b").read_bytes() == b"1" * 30_000
    assert sorted(os.listdir(small_disk)) == ["a", "b", "c"]
    assert undo(small_disk, state).restored == ["a", "c"]


def test_full_disk_spares_the_whole_group(small_disk, tmp_path):
    state = tmp_path / "state"
    for name in "abcd":
        (small_disk / name).write_bytes(b"1" * 30_000)
    changes = [Change(name, b"1" * 30_000, b"2" * 60_000, group=1) for name in "abcd"]
    assert apply_changes(small_disk, changes, state=state).written == []
    assert all((small_disk / name).read_bytes() == b"1" * 30_000 for name in "abcd")
    assert sorted(os.listdir(small_disk)) == list("abcd")


def test_no_room_for_the_journal(small_disk):
    (small_disk / "a").write_bytes(b"1" * 150_000)
    with pytest.raises(ApplyError, match=r"^the journal cannot be written \(no space left on device\): nothing was changed$"):
        apply_changes(small_disk, [Change("a", b"1" * 150_000, b"2")], state=small_disk / ".autofix")
    assert (small_disk / "a").read_bytes() == b"1" * 150_000
    assert list((small_disk / ".autofix/runs").iterdir()) == []


def test_disk_of_any_size(small_disk):
    """Wherever the room ends, each file is old or new, and what was written can be undone."""
    filler = small_disk.parent / "disk" / "filler"
    for free in range(8, 120, 8):
        shutil.rmtree(small_disk / ".autofix", ignore_errors=True)  # older journals would take the room
        for name in "abcdef":
            (small_disk / name).write_bytes(b"1" * 5000)
        used = sum(-(-path.stat().st_size // 4096) * 4096 for path in small_disk.rglob("*") if path.is_file())
        filler.write_bytes(b"x" * max(0, 256 * 1024 - used - free * 1024 - 8192))
        changes = [Change(name, b"1" * 5000, b"2" * 9000, group=1 if name in "bd" else None) for name in "abcdef"]
        try:
            written = apply_changes(small_disk, changes, state=small_disk / ".autofix").written
        except ApplyError:
            written = []
        for name in "abcdef":
            assert (small_disk / name).read_bytes() == (b"2" * 9000 if name in written else b"1" * 5000)
        assert ("b" in written) == ("d" in written)
        assert list(small_disk.glob(".autofix-*")) == []
        filler.unlink()
        if written:
            assert undo(small_disk, small_disk / ".autofix").refused == []
        assert all((small_disk / name).read_bytes() == b"1" * 5000 for name in "abcdef")


LIMITED = """
import pathlib, resource, sys
from autofix.apply.changes import Change
from autofix.apply.errors import ApplyError
from autofix.apply.write import apply_changes
root, limit = pathlib.Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    applied = apply_changes(root, [Change("a", b"1" * 9000, b"2" * 90000), Change("b", b"1", b"2")], state=root / ".autofix")
    for outcome in applied.outcomes: print(outcome.path, outcome.reason or "written")
except ApplyError as error: print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (1 << 20, ["a written", "b written"]),
        (40_960, ["a cannot be written: file too large", "b written"]),
        (4096, ["the journal cannot be written (file too large): nothing was changed"]),
    ],
)
def test_limited_file_size(root, make, limit, said):
    make({"a": b"1" * 9000, "b": b"1"})
    done = subprocess.run([sys.executable, "-P", "-c", LIMITED, str(root), str(limit)], capture_output=True, text=True)
    assert done.stdout.splitlines() == said, done.stderr
    assert (root / "a").read_bytes() == (b"2" * 90000 if "a written" in said else b"1" * 9000)
    assert list(root.glob(".autofix-*")) == []
