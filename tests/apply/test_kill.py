"""A run that is killed at any moment: every file is old or new, and the next run puts everything back."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from autofix.apply.changes import Change
from autofix.apply.recover import recover
from autofix.apply.undo import undo
from autofix.apply.write import apply_changes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")

BEFORE = {
    "a.py": b"old a\n",
    "b.py": b"old b\n",
    "linked.py": b"old l\n",
    "gone.py": b"old gone\n",
    "moved.py": b"old moved\n",
    "sub/c.py": b"old c\n",
}
CHANGES = [
    Change("a.py", b"old a\n", b"new a\n"),
    Change("linked.py", b"old l\n", b"new l\n"),
    Change("fresh/deep/x.py", None, b"x\n", executable=True),
    Change("b.py", b"old b\n", b"new b\n", group=1),
    Change("gone.py", b"old gone\n", None, group=1),
    Change("moved.py", b"old moved\n", b"new moved\n", new_path="sub/moved.py", group=1),
    Change("sub/c.py", b"old c\n", b"new c\n", group=1),
]
NEW = {"a.py": b"new a\n", "b.py": b"new b\n", "linked.py": b"new l\n", "linked2.py": b"new l\n", "sub/c.py": b"new c\n"}
NEW |= {"sub/moved.py": b"new moved\n", "fresh/deep/x.py": b"x\n"}

# All calls by which a run changes something on the disk, or makes it stay there.
CALLS = ["open", "write", "fsync", "replace", "rename", "link", "unlink", "chmod", "mkdir", "rmdir", "close", "ftruncate"]


@pytest.fixture
def build(root):
    def create():
        for name, content in BEFORE.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        os.link(root / "linked.py", root / "linked2.py")
        (root / "gone.py").chmod(0o751)

    create()
    return create


def killed_at(call: int, work) -> bool:
    """Run `work` in a child that dies right before its `call`-th change of the disk; whether it died."""
    child = os.fork()
    if child == 0:
        done = 0

        def counted(real):
            def wrapper(*args, **keywords):
                nonlocal done
                done += 1
                if done == call:
                    os._exit(9)
                return real(*args, **keywords)

            return wrapper

        try:
            for name in CALLS:
                setattr(os, name, counted(getattr(os, name)))
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


def require_old_or_new(root: Path) -> None:
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(".autofix/") and not path.name.startswith(".autofix-"):
            allowed = {BEFORE.get("linked.py" if name == "linked2.py" else name), NEW.get(name)} - {None}
            assert path.read_bytes() in allowed, name
    for name, content in BEFORE.items():
        if name == "gone.py":
            continue
        assert (root / name).exists() or (name == "moved.py" and (root / "sub/moved.py").exists()), (name, content)


@pytest.mark.parametrize("rescue", ["recover", "apply", "undo"])
def test_killed_before_every_call_of_an_apply(root, state, build, tree, rescue):
    before = tree()
    for call in range(1, 500):
        if not killed_at(call, lambda: apply_changes(root, CHANGES, state=state)):
            break
        require_old_or_new(root)
        finished = (state / "runs/1/finished.json").exists()
        if finished:
            assert recover(root, state) is None
            assert undo(root, state).refused == []
            assert (root / "linked.py").samefile(root / "linked2.py")
        elif rescue == "recover":
            dry = recover(root, state, dry=True)
            again = recover(root, state, dry=True)
            assert dry == again
            found = recover(root, state)
            assert (found is None) == (dry is None)
            if found is not None and dry is not None:
                assert found.left == []
                assert "\n" not in found.message
                assert found.restored == dry.restored
        elif rescue == "apply":
            changes = [Change("sub/c.py", (root / "sub/c.py").read_bytes(), b"more\n")]
            applied = apply_changes(root, changes, state=state)
            if applied.recovered is not None and applied.recovered.restored:
                # What was read before is of no use any more, even where that file itself did not change.
                assert [outcome.reason for outcome in applied.refused] == [
                    "was read before an interrupted run was put back: run again"
                ]
            else:
                assert applied.written == ["sub/c.py"]
                assert undo(root, state).restored == ["sub/c.py"]
        else:
            assert undo(root, state).refused == []
        assert tree() == before, f"after call {call}"
        assert (root / "linked.py").samefile(root / "linked2.py")
        assert recover(root, state) is None
        shutil.rmtree(state, ignore_errors=True)
    else:
        pytest.fail("the run never ended")
    assert call > 80
    assert {name: content for name, (kind, _, content) in tree().items() if kind == "-"} == NEW


def test_killed_where_there_are_no_hard_links(root, state, build, tree):
    def refuse(*args, **keywords):
        raise PermissionError(1, "Operation not permitted")

    def work():
        os.link = refuse
        apply_changes(root, [change for change in CHANGES if change.path != "linked.py"], state=state)

    before = tree()
    for call in range(1, 500):
        if not killed_at(call, work):
            break
        require_old_or_new(root)
        if (state / "runs/1/finished.json").exists():
            assert undo(root, state).refused == []
        else:
            found = recover(root, state)
            assert found is None or found.left == []
        assert tree() == before, f"after call {call}"
        shutil.rmtree(state, ignore_errors=True)
    assert call > 80


@pytest.mark.parametrize("crash", [60, 85, 105])
def test_killed_before_every_call_of_a_recovery(root, state, build, tree, crash):
    """A recovery that is killed is taken up again: its temporary names are in the journal as well."""
    before = tree()
    for call in range(1, 200):
        assert killed_at(crash, lambda: apply_changes(root, CHANGES, state=state))
        assert recover(root, state, dry=True) is not None, "the crash is meant to come between journal and end"
        died = killed_at(call, lambda: recover(root, state))
        require_old_or_new(root)
        recover(root, state)
        assert tree() == before, f"after call {call}"
        assert (root / "linked.py").samefile(root / "linked2.py")
        shutil.rmtree(state)
        if not died:
            break
    assert call > 10


def test_killed_before_every_call_of_an_undo(root, state, build, tree):
    before = tree()
    assert apply_changes(root, CHANGES, state=state).refused == []
    after = tree()
    shutil.copytree(state, root.parent / "state", symlinks=True)
    for call in range(1, 500):
        died = killed_at(call, lambda: undo(root, state))
        if not died:
            break
        recovered = recover(root, state)
        assert recovered is None or not recovered.left
        if tree() != before:
            now = tree()
            # folders that the undone run had created go last, after the journal has been closed
            empty = {"fresh", "fresh/deep"}
            rest = {name: item for name, item in now.items() if name not in empty}
            assert now == after or rest == before, f"after call {call}"
            if now == after:
                assert undo(root, state).refused == []
        shutil.rmtree(root / "fresh", ignore_errors=True)
        assert tree() == before, f"after call {call}"
        shutil.rmtree(state)
        assert apply_changes(root, CHANGES, state=state).refused == []
    assert call > 60
    assert tree() == before


def test_edits_after_the_kill_are_not_lost(root, state, build):
    for call in range(60, 500):
        assert killed_at(call, lambda: apply_changes(root, CHANGES, state=state))
        dry = recover(root, state, dry=True)
        assert dry is not None
        if len(dry.restored) >= 3:
            break
        recover(root, state)
    (root / "a.py").write_bytes(b"my edit\n")
    found = recover(root, state)
    assert found is not None
    assert [(outcome.path, outcome.reason) for outcome in found.left] == [("a.py", "has changed since")]
    assert "left as they are: a.py (has changed since)" in found.message
    assert (root / "a.py").read_bytes() == b"my edit\n"
    assert (root / "linked.py").read_bytes() == b"old l\n"
    assert recover(root, state) is None


SCRIPT = """
import json, pathlib, sys
from autofix.apply.changes import Change
from autofix.apply.state import state_folder
from autofix.apply.write import apply_changes
root = pathlib.Path(sys.argv[1])
turn = int(sys.argv[2])
print("ready", flush=True)
while True:
    old, new = (b"%d " % turn) * 2000, (b"%d " % (turn + 1)) * 2000
    applied = apply_changes(root, [Change(f"d{i % 3}/f{i}", old, new, group=1) for i in range(40)], state=root / ".autofix")
    assert not applied.refused, applied.refused[0]
    turn += 1
