"""What differs from a commit, whatever git is configured to do or cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_fixers as toys
from autofix import session
from autofix.apply.errors import ApplyError
from autofix.project.changes import UnknownRevision, changed_lines, uncommitted
from repositories import git, make_repository, read_tree, write_tree
from runs import execute


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path, {"a.cfg": "old\n" * 9, "b.cfg": "old\n"})


CONFIGURED = (
    ("diff.interHunkContext", "20"),
    ("diff.context", "9"),
    ("diff.noprefix", "true"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.renames", "copies"),
    ("color.ui", "always"),
    ("core.quotePath", "false"),
)


@pytest.mark.parametrize(("key", "value"), CONFIGURED)
def test_only_changed_lines_count_whatever_git_is_configured_to_show(root, key, value):
    write_tree(root, {"a.cfg": "1\n" + "old\n" * 7 + "9\n", "ü.cfg": "old\n"})
    git(root, "add", "ü.cfg")
    git(root, "config", key, value)
    assert changed_lines(root, "HEAD") == {"a.cfg": ((1, 1), (9, 9)), "ü.cfg": ((1, 1),)}


def test_where_git_is_not_installed(root, tmp_path, monkeypatch):
    write_tree(root, {"b.cfg": "old, edited\n"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnknownRevision, match="git cannot compare with 'HEAD': No such file or directory: git"):
        changed_lines(root, "HEAD")
    session.write(execute(root, toys.Replace), allow_dirty=False)
    assert read_tree(root)["b.cfg"] == b"new, edited\n"


class TestWhereGitRefusesToWork:
    @pytest.fixture(autouse=True)
    def _refuses(self, root: Path) -> None:
        write_tree(root, {"b.cfg": "old, edited\n", ".git/config": "[core]\n\trepositoryformatversion = 99\n"})

    def test_uncommitted_work_is_not_overwritten(self, root):
        before = read_tree(root)
        result = execute(root, toys.Replace)
        with pytest.raises(ApplyError, match=r"git cannot tell what is uncommitted .*version.*--allow-dirty"):
            session.write(result, allow_dirty=False)
        assert read_tree(root) == before
        session.write(result, allow_dirty=True)
        assert read_tree(root)["b.cfg"] == b"new, edited\n"

    def test_nothing_to_do_needs_no_git(self, root):
        session.write(execute(root, toys.Refuses), allow_dirty=False)

    def test_the_reason_is_told(self, root):
        with pytest.raises(UnknownRevision, match="version"):
            changed_lines(root, "HEAD")


def test_without_a_commit_nothing_is_uncommitted(tmp_path):
    root = make_repository(tmp_path)
    write_tree(root, {"a.cfg": "old\n"})
    git(root, "add", ".")
    assert uncommitted(root) == frozenset()


def test_without_a_branch(root):
    git(root, "checkout", "--quiet", "--detach")
    write_tree(root, {"b.cfg": ""})
    assert uncommitted(root) == {"b.cfg"}
