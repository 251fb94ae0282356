from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from autofix.apply import files
from autofix.apply import write as writing
from autofix.apply.changes import Change
from autofix.apply.write import apply_changes

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
needs_posix = pytest.mark.skipif(os.name != "posix", reason="modes and links as POSIX has them")
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only the superuser can set this up")


def reasons(applied):
    return {outcome.path: outcome.reason for outcome in applied.outcomes}


def leftovers(root):
    return list(root.rglob(".autofix-*"))


def test_write_create_delete_rename(root, write, make, tree):
    make({"a.py": b"old\r\n", "gone.txt": b"bye", "here/x.md": b"same", "moved.py": b"1"})
    applied = write(
        Change("a.py", b"old\r\n", b"new\r\n"),
        Change("deep/er/new.sh", None, b"#!/bin/sh\n", executable=True),
        Change("gone.txt", b"bye", None),
        Change("here/x.md", b"same", b"same", new_path="there/y.md"),
        Change("moved.py", b"1", b"2", new_path="moved2.py"),
    )
    assert applied.refused == []
    assert applied.run == 1
    found = {name: content for name, (kind, _, content) in tree().items() if kind == "-"}
    assert found == {"a.py": b"new\r\n", "deep/er/new.sh": b"#!/bin/sh\n", "there/y.md": b"same", "moved2.py": b"2"}
    assert os.access(root / "deep/er/new.sh", os.X_OK)


def test_nothing_to_write_leaves_no_journal(root, write, make, state):
    make({"a": b"1"})
    assert write(Change("a", b"1", b"1")).written == ["a"]
    assert write(Change("b", b"1", b"2")).refused[0].reason == "is gone since it was read"
    assert write().outcomes == []
    assert not (state / "runs").exists()


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_sizes(root, write, make, size):
    make({"a": b"x"})
    assert write(Change("a", b"x", b"y" * size)).written
    assert (root / "a").read_bytes() == b"y" * size


def test_short_writes_are_completed(root, write, make, monkeypatch):
    make({"a": b"x"})
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    assert write(Change("a", b"x", b"0123456789")).written
    assert (root / "a").read_bytes() == b"0123456789"


def test_changed_since_read_is_never_overwritten(root, write, make):
    make({"a": b"edited", "b": b"old"})
    applied = write(Change("a", b"old", b"new"), Change("b", b"old", b"new"))
    assert reasons(applied) == {"a": "has changed since it was read", "b": ""}
    assert (root / "a").read_bytes() == b"edited"
    assert (root / "b").read_bytes() == b"new"


@pytest.mark.parametrize("edit", ["content", "same size", "replaced", "mode", "linked", "gone"])
def test_changed_while_others_are_staged(root, write, make, monkeypatch, edit):
    """The last look is right before the exchange, not when the run began."""
    (path,) = make({"a": b"old"})
    real = writing._stage_all

    def stage_and_edit(*args):
        real(*args)
        if edit == "gone":
            path.unlink()
        elif edit == "replaced":
            (root / "other").write_bytes(b"old")
            os.replace(root / "other", path)
        elif edit == "mode":
            path.chmod(0o600)
        elif edit == "linked":
            os.link(path, root / "other")
        else:
            path.write_bytes(b"their edit" if edit == "content" else b"OLD")

    monkeypatch.setattr(writing, "_stage_all", stage_and_edit)
    path.chmod(0o644)
    applied = write(Change("a", b"old", b"new"))
    assert not applied.written
    assert applied.run is None
    assert not path.exists() if edit == "gone" else path.read_bytes() != b"new"
    assert leftovers(root) == []


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_create_never_overwrites(root, write, make, monkeypatch, links):
    make({"a": b"theirs"})
    assert reasons(write(Change("a", None, b"new"))) == {"a": "exists already"}
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    real = writing._stage_all

    def stage_and_create(*args):
        real(*args)
        (root / "b").write_bytes(b"theirs")

    monkeypatch.setattr(writing, "_stage_all", stage_and_create)
    assert reasons(write(Change("b", None, b"new"))) == {"b": "exists already"}
    assert (root / "b").read_bytes() == b"theirs"
    assert leftovers(root) == []


