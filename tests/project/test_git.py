"""What is known of a repository's branches, and when it is known."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from autofix.project.git import Confidence, Git


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_EVENT_PATH", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "protocol.file.allow=always")
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def repository(folder: Path, branch: str, *others: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", branch)
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    for other in others:
        git(folder, "branch", other)
    return folder


def clone(origin: Path, folder: Path, *options: str) -> Path:
    git(origin, "clone", "-q", *options, origin.as_uri(), str(folder))
    return folder


def name_and_confidence(root: Path) -> tuple[str, Confidence] | None:
    default = Git(root).default_branch
    return (default.name, default.confidence) if default else None


def test_clone(tmp_path: Path) -> None:
    root = clone(repository(tmp_path / "a", "trunk", "main", "feature/x"), tmp_path / "b")
    git(root, "checkout", "-q", "feature/x")
    facts = Git(root)
    assert facts.default_branch is not None
    assert facts.default_branch.evidence == "refs/remotes/origin/HEAD"
    assert name_and_confidence(root) == ("trunk", Confidence.HIGH)
    assert facts.head == "feature/x"
    assert facts.branches == {"trunk", "main", "feature/x"}
    assert facts.local_branches == {"trunk", "feature/x"}
    assert facts.knows_all_branches


def test_packed_references(tmp_path: Path) -> None:
    root = clone(repository(tmp_path / "a", "trunk", "main"), tmp_path / "b")
    git(root, "tag", "v1")
    git(root, "pack-refs", "--all", "--prune")
    assert Git(root).branches == {"trunk", "main"}
    assert Git(root).tags == {"v1"}
    assert name_and_confidence(root) == ("trunk", Confidence.HIGH)


def test_leftover_of_a_renamed_branch(tmp_path: Path) -> None:
    origin = repository(tmp_path / "a", "master")
    root = clone(origin, tmp_path / "b")
    git(root, "checkout", "-q", "-b", "x")
    git(root, "branch", "-D", "master")
    git(origin, "branch", "-m", "master", "main")
    git(root, "-c", "remote.origin.followRemoteHEAD=never", "fetch", "-q", "--prune")
    assert name_and_confidence(root) is None


@pytest.mark.parametrize("options", [["--depth=1"], ["--single-branch"]])
def test_partial_clones_do_not_know_all_branches(tmp_path: Path, options: list[str]) -> None:
    root = clone(repository(tmp_path / "a", "trunk", "main"), tmp_path / "b", *options)
    assert not Git(root).knows_all_branches
    assert name_and_confidence(root) == ("trunk", Confidence.HIGH)


def test_linked_work_tree_and_submodule(tmp_path: Path) -> None:
    library = repository(tmp_path / "library", "trunk")
    origin = repository(tmp_path / "a", "master")
    root = clone(origin, tmp_path / "b")
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    git(root, "submodule", "--quiet", "add", library.as_uri(), "lib")
    assert name_and_confidence(tmp_path / "side") == ("master", Confidence.HIGH)
    assert Git(tmp_path / "side").head == "side"
    assert Git(tmp_path / "side").branches == {"master", "side"}
    assert name_and_confidence(root / "lib") == ("trunk", Confidence.HIGH)
    assert Git(root / "lib").branches == {"trunk"}


def test_below_the_root_and_bare(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", "master")
    (root / "x/y").mkdir(parents=True)
    assert Git(root / "x/y").head == "master"
    git(tmp_path, "clone", "-q", "--bare", str(root), str(tmp_path / "bare"))
    assert Git(tmp_path / "bare").branches == {"master"}


def test_no_repository(tmp_path: Path) -> None:
    facts = Git(tmp_path)
    if facts.folder is None:  # the temporary folder may lie in one
        assert facts.default_branch is None
        assert facts.branches == frozenset()
        assert not facts.knows_all_branches


def test_reftable(tmp_path: Path) -> None:
    tmp_path.joinpath("a").mkdir()
    try:
        git(tmp_path / "a", "init", "-q", "-b", "master", "--ref-format=reftable")
    except subprocess.CalledProcessError:
        pytest.skip("this git has no reftable")
    git(tmp_path / "a", "commit", "-q", "--allow-empty", "-m", "x")
    assert Git(tmp_path / "a").branches == {"master"}
    assert name_and_confidence(tmp_path / "a") == ("master", Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("branch", "others", "expected"),
    [
        ("master", [], "master"),
        ("main", ["feature/x", "gh-pages"], "main"),
        ("master", ["develop"], None),  # master may be for releases only
        ("master", ["main"], None),
        ("develop", ["main"], None),
        ("work", ["main"], None),  # something else is checked out
        ("trunk", [], None),  # an odd name alone is no evidence
    ],
)
def test_inference_from_local_branches(tmp_path: Path, branch: str, others: list[str], expected: str | None) -> None:
    root = repository(tmp_path / "a", branch, *others)
    assert name_and_confidence(root) == (None if expected is None else (expected, Confidence.MEDIUM))


def test_inference_from_the_remote(tmp_path: Path) -> None:
    root = clone(repository(tmp_path / "a", "master"), tmp_path / "b")
    git(root, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    assert name_and_confidence(root) == ("master", Confidence.MEDIUM)
    git(root, "branch", "-m", "master", "other")
    assert name_and_confidence(root) is None


def test_a_lone_odd_remote_branch_does_not_count(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", "master")
    git(root, "update-ref", "refs/remotes/origin/fix-1", "HEAD")
    assert name_and_confidence(root) is None


def test_unborn_head_is_the_setting_of_a_user(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "master")
    assert name_and_confidence(tmp_path) is None


def test_override(tmp_path: Path) -> None:
    root = clone(repository(tmp_path / "a", "master"), tmp_path / "b")
    default = Git(root, default_branch_override="trunk").default_branch
    assert default is not None
    assert (default.name, default.confidence) == ("trunk", Confidence.HIGH)


@pytest.mark.parametrize(
    ("event", "url", "expected"),
    [
        ({"repository": {"default_branch": "trunk", "full_name": "Me/x"}}, "https://github.com/me/x.git", "trunk"),
        ({"repository": {"default_branch": "trunk", "full_name": "me/other"}}, "https://github.com/me/x.git", "master"),
        ({"repository": {"default_branch": "trunk"}}, None, "trunk"),
        ({"repository": {"default_branch": ""}}, None, "master"),
        ({"repository": None}, None, "master"),
        ([], None, "master"),
        (None, None, "master"),
    ],
)
def test_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: object, url: str | None, expected: str
) -> None:  # fmt: skip
    root = clone(repository(tmp_path / "a", "master"), tmp_path / "b")
    git(root, "remote", "set-url", "origin", url or str(tmp_path))
    path = tmp_path / "event.json"
    if event is not None:
        path.write_text(json.dumps(event))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    default = Git(root).default_branch
    assert default is not None
    assert default.name == expected


def test_event_of_another_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "a", "master")
    (tmp_path / "event.json").write_text('{"repository": {"default_branch": "trunk", "full_name": "me/x"}}')
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert name_and_confidence(root) == ("master", Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("url", "host", "owner_and_name"),
    [
        ("https://github.com/me/x.git", "github.com", ("me", "x")),
        ("https://token:secret@GitHub.com/me/x", "github.com", ("me", "x")),
        ("git@github.com:me/x.y.git", "github.com", ("me", "x.y")),
        ("ssh://git@ssh.example.org:2222/group/sub/x", "ssh.example.org", ("group/sub", "x")),
        ("https://gitlab.com/group/sub/x/", "gitlab.com", ("group/sub", "x")),
        ("/srv/git/x.git", None, None),
        ("C:/git/x", None, None),
        ("file:///srv/git/x.git", None, None),
        ("../x", None, None),
    ],
)
def test_address(tmp_path: Path, url: str, host: str | None, owner_and_name: tuple[str, str] | None) -> None:
    root = repository(tmp_path / "a", "master")
    git(root, "remote", "add", "upstream", url)
    facts = Git(root)
    assert facts.remote_url == url
    assert (facts.host, facts.owner_and_name) == (host, owner_and_name)


def test_origin_counts_among_several_remotes(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", "master")
    git(root, "remote", "add", "upstream", "https://github.com/them/x")
    git(root, "remote", "add", "origin", "https://github.com/me/x")
    git(root, "update-ref", "refs/remotes/upstream/main", "HEAD")
    assert Git(root).owner_and_name == ("me", "x")
    assert "main" in Git(root).branches
