"""`--verify`: fixes are only made where nothing that passed before fails after them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest
from repositories import git, make_repository, read_tree, write_tree

from .conftest import COMMAND, Autofix, Run
from .test_exit_codes import alive

PYTEST = f"{shlex.quote(sys.executable)} -m pytest -q -p no:cacheprovider"
TREE = {
    "app.py": 'VALUE = "old"\n',
    "a.cfg": "old\n",
    "tests/test_app.py": (
        "import app\n\ndef test_value():\n    assert app.VALUE in ('o' 'ld', 'n' 'ew')\n\n"
        "def test_broken():\n    assert not app.VALUE\n"
    ),
}
STRICT = "\ndef test_strict():\n    assert app.VALUE == 'o' 'ld'\n"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where copies are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def verified(autofix: Autofix, scratch: Path) -> Autofix:
    """A run with `--verify` that leaves nothing behind."""

    def run(command: str, *arguments: str | Path, env: Mapping[str, str] | None = None, **options: object) -> Run:
        done = autofix(*arguments, "--verify", command, env={"TMPDIR": str(scratch), **(env or {})}, **options)
        assert os.listdir(scratch) == []
        assert b"Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", TREE)


class TestTests:
    """With pytest each test counts for itself."""

    def test_that_fail_before_and_after_alike_do_not_matter(self, verified, root):
        done = verified(PYTEST, root)
        assert done.returncode == 0, done
        assert b"exit code 1 with 1 test passed before, exit code 1 with 1 test passed after" in done.stdout
        assert read_tree(root)["app.py"] == b'VALUE = "new"\n'

    @pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
    def test_one_that_fails_only_after_keeps_everything(self, verified, root, arguments):
        write_tree(root, {"tests/test_app.py": TREE["tests/test_app.py"] + STRICT})
        done = verified(PYTEST, *arguments, "--output-format", "diff", root)
        said = done.stderr.decode()
        assert (done.returncode, done.stdout) == (3, b"")
        assert "failed run: after the fixes a test that passed does not: tests.test_app::test_strict (failed)" in said
        assert "  failed tests.test_app::test_strict\n" in said
        assert "tests/test_app.py:10: AssertionError" in said
        assert "not written: the fixes did not pass --verify" in said
        assert git(root, "status", "--porcelain") == b" M tests/test_app.py\n"

    def test_quiet(self, verified, root):
        write_tree(root, {"tests/test_app.py": TREE["tests/test_app.py"] + STRICT})
        done = verified(PYTEST, "-q", root)
        assert b"failed run: after the fixes" in done.stdout
        assert b"dropped" not in done.stdout

    @pytest.mark.parametrize(
        ("test", "became"),
        [
            ("import pytest\n@pytest.mark.skipif(app.VALUE == 'n' 'ew', reason='x')\ndef test_it(): pass\n", "skipped"),
            ("if app.VALUE == 'o' 'ld':\n    def test_it(): pass\n", "did not run"),
            ("class TestIt:\n    def test_it(self): assert app.VALUE == 'o' 'ld'\n", "failed"),
        ],
    )
    def test_that_pass_no_longer_are_lost_even_if_the_command_is_content(self, verified, root, test, became):
        write_tree(root, {"tests/test_more.py": "import app\n" + test})
        done = verified(f"{PYTEST} tests/test_more.py; true", root)
        assert done.returncode == 3
        assert f"test_it ({became})" in done.stdout.decode()
        assert read_tree(root)["app.py"] == TREE["app.py"].encode()

    def test_whose_names_differ_from_run_to_run_are_the_same(self, verified, root):
        named = "import os, pytest\n@pytest.mark.parametrize('n', [1, 2], ids=lambda n: os.urandom(4).hex())\n"
        write_tree(root, {"tests/test_more.py": f"{named}def test_it(n): pass\n"})
        assert verified(PYTEST, root).returncode == 0
        assert read_tree(root)["app.py"] == b'VALUE = "new"\n'

    def test_a_suite_that_does_not_even_start_after_the_fixes_has_lost_all(self, verified, root):
        write_tree(root, {"tests/conftest.py": "import app\nif app.VALUE != 'o' 'ld': raise RuntimeError\n"})
        done = verified(PYTEST, root)
        assert done.returncode == 3
        assert b"tests.test_app::test_value (did not run)" in done.stdout

    def test_options_of_the_user_stay(self, verified, root):
        command = f'{PYTEST} && test "$PYTEST_ADDOPTS" != "${{PYTEST_ADDOPTS#-k value}}"'
        done = verified(command, root, env={"PYTEST_ADDOPTS": "-k value"})
        assert b"exit code 0 with 1 test passed before" in done.stdout

    def test_the_second_run_finds_nothing_of_the_first(self, verified, root):
        write_tree(root, {"tests/test_more.py": "def test_it(): open('database', 'x').close()\n"})
        assert verified(PYTEST, root).returncode == 0
        assert not (root / "database").exists()


class TestCommands:
    """Without results only the exit code tells."""

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("true", ""),
            ("grep -q new a.cfg", ""),
            ("grep -q old a.cfg", "ends with exit code 1 after the fixes, and with 0 before them"),
            ("exit 7", "`exit 7` ends with exit code 7 before the fixes, too, and no test passes: it tells nothing"),
            ("no-such-command --x", "`no-such-command --x` was not found (exit code 127)"),
            ("./a.cfg", "`./a.cfg` cannot be executed (exit code 126)"),
            ("kill -9 $$", "ends with exit code -9 before the fixes"),
        ],
    )
    @pytest.mark.parametrize("with_git", [True, False])
    def test_by_exit_code(self, verified, root, tmp_path, command, said, with_git):
        if not with_git:
            root = write_tree(tmp_path / "plain", TREE)
        done = verified(command, root)
        assert done.returncode == (3 if said else 0)
        assert said in done.stdout.decode()
        assert read_tree(root)["a.cfg"] == (b"old\n" if said else b"new\n")

    def test_a_dry_run_prints_the_diff_and_writes_nothing(self, verified, root):
        done = verified("true", "--dry-run", root)
        assert done.returncode == 1
        assert done.stdout.count(b"diff --git") == 2
        assert b"verified by `true`: exit code 0 before, exit code 0 after" in done.stderr
        assert read_tree(root)["a.cfg"] == b"old\n"

    def test_nothing_runs_where_there_is_nothing_to_do(self, verified, root, tmp_path):
        done = verified(f"touch {tmp_path}/ran", "--select", "refuses", root)
        assert done.returncode == 0
        assert not (tmp_path / "ran").exists()

    def test_no_command_is_wrong_usage(self, autofix, root):
        assert autofix("--verify", " ", root).returncode == 2

    def test_runs_where_the_user_is(self, verified, root):
        write_tree(root, {"sub/here.txt": ""})
        assert verified("test -f here.txt", cwd=root / "sub").returncode == 0

    def test_a_recipe_is_verified_as_well(self, verified, root):
        write_tree(root, {"b.cfg": "risky\n"})
        assert verified("! grep -q RISKY b.cfg", "migrate", "unsafe", root).returncode == 3
        assert read_tree(root)["b.cfg"] == b"risky\n"

    def test_what_is_held_back_is_not_verified(self, verified, root):
        write_tree(root, {"a.cfg": "dirty old\n"})
        done = verified("! grep -q new a.cfg && ! grep -q new b.cfg || grep -q old a.cfg", root)
        assert done.returncode == 3, "the file with uncommitted changes"
        assert read_tree(root)["a.cfg"] == b"dirty old\n"
        assert read_tree(root)["app.py"] == b'VALUE = "new"\n'

    def test_json(self, verified, root, schema):
        report = json.loads(verified("grep old a.cfg", "--dry-run", "--output-format", "json", root).stdout)
        jsonschema.validate(report, schema)
        assert report["changes"] == []
        assert report["verification"] == {
            "command": "grep old a.cfg",
            "problem": "`grep old a.cfg` ends with exit code 1 after the fixes, and with 0 before them",
            "before": {"exit_code": 0, "passed": None},
            "after": {"exit_code": 1, "passed": None},
            "lost": [],
            "output": [],
            "left_out": [],
        }

    def test_what_was_written_can_be_undone(self, verified, autofix, root):
        verified("true", root)
        assert autofix("undo", root).returncode == 0
        assert read_tree(root) == {path: text.encode() for path, text in TREE.items()}


class TestCare:
    """Nothing that the command does reaches the files of the user, and what the user does meanwhile is not overwritten."""

    def test_the_command_writes_into_the_copy_only(self, verified, root):
        write_tree(root, {".gitignore": "ignored/\n.env\n", "ignored/x": "1", ".env": "A=1\n"})
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", "x")
        (root / "link").symlink_to(root / "ignored")
        before = read_tree(root)
        write = "test -f .env && echo 2 > ignored/x && echo 2 > link/y && rm app.py && git commit -qm y -a && git gc -q"
        done = verified(write, root)
        assert done.returncode == 0, done.stdout
        after = read_tree(root)
        assert {path for path in before if after[path] != before[path]} == {"a.cfg", "app.py"}
        assert after.keys() == before.keys()
        assert git(root, "log", "--format=%s") == b"x\nstate\n"

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_file_that_the_user_edits_meanwhile_keeps_everything(self, verified, root, when):
        there = shlex.quote(str(root / "a.cfg"))
        edit = f"echo mine > {there}" if when == "before" else f"if grep -q new app.py; then echo mine > {there}; fi"
        done = verified(edit, root)
        assert done.returncode == 3
        assert b"has changed since it was read" in done.stdout
        assert read_tree(root)["a.cfg"] == b"mine\n"
        assert read_tree(root)["app.py"] == TREE["app.py"].encode(), "not verified without the other"

    def test_a_package_that_is_developed_in_the_project_is_that_of_the_copy(self, verified, root, tmp_path):
        """As an environment outside of it has it: by a line of a .pth file."""
        write_tree(root, {"lib/src/thing.py": 'WORD = "old"\n'})
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
        (packages,) = (tmp_path / "env").glob("lib/python3*/site-packages")
        (packages / "thing.pth").write_text(f"{root}/lib/src\n")
        code = "import thing; raise SystemExit(thing.WORD != 'n' 'ew')"
        command = f'python -c "{code}"; echo $? > {tmp_path}/code.$(grep -c new a.cfg)'
        done = verified(command, root, env={"PATH": f"{tmp_path}/env/bin{os.pathsep}{os.environ['PATH']}"})
        assert done.returncode == 0, done
        assert [(tmp_path / f"code.{n}").read_text() for n in (0, 1)] == ["1\n", "0\n"]


class TestInterrupts:
    COMMAND = "echo $$ > {mark}; (sleep 100 & setsid sleep 100 & wait) & mkdir -p x/y; chmod 0 x; sleep 100"

    @pytest.fixture
    def started(self, environment, root, tmp_path, scratch):
        mark = tmp_path / "mark"
        process = subprocess.Popen(
            [*COMMAND, "--verify", self.COMMAND.format(mark=mark), str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "TMPDIR": str(scratch)},
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while not (mark.exists() and mark.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
        process.kill()
        process.communicate()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_leave_nothing_behind(self, started, root, scratch, number):
        assert processes_in(scratch)
        started.send_signal(number)
        _, errors = started.communicate(timeout=20)
        assert started.returncode == (130 if number == signal.SIGINT else -number)
        assert b"Traceback" not in errors
        deadline = time.monotonic() + (0 if number == signal.SIGINT else 20)
        while processes_in(scratch) or os.listdir(scratch):
            assert time.monotonic() < deadline, (processes_in(scratch), os.listdir(scratch))
            time.sleep(0.05)
        assert not alive(started.pid)
        assert git(root, "status", "--porcelain") == b""

    def test_what_the_command_leaves_running_is_ended(self, verified, root, scratch):
        done = verified("setsid sleep 100 & sleep 100 & true", root)
        assert done.returncode == 0
        assert not processes_in(scratch)


def processes_in(folder: Path) -> list[str]:
    """The processes that work below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(folder)):
                found.append((entry / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found