def _no_links(*args, **keywords):
    raise PermissionError(1, "Operation not permitted")


def test_without_hard_links_files_are_created(root, write, make, monkeypatch):
    make({"a": b"1", "b": b"1"})
    monkeypatch.setattr(os, "link", _no_links)
    changes = [Change("n", None, b"2", group=1), Change("a", b"1", b"2", group=1), Change("b", b"1", b"1", "c", group=1)]
    assert len(write(*changes).written) == 3
    assert sorted(os.listdir(root)) == [".autofix", "a", "c", "n"]


@needs_posix
def test_modes_are_kept(root, write, make):
    modes = [0o644, 0o755, 0o600, 0o640, 0o4755, 0o666]
    make({f"f{mode:o}": b"1" for mode in modes})
    for mode in modes:
        (root / f"f{mode:o}").chmod(mode)
    assert write(*(Change(f"f{mode:o}", b"1", b"2") for mode in modes)).refused == []
    assert [(root / f"f{mode:o}").stat().st_mode & 0o7777 for mode in modes] == modes


@needs_posix
def test_new_files_follow_the_umask(root, write):
    before = os.umask(0o027)
    try:
        write(Change("plain", None, b""), Change("run", None, b"", executable=True))
    finally:
        os.umask(before)
    assert (root / "plain").stat().st_mode & 0o777 == 0o640
    assert (root / "run").stat().st_mode & 0o777 == 0o750


@needs_root
def test_owner_is_kept(root, write, make):
    (path,) = make({"a": b"1"})
    os.chown(path, 1234, 4321)
    path.chmod(0o6755)
    assert write(Change("a", b"1", b"2")).written
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 4321, 0o6755)