"""


def test_sigkill_at_random_times(root, state):
    chance = random.Random(7)
    for i in range(40):
        (root / f"d{i % 3}").mkdir(exist_ok=True)
        (root / f"d{i % 3}/f{i}").write_bytes(b"0 " * 2000)
    interrupted = 0
    for _ in range(25):
        turn = int((root / "d0/f0").read_bytes().split(b" ", 1)[0])
        child = subprocess.Popen([sys.executable, "-P", "-c", SCRIPT, str(root), str(turn)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.random() * 0.08)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        contents = {path: path.read_bytes() for path in root.glob("d*/f*")}
        assert len(contents) == 40
        for content in contents.values():
            words = content.split()
            assert len(words) == 2000
            assert len(set(words)) == 1
        found = recover(root, state)
        interrupted += found is not None
        assert found is None or found.left == []
        assert len({path.read_bytes() for path in contents}) == 1
        assert list(root.rglob(".autofix-*")) == []
    assert interrupted > 3


def test_a_journal_that_was_never_started_is_cleared_away(root, state, build):
    never_started = 0
    for call in range(1, 60):
        assert killed_at(call, lambda: apply_changes(root, CHANGES, state=state))
        never_started += recover(root, state) is None
    assert never_started
    assert apply_changes(root, CHANGES, state=state).refused == []
    folders = sorted((state / "runs").iterdir())
    assert all((folder / name).exists() for folder in folders for name in ["old"])
    assert sum((folder / "finished.json").exists() for folder in folders) == 1


def test_a_damaged_journal_is_named(root, state, build):
    assert killed_at(95, lambda: apply_changes(root, CHANGES, state=state))
    started = state / "runs/1/started.json"
    whole = started.read_bytes()
    for broken in (b"", whole[:50], whole.replace(b'"version": 1', b'"version": 99')):
        started.write_bytes(broken)
        with pytest.raises(Exception, match="nothing was changed"):
            apply_changes(root, CHANGES, state=state)
    started.write_bytes(whole)
    json.loads(whole)
    assert recover(root, state) is not None
