"""Which files a run looks at: git's view of the repository, or a walk where there is no git."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from autofix.project.files import UNREAD, read
from autofix.project.worktree import GIT, FileList, work_tree

# Folders that hold what others wrote or what tools made, even where a repository tracks them.
EXCLUDED_FOLDERS = frozenset(
    {
        ".autofix", ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".next", ".nox", ".nuxt",
        ".pytest_cache", ".ruff_cache", ".svn", ".terraform", ".tox", ".venv", ".yarn", "__pycache__", "__pypackages__",
        "bower_components", "node_modules", "site-packages", "venv",
    }
)  # fmt: skip

# The folder of code that Go and Composer have copied in, and the files by which they mark it.
_VENDOR = "vendor/"
_VENDORED_BY = ("modules.txt", "autoload.php")


class NotFound(ValueError):
    """A path that was named does not exist or belongs to another repository."""


class Discovery(NamedTuple):
    """The root of the project, all its files, and those that the run was asked for, by path relative to the root."""

    root: Path
    has_git: bool
    paths: frozenset[str]
    targets: Sequence[str]
    named: frozenset[str] = frozenset()
    """The targets that were named themselves: exclusions do not cover them."""


def is_vendored(folder: str, paths: Collection[str]) -> bool:
    """Whether a folder, with `/` at the end, lies in one into which a package manager has copied the code of others."""
    end = folder.find(_VENDOR) + len(_VENDOR)
    while end >= len(_VENDOR):
        if any(folder[:end] + marker in paths for marker in _VENDORED_BY):
            return True
        end = folder.find(_VENDOR, end) + len(_VENDOR)
    return False


def discover(named: Sequence[Path]) -> Discovery:
    """Find the files below the named paths.

    A file that is named itself is looked at even in an excluded folder. The root is the git work tree of the first path,
    else the nearest folder above all paths with a configuration, else the current folder if it holds all paths, else the
    first path's folder.

    Raises:
        NotFound: a named path does not exist, or they belong to several repositories.
    """
    return Listing(named).discovery()


class Listing:
    """A discovery under way: git lists the files while the caller goes on."""

    def __init__(self, named: Sequence[Path], started: FileList | None = None) -> None:
        """Start to look below the named paths; a list that was `started` on a guess is used where it is the right one.

        Raises:
            NotFound: a named path does not exist, or they belong to several repositories.
        """
        self.root, has_git = project_root(named)
        self._real = [path.resolve() for path in named]
        self._git: FileList | None = None
        if started is not None and has_git and started.top == os.fspath(self.root):
            self._git = started
        elif has_git:
            self._git = FileList(os.fspath(self.root))

    def discovery(self) -> Discovery:
        """Wait for the list of files."""
        from_git = self._git.paths() if self._git is not None else None
        listed = list(_walk(self.root)) if from_git is None else from_git
        paths = frozenset(listed)
        if len(paths) < len(listed):  # a file with a merge conflict is listed several times
            listed = list(dict.fromkeys(listed))
        # What lies in `.git` is no file of the project, even when it is named: no diff of it could be applied.
        files = [path.relative_to(self.root) for path in self._real if not path.is_dir()]
        named = frozenset(path.as_posix() for path in files if ".git" not in path.parts)
        folders = tuple(_prefix(path.relative_to(self.root)) for path in self._real if path.is_dir())
        return Discovery(self.root, from_git is not None, paths, _targets(listed, folders, named), named)


def project_root(named: Sequence[Path]) -> tuple[Path, bool]:
    """The root of the project that the named paths lie in, and whether it is a git work tree.

    Raises:
        NotFound: a named path does not exist, or they belong to several repositories.
    """
    for path in named:
        if not path.exists():
            raise NotFound(f"{path}: no such file or folder")
    real = [path.resolve() for path in named]
    top = _work_tree(root_of(real[0]))
    root = _common_root(real) if top is None else top
    tops = (None, os.fspath(root))
    foreign = {folder for folder in {root_of(path) for path in real} if work_tree(os.fspath(folder)) not in tops}
    for path in real:
        if not path.is_relative_to(root) or root_of(path) in foreign:
            raise NotFound(f"{path} is no part of {root}: run once for each repository")
    return root, top is not None


def _targets(listed: Sequence[str], folders: tuple[str, ...], named: frozenset[str]) -> Sequence[str]:
    if "" in folders:
        return [*listed, *sorted(named.difference(listed))] if named else listed
    below = (path for path in listed if path.startswith(folders) and path not in named) if folders else ()
    return [*sorted(named), *below]


def root_of(path: Path) -> Path:
    """The folder of a path, itself if it is one."""
    return path if path.is_dir() else path.parent


def _common_root(real: Sequence[Path]) -> Path:
    first = root_of(real[0])
    configured = (folder for folder in (first, *first.parents) if _is_configured(folder))
    for candidate in (next(configured, None), Path.cwd().resolve()):
        if candidate is not None and all(path.is_relative_to(candidate) for path in real):
            return candidate
    return first


def _is_configured(folder: Path) -> bool:
    if (folder / "autofix.toml").is_file():
        return True
    try:
        return b"[tool.autofix" in (folder / "pyproject.toml").read_bytes()
    except OSError:
        return False


def _work_tree(folder: Path) -> Path | None:
    found = work_tree(os.fspath(folder))
    if found is not None:
        return Path(found)
    # A hook of git has GIT_DIR set, too: there git takes whatever folder it is asked in for the top.
    if "GIT_DIR" not in os.environ:
        return None
    import subprocess

    done = subprocess.run([*GIT, "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, check=False)
    top = os.fsdecode(done.stdout.rstrip(b"\n"))
    return Path(top).resolve() if done.returncode == 0 and top else None


_GIT_FOLDER = frozenset({"HEAD", "objects", "refs"})


def _walk(root: Path) -> Iterator[str]:
    """All regular files below a folder without git, `.gitignore` files respected, links not followed."""
    pending = [("", ())]  # type: list[tuple[str, tuple[tuple[str, Callable[[str], bool]], ...]]]
    while pending:
        folder, ignores = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if (folder and ".git" in names) or names >= _GIT_FOLDER:
            continue  # a repository of its own, or what git keeps of a bare one
        if ".gitignore" in names:
            ignores = (*ignores, (folder, _gitignore(root / folder / ".gitignore")))
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in EXCLUDED_FOLDERS and not _ignored(path + "/", ignores):
                    pending.append((path, ignores))
            elif entry.is_file(follow_symlinks=False) and not _ignored(path, ignores):
                yield path


def _ignored(path: str, ignores: Iterable[tuple[str, Callable[[str], bool]]]) -> bool:
    return any(matches(path[len(folder) + 1 :] if folder else path) for folder, matches in ignores)


def _gitignore(file: Path) -> Callable[[str], bool]:
    try:
        return matcher(read(os.fspath(file)).decode("utf-8", "surrogateescape").splitlines())
    except UNREAD:
        return lambda _: False


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether patterns in the syntax of .gitignore cover a path."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns).match_file


def _prefix(folder: Path) -> str:
    return "" if folder == Path() else folder.as_posix() + "/"
