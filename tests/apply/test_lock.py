from __future__ import annotations

import builtins
import errno
import os
import subprocess
import sys
import threading
import time

import pytest
from autofix.apply import lock as locking
from autofix.apply.changes import Change
from autofix.apply.errors import ApplyError
from autofix.apply.lock import Locked, lock
from autofix.apply.recover import recover
from autofix.apply.undo import undo
from autofix.apply.write import apply_changes

HOLD = """
import pathlib, sys
from autofix.apply import lock as locking
if sys.argv[2] == "file":
    locking._lock_by_kernel = lambda descriptor: False
with locking.lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(state, kind="kernel"):
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(state), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def release(child, *, kill=False):
    if kill:
        child.kill()
    child.communicate(None if kill else b"\n")


@pytest.fixture(params=["kernel", "file"])
def kind(request, monkeypatch):
    """Locks of the kernel, and the way where a file system has none."""
    if request.param == "file":
        monkeypatch.setattr(locking, "_lock_by_kernel", lambda descriptor: False)
    return request.param


def test_one_run_at_a_time(root, state, write, make, kind):
    make({"a": b"1"})
    write(Change("a", b"1", b"2"))
    child = hold(state, kind)
    try:
        for attempt in (
            lambda: write(Change("a", b"2", b"3")),
            lambda: undo(root, state),
        ):
            with pytest.raises(Locked, match=rf"^another run is at work here \(process {child.pid}\): nothing was changed$"):
                attempt()
        assert recover(root, state, dry=True) is None
        assert (root / "a").read_bytes() == b"2"
    finally:
        release(child)
    assert write(Change("a", b"2", b"3")).written


def test_the_lock_of_a_killed_run_is_free(root, state, make, write, kind):
    make({"a": b"1"})
    release(hold(state, kind), kill=True)
    assert write(Change("a", b"1", b"2")).written
    assert not (state / "lock.pid").exists()


def test_a_lock_without_a_process_counts_for_a_moment_only(state, monkeypatch):
    monkeypatch.setattr(locking, "_lock_by_kernel", lambda descriptor: False)
    state.mkdir()
    (state / "lock.pid").write_bytes(b"")
    with pytest.raises(Locked), lock(state):
        pass
    past = time.time() - locking.UNNAMED - 1
    os.utime(state / "lock.pid", (past, past))
    with lock(state):
        pass


def test_a_lock_with_our_own_number_is_left_behind(state, monkeypatch):
    """Containers start their processes with the same numbers again."""
    monkeypatch.setattr(locking, "_lock_by_kernel", lambda descriptor: False)
    state.mkdir()
    (state / "lock.pid").write_bytes(b"%d\n" % os.getpid())
    with lock(state):
        pass


def test_a_thread_may_take_its_lock_again_and_others_may_not(state, kind):
    refused = []

    def other():
        try:
            with lock(state):
                pass
        except Locked as error:
            refused.append(error.pid)

    with lock(state):
        with lock(state):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        # The attempt of the other thread must not have given the lock away.
        child = subprocess.run(
            [sys.executable, "-P", "-c", HOLD, str(state), kind], input=b"\n", capture_output=True, check=False
        )
        assert b"Locked" in child.stderr
    assert refused == [os.getpid()]
    with lock(state):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_workers_neither_hold_nor_get_the_lock(state):
    """A worker that outlives a killed run must not keep its lock."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        with lock(state):
            if os.fork() == 0:
                try:
                    with lock(state):
                        os.write(write, b"!")
                except Locked:
                    os.write(write, b".")
                time.sleep(30)
                os._exit(0)
            os.write(write, b"h")
            time.sleep(30)
        os._exit(0)
    said = os.read(read, 1) + os.read(read, 1)
    os.kill(parent, 9)
    os.waitpid(parent, 0)
    assert sorted(said) == sorted(b"h.")
    with lock(state):
        pass


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_file_systems_that_cannot_lock(state, monkeypatch, error):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*args):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    with lock(state):
        assert (state / "lock.pid").read_bytes() == b"%d\n" % os.getpid()
    assert not (state / "lock.pid").exists()


def test_systems_without_fcntl(state, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **keywords):
        if name == "fcntl":
            raise ImportError(name)
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with lock(state):
        assert (state / "lock.pid").exists()


def test_a_folder_that_cannot_be_made(root, state, make):
    make({".autofix": b"a file is in the way"})
    with pytest.raises(ApplyError, match="nothing was changed"):
        apply_changes(root, [Change("a", None, b"")], state=state)
    assert not (root / "a").exists()


def test_two_processes_at_once(root, state, make):
    """Every file is written by one of them, and the loser says so."""
    make({f"f{i}": b"0" for i in range(50)})
    script = (
        "import sys, pathlib\n"
        "from autofix.apply.changes import Change\n"
        "from autofix.apply.lock import Locked\n"
        "from autofix.apply.write import apply_changes\n"
        "root, state, me = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3].encode()\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try:\n"
        "    print(len(apply_changes(root, [Change(f'f{i}', b'0', me * 1000) for i in range(50)], state=state).written))\n"
        "except Locked: print('locked')\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", script, str(root), str(state), me],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for me in "ab"
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = sorted(child.communicate()[0].strip() for child in children)
    # The slower one either met the lock or came after it and found every file changed.
    assert said in (["50", "locked"], ["0", "50"])
    assert len({path.read_bytes() for path in root.glob("f*")}) == 1
