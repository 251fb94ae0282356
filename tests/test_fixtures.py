"""Every case in `fixtures/<fixer>/<case>/`: a tree before and after; without `after` nothing may change.

Each case runs as it is and with CRLF line endings. A case that must not change is also shown to all other fixers, save those
that its `but` names: they have something else to do there.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from autofix import session
from autofix.languages import language_of
from autofix.languages.comments import comments
from autofix.registry import load
from autofix.report.diff import chunks
from autofix.run.result import Reported, Result, Status
from autofix.text.source import Source
from repositories import copy_of, git, make_repository, read_tree

FIXTURES = Path(__file__).parent.parent / "fixtures"
REGISTRY = load()
KEYS = {"description", "unsafe", "crlf", "git", "findings", "but"}


@dataclass(frozen=True)
class Case:
    fixer: str
    folder: Path
    crlf: bool
    settings: dict[str, Any] = field(hash=False)

    def tree(self, name: str) -> dict[str, bytes]:
        tree = read_tree(self.folder / name)
        return {path: to_crlf(data) for path, data in tree.items()} if self.crlf else tree

    @property
    def is_trap(self) -> bool:
        return not (self.folder / "after").exists()


def to_crlf(data: bytes) -> bytes:
    return data if b"\r" in data or b"\0" in data else data.replace(b"\n", b"\r\n")


def cases() -> list[Any]:
    found = []
    for folder in sorted(path.parent for path in FIXTURES.glob("*/*/before")):
        file = folder / "case.toml"
        settings = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
        for crlf in (False, True) if settings.get("crlf", True) else (False,):
            name = f"{folder.parent.name}/{folder.name}{'-crlf' if crlf else ''}"
            found.append(pytest.param(Case(folder.parent.name, folder, crlf, settings), id=name))
    return found


def request(root: Path, case: Case, **changes: Any) -> session.Request:
    settings = {"select": (case.fixer,), "unsafe": bool(case.settings.get("unsafe")), "jobs": 1, "cache": False, **changes}
    return session.Request((root,), **settings)


@pytest.mark.parametrize("case", cases())
def test_case(case: Case, tmp_path: Path) -> None:
    assert case.settings.keys() <= KEYS, "unknown key in case.toml"
    before = case.tree("before")
    past = [case.tree("past")] if (case.folder / "past").exists() else []
    root = make_repository(tmp_path / "project", *past, before, state=case.settings.get("git"))
    expected = before if case.is_trap else case.tree("after")
    planned = session.execute(request(root, case), REGISTRY)
    assert not planned.failures
    if not case.settings.get("unsafe"):
        assert_comments_survive(planned)
    assert read_tree(root) == before, "a run writes nothing by itself"
    patch = b"".join(chunks(planned))
    patched = copy_of(root, tmp_path / "patched")
    if patch:
        git(patched, "apply", "--whitespace=nowarn", "-", stdin=patch)
    done, _ = session.write(planned, allow_dirty=False)
    assert not done.failures
    written = read_tree(root)
    assert written == expected
    assert read_tree(patched) == written, "the diff says something else than the files"
    again = session.execute(request(root, case), REGISTRY)
    assert not again.changes, b"".join(chunks(again)).decode()
    if "findings" in case.settings:
        assert_findings(again, case.settings["findings"])
    if case.is_trap:
        everything = session.execute(
            request(root, case, select=("*",), unsafe=True, ignore=case.settings.get("but", ())), REGISTRY
        )
        assert not everything.changes, b"".join(chunks(everything)).decode()


def assert_comments_survive(result: Result) -> None:
    """Safe fixes lose no comment."""
    for change in result.changes:
        lost = comment_texts(change.old_path, change.old) - comment_texts(change.path, change.new)
        assert not lost, change.path


def comment_texts(path: str, data: bytes | None) -> Counter[bytes]:
    language = language_of(path)
    if language is None or data is None:
        return Counter()
    source = Source.decode(path, data)
    return Counter(source.text[start:end].strip() for start, end in comments(source, language))


def assert_findings(result: Result, expected: list[str]) -> None:
    """Each expectation is `path:line: part of the message or reason`; each stands for one finding."""
    left = [item for item in result.findings if item.status is not Status.FIXED]
    for line in expected:
        match = next((item for item in left if matches(item, line)), None)
        assert match is not None, (line, [describe(item) for item in left])
        left.remove(match)
    assert not left, [describe(item) for item in left]


def matches(item: Reported, line: str) -> bool:
    place, _, part = line.partition(": ")
    return place == f"{item.path}:{item.start.line}" and part in describe(item)


def describe(item: Reported) -> str:
    return f"{item.path}:{item.start.line}: {item.message} {item.reason} {item.hint}"


def test_every_folder_belongs_to_a_fixer() -> None:
    folders = {path.parent.parent.name for path in FIXTURES.glob("*/*/before")}
    assert folders <= REGISTRY.fixers.keys()


@pytest.mark.parametrize("fixer", REGISTRY.fixers)
def test_every_fixer_has_cases_and_more_traps_than_fixes(fixer: str) -> None:
    folders = [path.parent for path in FIXTURES.glob(f"{fixer}/*/before")]
    traps = [folder for folder in folders if not (folder / "after").exists()]
    assert folders
    assert len(traps) >= len(folders) - len(traps)
