from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from autofix.apply import journal
from autofix.apply import recover as recovering
from autofix.apply import write as writing
from autofix.apply.changes import Change
from autofix.apply.errors import ApplyError
from autofix.apply.state import state_folder
from autofix.apply.undo import undo
from autofix.apply.write import apply_changes
from hypothesis import given, settings
from hypothesis import strategies as st

needs_posix = pytest.mark.skipif(os.name != "posix", reason="modes and links as POSIX has them")


def test_nothing_to_undo(root, state):
    found = undo(root, state)
    assert (found.run, found.message) == (None, "nothing to undo")
    assert not state.exists()


def test_everything_comes_back(root, state, write, make, tree):
    make({"a.py": b"1\r\n", "gone.sh": b"#!", "moved": b"m", "changed": b"c", "linked": b"l", "keep/x": b""})
    if os.name == "posix":
        (root / "gone.sh").chmod(0o4751)
        (root / "moved").chmod(0o640)
        os.link(root / "linked", root / "linked2")
    before = tree()
    changes = [
        Change("a.py", b"1\r\n", b"2"),
        Change("gone.sh", b"#!", None),
        Change("moved", b"m", b"m", new_path="keep/moved"),
        Change("changed", b"c", b"d", new_path="x/y/changed"),
        Change("linked", b"l", b"L"),
        Change("new/deep/file", None, b"", executable=True),
        Change("keep/file", None, b"f"),
    ]
    assert write(*changes).refused == []
    assert tree() != before
    found = undo(root, state)
    assert found.refused == []
    assert found.message == f"the run of {found.time} was undone: 7 files put back"
    assert tree() == before
    assert os.name != "posix" or (root / "linked").samefile(root / "linked2")
    assert undo(root, state).message == "nothing to undo"


