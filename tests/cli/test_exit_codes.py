"""How a run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from repositories import IDENTITY, git, make_repository, read_tree, write_tree

from .conftest import COMMAND, Autofix


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", {"a.cfg": "old\n", "b.cfg": "fine\n"})


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({}, ("--dry-run",), 1),
        ({}, (), 0),
        ({}, ("--dry-run", "--exit-zero"), 0),
        ({}, ("--exit-non-zero-on-fix",), 1),
        ({}, ("--exit-non-zero-on-fix", "--exit-zero"), 0),
        ({"a.cfg": "fine\n"}, ("--dry-run",), 0),
        ({"a.cfg": "fine\n"}, ("--exit-non-zero-on-fix",), 0),
        ({"a.cfg": "risky unclear maybe\n"}, ("--dry-run",), 0),
        ({"a.cfg": "risky\n"}, ("--dry-run", "--unsafe"), 1),
        ({"b.cfg": "poison\n"}, ("--dry-run",), 3),
        ({"b.cfg": "poison\n"}, ("--dry-run", "--exit-zero"), 3),
        ({"b.cfg": "old\0\n"}, (), 3),
        ({"b.cfg": "# @generated\nold\n"}, (), 0),
    ],
)
def test_of_a_run(autofix: Autofix, root, files, arguments, code):
    write_tree(root, files)
    git(root, "commit", "--quiet", "--allow-empty", "-am", "x")
    done = autofix(*arguments, root)
    assert done.returncode == code, done.stderr
    if code == 3 and "--dry-run" not in arguments:
        assert read_tree(root)["a.cfg"] == b"new\n"


@pytest.mark.parametrize("output", ["text", "json", "diff"])
def test_does_not_depend_on_the_format(autofix: Autofix, root, output):
    assert autofix("--dry-run", "--output-format", output, root).returncode == 1
    write_tree(root, {"b.cfg": "poison\n"})
    assert autofix("--dry-run", "--output-format", output, root).returncode == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("a.cfg", ".."), "run once for each repository"),
        (("--select", "replce"), "no fixer, group or recipe is called 'replce'; did you mean 'replace'?"),
        (("--ignore", "replce"), "did you mean 'replace'?"),
        (("--since", "nowhere"), "git cannot compare with 'nowhere'"),
        (("--since", "--output=x"), "'--output=x' is no revision"),
        (("--config", "nowhere.toml"), "nowhere.toml: No such file or directory"),
        (("--jobs", "0"), "0 is not in the range"),
        (("--output-format", "yaml"), "'yaml' is not one of"),
        (("--dry-rnu",), "No such option"),
        (("migrate", "deplyo"), "there is no recipe 'deplyo'; did you mean 'deploy'?"),
        (("explain", "replce"), "did you mean 'replace'?"),
        (("undo", "nowhere"), "does not exist"),
    ],
)
def test_wrong_usage(autofix: Autofix, root, arguments, said):
    done = autofix(*arguments, cwd=root)
    assert done.returncode == 2
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert git(root, "status", "--porcelain") == b""


def test_wrong_configuration(autofix: Autofix, root):
    write_tree(root, {"autofix.toml": "selekt = []\n"})
    done = autofix(root)
    assert done.returncode == 2
    assert done.stderr.decode() == f"error: {root}/autofix.toml: unknown key 'selekt'; did you mean 'select'?\n"


class TestInterrupts:
    @pytest.fixture
    def started(self, environment, tmp_path):
        """A run in a process group of its own, whose worker is at work."""
        root = make_repository(tmp_path / "project", {"a.cfg": "old\n", "b.cfg": "wait for it\n"})
        mark = tmp_path / "started"
        process = subprocess.Popen(
            [*COMMAND, "--jobs", "2", str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "TOY_STARTED": str(mark)},
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while not (mark.exists() and mark.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process, root
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    @pytest.mark.parametrize("to_group", [True, False])
    def test_control_c(self, started, to_group):
        process, root = started
        (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        assert process.returncode == 130
        assert (output, b"Traceback" in errors) == (b"", False)
        assert b"interrupted" in errors
        assert not alive(process.pid)
        assert read_tree(root)["a.cfg"] == b"old\n"

    @pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
    def test_no_worker_outlives_its_run(self, started, signal_):
        process, root = started
        process.send_signal(signal_)
        process.wait(10)
        deadline = time.monotonic() + 5
        while alive(process.pid):
            assert time.monotonic() < deadline, "a worker is left behind"
            time.sleep(0.02)
        assert read_tree(root)["a.cfg"] == b"old\n"


def alive(group: int) -> bool:
    """Whether a process of the group runs; those that nobody has asked for their end do not count."""
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdigit() and int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


class TestUndo:
    def test_twice(self, autofix: Autofix, root):
        before = read_tree(root)
        autofix(root)
        done = autofix("undo", root)
        assert done.returncode == 0
        assert b"1 file put back" in done.stderr
        assert read_tree(root) == before
        done = autofix("undo", root)
        assert (done.returncode, done.stderr) == (0, b"nothing to undo\n")

    def test_puts_several_runs_back(self, autofix: Autofix, root):
        autofix(root)
        git(root, "commit", "--quiet", "-am", "x")
        write_tree(root, {"b.cfg": "old\n"})
        git(root, "commit", "--quiet", "-am", "x")
        autofix(root)
        assert read_tree(root) == {"a.cfg": b"new\n", "b.cfg": b"new\n"}
        autofix("undo", cwd=root)
        assert read_tree(root) == {"a.cfg": b"new\n", "b.cfg": b"old\n"}
        autofix("undo", cwd=root)
        assert read_tree(root) == {"a.cfg": b"old\n", "b.cfg": b"old\n"}

    def test_leaves_what_was_edited_since(self, autofix: Autofix, root):
        autofix(root)
        write_tree(root, {"a.cfg": "mine\n"})
        done = autofix("undo", root)
        assert done.returncode == 3
        assert b"failed a.cfg: was edited since the run" in done.stderr
        assert read_tree(root)["a.cfg"] == b"mine\n"

    def test_from_a_subfolder(self, autofix: Autofix, root):
        write_tree(root, {"sub/c.cfg": "old\n"})
        autofix(cwd=root / "sub")
        autofix("undo", cwd=root)
        assert read_tree(root)["sub/c.cfg"] == b"old\n"


class TestPathsThatLookLikeCommands:
    def test_a_command_goes_first(self, autofix: Autofix, root):
        write_tree(root, {"undo": "", "fixers": ""})
        assert autofix("undo", cwd=root).stderr == b"nothing to undo\n"

    @pytest.mark.parametrize("arguments", [("./undo",), ("run", "undo"), ("--", "undo"), ("-q", "undo")])
    def test_a_path_can_be_meant(self, autofix: Autofix, root, arguments):
        write_tree(root, {"undo/c.cfg": "old\n"})
        done = autofix(*arguments, cwd=root)
        assert done.returncode == 0, done.stderr
        assert read_tree(root) == {"a.cfg": b"old\n", "b.cfg": b"fine\n", "undo/c.cfg": b"new\n"}

    def test_a_path_that_begins_with_a_dash(self, autofix: Autofix, root):
        write_tree(root, {"-n.cfg": "old\n"})
        assert autofix("--", "-n.cfg", cwd=root).returncode == 0
        assert read_tree(root)["-n.cfg"] == b"new\n"


class TestHooksOfGit:
    """Git sets GIT_DIR and GIT_INDEX_FILE for them."""

    @pytest.mark.parametrize("linked", [False, True], ids=["main", "linked"])
    def test_files_below_the_top(self, environment, root, tmp_path, linked):
        command = " ".join(f"'{word}'" for word in COMMAND)
        hook = write_tree(root, {".git/hooks/pre-commit": f"#!/bin/sh\nexec {command} --allow-dirty -q sub/c.cfg\n"})
        (hook / ".git/hooks/pre-commit").chmod(0o755)
        if linked:
            git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
            root = tmp_path / "linked"
        write_tree(root, {"sub/c.cfg": "old\n", "sub/d.cfg": "old\n"})
        git(root, "add", ".")
        done = subprocess.run(["git", "commit", "-am", "x"], cwd=root, env={**environment, **IDENTITY}, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert {path: data for path, data in read_tree(root).items() if "sub" in path} == {
            "sub/c.cfg": b"new\n",
            "sub/d.cfg": b"old\n",
        }


def test_a_recipe_implies_its_unsafe_fixes(autofix: Autofix, root):
    write_tree(root, {"a.cfg": "risky old\n"})
    assert autofix("migrate", "unsafe", "--allow-dirty", root).returncode == 0
    assert read_tree(root)["a.cfg"] == b"RISKY old\n"


def test_a_bug_is_no_result(environment, root):
    script = "import autofix.session as s; s.configuration = None; from autofix.cli.main import main; main()"
    done = subprocess.run([COMMAND[0], "-P", "-c", script, str(root)], env=environment, capture_output=True)
    assert done.returncode == 3
    assert b"this is a bug in autofix" in done.stderr
