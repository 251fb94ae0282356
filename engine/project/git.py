"""Facts about the git repository, read from its folder: no network, and no git where files tell."""

from __future__ import annotations

import enum
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

CONVENTIONAL = ("main", "master")
"""The names that tools and templates take for the default branch."""

# Branches that live on beside others: with one of them in the repository, main or master need not be the default.
# fmt: off
LONG_LIVED = frozenset({
    "main", "master", "develop", "development", "dev", "devel", "next", "trunk", "staging", "stage", "stable",
    "canary", "beta", "alpha", "edge", "nightly", "unstable", "release", "production", "prod", "live", "latest",
    "experimental", "integration", "testing", "test", "qa", "preview",
})
# fmt: on


class Confidence(enum.Enum):
    """How the default branch is known."""

    HIGH = "high"
    """Told: by the user, by the forge, or by the remote's HEAD."""
    MEDIUM = "medium"
    """Inferred from the branches that exist."""


class DefaultBranch(NamedTuple):
    """The branch that the forge shows first and new pull requests go to; `evidence` says in words how it is known."""

    name: str
    confidence: Confidence
    evidence: str


class Git:
    """A work tree (or a bare repository) at or above `root`.

    Everything is read once, when first asked for. A missing or damaged file means that the fact is unknown; nothing raises.
    """

    def __init__(self, root: Path, default_branch_override: str | None = None) -> None:
        self.root = root
        self.default_branch_override = default_branch_override

    @cached_property
    def folder(self) -> Path | None:
        """The `.git` folder of this work tree; it may lie elsewhere (linked work trees, submodules)."""
        root = self.root.absolute()
        for folder in (root, *root.parents):
            entry = folder / ".git"
            if entry.is_dir():
                return entry
            if entry.is_file():
                target = _text(entry).removeprefix("gitdir:").strip()
                return (folder / target).resolve() if target else None
            if (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir():
                return folder
        return None

    @cached_property
    def common(self) -> Path | None:
        """The folder that holds branches and configuration, shared by all work trees of a repository."""
        if self.folder is None:
            return None
        target = _text(self.folder / "commondir").strip()
        return (self.folder / target).resolve() if target else self.folder

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """All references by full name: a commit's id, or `ref: NAME` for a symbolic one."""
        if self.common is None:
            return {}
        if (self.common / "reftable").is_dir():
            return dict(self._refs_of_git())
        packed = (line.split(" ", 1) for line in _text(self.common / "packed-refs").splitlines())
        refs = {parts[1]: parts[0] for parts in packed if len(parts) == 2 and parts[1].startswith("refs/")}
        for space in ("heads", "remotes", "tags"):
            for folder, _, names in os.walk(self.common / "refs" / space):
                for name in names:
                    path = Path(folder, name)
                    if not name.endswith(".lock"):
                        refs[path.relative_to(self.common).as_posix()] = _text(path).strip()
        return {name: value for name, value in refs.items() if value}

    def _refs_of_git(self) -> Iterator[tuple[str, str]]:
        command = ["git", "-C", str(self.root), "for-each-ref", "--format=%(refname) %(objectname) %(symref)"]
        try:
            out = subprocess.run(command, capture_output=True, timeout=30, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            return
        for line in out.decode("utf-8", "replace").splitlines():
            name, commit, symbolic = [*line.split(" "), "", ""][:3]
            yield name, f"ref: {symbolic}" if symbolic else commit

    @cached_property
    def head(self) -> str | None:
        """The branch that is checked out; None where HEAD is detached or unreadable."""
        content = _text(self.folder / "HEAD").strip() if self.folder else ""
        if content == "ref: refs/heads/.invalid" and self.folder is not None:  # the stub of the reftable format
            content = "ref: " + _git_line(self.root, "symbolic-ref", "--quiet", "HEAD")
        return content.removeprefix("ref: refs/heads/") if content.startswith("ref: refs/heads/") else None

    @cached_property
    def local_branches(self) -> frozenset[str]:
        """The names below refs/heads."""
        return frozenset(name.removeprefix("refs/heads/") for name in self.refs if name.startswith("refs/heads/"))

    @cached_property
    def remote_branches(self) -> frozenset[str]:
        """The branches of the remote, as last fetched, without its name."""
        return self._branches_of(self.remote)

    def _branches_of(self, remote: str) -> frozenset[str]:
        prefix = f"refs/remotes/{remote}/"
        return frozenset(name.removeprefix(prefix) for name in self.refs if name.startswith(prefix)) - {"HEAD"}

    @cached_property
    def branches(self) -> frozenset[str]:
        """Every branch that is known, local or of any remote, by its bare name."""
        remotes = self._remotes | {name.split("/")[2] for name in self.refs if name.startswith("refs/remotes/")}
        return self.local_branches.union(*(self._branches_of(remote) for remote in remotes))

    @cached_property
    def tags(self) -> frozenset[str]:
        """The names below refs/tags."""
        return frozenset(name.removeprefix("refs/tags/") for name in self.refs if name.startswith("refs/tags/"))

    @cached_property
    def knows_all_branches(self) -> bool:
        """Whether a branch that is not in `branches` can be taken not to exist: no shallow or single-branch clone."""
        if self.common is None or (self.common / "shallow").exists():
            return False
        fetched = [value for key, value in self._config if key == f"remote.{self.remote}.fetch"]
        return not fetched or any("refs/heads/*" in spec for spec in fetched)

    @cached_property
    def _config(self) -> list[tuple[str, str]]:
        return list(_entries(_text(self.common / "config"))) if self.common else []

    @cached_property
    def _remotes(self) -> frozenset[str]:
        return frozenset(key.split(".", 1)[1].removesuffix(".url") for key, _ in self._config if _REMOTE_URL.fullmatch(key))

    @cached_property
    def remote(self) -> str:
        """The remote that counts: `origin`, or the only one under another name."""
        return next(iter(self._remotes)) if len(self._remotes) == 1 else "origin"

    @cached_property
    def remote_url(self) -> str | None:
        """The address of the remote, as configured (it may hold a token: never print it)."""
        return next((value for key, value in self._config if key == f"remote.{self.remote}.url"), None)

    @cached_property
    def host(self) -> str | None:
        """The host of the remote in lower case, such as `github.com`."""
        found = _HOSTED.fullmatch(self.remote_url or "")
        return (found["host"] or found["ssh"]).lower() if found else None

    @cached_property
    def owner_and_name(self) -> tuple[str, str] | None:
        """Whose repository the remote is and how it is called there; the owner may be a path of groups (GitLab)."""
        found = _HOSTED.fullmatch(self.remote_url or "")
        return (found["owner"], found["name"]) if found else None

    @cached_property
    def default_branch(self) -> DefaultBranch | None:
        """The default branch, where it can be told without asking the network.

        An explicit override counts most, then the event of a GitHub Actions run (`repository.default_branch` in the file
        that GITHUB_EVENT_PATH names), then the HEAD of the remote. Inference from names is the last resort and gives up
        where another long-lived branch exists or something else is checked out. `init.defaultBranch` is a user's
        setting and says nothing about a repository.
        """
        if self.default_branch_override:
            return DefaultBranch(self.default_branch_override, Confidence.HIGH, "given on the command line")
        told = self._told_by_event() or self._told_by_remote()
        return told or self._inferred()

    def _told_by_event(self) -> DefaultBranch | None:
        path = os.environ.get("GITHUB_EVENT_PATH")
        if not path:
            return None
        import json

        try:
            repository = json.loads(_text(Path(path)))["repository"]
            name, full_name = repository["default_branch"], repository.get("full_name")
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        if not isinstance(name, str) or not name or not self._is_event_of(full_name):
            return None
        return DefaultBranch(name, Confidence.HIGH, "repository.default_branch of the event at GITHUB_EVENT_PATH")

    def _is_event_of(self, full_name: object) -> bool:
        """A job may work on other repositories than the one it was started for."""
        if self.owner_and_name is not None and isinstance(full_name, str):
            return "/".join(self.owner_and_name).lower() == full_name.lower()
        workspace = os.environ.get("GITHUB_WORKSPACE")
        return not workspace or Path(os.path.realpath(self.root)).is_relative_to(os.path.realpath(workspace))

    def _told_by_remote(self) -> DefaultBranch | None:
        prefix = f"refs/remotes/{self.remote}/"
        name = self.refs.get(f"{prefix}HEAD", "").removeprefix("ref: ").removeprefix(prefix)
        # Where the branch is gone (renamed and pruned), HEAD is a leftover.
        if name not in self.remote_branches | self.local_branches:
            return None
        return DefaultBranch(name, Confidence.HIGH, f"{prefix}HEAD")

    def _inferred(self) -> DefaultBranch | None:
        if self.folder is None:
            return None
        where, names = ("remote", self.remote_branches) if self.remote_branches else ("local", self.local_branches)
        candidates = [name for name in CONVENTIONAL if name in names]
        if len(candidates) != 1:
            return None
        [name] = candidates
        if self.head != name or self.branches & (LONG_LIVED - {name}):
            return None
        only = "the only" if len(names) == 1 else "of main and master the only"
        return DefaultBranch(name, Confidence.MEDIUM, f"it is {only} {where} branch, and checked out")


# remote.NAME.url, but of no other key; names may hold dots.
_REMOTE_URL = re.compile(r"remote\..+\.url")
_HOSTED = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::\d+)?/|(?:[^/@:]+@)?(?P<ssh>[^/@:]{2,}):(?!/))"
    r"(?P<owner>[^/\s]+(?:/[^/\s]+)*)/(?P<name>[^/\s]+?)(?:\.git)?/?"
)
_SECTION = re.compile(r'\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)')
_VARIABLE = re.compile(r"([A-Za-z][\w-]*)\s*(?:=\s*(.*))?")


def _entries(config: str) -> Iterator[tuple[str, str]]:
    """The variables of a git configuration file as `section.subsection.name` (names in lower case); includes are not read."""
    section = ""
    for line in config.splitlines():
        rest = line.strip()
        if header := _SECTION.match(rest):
            section = header[1].lower() + (f".{header[2]}" if header[2] is not None else "")
            rest = header[3]
        if variable := _VARIABLE.match(rest):
            value = re.sub(r"\s+[#;].*", "", variable[2] or "true").strip().strip('"')
            yield f"{section}.{variable[1].lower()}", value


def _git_line(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], check=False, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
