"""Worked cases that lie beside the project, where they are at hand: fixes as described, traps byte-identical."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from autofix import session
from autofix.registry import load
from repositories import make_repository, read_tree, write_tree

CASES = Path(__file__).parents[2] / "shared" / "cases"
REGISTRY = load()

# Which fixers a case is about, by the beginning of its name.
FIXERS = {
    "imports-": ("moved-imports",),
    "hf-": ("spaces-card",),
    "gha-0": ("workflow-branch", "workflow-branch-refs"),
    "gha-1": ("workflow-branch", "workflow-branch-refs"),
    "gha-20": ("workflow-branch", "workflow-branch-refs"),
    "await-": ("unawaited-coroutine",),
    "pool-": ("async-engine-pool",),
    "047-": ("docker-pip-cache",),
    "048-": ("docker-pip-cache",),
}
OF_OTHER_FIXERS = ("gha-13", "gha-14", "gha-19")


def cases() -> list[Any]:
    folders = [*CASES.glob("configs/*/"), *CASES.glob("docker/*/")]
    return [pytest.param(folder, id=folder.name) for folder in sorted(folders) if fixers(folder) or is_trap(folder)]


def fixers(folder: Path) -> tuple[str, ...]:
    if folder.name.startswith(OF_OTHER_FIXERS):
        return ()
    found = next((ids for start, ids in FIXERS.items() if folder.name.startswith(start)), ())
    return tuple(name for name in found if name in REGISTRY.fixers)


def is_trap(folder: Path) -> bool:
    return "TRAP" in (folder / "why.md").read_text("utf-8").splitlines()[0]


def state(folder: Path) -> dict[str, Any]:
    """`default branch: master (refs/remotes/origin/HEAD); branches: master`."""
    file = folder / "before" / "git-state.txt"
    text = file.read_text("utf-8")
    default = re.search(r"default branch: (\S+?)[;\s]", text)
    branches = re.search(r"branches: (.*)", text)
    return {
        "default": default[1] if default else None,
        "branches": re.split(r",\s*", branches[1].strip()) if branches else [],
        "remote": "https://github.com/me/x.git",
    }


@pytest.mark.parametrize("folder", cases())
def test_shared_case(folder: Path, tmp_path: Path) -> None:
    before = {path: data for path, data in read_tree(folder / "before").items() if path != "git-state.txt"}
    if (folder / "before" / "git-state.txt").exists():
        root = make_repository(tmp_path / "project", before, state=state(folder))
    else:
        root = write_tree(tmp_path / "project", before)  # nothing is said of git: there is none
    trap = is_trap(folder)
    unsafe = trap or "(unsafe)" in (folder / "why.md").read_text("utf-8").splitlines()[0]
    request = session.Request((root,), select=("*",) if trap else fixers(folder), unsafe=unsafe, jobs=1, cache=False)
    done, _ = session.write(session.execute(request, REGISTRY), allow_dirty=False)
    wanted = before if trap else {p: d for p, d in read_tree(folder / "after").items() if p != "git-state.txt"}
    assert read_tree(root) == wanted, [f"{item.message} {item.reason}" for item in done.findings]
    assert not session.execute(request, REGISTRY).changes
