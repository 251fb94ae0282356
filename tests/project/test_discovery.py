"""Which files belong to a project."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import toy_fixers as toys
from autofix import session
from autofix.project.discovery import NotFound, discover
from repositories import IDENTITY, git, make_repository, read_tree, write_tree
from runs import execute, texts


def found(*named: Path) -> set[str]:
    return set(discover(list(named)).targets)


class TestRoot:
    def test_is_the_work_tree(self, tmp_path):
        root = make_repository(tmp_path / "project", {"sub/a.cfg": "x"})
        assert discover([root / "sub"]).root == root
        assert discover([root / "sub/a.cfg"]).root == root

    def test_without_git_is_the_folder(self, tmp_path, monkeypatch):
        write_tree(tmp_path, {"project/a.cfg": "x"})
        assert discover([tmp_path / "project"]).root == tmp_path / "project"
        monkeypatch.chdir(tmp_path)
        assert discover([tmp_path / "project"]).root == tmp_path

    @pytest.mark.parametrize(
        ("name", "text"),
        [("autofix.toml", ""), ("pyproject.toml", "[tool.autofix]\n"), ("pyproject.toml", "[tool.autofix.fixers.x]")],
    )
    def test_without_git_a_configuration_marks_it(self, tmp_path, name, text):
        write_tree(tmp_path, {name: text, "project/pyproject.toml": "[tool.other]", "project/sub/a.cfg": "x"})
        assert discover([tmp_path / "project/sub"]).root == tmp_path

    def test_through_a_link(self, tmp_path):
        root = make_repository(tmp_path / "project", {"a.cfg": "x"})
        (tmp_path / "link").symlink_to(root)
        assert discover([tmp_path / "link"]).root == root
        assert found(tmp_path / "link/a.cfg") == {"a.cfg"}

    def test_no_such_path(self, tmp_path):
        with pytest.raises(NotFound, match=r"nowhere: no such file or folder"):
            discover([tmp_path / "nowhere"])


class TestSeveralRepositories:
    def test_cannot_be_named_at_once(self, tmp_path):
        one = make_repository(tmp_path / "one", {"a.cfg": "old\n"})
        two = make_repository(tmp_path / "two", {"a.cfg": "old\n"})
        with pytest.raises(NotFound, match="run once for each repository"):
            discover([one, two])

    @pytest.mark.parametrize("name", ["nested", "nested/b.cfg"])
    def test_one_inside_the_other(self, tmp_path, name):
        outer = make_repository(tmp_path, {"a.cfg": "old\n"})
        make_repository(tmp_path / "nested", {"b.cfg": "old\n"})
        with pytest.raises(NotFound, match="run once for each repository"):
            discover([outer / "a.cfg", outer / name])
        assert discover([outer / name]).root == tmp_path / "nested"

    def test_a_nested_one_is_left_alone(self, tmp_path):
        make_repository(tmp_path, {"a.cfg": "old\n"})
        make_repository(tmp_path / "nested", {"b.cfg": "old\n"})
        write_tree(tmp_path, {"x.yaml": "# also=nested/y.yaml\nvalue: old\n", "nested/y.yaml": "value: old\n"})
        assert texts(execute(tmp_path, toys.Replace, toys.Both)).keys() == {"a.cfg", "x.yaml"}
        assert texts(execute(tmp_path, toys.Both)) == {}

    def test_without_git_outside(self, tmp_path):
        write_tree(tmp_path, {"a.cfg": "old\n"})
        make_repository(tmp_path / "nested", {"b.cfg": "old\n"})
        assert found(tmp_path) == {"a.cfg"}


@pytest.fixture
def with_submodule(tmp_path: Path) -> Path:
    library = make_repository(tmp_path / "library", {"lib.cfg": "old\n"})
    root = make_repository(tmp_path / "project", {"a.cfg": "old\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendor.cfg")
    git(root, "commit", "--quiet", "-m", "submodule")
    return root


def test_a_submodule_is_never_written(with_submodule):
    before = read_tree(with_submodule / "vendor.cfg")
    result = execute(with_submodule, toys.Replace)
    assert texts(result) == {"a.cfg": b"new\n"}
    session.write(result, allow_dirty=False)
    assert read_tree(with_submodule / "vendor.cfg") == before


def test_a_submodule_can_be_a_run_of_its_own(with_submodule):
    result = execute(with_submodule / "vendor.cfg", toys.Replace)
    assert texts(result) == {"lib.cfg": b"new\n"}
    done, _ = session.write(result, allow_dirty=False)
    assert not done.failures
    session.take_back(with_submodule / "vendor.cfg")
    assert (with_submodule / "vendor.cfg/lib.cfg").read_bytes() == b"old\n"


def test_a_linked_work_tree(tmp_path):
    root = make_repository(tmp_path / "project", {"a.cfg": "old\n"})
    git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    done, _ = session.write(execute(linked, toys.Replace), allow_dirty=False)
    assert not done.failures
    assert (linked / "a.cfg").read_bytes() == b"new\n"
    assert (root / "a.cfg").read_bytes() == b"old\n"
    assert git(linked, "status", "--porcelain") == b" M a.cfg\n"
    session.take_back(linked)
    assert git(linked, "status", "--porcelain") == b""


def test_a_linked_work_tree_inside_of_its_repository(tmp_path):
    root = make_repository(tmp_path, {"a.cfg": "old\n", ".gitignore": "trees/\n"})
    git(root, "worktree", "add", "--quiet", str(tmp_path / "trees/one"))
    assert texts(execute(root, toys.Replace)).keys() == {"a.cfg"}
    assert found(root / "trees/one") == {".gitignore", "a.cfg"}


class TestIgnoreRules:
    TREE = (
        (".gitignore", "*.log\n/build\n!keep.log\n"),
        ("a.cfg", ""),
        ("x.log", ""),
        ("keep.log", ""),
        ("build/b.cfg", ""),
        ("sub/build/c.cfg", ""),
        ("sub/.gitignore", "/local.cfg\nfolder/\n"),
        ("sub/local.cfg", ""),
        ("sub/deep/local.cfg", ""),
        ("sub/folder/d.cfg", ""),
        ("sub/folder.cfg", ""),
        ("node_modules/e.cfg", ""),
    )
    FOUND = frozenset(
        {".gitignore", "a.cfg", "keep.log", "sub/.gitignore", "sub/build/c.cfg", "sub/deep/local.cfg", "sub/folder.cfg"}
    )

    def test_without_git(self, tmp_path):
        assert found(write_tree(tmp_path, dict(self.TREE))) == self.FOUND

    def test_with_git(self, tmp_path):
        make_repository(tmp_path, {})
        # The walk skips what the pipeline skips in a list of git's.
        assert found(write_tree(tmp_path, dict(self.TREE))) == self.FOUND | {"node_modules/e.cfg"}
        assert not any("node_modules" in path for path in texts(execute(tmp_path, toys.Replace)))

    def test_tracked_files_count_although_they_are_ignored(self, tmp_path):
        root = make_repository(tmp_path, {".gitignore": "a.cfg\nb.cfg\n", "a.cfg": "old\n"})
        write_tree(root, {"b.cfg": "old\n"})
        assert texts(execute(root, toys.Replace)).keys() == {"a.cfg"}

    def test_a_gitignore_that_cannot_be_read(self, tmp_path):
        write_tree(tmp_path, {"a.cfg": "", "sub/b.cfg": ""})
        os.mkfifo(tmp_path / ".gitignore")
        (tmp_path / "sub/.gitignore").symlink_to("/dev/zero")
        assert found(tmp_path) == {"a.cfg", "sub/b.cfg"}


def test_links_are_not_followed(tmp_path):
    write_tree(tmp_path, {"project/a.cfg": "old\n", "outside/b.cfg": "old\n"})
    root = tmp_path / "project"
    (root / "loop").symlink_to(root)
    (root / "self.cfg").symlink_to("self.cfg")
    (root / "out.cfg").symlink_to(tmp_path / "outside/b.cfg")
    (root / "out").symlink_to(tmp_path / "outside")
    assert found(root) == {"a.cfg"}
    make_repository(root, {"a.cfg": "old\n"})
    for name, target in (("loop", root), ("self.cfg", "self.cfg"), ("out.cfg", tmp_path / "outside/b.cfg")):
        if not os.path.lexists(root / name):
            (root / name).symlink_to(target)
    result = execute(root, toys.Replace)
    assert texts(result).keys() == {"a.cfg"}
    assert {skipped.reason for skipped in result.skipped} == {"is a symbolic link"}


@pytest.mark.parametrize("outside", [True, False])
def test_a_folder_that_became_a_link(tmp_path, outside):
    root = make_repository(
        tmp_path / "project", {"a/b/c.cfg": "old\n", "d/b/c.cfg": "old\n", "e.cfg": "also=a/b/c.cfg\nvalue: old\n"}
    )
    write_tree(tmp_path, {"outside/b/c.cfg": "value: old\n"})
    shutil.rmtree(root / "a")
    (root / "a").symlink_to("../outside" if outside else "d")
    result = execute(root, toys.Replace, toys.Both)
    assert {change.path for change in result.changes} == {"d/b/c.cfg", "e.cfg"}
    assert not result.failures


def test_files_that_git_lists_and_that_are_gone(tmp_path):
    root = make_repository(tmp_path, {"a.cfg": "old\n", "b.cfg": "old\n"})
    (root / "b.cfg").unlink()
    result = execute(root, toys.Replace)
    assert texts(result).keys() == {"a.cfg"}
    assert not result.failures


def test_a_folder_that_made_room_for_a_file(tmp_path):
    root = make_repository(tmp_path, {"a.cfg": "old\n", "sub/b.cfg": "old\n"})
    (root / "sub/b.cfg").unlink()
    (root / "sub").rmdir()
    (root / "sub").write_text("a file\n")
    result = execute(root, toys.Replace)
    assert texts(result).keys() == {"a.cfg"}
    assert not result.failures


def test_names_that_are_no_text(tmp_path):
    names = {os.fsdecode(b"\xff.cfg"): b"old\n", 'tab\t"quote".cfg': b"old\n", "line\nbreak.cfg": b"old\n", "-r.cfg": b"old\n"}
    root = make_repository(tmp_path, names)
    assert texts(execute(root, toys.Replace)).keys() == names.keys()


def test_git_starts_no_program_of_the_repository(tmp_path):
    root = make_repository(tmp_path, {"a.cfg": "old\n"})
    evil = write_tree(tmp_path, {"evil.sh": f"#!/bin/sh\ntouch {tmp_path}/started\n"}) / "evil.sh"
    evil.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(evil))
    git(root, "config", "core.pager", str(evil))
    git(root, "config", "diff.external", str(evil))
    hooks = write_tree(tmp_path / "hooks", {name: evil.read_bytes() for name in ("post-index-change", "pre-commit")})
    for hook in hooks.iterdir():
        hook.chmod(0o755)
    git(root, "config", "core.hooksPath", str(hooks))
    write_tree(root, {"a.cfg": "old old\n"})
    (tmp_path / "started").unlink(missing_ok=True)
    result = execute(root, toys.Replace, since="HEAD")
    session.write(execute(root, toys.Replace), allow_dirty=False)
    assert not result.failures
    assert not (tmp_path / "started").exists()


def test_a_bare_repository_has_no_work_tree(tmp_path, monkeypatch):
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True, env={**os.environ, **IDENTITY})
    assert not discover([bare]).has_git
    write_tree(tmp_path, {"bare.git/hooks/a.cfg": "", "b.cfg": ""})
    assert found(bare) == set()
    assert found(tmp_path) == {"b.cfg"}
    monkeypatch.chdir(bare)
    assert found(bare) == set()


def test_files_of_git_itself_are_none_of_the_project(tmp_path):
    root = make_repository(tmp_path, {"a.cfg": "old\n"})
    write_tree(root, {".git/hooks/b.cfg": "old\n"})
    assert found(root / ".git", root / ".git/hooks/b.cfg", root / ".git/config") == set()
    assert texts(execute(root, toys.Replace, paths=(root / ".git/hooks/b.cfg", root / "a.cfg"))).keys() == {"a.cfg"}


def test_a_merge_conflict_is_one_file(tmp_path, monkeypatch):
    root = make_repository(tmp_path / "project", {"a.cfg": "one\n"}, {"a.cfg": "two\n"})
    git(root, "checkout", "--quiet", "-b", "other", "HEAD~1")
    write_tree(root, {"a.cfg": "three\n"})
    git(root, "commit", "--quiet", "-am", "x")
    subprocess.run(
        ["git", "-C", str(root), "merge", "--quiet", "main"], capture_output=True, check=False, env={**os.environ, **IDENTITY}
    )
    assert git(root, "ls-files").count(b"a.cfg") > 1
    # Git before 2.31 knows less.
    old = write_tree(
        tmp_path, {"bin/git": f'#!/bin/sh\ncase "$*" in *--deduplicate*) exit 129; esac\nexec {shutil.which("git")} "$@"\n'}
    )
    (old / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", str(old / "bin"), prepend=os.pathsep)
    discovery = discover([root])
    assert (discovery.has_git, discovery.targets) == (True, ["a.cfg"])