def test_each_undo_goes_one_run_further_back(root, state, write, make):
    make({"a": b"0"})
    for turn in range(3):
        assert write(Change("a", b"%d" % turn, b"%d" % (turn + 1))).written
    assert undo(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"2"
    assert undo(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"1"
    assert write(Change("a", b"1", b"other")).written
    assert undo(root, state).restored == ["a"]
    assert undo(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"0"
    assert undo(root, state).run is None


def test_edited_files_are_left_and_the_rest_is_done(root, state, write, make):
    make(dict.fromkeys(("edited", "removed", "again", "ok", "moved", "moved2", "same", "gone"), b"1"))
    write(
        *(Change(name, b"1", b"2") for name in ("edited", "removed", "ok", "same")),
        *(Change(name, b"1", None) for name in ("again", "gone")),
        Change("moved", b"1", b"1", new_path="to"),
        Change("moved2", b"1", b"1", new_path="to2"),
        Change("created", None, b"2"),
        Change("folder/created", None, b"2"),
        Change("created and removed", None, b"2"),
    )
    for name in ("edited", "again", "to", "created", "moved2"):
        (root / name).write_bytes(b"mine")
    (root / "removed").unlink()
    (root / "created and removed").unlink()
    (root / "same").write_bytes(b"1")
    (root / "folder/mine").write_bytes(b"mine")
    found = undo(root, state)
    assert {outcome.path: outcome.reason for outcome in found.refused} == {
        "edited": "was edited since the run",
        "removed": "is gone since the run",
        "again": "stands there again since the run",
        "moved": "was edited since the run",
        "moved2": "was edited since the run",
        "created": "was edited since the run",
    }
    assert sorted(found.restored) == ["created and removed", "folder/created", "gone", "ok", "same"]
    assert found.message.endswith("5 files put back, 6 left")
    for name in ("edited", "again", "to", "created", "moved2"):
        assert (root / name).read_bytes() == b"mine"
    assert os.listdir(root / "folder") == ["mine"]
    assert undo(root, state).message == "nothing to undo"


def test_a_run_of_which_nothing_came_back_stays_the_last(root, state, write, make):
    """Else a second try, after the edit is taken back, would undo the run before instead."""
    make({"a": b"1"})
    write(Change("a", b"1", b"2"))
    write(Change("a", b"2", b"3"))
    (root / "a").write_bytes(b"mine")
    assert [outcome.path for outcome in undo(root, state).refused] == ["a"]
    (root / "a").write_bytes(b"3")
    assert undo(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"2"


@needs_posix
def test_what_undo_may_not_write_is_refused(root, state, write, make):
    make({"a": b"1", "b": b"1"})
    write(Change("a", b"1", b"2"), Change("b", b"1", b"2"))
    (root / "a").chmod(0o444)
    found = undo(root, state)
    assert [(outcome.path, outcome.reason) for outcome in found.refused] == [("a", "is read-only")]
    assert found.restored == ["b"]


@needs_posix
def test_modes_that_the_user_changed_since_stay(root, state, write, make):
    (path,) = make({"a": b"1"})
    write(Change("a", b"1", b"2"))
    path.chmod(0o700)
    assert undo(root, state).restored == ["a"]
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_damaged_copy_is_not_written(root, state, write, make):
    make({"a": b"1", "b": b"1"})
    write(Change("a", b"1", b"2"), Change("b", b"1", b"2"))
    (state / "runs/1/old").write_bytes(b"1x")
    found = undo(root, state)
    assert found.restored == ["a"]
    assert found.refused[0].reason == "cannot be put back, the journal is damaged"
    assert (root / "b").read_bytes() == b"2"


def test_the_last_runs_are_kept(root, state, write, make):
    make({"a": b"0"})
    for turn in range(journal.KEEP + 5):
        write(Change("a", b"%d" % turn, b"%d" % (turn + 1)))
    assert len(list((state / "runs").iterdir())) == journal.KEEP
    for _ in range(journal.KEEP):
        assert undo(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"5"
    assert undo(root, state).run is None


def test_undone_runs_are_cleared_away_in_the_end(root, state, write, make):
    make({"a": b"0"})
    for _ in range(journal.KEEP + 5):
        write(Change("a", b"0", b"1"))
        undo(root, state)
    assert len(list((state / "runs").iterdir())) <= 2 * journal.KEEP
    assert undo(root, state).run is None


def test_rests_of_removed_journals_are_cleared_away(root, state, write, make):
    make({"a": b"0", ".autofix/runs/7.gone/started.json": b"{}", ".autofix/runs/3/old": b""})
    assert write(Change("a", b"0", b"1")).recovered is None
    assert sorted(os.listdir(state / "runs")) == ["4"]


def test_half_a_removed_journal_is_no_interrupted_run(root, state, write, make, monkeypatch):
    make({"a": b"1"})
    real = writing._stage_all

    def stage_and_edit(*args):
        real(*args)
        (root / "a").write_bytes(b"mine")

    monkeypatch.setattr(writing, "_stage_all", stage_and_edit)
    monkeypatch.setattr(journal.shutil, "rmtree", lambda path, **keywords: os.unlink(path / "old"))
    assert write(Change("a", b"1", b"2")).written == []
    assert recovering.recover(root, state) is None


def test_a_copied_work_tree_undoes_itself_only(root, state, write, make, tmp_path):
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    state = state_folder(root / "sub")
    make({"sub/a": b"1"})
    assert apply_changes(root / "sub", [Change("a", b"1", b"2")], state=state).written == ["a"]
    shutil.copytree(root, tmp_path / "copy")
    copy = tmp_path / "copy"
    # From another folder of the same work tree the run is found as well.
    assert undo(copy, state_folder(copy)).restored == ["a"]
    assert (copy / "sub/a").read_bytes() == b"1"
    assert (root / "sub/a").read_bytes() == b"2"


def test_a_full_disk_at_the_end_does_not_lose_the_run(root, state, write, make, monkeypatch):
    make({"a": b"1"})
    real = journal._write

    def full(path, run):
        if path.name == "finished.json":
            raise OSError(28, "No space left on device")
        real(path, run)

    monkeypatch.setattr(journal, "_write", full)
    assert write(Change("a", b"1", b"2")).written == ["a"]
    assert recovering.recover(root, state) is None
    monkeypatch.undo()
    assert undo(root, state).restored == ["a"]


def test_a_journal_that_cannot_be_finished_puts_all_back(root, state, write, make, monkeypatch):
    make({"a": b"1"})

    def fail(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal.Run, "finish", fail)
    with pytest.raises(ApplyError, match="all files were put back"):
        write(Change("a", b"1", b"2"))
    assert (root / "a").read_bytes() == b"1"
    assert recovering.recover(root, state) is None


def test_what_cannot_be_put_back_now_is_tried_again(root, state, write, make, monkeypatch):
    make({"a": b"1"})

    def die(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal.Run, "finish", die)
    monkeypatch.setattr(recovering._Item, "put_back", die)
    with pytest.raises(ApplyError):
        write(Change("a", b"1", b"2"))
    assert (root / "a").read_bytes() == b"2"
    found = recovering.recover(root, state)
    assert found is not None
    assert found.again
    monkeypatch.undo()
    assert recovering.recover(root, state).restored == ["a"]
    assert (root / "a").read_bytes() == b"1"


NAMES = ["a", "b", "d/c", "d/e/f", "n", "d/n", "x/y/z", "späß \n.py"]
contents = st.none() | st.binary(max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), contents, max_size=6), min_size=1, max_size=4), st.data())
def test_any_runs_can_be_undone(tmp_path_factory, targets, data):
    """Whatever runs did, undoing them one by one goes through the same trees backwards."""
    root = tmp_path_factory.mktemp("p")
    state = root / ".autofix"
    history = [_files(root)]
    for target in targets:
        present = _files(root)
        wanted = [(name, present.get(name), new) for name, new in target.items() if present.get(name) != new]
        changes = [Change(*each, group=data.draw(st.sampled_from([None, 1, 2]))) for each in wanted]
        moving = [name for name in present if name not in target]
        if moving:
            changes.append(
                Change(moving[0], present[moving[0]], b"moved", new_path=f"moved{len(history)}" + moving[0].replace("/", ""))
            )
        applied = apply_changes(root, changes, state=state)
        assert applied.refused == []
        if changes:
            history.append(_files(root))
    for files in reversed(history[:-1]):
        assert undo(root, state).refused == []
        assert _files(root) == files
    assert undo(root, state).run is None


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".autofix" not in path.parts
    }
