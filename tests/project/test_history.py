"""What git remembers of files that are gone."""

from __future__ import annotations

from pathlib import Path

from autofix.project.history import Departure, departures, ignored
from repositories import git, make_repository


def test_renames_and_deletions_oldest_first(tmp_path: Path) -> None:
    long = b"".join(b"line %d\n" % number for number in range(20))
    root = make_repository(tmp_path, {"a/x.py": long, "a/y.py": b"1\n", "t.txt": b"1\n"}, {"b/é z.py": long}, {"c.py": long})
    first, second = git(root, "log", "--format=%h", "-2").decode().split()[::-1]
    found = departures(root, "*.py")
    assert set(found[:2]) == {Departure("a/x.py", "b/é z.py", first), Departure("a/y.py", None, first)}
    assert found[2:] == [Departure("b/é z.py", "c.py", second)]
    git(root, "mv", "c.py", "d.py")
    assert departures(root, "*.py")[3:] == [Departure("c.py", "d.py", "")]


def test_no_repository_has_no_history(tmp_path: Path) -> None:
    assert departures(tmp_path, "*.py") == []
    assert ignored(tmp_path, ["a"]) == frozenset()


def test_what_git_ignores_need_not_be_there(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {".gitignore": b"lib/\n*.log\n"})
    assert ignored(root, ["a/lib/x.py", "lib.py", "x.log"]) == {"a/lib/x.py", "x.log"}
    assert ignored(root, []) == frozenset()
