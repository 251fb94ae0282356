"""What goes to stdout, what to stderr, and how it looks."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import jsonschema
import pytest
from repositories import copy_of, git, make_repository, read_tree, write_tree

from .conftest import COMMAND, Autofix

DOCS = Path(__file__).parent.parent.parent / "docs"
TREE = {
    "a.cfg": "old\nrisky maybe unclear\n",
    "sub/b.cfg": "x\r\nold\r\nno newline at the end: old",
    "sub/c d é.cfg": "old\n",
    "z.cfg": "operations\ncreate new/file.sh\ndelete gone.cfg\nrename from.cfg to.cfg\n",
    "gone.cfg": "bye\n",
    "from.cfg": "keep\nold\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", TREE)


class TestDryRun:
    def test_prints_a_diff_that_git_applies(self, autofix: Autofix, root, tmp_path):
        done = autofix("--dry-run", root)
        assert done.returncode == 1
        assert done.stdout.startswith(b"diff --git a/")
        assert b"would fix" in done.stderr
        assert read_tree(root) == {path: text.encode() for path, text in TREE.items()}
        patched = copy_of(root, tmp_path / "patched")
        git(patched, "apply", "--whitespace=nowarn", "-", stdin=done.stdout)
        assert autofix(root).returncode == 0
        assert read_tree(patched) == read_tree(root)
        assert autofix("--dry-run", root).returncode == 0

    def test_of_a_subfolder(self, autofix: Autofix, root):
        done = autofix("--dry-run", cwd=root / "sub")
        assert done.stdout.count(b"diff --git") == 2
        git(root / "sub", "apply", "--whitespace=nowarn", "-", stdin=done.stdout)
        assert read_tree(root)["sub/b.cfg"] == b"x\r\nnew\r\nno newline at the end: new"
        assert read_tree(root)["a.cfg"] == TREE["a.cfg"].encode()

    def test_without_git(self, autofix: Autofix, tmp_path):
        root = write_tree(tmp_path / "project", TREE)
        done = autofix("--dry-run", cwd=root)
        subprocess.run(
            ["git", "apply", "-"], cwd=root, input=done.stdout, check=True, env={**os.environ, "GIT_DIR": os.devnull}
        )
        assert read_tree(root)["a.cfg"] == b"new\nrisky maybe unclear\n"

    def test_with_nothing_to_do_prints_nothing(self, autofix: Autofix, tmp_path):
        done = autofix("--dry-run", write_tree(tmp_path, {"a.cfg": "fine\n"}))
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr == b"nothing to fix in 1 file\n"

    def test_quiet(self, autofix: Autofix, root):
        done = autofix("--dry-run", "-q", root)
        assert done.stdout.startswith(b"diff --git")
        assert done.stderr == b""
        write_tree(root, {"a.cfg": "poison\n"})
        assert autofix("--dry-run", "-q", root).stderr.startswith(b"failed a.cfg [raises]: LookupError: two lines")

    def test_says_when_a_run_was_interrupted(self, autofix: Autofix, root):
        from autofix.apply.journal import Entry, Kind, Run, next_folder, now, start
        from autofix.apply.state import state_folder

        state = state_folder(root)
        entry = Entry(Kind.CREATE, ("made.cfg",), (".autofix-1.tmp",), (".autofix-2.tmp",), old="", new="0" * 64)
        start(state, Run(next_folder(state), (entry,), ".", (), None, now()), [b""])
        done = autofix("--dry-run", "-q", root)
        assert b"an earlier run was interrupted" in done.stderr
        assert done.stdout.startswith(b"diff --git")
        assert b"an earlier run was interrupted" not in autofix("--dry-run", root / "nowhere").stderr


class TestText:
    def test_after_an_apply(self, autofix: Autofix, root):
        done = autofix(root)
        report = done.stdout.decode()
        assert "a.cfg\n  1:1 fixed replace: here is old\n  2:1 unsafe fix unsafe: here is risky\n" in report
        assert (
            "  2:13 refused refuses: this is unclear\n"
            "      evidence: a.cfg:1: it says so\n"
            "      because: nobody can know\n"
            "      you could: ask somebody\n"
        ) in report
        assert "maybe" not in report
        assert report.splitlines()[-1] == "fixed 6 problems in 6 files, 1 more with --unsafe, 1 suggestion, 1 left to you"
        assert done.stderr == b""

    def test_of_a_dry_run(self, autofix: Autofix, root):
        report = autofix("--dry-run", "--output-format", "text", root).stdout.decode()
        assert "  1:1 can be fixed replace: here is old\n" in report
        assert "would fix 6 problems in 6 files" in report

    def test_verbose(self, autofix: Autofix, root):
        write_tree(root, {"g.cfg": "# @generated\nold\n"})
        report = autofix("-v", root).stdout.decode()
        assert "suggestion suggests: here is maybe" in report
        assert "left alone g.cfg: is marked as generated" in report

    def test_quiet(self, autofix: Autofix, root):
        write_tree(root, {"a.cfg": "poison\n"})
        done = autofix("-q", "--allow-dirty", root)
        assert done.stdout.startswith(b"failed a.cfg [raises]: LookupError: two lines")
        assert done.stdout.count(b"\n") == 1
        assert done.returncode == 3

    def test_names_cannot_move_the_cursor(self, autofix: Autofix, tmp_path):
        root = write_tree(tmp_path, {"\x1b[2J\r.cfg": "old\n"})
        assert b"\\x1b[2J\\r.cfg\n" in autofix(root).stdout


class TestJson:
    @pytest.mark.parametrize("options", [("--dry-run",), (), ("--unsafe", "-v"), ("--verify", "true")])
    def test_is_as_documented(self, autofix: Autofix, root, schema, options):
        write_tree(root, {"bad.cfg": "poison\n", "g.cfg": "# @generated old\n", "s.cfg": "# autofix: ignore[nothing]\nx = 1\n"})
        (root / os.fsdecode(b"\xff.cfg")).write_bytes(b"old\n")
        done = autofix("--output-format", "json", *options, root)
        report = json.loads(done.stdout)
        jsonschema.validate(report, schema)
        assert done.returncode == 3
        assert report["applied"] is ("--dry-run" not in options)
        assert {change["kind"] for change in report["changes"]} == {"modified", "created", "deleted", "renamed"}
        assert {item["status"] for item in report["findings"]} >= {"fixed", "suggested", "refused"}
        assert [failure["fixer"] for failure in report["failures"]] == ["raises"]
        assert [skipped["path"] for skipped in report["skipped"]] == ["g.cfg"]
        assert [notice["path"] for notice in report["notices"]] == ["s.cfg"]
        assert "\\udcff.cfg" in {change["path"] for change in report["changes"]}

    def test_holds_the_diff(self, autofix: Autofix, root):
        patch = autofix("--dry-run", root).stdout
        report = json.loads(autofix("--dry-run", "--output-format", "json", root).stdout)
        assert "".join(change["diff"] for change in report["changes"]).encode() == patch

    def test_of_nothing(self, autofix: Autofix, tmp_path, schema):
        done = autofix("--output-format", "json", tmp_path)
        jsonschema.validate(json.loads(done.stdout), schema)
        assert done.returncode == 0


class TestOutputFile:
    def test_takes_the_result(self, autofix: Autofix, root, tmp_path):
        file = tmp_path / "out.patch"
        done = autofix("--dry-run", "--output-file", file, "--color", "always", root)
        assert done.stdout == b""
        assert b"would fix" in done.stderr
        git(root, "apply", "--check", str(file))

    def test_in_no_folder_is_wrong_usage(self, autofix: Autofix, root, tmp_path):
        done = autofix("--output-file", tmp_path / "nowhere/out", root)
        assert done.returncode == 2
        assert b"there is no folder" in done.stderr
        assert git(root, "status", "--porcelain") == b""


class TestColor:
    def test_is_off_in_a_pipe(self, autofix: Autofix, root):
        done = autofix("--dry-run", root)
        assert b"\x1b" not in done.stdout + done.stderr

    def test_always(self, autofix: Autofix, root):
        done = autofix("--dry-run", "--color", "always", root, env={"NO_COLOR": "1"})
        assert b"\x1b[32m+new" in done.stdout
        assert b"\x1b[32mwould fix" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "settings", "colored"),
        [
            ((), {}, True),
            ((), {"NO_COLOR": "1"}, False),
            ((), {"TERM": "dumb"}, False),
            (("--color", "never"), {}, False),
        ],
    )
    def test_on_a_terminal(self, environment, root, arguments, settings, colored):
        shown = on_a_terminal(
            [*COMMAND, "--dry-run", *arguments, str(root)], {**environment, "TERM": "xterm", "PAGER": "cat", **settings}
        )
        assert b"+new" in shown
        assert (b"\x1b[32m" in shown) is colored


def on_a_terminal(command, environment) -> bytes:
    main, secondary = pty.openpty()
    with subprocess.Popen(command, stdin=secondary, stdout=secondary, stderr=secondary, env=environment) as process:
        os.close(secondary)
        shown = b""
        try:
            while chunk := os.read(main, 65536):
                shown += chunk
        except OSError:
            pass  # the other end is closed
        process.wait(20)
    os.close(main)
    return shown


class TestReadersThatStopReading:
    @pytest.mark.parametrize("arguments", ["--dry-run", "--dry-run --output-format json", "-v", "fixers", "explain '*'"])
    def test_get_no_traceback(self, environment, tmp_path, arguments):
        root = make_repository(tmp_path, {f"{n}.cfg": f"{'.' * 2000} old {n}\n" * 3 for n in range(40)})
        script = f"{' '.join(map(quoted, COMMAND))} {arguments} | head -1"
        done = subprocess.run(["sh", "-c", script], cwd=root, env=environment, capture_output=True, timeout=60)
        assert done.stdout.count(b"\n") == 1
        assert b"Traceback" not in done.stderr
        assert b"Broken pipe" not in done.stderr
        assert b"Errno" not in done.stderr

    def test_do_not_change_the_exit_code(self, environment, tmp_path):
        root = make_repository(tmp_path, {f"{n}.cfg": f"{'.' * 2000} old {n}\n" * 3 for n in range(40)})
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*COMMAND, "--dry-run"], cwd=root, env=environment, stdout=write, stderr=subprocess.PIPE, timeout=60
        )
        os.close(write)
        assert done.returncode == 1


class TestStandardStreams:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [("--dry-run", 1), ("", 0), ("-q", 0), ("fixers", 0), ("--version", 0), ("--select nothing", 2), ("nowhere", 2)],
    )
    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
    def test_that_are_closed(self, environment, tmp_path, arguments, code, closed):
        root = make_repository(tmp_path, {"a.cfg": "old\n"})
        script = f"{' '.join(map(quoted, COMMAND))} {arguments} {closed}"
        done = subprocess.run(["sh", "-c", script], cwd=root, env=environment, capture_output=True, timeout=60)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
        assert b"fix 1 problem" not in done.stdout

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
    @pytest.mark.parametrize(
        "arguments", ["--dry-run", "--dry-run --output-format text", "fixers", "explain '*'", "--version", "-h"]
    )
    def test_on_a_full_disk(self, environment, tmp_path, arguments):
        root = make_repository(tmp_path, {"a.cfg": "old\n"})
        script = f"{' '.join(map(quoted, COMMAND))} {arguments} > /dev/full"
        done = subprocess.run(["sh", "-c", script], cwd=root, env=environment, capture_output=True, timeout=60)
        assert done.returncode == 3
        assert b"No space left" in done.stderr
        assert b"Traceback" not in done.stderr


def quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


class TestLocales:
    LOCALES = (
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16"},
    )

    @pytest.mark.parametrize("locale", LOCALES, ids=str)
    @pytest.mark.parametrize("arguments", [("fixers",), ("explain", "replace")], ids=lambda arguments: arguments[0])
    def test_of_commands(self, autofix: Autofix, locale, arguments):
        done = autofix(*arguments, env=locale)
        assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr

    @pytest.mark.parametrize("locale", LOCALES, ids=str)
    @pytest.mark.parametrize("output", ["text", "diff", "json"])
    def test_of_runs(self, autofix: Autofix, tmp_path, locale, output):
        root = make_repository(tmp_path / "prøject")
        (root / os.fsdecode(b"caf\xe9 \xc3\xa9.cfg")).write_bytes("é old\n".encode())
        done = autofix("--dry-run", "--output-format", output, env=locale, cwd=root)
        assert done.returncode == 1, done.stderr
        assert b"Traceback" not in done.stderr
        if output == "diff":
            git(root, "apply", "--check", "-", stdin=done.stdout)
