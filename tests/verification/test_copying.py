"""What is in the copy, and that nothing in it leads back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from autofix.verification import copying
from autofix.verification.relocation import relocate, variables
from repositories import git, make_repository, read_tree, write_tree

TREE = {"a.py": "a", "sub/b.py": "b", ".gitignore": ".env\ndata/\n.venv/\nnode_modules/\n__pycache__/\nold.log\n"}
IGNORED = {
    ".env": "SECRET=1",
    "data/x": "x" * 2000,
    "data/deep/y": "y",
    ".venv/pyvenv.cfg": "home = /usr/bin\n",
    ".venv/lib/__pycache__/m.pyc": "p" * 2000,
    "web/node_modules/m/index.js": "m" * 2000,
    "sub/__pycache__/b.pyc": "b",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "project", TREE)
    return write_tree(root, {**IGNORED, "new.txt": "untracked", "café \n.txt": "odd"})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "copy" / "project"


class TestCopy:
    def test_holds_all_but_what_is_made_again(self, root, target):
        made = copying.copy(root, target)
        assert read_tree(target) == {path: data for path, data in read_tree(root).items() if path != "sub/__pycache__/b.pyc"}
        assert (made.environments, made.left_out) == ([".venv"], [])

    @pytest.mark.parametrize("with_git", [True, False])
    def test_without_git(self, root, target, with_git):
        if not with_git:
            os.rename(root / ".git", root.parent / "gone")
        copying.copy(root, target)
        assert "sub/__pycache__/b.pyc" not in read_tree(target)
        assert ".venv/lib/__pycache__/m.pyc" in read_tree(target)
        assert (target / ".git").exists() == with_git

    def test_leaves_large_things_out_but_not_dependencies(self, root, target, monkeypatch):
        monkeypatch.setattr(copying, "LARGE", 1000)
        write_tree(root, {"data/.venv/pyvenv.cfg": ""})
        made = copying.copy(root, target)
        assert made.environments == [".venv", "data/.venv"]
        assert made.left_out == ["data: larger than 0 MiB"]
        assert {"data/x", "data/deep/y"} & read_tree(target).keys() == set()
        assert {".venv/lib/__pycache__/m.pyc", "web/node_modules/m/index.js"} < read_tree(target).keys()

    def test_modes_and_times_are_kept(self, root, target):
        (root / "a.py").chmod(0o755)
        (root / "sub").chmod(0o555)
        os.utime(root / "a.py", (1, 1))
        copying.copy(root, target)
        status = (target / "a.py").stat()
        assert (status.st_mode & 0o777, status.st_mtime) == (0o755, 1)
        assert (target / "sub").stat().st_mode & 0o700 == 0o700

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_names_what_cannot_be_read(self, root, target):
        (root / ".env").chmod(0)
        assert copying.copy(root, target).left_out == [".env: cannot be read"]

    def test_a_file_that_is_gone_is_none(self, root, target):
        (root / "a.py").unlink()
        copying.copy(root, target)
        assert not (target / "a.py").exists()

    def test_a_submodule_and_a_repository_within(self, root, target, tmp_path):
        other = make_repository(tmp_path / "other", {"m.py": "m"})
        git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "module")
        make_repository(root / "inner", {"i.py": "i"})
        copying.copy(root, target)
        assert {"module/m.py", "inner/i.py"} < read_tree(target).keys()
        assert not (target / "module" / ".git").exists()


class TestLinks:
    @pytest.mark.parametrize(
        ("text", "leads_to"),
        [
            ("a.py", "a.py"),
            ("{root}/a.py", "{target}/a.py"),
            ("{root}", "{target}"),
            ("data", "data"),
            ("../outside", "{outside}"),
            ("{outside}", "{outside}"),
            ("{back}/a.py", "{target}/a.py"),
            ("../back/a.py", "{target}/a.py"),
            ("nowhere", "nowhere"),
            ("{root}-other/x", "{root}-other/x"),
        ],
    )
    def test_lead_to_the_copy_or_out(self, root, target, tmp_path, text, leads_to):
        names = {"root": root, "target": target, "outside": tmp_path / "outside", "back": tmp_path / "back"}
        names["back"].symlink_to(root)
        (root / "link").symlink_to(text.format(**names))
        copying.copy(root, target)
        assert os.readlink(target / "link") == leads_to.format(**names)
        assert not os.path.realpath(target / "link").startswith(f"{root}/")


class TestRepository:
    @pytest.mark.parametrize("linked", [False, True])
    def test_is_the_same_and_its_own(self, root, target, linked):
        git(root, "tag", "v1")
        git(root, "branch", "other")
        if linked:
            git(root, "worktree", "add", "--quiet", "-b", "third", str(root.parent / "linked"))
            root = root.parent / "linked"
        write_tree(root, {"a.py": "changed", "staged.py": "s"})
        git(root, "add", "staged.py")
        questions = (
            ("status", "--short"),
            ("log", "--all", "--format=%H %D"),
            ("describe", "--tags"),
            ("branch", "--list", "--no-color"),
        )
        copying.copy(root, target)
        for question in questions[: 2 if linked else 4]:
            assert git(target, *question).replace(b"+ ", b"  ") == git(root, *question).replace(b"+ ", b"  "), question
        before = git(root, "for-each-ref")
        git(target, "commit", "--quiet", "-am", "y")
        git(target, "gc", "--quiet", "--prune=now")
        assert git(root, "for-each-ref") == before
        assert git(root, "fsck") == b""

    def test_knows_no_other_work_tree(self, root, target):
        git(root, "config", "core.worktree", str(root))
        copying.copy(root, target)
        (target / "a.py").write_text("changed in the copy")
        git(target, "checkout", "--quiet", "a.py")
        assert (target / "a.py").read_text() == "a"
        assert git(root, "config", "core.worktree").decode().strip() == str(root)


class TestEnvironments:
    @pytest.fixture
    def environment(self, root: Path) -> Path:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
        (packages,) = (root / ".venv").glob("lib/python3*/site-packages")
        (packages / "project.pth").write_text(f"{root}/src\n")
        tool = root / ".venv" / "bin" / "tool"
        tool.write_text(f"#!{root}/.venv/bin/python\nimport sys, word\nprint(sys.prefix, word.__file__)\n")
        tool.chmod(0o755)
        write_tree(root, {"src/word.py": ""})
        return root / ".venv"

    def test_use_the_copy(self, root, target, environment):
        copying.copy(root, target)
        relocate(f"{target}/.venv", str(root), str(target))
        done = subprocess.run([target / ".venv" / "bin" / "tool"], capture_output=True, text=True, cwd="/")
        assert done.stdout.split() == [f"{target}/.venv", f"{target}/src/word.py"], done.stderr

    def test_an_active_one_is_that_of_the_copy(self, root, target, environment):
        copying.copy(root, target)
        active = {"VIRTUAL_ENV": str(environment), "PATH": f"{environment}/bin:/usr/bin:{root}-other/bin"}
        seen = variables(str(root), str(target), active)
        assert seen["VIRTUAL_ENV"] == f"{target}/.venv"
        assert seen["PATH"] == f"{target}/.venv/bin:/usr/bin:{root}-other/bin"
        assert seen["PYTHONPATH"] == f"{target}:{target}/src"


class TestVariables:
    def test_of_git_stay_behind(self, root, target):
        target.mkdir(parents=True)
        seen = variables(
            str(root), str(target), {"GIT_DIR": f"{root}/.git", "URL": f"sqlite:///{root}/a.db", "PYTHONPATH": "/x"}
        )
        assert seen == {"URL": f"sqlite:///{target}/a.db", "PYTHONPATH": f"{target}:/x"}

    @pytest.mark.parametrize("name", ["types.py", "logging/__init__.py"])
    def test_the_root_hides_no_module_of_python(self, root, target, name):
        write_tree(target, {name: "", "src/a.py": ""})
        assert variables(str(root), str(target), {})["PYTHONPATH"] == f"{target}/src"

    def test_what_the_copy_is_without_stays_what_it_is(self, root, target):
        target.mkdir(parents=True)
        assert variables(str(root), str(target), {"TOOLS": f"{root}/data"})["TOOLS"] == f"{root}/data"
