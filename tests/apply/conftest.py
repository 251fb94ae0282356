"""A project folder with its state, and snapshots of everything in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from autofix.apply.changes import Applied, Change
from autofix.apply.write import apply_changes

Tree = dict[str, tuple[str, int, bytes | str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def state(root: Path) -> Path:
    return root / ".autofix"


@pytest.fixture
def write(root: Path, state: Path) -> Callable[..., Applied]:
    def apply(*changes: Change) -> Applied:
        return apply_changes(root, changes, state=state)

    return apply


@pytest.fixture
def tree(root: Path) -> Callable[[], Tree]:
    """Everything below the root but the journals: kind, mode and content by name."""

    def snapshot() -> Tree:
        found: Tree = {}
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in (".autofix", ".git")]
            for name in [*folders, *names]:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                content: bytes | str = ""
                if stat.S_ISREG(status.st_mode):
                    content = Path(path).read_bytes()
                elif stat.S_ISLNK(status.st_mode):
                    content = os.readlink(path)
                found[os.path.relpath(path, root)] = (stat.filemode(status.st_mode)[0], status.st_mode & 0o7777, content)
        return found

    return snapshot


@pytest.fixture
def make(root: Path) -> Callable[..., Sequence[Path]]:
    """Create files with their parents: `make(**{"a/b.py": b"..."})`."""

    def create(files: dict[str, bytes]) -> Sequence[Path]:
        paths = []
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(path)
        return paths

    return create
