"""Rounds of fixes: who is asked again, and what a run adds up to."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
import toy_fixers as toys
from autofix import session
from autofix.apply.errors import ApplyError
from autofix.report import diff
from autofix.run import asking, rounds
from autofix.run.result import Result, Status
from repositories import copy_of, git, make_repository, read_tree, write_tree
from runs import execute, statuses, texts


def patch_of(result: Result) -> bytes:
    return b"".join(diff.chunks(result))


def test_nothing_to_do(tmp_path):
    result = execute(write_tree(tmp_path, {"a.cfg": "fine\n"}), toys.Replace)
    assert (result.changes, result.findings, result.failures, result.files) == ([], [], [], 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", None),
        (b"old", b"new"),
        (b"\xef\xbb\xbfold\r\nold\r\n", b"\xef\xbb\xbfnew\r\nnew\r\n"),
        (b"a\rold\r\nb\nold", b"a\rnew\r\nb\nnew"),
        ("é old 🎉 old\n".encode(), "é new 🎉 new\n".encode()),
        (b"\told \f old\n\n\n", b"\tnew \f new\n\n\n"),
    ],
)
def test_untouched_bytes_stay(tmp_path, text, expected):
    result = execute(write_tree(tmp_path, {"a.cfg": text}), toys.Replace)
    assert texts(result) == ({} if expected is None else {"a.cfg": expected})


def test_overlapping_fixes_come_one_after_the_other(tmp_path):
    result = execute(write_tree(tmp_path, {"a.cfg": "alpha beta\nbeta\n"}), toys.Long, toys.Short)
    assert texts(result) == {"a.cfg": b"one two\ntwo\n"}
    assert [(item.fixer, item.start.line, item.status) for item in result.findings] == [
        ("long", 1, Status.FIXED),
        ("short", 1, Status.FIXED),
        ("short", 2, Status.FIXED),
    ]


def test_many_fixes_of_one_place_get_their_turns(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "ROUND_LIMIT", 5)
    lines = "".join(f"line {number}\n" for number in range(12))
    result = execute(write_tree(tmp_path, {"a.cfg": lines}), toys.Appends)
    assert texts(result) == {"a.cfg": (lines + "".join(f"added {number};\n" for number in range(12))).encode()}


def test_positions_of_later_rounds_are_those_of_the_original(tmp_path):
    # The first round makes the text before the second finding longer and adds lines.
    class Longer(toys.Replace):
        id = "a-longer"
        word, new = "grow", "many\nlines\nof\ntext old"

    result = execute(write_tree(tmp_path, {"a.cfg": "grow\nx beta\nalpha beta\n"}), Longer, toys.Long, toys.Replace, toys.Short)
    assert texts(result) == {"a.cfg": b"many\nlines\nof\ntext new\nx two\none two\n"}
    places = {(item.fixer, item.start.line, item.start.column) for item in result.findings}
    assert places == {
        ("a-longer", 1, 1),
        ("replace", 1, 1),  # in text of the first round: shown where that was put in
        ("short", 2, 3),
        ("long", 3, 1),
        ("short", 3, 1),
    }


def test_a_file_is_visited_again_when_one_that_it_read_changes(tmp_path):
    tree = {"a.cfg": "include(b.cfg)\n", "b.cfg": "old\n", "c.cfg": "include(missing.cfg)[]\n"}
    result = execute(write_tree(tmp_path, tree), toys.Includes, toys.Replace)
    assert texts(result) == {"a.cfg": b"include(b.cfg)[new]\n", "b.cfg": b"new\n"}
    assert execute(tmp_path, toys.Includes).changes  # on disk nothing has changed


def test_a_file_that_nothing_else_touches_is_shown_once(tmp_path, monkeypatch):
    class Second(toys.Replace):
        id = "second"
        word, new = "first", "second"

        def wants(self, path):
            return path == "b.cfg"

    shown = []

    def run(work, tasks, limits):
        tasks = list(tasks)
        shown.extend(task.path for task in tasks)
        return pool_run(work, tasks, limits)

    pool_run = asking.pool.run
    monkeypatch.setattr(asking.pool, "run", run)
    write_tree(tmp_path, {"a.cfg": "old include(b.cfg)\n", "b.cfg": "first\n", "c.cfg": "old include(d.cfg)\n", "d.cfg": "x\n"})
    expected = {"a.cfg": b"new include(b.cfg)[second]\n", "b.cfg": b"second\n", "c.cfg": b"new include(d.cfg)[x]\n"}
    assert texts(execute(tmp_path, toys.Replace, toys.Includes, Second)) == expected
    assert Counter(shown)["a.cfg"] > 1, "it depends on b.cfg"
    assert Counter(shown)["c.cfg"] == 1


def test_a_file_is_visited_again_when_one_appears_or_goes(tmp_path):
    tree = {"a.cfg": "include(new.cfg)[]\n", "b.cfg": "include(gone.cfg)[x]\n", "gone.cfg": "x\n"}
    tree["z.cfg"] = "operations\ncreate new.cfg\ndelete gone.cfg\n"
    result = execute(write_tree(tmp_path, tree), toys.Includes, toys.Files)
    assert texts(result) == {
        "a.cfg": b"include(new.cfg)[created]\n",
        "b.cfg": b"include(gone.cfg)[]\n",
        "gone.cfg": None,
        "new.cfg": b"created\n",
    }


def test_facts_that_change_cause_another_visit(tmp_path):
    tree = {"a.cfg": "DEFINE x\n", "b.cfg": "use x\n", "c.cfg": "use y\n"}
    result = execute(write_tree(tmp_path, tree), toys.Defines, toys.Uses)
    assert texts(result) == {"a.cfg": b"define x\n", "b.cfg": b"used x\n"}


def test_facts_name_the_files_to_visit(tmp_path):
    tree = {"a.cfg": "define x\ndefine y\nuse x\n", "x.cfg": "use x\n", "y.cfg": "use x\n", "z.cfg": "use x\n"}
    result = execute(write_tree(tmp_path, tree), toys.Targets)
    assert texts(result) == {"x.cfg": b"used x\n", "y.cfg": b"used x\n"}


def test_a_part_of_the_repository_is_fixed_with_facts_of_all(tmp_path):
    make_repository(tmp_path, {"a/def.cfg": "define x\nuse x\n", "b/use.cfg": "use x\n"})
    result = execute(tmp_path, toys.Uses, paths=[tmp_path / "b"])
    assert texts(result) == {"b/use.cfg": b"used x\n"}


def test_summaries_are_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_tree(tmp_path / "project", {"a.cfg": "define x\n", "b.cfg": "use x\n"})
    first = execute(root, toys.Uses, cache=True)
    monkeypatch.setattr(toys, "definitions", None)
    assert texts(execute(root, toys.Uses, cache=True)) == texts(first) == {"b.cfg": b"used x\n"}
    write_tree(root, {"a.cfg": "define y\n"})
    assert not execute(root, toys.Uses, cache=True).changes


def test_a_damaged_cache_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_tree(tmp_path / "project", {"a.cfg": "define x\nuse x\n"})
    execute(root, toys.Uses, cache=True)
    (file,) = (tmp_path / "cache" / "autofix").iterdir()
    for damage in (b"", b"nonsense", file.read_bytes()[:-3]):
        file.write_bytes(damage)
        assert execute(root, toys.Uses, cache=True).changes


def test_a_user_without_a_home(tmp_path, monkeypatch):
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("XDG_STATE_HOME")
    root = write_tree(tmp_path, {"a.cfg": "define x\nuse x\n"})
    assert session.recover_interrupted(root, dry=True) is None
    result = execute(root, toys.Uses, cache=True)
    with pytest.raises(ApplyError, match="set XDG_STATE_HOME"):
        session.write(result, allow_dirty=False)
    make_repository(root)
    session.write(result, allow_dirty=False)
    assert (root / "a.cfg").read_text() == "define x\nused x\n"


def test_a_cache_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "replace", lambda *_: os.stat("nowhere"))
    execute(write_tree(tmp_path / "project", {"a.cfg": "define x\n"}), toys.Uses, cache=True)
    assert not list((tmp_path / "cache/autofix").iterdir())


def test_what_stays_the_same_is_not_changed(tmp_path):
    tree = {"a.cfg": "keep old\n", "b.cfg": "keep\n", "c.cfg": "text\n"}
    result = execute(write_tree(tmp_path, tree), toys.Same)
    assert texts(result) == {"a.cfg": b"keep new\n"}
    assert not result.failures
    assert [item.path for item in result.findings if item.status is Status.FIXED] == ["a.cfg"]


class TestFilesThatComeAndGo:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        ask = "operations\ncreate deep/er/new.sh\ndelete gone.cfg\nrename from.cfg to/where.cfg\n"
        tree = {"z.cfg": ask, "gone.cfg": "1\n", "from.cfg": "keep\nold\n", "other.cfg": "old\n"}
        return make_repository(tmp_path / "project", tree)

    def test_in_diff_apply_and_undo(self, root, tmp_path):
        before = read_tree(root)
        result = execute(root, toys.Files, toys.Replace)
        patch = patch_of(result)
        for header in (
            b"new file mode 100755",
            b"deleted file mode 100644",
            b"rename from from.cfg",
            b"rename to to/where.cfg",
        ):
            assert header in patch
        patched = copy_of(root, tmp_path / "patched")
        git(patched, "apply", "-", stdin=patch)
        done, applied = session.write(result, allow_dirty=False)
        assert not done.failures
        assert not applied.refused
        after = read_tree(root)
        assert after == read_tree(patched)
        assert after["to/where.cfg"] == b"keep\nnew\n"
        assert after["deep/er/new.sh"] == b"created\n"
        assert (root / "deep/er/new.sh").stat().st_mode & 0o111
        assert not {"gone.cfg", "from.cfg"} & after.keys()
        assert not execute(root, toys.Files, toys.Replace).changes
        session.take_back(root)
        assert read_tree(root) == before
        assert not (root / "deep").exists()

    def test_are_all_or_nothing(self, root):
        write_tree(root, {"gone.cfg": "uncommitted\n"})
        before = read_tree(root)
        done, _ = session.write(execute(root, toys.Files), allow_dirty=False)
        assert read_tree(root) == before
        assert not done.changes
        assert {failure.path for failure in done.failures} == {"deep/er/new.sh", "gone.cfg", "to/where.cfg"}
        assert statuses(done) == [("files", Status.DROPPED)]

    def test_what_stands_there_since_an_earlier_round_is_not_overwritten(self, tmp_path):
        tree = {"a.cfg": "operations\ncreate new.cfg\n", "b.cfg": "operations\nrename c.cfg new.cfg\n", "c.cfg": "text\n"}
        result = execute(make_repository(tmp_path, tree), toys.Files)
        assert texts(result) == {"new.cfg": b"created\n"}
        assert statuses(result) == [("files", Status.FIXED), ("files", Status.DROPPED)]
        assert "new.cfg exists already" in result.findings[1].reason

    def test_a_file_that_is_gone_has_no_findings(self, tmp_path):
        tree = {"a.cfg": "operations\nrename b.cfg c.cfg\ndelete d.cfg\n", "b.cfg": "risky\n", "d.cfg": "risky\n"}
        result = execute(make_repository(tmp_path, tree), toys.Files, toys.Unsafe)
        assert [(item.fixer, item.path) for item in result.findings] == [("files", "a.cfg"), ("unsafe", "c.cfg")]

    def test_what_stands_there_is_not_overwritten(self, root):
        write_tree(root, {".gitignore": "deep/\n", "deep/er/new.sh": "mine\n"})
        result = execute(root, toys.Files)
        assert not result.changes
        assert statuses(result) == [("files", Status.DROPPED)]
        assert "deep/er/new.sh exists already" in result.findings[0].reason


class TestScope:
    TREE = (("a.cfg", "old\n"), ("sub/b.cfg", "old\n"), ("sub/deep/c.cfg", "old\n"), ("gen/d.cfg", "old\n"))

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return make_repository(tmp_path, dict(self.TREE))

    def test_paths_below_the_root(self, root):
        assert texts(execute(root, toys.Replace, paths=[root / "sub"])).keys() == {"sub/b.cfg", "sub/deep/c.cfg"}
        assert texts(execute(root, toys.Replace, paths=[root / "sub/deep", root / "a.cfg"])).keys() == {
            "a.cfg",
            "sub/deep/c.cfg",
        }

    def test_a_fix_that_reaches_beyond_them_brings_no_others(self, root):
        write_tree(root, {"sub/e.cfg": "also=f.cfg\nvalue: old\n", "f.cfg": "value: old\nrisky\n"})
        assert texts(execute(root, toys.Both, toys.Unsafe, unsafe=True, paths=[root / "sub"])) == {
            "sub/e.cfg": b"also=f.cfg\nvalue: new\n",
            "f.cfg": b"value: new\nrisky\n",
        }

    def test_folders_whose_names_begin_alike(self, root):
        write_tree(root, {"subway/e.cfg": "old\n"})
        assert "subway/e.cfg" not in texts(execute(root, toys.Replace, paths=[root / "sub"]))

    def test_exclude(self, root):
        write_tree(root, {"autofix.toml": 'exclude = ["gen/", "*/deep/*"]\n'})
        assert texts(execute(root, toys.Replace)).keys() == {"a.cfg", "sub/b.cfg"}

    def test_a_named_file_is_fixed_although_it_is_excluded(self, root):
        write_tree(root, {"autofix.toml": 'exclude = ["gen/"]\n', "node_modules/x/e.cfg": "old\n"})
        for path in ("gen/d.cfg", "node_modules/x/e.cfg"):
            assert texts(execute(root, toys.Replace, paths=[root / path])).keys() == {path}

    def test_excluded_folders(self, root):
        write_tree(root, {f"{folder}/x.cfg": "old\n" for folder in ("node_modules", "a/.venv/b", "site-packages", ".next")})
        assert texts(execute(root, toys.Replace)).keys() == dict(self.TREE).keys()

    def test_no_fix_reaches_into_an_excluded_file(self, root):
        write_tree(root, {"autofix.toml": 'exclude = ["gen/"]\n'})
        write_tree(root, {"x.yaml": "# also=gen/y.yaml\nvalue: old\n", "gen/y.yaml": "value: old\n"})
        write_tree(
            root,
            {"v.yaml": "# also=vendored/node_modules/y.yaml\nvalue: old\n", "vendored/node_modules/y.yaml": "value: old\n"},
        )
        result = execute(root, toys.Both)
        assert not result.changes
        assert [item.reason for item in result.findings] == ["a file that it would change is left alone"] * 2

    def test_per_file_ignores(self, root):
        write_tree(root, {"autofix.toml": '[per-file-ignores]\n"sub/*" = ["replace"]\n"a.*" = ["toys"]\n"gen/" = ["sh*"]\n'})
        write_tree(root, {"sub/both.cfg": "beta old\n"})
        result = execute(root, toys.Replace, toys.Short)
        assert texts(result) == {"gen/d.cfg": b"new\n", "sub/both.cfg": b"two old\n"}

    def test_since(self, root):
        git(root, "tag", "base")
        write_tree(root, {"sub/b.cfg": "x\nold\n", "a.cfg": "old\nunchanged?\nold\n", "new file.cfg": "old\n"})
        git(root, "commit", "--quiet", "-am", "more")
        write_tree(root, {"a.cfg": "old\nunchanged?\nold\nold\n"})
        result = execute(root, toys.Replace, since="base")
        # The first line of a.cfg and the last of sub/b.cfg stood there before.
        assert texts(result) == {"a.cfg": b"old\nunchanged?\nnew\nnew\n", "new file.cfg": b"new\n"}

    def test_since_keeps_findings_of_other_lines_out_of_the_report(self, root):
        git(root, "tag", "base")
        write_tree(root, {"a.cfg": "old\nunclear\n"})
        write_tree(root, {"sub/b.cfg": "unclear\nold\n"})
        result = execute(root, toys.Refuses, since="base")
        assert [(item.path, item.start.line) for item in result.findings] == [("a.cfg", 2), ("sub/b.cfg", 1)]

    def test_generated_files_are_left_alone_and_named(self, root):
        write_tree(root, {"a.cfg": "# @generated by x\nold\n"})
        write_tree(root, {"x.yaml": "# also=y.yaml\nvalue: old\n", "y.yaml": "# @generated\nvalue: old\n"})
        result = execute(root, toys.Replace, toys.Both)
        assert "a.cfg" not in texts(result)
        assert [(skipped.path, skipped.reason) for skipped in result.skipped] == [
            ("a.cfg", "is marked as generated"),
            ("y.yaml", "is marked as generated"),
        ]
        assert ("both", Status.DROPPED) in statuses(result)

    def test_the_configuration_is_never_changed(self, root):
        class Everything(toys.Replace):
            languages = frozenset(toys.Language)

        text = '# old\nselect = ["replace"]\n'
        write_tree(root, {"autofix.toml": text, "sub/autofix.toml": "# old\n", "x.yaml": "# also=autofix.toml\nvalue: old\n"})
        result = execute(root, Everything)
        assert "autofix.toml" not in texts(result)
        assert texts(result)["sub/autofix.toml"] == b"# new\n"


class TestApplicability:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return write_tree(tmp_path, {"a.cfg": "old risky maybe unclear\n"})

    def test_of_fixes(self, root):
        fixers = (toys.Replace, toys.Unsafe, toys.Suggests, toys.Refuses)
        result = execute(root, *fixers)
        assert texts(result) == {"a.cfg": b"new risky maybe unclear\n"}
        assert statuses(result) == [
            ("replace", Status.FIXED),
            ("unsafe", Status.UNSAFE),
            ("suggests", Status.SUGGESTED),
            ("refuses", Status.REFUSED),
        ]
        assert texts(execute(root, *fixers, unsafe=True)) == {"a.cfg": b"new RISKY maybe unclear\n"}

    def test_from_the_configuration(self, root):
        write_tree(root, {"autofix.toml": "unsafe = true\n"})
        assert texts(execute(root, toys.Unsafe)) == {"a.cfg": b"old RISKY maybe unclear\n"}
        assert not execute(root, toys.Unsafe, unsafe=False).changes


class TestWriting:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return make_repository(tmp_path, {"a.cfg": "old\n", "b.cfg": "old\n"})

    def test_a_second_run_changes_nothing(self, root):
        session.write(execute(root, toys.Replace), allow_dirty=False)
        assert not execute(root, toys.Replace).changes

    def test_a_file_that_changed_since_it_was_read_is_refused(self, root):
        result = execute(root, toys.Replace)
        git(root, "commit", "--allow-empty", "-m", "x", "--quiet")
        write_tree(root, {"a.cfg": "old, edited meanwhile\n"})
        done, _ = session.write(result, allow_dirty=True)
        assert read_tree(root) == {"a.cfg": b"old, edited meanwhile\n", "b.cfg": b"new\n"}
        assert [(failure.path, failure.reason) for failure in done.failures] == [("a.cfg", "has changed since it was read")]
        assert {(item.path, item.status) for item in done.findings} == {("a.cfg", Status.DROPPED), ("b.cfg", Status.FIXED)}

    def test_uncommitted_changes_are_refused_unless_allowed(self, root):
        write_tree(root, {"a.cfg": "old old\n"})
        done, _ = session.write(execute(root, toys.Replace), allow_dirty=False)
        assert read_tree(root) == {"a.cfg": b"old old\n", "b.cfg": b"new\n"}
        assert "uncommitted" in done.failures[0].reason
        done, _ = session.write(execute(root, toys.Replace), allow_dirty=True)
        assert read_tree(root)["a.cfg"] == b"new new\n"
        assert not done.failures

    def test_staged_changes_are_uncommitted(self, root):
        write_tree(root, {"a.cfg": "old old\n", "ünü\n.cfg": "old\n"})
        git(root, "add", ".")
        done, _ = session.write(execute(root, toys.Replace), allow_dirty=False)
        assert {failure.path for failure in done.failures} == {"a.cfg", "ünü\n.cfg"}
