"""Both branch fixers on single files: what is safe, what is said where little is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from autofix.fixer import Applicability, Finding, Fix, Project, Refusal, Source
from autofix.fixers.workflows.branches import BranchOptions
from autofix.fixers.workflows.workflow_branch import WorkflowBranch
from autofix.fixers.workflows.workflow_branch_refs import WorkflowBranchRefs
from autofix.project.git import Git
from repositories import git, make_repository

CI = ".github/workflows/ci.yml"
STATE = {"default": "master", "branches": ["master"], "remote": "https://github.com/me/x"}


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)


def findings(root: Path, path: str, text: str) -> list[Finding]:
    project = Project(root, (path,), Git(root))
    source = Source(path, text.encode())
    options = BranchOptions()
    return [found for fixer in (WorkflowBranch(options), WorkflowBranchRefs(options)) for found in fixer.fix(source, project)]


def outcome(root: Path, path: str, text: str) -> Fix | Refusal:
    [found] = findings(root, path, text)
    return found.outcome


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "x", {"a": ""}, state=STATE)


STEP = "on: push\njobs: {a: {steps: [%s]}}\n"


@pytest.mark.parametrize(
    ("path", "text", "applicability"),
    [
        (CI, "on: {push: {branches: [main]}}", Applicability.SAFE),
        (CI, "on: {push: {branches-ignore: [main]}}", Applicability.UNSAFE),
        (CI, STEP % "{if: github.ref == 'refs/heads/main'}", Applicability.SAFE),
        (CI, STEP % "{if: github.ref != 'refs/heads/main'}", Applicability.UNSAFE),
        (CI, STEP % "{if: \"!endsWith(github.ref, '/main')\"}", Applicability.UNSAFE),
        (CI, STEP % "{run: git push origin main}", Applicability.UNSAFE),
        (CI, STEP % "{run: git push hf main}", Applicability.UNSAFE),
        (".github/dependabot.yml", "updates: [{target-branch: main}]", Applicability.SAFE),
        ("README.md", "![](https://github.com/me/x/actions/workflows/a.yml/badge.svg?branch=main)", Applicability.SAFE),
        ("mkdocs.yml", "repo_url: https://github.com/me/x\nedit_uri: edit/main/docs/\n", Applicability.SAFE),
        ("docusaurus.config.js", "x = {editUrl: 'https://github.com/me/x/tree/main/'}", Applicability.UNSAFE),
    ],
)
def test_applicability(root: Path, path: str, text: str, applicability: Applicability) -> None:
    found = outcome(root, path, text)
    assert isinstance(found, Fix)
    assert found.applicability is applicability


def test_a_site_without_a_remote_says_where_it_comes_from(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "x", {"a": ""}, state={"head": "master"})
    found = outcome(root, "mkdocs.yml", "repo_url: https://github.com/me/x\nedit_uri: edit/main/docs/\n")
    assert isinstance(found, Fix)
    assert found.applicability is Applicability.UNSAFE
    assert not findings(root, "README.md", "https://github.com/me/x/blob/main/a")


def test_the_message_names_the_evidence(root: Path) -> None:
    [found] = findings(root, CI, "on: {push: {branches: [main]}}")
    assert "the default branch is master (refs/remotes/origin/HEAD)" in found.message


@pytest.mark.parametrize("options", [["--depth=1"], ["--single-branch"]])
def test_a_partial_clone_proves_nothing(root: Path, tmp_path: Path, options: list[str]) -> None:
    git(tmp_path, "clone", "--quiet", *options, root.as_uri(), str(tmp_path / "clone"))
    found = outcome(tmp_path / "clone", CI, "on: {push: {branches: [main]}}")
    assert isinstance(found, Refusal)
    assert "does not hold all branches" in found.reason
    found = outcome(tmp_path / "clone", CI, STEP % "{if: github.ref == 'refs/heads/main'}")
    assert isinstance(found, Refusal)


def test_the_event_of_a_run_decides(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "event.json").write_text('{"repository": {"default_branch": "develop", "full_name": "me/x"}}')
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    [found] = findings(root, CI, "on: {push: {branches: [main]}}")
    assert isinstance(found.outcome, Fix)
    assert [edit.replacement for edit in found.outcome.edits] == ["develop"]
    assert "GITHUB_EVENT_PATH" in found.message


def test_before_the_first_commit_nothing_is_said(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "-b", "master")
    assert not findings(tmp_path, CI, "on: {push: {branches: [main]}}")


@pytest.mark.parametrize(
    "text", ["on: {push: {branches: [main]}", "on:\n\tpush:", "{{ x }}: main", "- main", "branches: [main]", ""]
)
def test_what_is_no_workflow_is_left_alone(root: Path, text: str) -> None:
    assert not findings(root, CI, text)