@needs_root
def test_file_of_another_user_is_refused(root, make):
    """A folder may be ours and a file in it not: renaming over it would take it away from its owner."""
    theirs, gone, ours = make({"theirs": b"1", "gone": b"1", "ours": b"1"})
    for path in (root, ours):
        os.chown(path, 65534, 65534)
    for path in (theirs, gone):
        path.chmod(0o666)
    for parent in root.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    script = (
        "import os, sys, pathlib\n"
        "from autofix.apply.changes import Change\n"
        "from autofix.apply.write import apply_changes\n"
        "import autofix.apply.undo\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "changes = [Change('theirs', b'1', b'2'), Change('gone', b'1', None), Change('ours', b'1', b'2')]\n"
        "for outcome in apply_changes(root, changes, state=root / '.autofix').outcomes: print(outcome.path, outcome.reason)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script, str(root)], capture_output=True, text=True)
    if "PermissionError" in done.stderr:
        pytest.skip("the installation is not readable for other users")
    assert done.stdout.splitlines() == [
        "theirs belongs to user 0, which cannot be kept: operation not permitted",
        "gone belongs to user 0, who could not be given it back",
        "ours ",
    ], done.stderr
    assert theirs.read_bytes() == gone.read_bytes() == b"1"
    assert leftovers(root) == []


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes")
def test_extended_attributes_are_kept(root, write, make, monkeypatch):
    (path,) = make({"a": b"1"})
    try:
        os.setxattr(path, "user.note", b"\0kept")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    assert write(Change("a", b"1", b"2")).written
    assert os.getxattr(path, "user.note") == b"\0kept"

    def no_room(*args, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "setxattr", no_room)
    assert "user.note" in write(Change("a", b"2", b"3")).refused[0].reason
    assert path.read_bytes() == b"2"


@needs_posix
def test_symbolic_link_stays_and_its_target_is_written(root, write, make):
    make({"real/a.py": b"1"})
    (root / "link.py").symlink_to("real/a.py")
    (root / "chain.py").symlink_to("link.py")
    (root / "folder").symlink_to("real")
    assert write(Change("chain.py", b"1", b"2")).written
    assert write(Change("folder/a.py", b"2", b"3")).written
    assert (root / "chain.py").is_symlink()
    assert (root / "link.py").is_symlink()
    assert (root / "real/a.py").read_bytes() == b"3"
    assert not (root / "real/a.py").is_symlink()


@needs_posix
def test_two_names_of_one_file_in_one_run(root, write, make):
    make({"a.py": b"1", "b.py": b"1", "c.py": b"1"})
    (root / "link.py").symlink_to("a.py")
    os.link(root / "b.py", root / "b2.py")
    same = write(
        Change("link.py", b"1", b"2"), Change("a.py", b"1", b"2"), Change("b.py", b"1", b"2"), Change("b2.py", b"1", b"2")
    )
    assert len(same.written) == 4
    assert (root / "b.py").samefile(root / "b2.py")
    other = write(
        Change("a.py", b"2", b"3"), Change("link.py", b"2", b"4"), Change("c.py", b"1", b"2"), Change("c.py", b"1", b"3")
    )
    assert reasons(other)["link.py"] == "is the same file as a.py, which is changed otherwise"
    assert [outcome.done for outcome in other.outcomes] == [True, False, True, False]
    assert (root / "a.py").read_bytes() == b"3"


@needs_posix
def test_a_twin_shares_the_fate_of_both_groups(root, write, make):
    make({"a.py": b"1", "b.py": b"1", "c.py": b"edited"})
    (root / "link.py").symlink_to("a.py")
    applied = write(
        Change("a.py", b"1", b"2", group=1),
        Change("link.py", b"1", b"2", group=2),
        Change("c.py", b"1", b"2", group=2),
        Change("b.py", b"1", b"2", group=1),
    )
    assert applied.written == []
    assert (root / "a.py").read_bytes() == (root / "b.py").read_bytes() == b"1"


def test_two_changes_for_one_new_place(root, write, make):
    make({"a": b"1"})
    applied = write(Change("new", None, b"1"), Change("new", None, b"2"), Change("a", b"1", b"1", new_path="new"))
    assert applied.written == ["new"]
    assert applied.outcomes[1].reason == "is the same file as new, which is changed otherwise"
    assert applied.outcomes[2].reason == "cannot move to new, which is the same file as new, which is changed otherwise"
    assert (root / "new").read_bytes() == b"1"


@needs_posix
def test_links_that_lead_out_are_refused(root, write, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_bytes(b"1")
    (tmp_path / "project-sibling").mkdir()
    (tmp_path / "project-sibling/a.py").write_bytes(b"1")
    (root / "link.py").symlink_to("../outside/a.py")
    (root / "folder").symlink_to(outside)
    (root / "sibling").symlink_to(tmp_path / "project-sibling")
    (root / "nowhere").symlink_to("missing")
    (root / "loop").symlink_to("loop")
    applied = write(
        Change("link.py", b"1", b"2"),
        Change("folder/a.py", b"1", b"2"),
        Change("folder/new.py", None, b"2"),
        Change("sibling/a.py", b"1", b"2"),
        Change("nowhere", b"1", b"2"),
        Change("nowhere", None, b"2"),
        Change("loop", b"1", b"2"),
    )
    assert applied.written == []
    assert "out of the project" in applied.outcomes[0].reason
    assert (outside / "a.py").read_bytes() == b"1"
    assert os.listdir(outside) == ["a.py"]


@needs_posix
def test_links_are_not_deleted_or_moved(root, write, make):
    make({"a.py": b"1"})
    (root / "link.py").symlink_to("a.py")
    applied = write(Change("link.py", b"1", None), Change("link.py", b"1", b"1", new_path="b.py"))
    assert applied.written == []
    assert (root / "link.py").is_symlink()


@pytest.mark.parametrize(
    "path", ["../a", "/etc/passwd", "a/../../b", "", "a//b", "./a", "a/.", "x\0y", ".git/config", "s/.GIT/x", ".git"]
)
def test_paths_that_are_none(root, write, path):
    (root / ".git").mkdir()
    assert write(Change(path, None, b"x")).written == []
    assert write(Change(path, b"1", b"x")).written == []


def test_the_journals_are_no_place_to_write(root, write, make):
    make({".autofix/runs/x": b"1"})
    applied = write(Change(".autofix/runs/x", b"1", b"2"), Change(".autofix/new", None, b"2"))
    assert [outcome.reason for outcome in applied.outcomes] == ["lies where the journals are kept"] * 2


def test_nested_repositories_are_refused(root, write, make):
    make({"sub/a.py": b"1", "sub/deep/b.py": b"1", "module/.git": b"gitdir: ../.git/modules/module\n", "module/c.py": b"1"})
    (root / "sub/.git").mkdir()
    (root / ".git").mkdir()
    applied = write(
        *(Change(path, b"1", b"2") for path in ("sub/a.py", "sub/deep/b.py", "module/c.py")), Change("ok", None, b"")
    )
    assert reasons(applied)["sub/deep/b.py"] == "lies in another repository (sub)"
    assert reasons(applied)["module/c.py"] == "lies in another repository (module)"
    assert applied.written == ["ok"]


@needs_posix
@pytest.mark.parametrize("count", [2, 3, 7])
def test_hard_links_stay_linked(root, write, make, count):
    make({"a": b"1", "sub/x": b""})
    names = [root / f"sub/l{i}" for i in range(1, count)]
    for name in names:
        os.link(root / "a", name)
    (root / "a").chmod(0o751)
    assert write(Change("a", b"1", b"2")).written
    status = (root / "a").stat()
    assert status.st_nlink == count
    assert status.st_mode & 0o777 == 0o751
    assert all(name.samefile(root / "a") and name.read_bytes() == b"2" for name in names)
    assert leftovers(root) == []


@needs_posix
def test_hard_links_elsewhere_are_refused(root, write, make, tmp_path):
    make({"a": b"1", "b": b"1", "c": b"1", "sub/.git": b"", "d": b"1"})
    os.link(root / "a", tmp_path / "outside")
    os.link(root / "b", root / "sub/in-a-submodule")
    os.link(root / "c", root / "c2")
    os.link(root / "c", root / ".git-not")
    os.link(root / "d", root / "d2")
    applied = write(*(Change(name, b"1", b"2") for name in "abc"), Change("d", b"1", None), Change("d2", b"1", b"1", "d3"))
    assert reasons(applied)["a"] == "has 2 hard links, 1 of them in this project: all or none can be changed"
    assert "another repository" in reasons(applied)["b"]
    assert applied.written == ["c"]
    assert (root / "a").samefile(tmp_path / "outside")


@needs_posix
def test_what_is_no_file(root, write, make):
    make({"a/b": b"1"})
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(root)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        applied = write(
            *(Change(name, b"1", b"2") for name in ("a", "pipe", "socket")),
            Change("a", None, b""),
            Change("a/b/c", None, b""),
            Change("a/b/c", b"1", b"2"),
            Change("a/b", b"1", b"2"),
        )
    found = [outcome.reason for outcome in applied.outcomes]
    assert found[:4] == ["is a folder", "is a named pipe", "is a socket", "exists already"]
    assert found[4:] == ["has a file where its folder should be", "has a file where its folder should be", ""]


@needs_root
def test_devices_are_refused(root, write):
    try:
        os.mknod(root / "null", 0o20666, os.makedev(1, 3))
    except OSError:
        pytest.skip("no devices here")
    assert write(Change("null", b"", b"x")).refused[0].reason == "is a device"


@needs_posix
def test_read_only_is_refused_for_everybody(root, write, make):
    make({"file": b"1", "folder/a": b"1", "folder/gone": b"1", "ok": b"1"})
    (root / "file").chmod(0o444)
    (root / "folder").chmod(0o555)
    try:
        applied = write(
            Change("file", b"1", b"2"),
            Change("file", b"1", None),
            Change("folder/a", b"1", b"2"),
            Change("folder/gone", b"1", None),
            Change("folder/new", None, b"2"),
            Change("folder/sub/new", None, b"2"),
            Change("ok", b"1", b"1", new_path="folder/ok"),
            Change("ok2", None, b""),
        )
        found = [outcome.reason for outcome in applied.outcomes]
        assert found[0] == "is read-only"
        assert set(found[2:6]) == {"lies in a read-only folder"}
        assert found[6] == "cannot move to folder/ok, which lies in a read-only folder"
        assert applied.written == ["ok2"]
    finally:
        (root / "folder").chmod(0o755)


@needs_root
@pytest.mark.parametrize("flag", ["i", "a"])
def test_immutable_is_refused(root, write, make, flag):
    make({"file": b"1", "folder/a": b"1", "ok": b"1"})
    paths = [str(root / "file"), str(root / "folder")]
    if subprocess.run(["chattr", f"+{flag}", *paths], capture_output=True).returncode:
        pytest.skip("no such flags here")
    try:
        applied = write(
            Change("file", b"1", b"2"), Change("folder/a", b"1", b"2"), Change("folder/a", b"1", None), Change("ok", b"1", b"2")
        )
        assert applied.written == ["ok"]
        assert all(outcome.reason and "\n" not in outcome.reason for outcome in applied.refused)
        if flag == "i":  # seen before anything is staged: a group is refused whole
            assert applied.outcomes[0].reason == "is read-only"
    finally:
        subprocess.run(["chattr", f"-{flag}", *paths], check=True)
    assert (root / "file").read_bytes() == (root / "folder/a").read_bytes() == b"1"


def test_a_folder_that_cannot_be_made(root, write, monkeypatch):
    def refuse(*args, **keywords):
        raise OSError(28, "No space left on device")

    real = os.makedirs
    monkeypatch.setattr(os, "makedirs", lambda path, *a, **k: refuse() if "deep" in os.fspath(path) else real(path, *a, **k))
    assert reasons(write(Change("deep/a", None, b""), Change("b", None, b"")))["b"] == ""


@pytest.mark.parametrize(
    "name", ["späß.py", "with space", "new\nline", "tab\t", 'quo"te', "back\\slash", "-rf", "a" * 255, "\udcff\udcfe.py"]
)
def test_odd_names(root, write, make, tree, name):
    if os.name != "posix":
        pytest.skip("names as POSIX has them")
    try:
        make({name: b"1", f"d-{name[:200]}/x": b"1"})
    except OSError:
        pytest.skip("the file system does not know such names")
    changes = [Change(name, b"1", b"2"), Change(f"d-{name[:200]}/x", b"1", b"1", new_path=f"d-{name[:200]}/{name}")]
    assert write(*changes).refused == []
    assert tree()[name][2] == b"2"
    refused = write(Change(name, b"1", b"2", group=1), Change("x", None, b"", group=1)).refused
    assert all(outcome.reason.isprintable() for outcome in refused)


def test_files_whose_names_differ_in_case(root, write, make):
    make({"Readme.md": b"1"})
    if (root / "README.MD").exists():
        assert write(Change("readme.md", None, b"2")).written == []
    else:
        make({"README.md": b"1"})
        assert len(write(Change("Readme.md", b"1", b"2"), Change("README.md", b"1", b"3")).written) == 2
        assert (root / "README.md").read_bytes() == b"3"


class TestGroups:
    def test_one_refusal_keeps_the_group(self, root, write, make, tree):
        make({"a": b"1", "b": b"edited", "c": b"1", "d": b"1"})
        before = tree()
        applied = write(
            Change("new/x", None, b"", group=7),
            Change("a", b"1", b"2", group=7),
            Change("b", b"1", b"2", group=7),
            Change("c", b"1", None, group=7),
        )
        assert applied.written == []
        assert reasons(applied)["a"] == "belongs together with b, which has changed since it was read"
        assert tree() == before
        assert write(Change("d", b"1", b"2"), Change("b", b"1", b"2", group=1)).written == ["d"]

    @pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
    @pytest.mark.parametrize("failing", range(5))
    def test_a_failure_half_way_puts_the_group_back(self, root, write, make, tree, monkeypatch, failing, links):
        make({"a": b"1", "b": b"1", "c": b"1", "d": b"1", "other": b"1"})
        (root / "a").chmod(0o705)
        (root / "c").chmod(0o750)
        before = tree()
        real = writing._place
        calls = iter(range(100))

        def place(root_, step):
            if step.group is not None and next(calls) == failing:
                raise OSError(28, "No space left on device")
            real(root_, step)

        monkeypatch.setattr(writing, "_place", place)
        if not links:
            monkeypatch.setattr(os, "link", _no_links)
        applied = write(
            Change("other", b"1", b"2"),
            Change("a", b"1", b"2", group=1),
            Change("new/x", None, b"", group=1),
            Change("c", b"1", None, group=1),
            Change("b", b"1", b"2", new_path="b2", group=1),
            Change("d", b"1", b"3", group=1),
        )
        assert applied.written == ["other"]
        assert "no space left" in applied.refused[0].reason
        before["other"] = ("-", before["other"][1], b"2")
        assert tree() == before
        assert leftovers(root) == []

    def test_an_edit_at_the_last_moment_spares_the_whole_group(self, root, write, make, monkeypatch):
        make({"a": b"1", "b": b"1"})
        real = writing._keep

        def keep_and_edit(root_, step):
            real(root_, step)
            if step.change.path == "b":
                (root / "theirs").write_bytes(b"theirs")
                os.replace(root / "theirs", root / "b")

        monkeypatch.setattr(writing, "_keep", keep_and_edit)
        applied = write(Change("a", b"1", b"2", group=1), Change("b", b"1", b"2", group=1))
        assert applied.written == []
        assert reasons(applied)["b"] == "has changed since it was read"
        assert ((root / "a").read_bytes(), (root / "b").read_bytes()) == (b"1", b"theirs")
        assert leftovers(root) == []

    @needs_posix
    def test_put_back_needs_no_room(self, root, write, make, monkeypatch):
        """On a full disk nothing can be written any more: the old files themselves come back."""
        (path,) = make({"a": b"1"})
        inode = path.stat().st_ino
        make({"b": b"1"})
        real, replace = writing._place, os.replace

        def place(root_, step):
            if step.change.path == "b":
                monkeypatch.setattr(os, "write", lambda *args: refuse())
                refuse()
            real(root_, step)

        def refuse():
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(writing, "_place", place)
        assert write(Change("a", b"1", b"2", group=1), Change("b", b"1", b"2", group=1)).written == []
        assert path.stat().st_ino == inode
        assert replace is os.replace

    def test_what_cannot_be_put_back_is_said_and_stays_undoable(self, root, state, write, make, monkeypatch):
        from autofix.apply.undo import undo

        make({"a": b"1", "b": b"1"})
        real = writing._place

        def place(root_, step):
            if step.change.path == "b":
                (root / "a").write_bytes(b"theirs")
                raise OSError(5, "Input/output error")
            real(root_, step)

        monkeypatch.setattr(writing, "_place", place)
        applied = write(Change("a", b"1", b"2", group=1), Change("b", b"1", b"2", group=1))
        assert applied.written == []
        assert "a was written before that and has changed since" in reasons(applied)["b"]
        assert (root / "a").read_bytes() == b"theirs"
        (root / "a").write_bytes(b"2")
        assert undo(root, state).restored == ["a"]

    @needs_posix
    def test_hard_links_in_a_group(self, root, write, make, tree, monkeypatch):
        make({"a": b"1", "z": b"1"})
        os.link(root / "a", root / "a2")
        before = tree()
        real = os.replace
        monkeypatch.setattr(
            os,
            "replace",
            lambda a, b: (
                (_ for _ in ()).throw(OSError(5, "Input/output error"))
                if os.fspath(b).endswith("/a2") and ".tmp" in os.fspath(a) and Path(a).read_bytes() == b"2"
                else real(a, b)
            ),
        )
        assert write(Change("z", b"1", b"2", group=1), Change("a", b"1", b"2", group=1)).written == []
        assert tree() == before
        assert (root / "a").samefile(root / "a2")
        assert leftovers(root) == []


def test_order_on_the_disk(root, write, make, monkeypatch):
    """The journal is safe before anything is staged, each file before its exchange, the folders before the end is declared."""
    make({"a": b"1", "b": b"1", "sub/c": b"1"})
    log: list[tuple[str, str]] = []
    real_fsync, real_replace = os.fsync, os.replace

    def spy_fsync(descriptor):
        log.append(("fsync", os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))))
        real_fsync(descriptor)

    def spy_replace(source, target):
        log.append(("replace", os.path.basename(source) if "tmp" in os.fspath(source) else os.path.basename(target)))
        real_replace(source, target)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("descriptors are not listed here")
    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    assert len(write(Change("a", b"1", b"2"), Change("sub/c", b"1", b"2"), Change("new", None, b"2")).written) == 3
    staged = [i for i, (what, name) in enumerate(log) if what == "fsync" and name.startswith(".autofix-")]
    replaced = [i for i, (what, name) in enumerate(log) if what == "replace" and name.startswith(".autofix-")]
    journal = [log.index(("fsync", name)) for name in ("old", "started.tmp", "1", "runs", ".autofix")]
    assert max(journal) < min(staged)
    assert len(staged) == 3
    assert max(staged) < min(replaced)
    assert len(replaced) == 2
    folders = [i for i, entry in enumerate(log) if entry in (("fsync", "project"), ("fsync", "sub")) and i > max(replaced)]
    assert len(folders) == 2
    assert max(folders) < log.index(("fsync", "finished.tmp"))


