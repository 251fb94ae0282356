from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from autofix.apply.changes import Change
from autofix.apply.state import state_folder, work_tree
from autofix.apply.write import apply_changes


def git(folder, *words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


def as_git_says(folder):
    return (Path(folder) / git(folder, "rev-parse", "--git-path", "autofix")).resolve()


def test_agrees_with_git(tmp_path):
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    (main / "sub/deep").mkdir(parents=True)
    git(main, "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(tmp_path / "linked"))
    git(main, "submodule", "add", "-q", str(main), "module")
    git(tmp_path, "init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere.git"), str(tmp_path / "separate"))
    for folder in (main, main / "sub/deep", tmp_path / "linked", main / "module", tmp_path / "separate"):
        assert state_folder(folder).resolve() == as_git_says(folder)
    assert state_folder(main / "sub") == main / ".git/autofix"
    assert work_tree(main / "sub/deep") == main
    assert work_tree(main / "module") == main / "module"


@pytest.mark.parametrize("content", [None, b"", b"gitdir: nowhere\n", b"gitdir: \0\n", b"something else"])
def test_without_git(tmp_path, content):
    if content is None:
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_bytes(content)
    folder = state_folder(tmp_path)
    assert folder == state_folder(tmp_path)
    assert folder != state_folder(tmp_path.parent)
    assert not folder.is_relative_to(tmp_path), "nothing is left among the files of the project"


def test_journals_are_not_seen_by_git(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    assert apply_changes(tmp_path, [Change("a", b"1", b"2")], state=state_folder(tmp_path)).written
    git(tmp_path, "init", "-q")
    assert git(tmp_path, "status", "--porcelain", "--untracked-files=all") == "?? a"
    git(tmp_path, "add", "a")
    assert apply_changes(tmp_path, [Change("a", b"2", b"3")], state=state_folder(tmp_path)).written
    assert git(tmp_path, "status", "--porcelain", "--untracked-files=all") == "AM a"