def test_readers_never_see_half_a_file(root, write, make):
    texts = [bytes([letter]) * 50_000 for letter in b"ab"]
    make({"a": texts[0]})
    seen: set[bytes] = set()
    stop = threading.Event()

    def read():
        while not stop.is_set():
            seen.add((root / "a").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(25):
            old, new = texts[turn % 2], texts[(turn + 1) % 2]
            assert write(Change("a", old, new)).written
    finally:
        stop.set()
        reader.join()
    assert seen <= set(texts)
    assert len(seen) == 2


def test_many_files_are_staged_in_threads(root, write, make):
    make({f"d{i % 7}/f{i}": b"%d" % i for i in range(100)})
    applied = write(*(Change(f"d{i % 7}/f{i}", b"%d" % i, b"new %d" % i) for i in range(100)))
    assert len(applied.written) == 100
    assert all((root / f"d{i % 7}/f{i}").read_bytes() == b"new %d" % i for i in range(100))


def test_an_interrupt_puts_all_back(root, state, write, make, tree, monkeypatch):
    make({"a": b"1", "b": b"1", "c": b"1"})
    before = tree()
    real = writing._place

    def place(root_, step):
        real(root_, step)
        if step.change.path == "b":
            raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_place", place)
    with pytest.raises(KeyboardInterrupt):
        write(*(Change(name, b"1", b"2") for name in "abc"), Change("n/x", None, b""))
    # the new folder goes too
    assert tree() == before
    monkeypatch.undo()
    assert apply_changes(root, [Change("a", b"1", b"2")], state=state).recovered is None


def test_temporary_names_cannot_be_guessed():
    names = {files.temporary_name("x") for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(os.path.basename(name)) < 40 for name in names)
