"""Which files a run looks at: git's view of the repository, or a walk where there is no git."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Folders that hold what others wrote or what tools made, even where a repository tracks them.
EXCLUDED_FOLDERS = frozenset(
    {
        ".autofix", ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".next", ".nox", ".nuxt",
        ".pytest_cache", ".ruff_cache", ".svn", ".terraform", ".tox", ".venv", ".yarn", "__pycache__", "__pypackages__",
        "bower_components", "node_modules", "site-packages", "venv",
    }
)  # fmt: skip

# Files by which Go and Composer mark a folder of code that they have copied in.
VENDORED_BY = ("vendor/modules.txt", "vendor/autoload.php")

# Beyond this a source file was not written by a person.
SIZE_LIMIT = 4 * 1024 * 1024

_GENERATED_MARKERS = (b"@generated", b"DO NOT EDIT", b"Do not edit", b"do not edit")
_MINIFIED_LINE = 20_000

# Whatever the repository's own configuration says, git must not start programs for us.
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


class NotFound(ValueError):
    """A path that was named does not exist or belongs to another repository."""


@dataclass(frozen=True)
class Discovery:
    """The root of the project, all its files, and those that the run was asked for, by path relative to the root."""

    root: Path
    has_git: bool
    paths: frozenset[str]
    targets: Sequence[str]
    named: frozenset[str] = frozenset()
    """The targets that were named themselves: exclusions do not cover them."""


def vendored(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders, with `/` at the end, into which a package manager has copied the code of others."""
    markers = (path for path in paths if path.endswith(VENDORED_BY))
    return tuple(sorted(marker[: marker.rfind("/") + 1] for marker in markers))


class Skip(Exception):
    """A file is left alone; the message says why in a few words."""


class Unreadable(Exception):
    """A file could not be read; the message is the system's."""


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

    def __init__(self, named: Sequence[Path]) -> None:
        """Start to look below the named paths.

        Raises:
            NotFound: a named path does not exist, or they belong to several repositories.
        """
        self.root, has_git = project_root(named)
        self._real = [path.resolve() for path in named]
        self._git = _start_listing(self.root) if has_git else None

    def discovery(self) -> Discovery:
        """Wait for the list of files."""
        from_git = _listed_by_git(self._git) if self._git is not None else None
        listed = list(_walk(self.root)) if from_git is None else from_git
        # What lies in `.git` is no file of the project, even when it is named: no diff of it could be applied.
        files = [path.relative_to(self.root) for path in self._real if not path.is_dir()]
        named = frozenset(path.as_posix() for path in files if ".git" not in path.parts)
        folders = tuple(_prefix(path.relative_to(self.root)) for path in self._real if path.is_dir())
        return Discovery(self.root, from_git is not None, frozenset(listed), _targets(listed, folders, named), named)


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
    foreign = {folder for folder in {root_of(path) for path in real} if _nearest_work_tree(folder) not in (None, root)}
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
    found = _nearest_work_tree(folder)
    # A hook of git has GIT_DIR set, too: there git takes whatever folder it is asked in for the top.
    if found is not None or "GIT_DIR" not in os.environ:
        return found
    done = subprocess.run([*GIT, "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, check=False)
    top = os.fsdecode(done.stdout.rstrip(b"\n"))
    return Path(top).resolve() if done.returncode == 0 and top else None


def _nearest_work_tree(folder: Path) -> Path | None:
    return next((parent for parent in (folder, *folder.parents) if _is_work_tree(parent / ".git")), None)


def _is_work_tree(marker: Path) -> bool:
    # A linked work tree and a submodule have a file in the place of the folder.
    return (marker / "HEAD").exists() or marker.is_file()


def _start_listing(root: Path) -> subprocess.Popen[bytes] | None:
    command = [*GIT, "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None  # there is no git on this machine


def _listed_by_git(listing: subprocess.Popen[bytes]) -> list[str] | None:
    output, _ = listing.communicate()
    if listing.returncode != 0:
        return None
    # A file with a merge conflict is listed several times (git before 2.31 has no --deduplicate).
    paths = list(dict.fromkeys(os.fsdecode(output.removesuffix(b"\0")).split("\0"))) if output else []
    # A trailing slash marks another repository inside this one.
    return [path for path in paths if not path.endswith("/")] if b"/\0" in output else paths


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
    except (Skip, Unreadable, FileNotFoundError):
        return lambda _: False


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether patterns in the syntax of .gitignore cover a path."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns).match_file


def _prefix(folder: Path) -> str:
    return "" if folder == Path() else folder.as_posix() + "/"


def read(full: str) -> bytes:
    """The bytes of a regular file that a person may have written.

    Raises:
        Skip: a link, a special file, or larger than `SIZE_LIMIT`.
        Unreadable: the system refused.
        FileNotFoundError: git lists it but it is gone.
    """
    try:
        # Without O_NONBLOCK the open of a FIFO would wait for a writer.
        handle = os.open(full, os.O_RDONLY | _NO_FOLLOW | _NON_BLOCK)
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from None  # its folder made room for a file
    except OSError as error:
        if os.path.islink(full):
            raise Skip("is a symbolic link") from None
        raise Unreadable(error.strerror or str(error)) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Skip("is not a regular file")
        if status.st_size > SIZE_LIMIT:
            raise Skip(f"is larger than {SIZE_LIMIT // 1024 // 1024} MiB ({status.st_size:,} bytes)")
        return _read_all(handle, status.st_size)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    finally:
        os.close(handle)


def is_behind_link(root: str, path: str) -> bool:
    """Whether a folder on the way to a file has become a link: git lists the file and takes it for deleted."""
    end = path.find("/")
    while end >= 0:
        if os.path.islink(f"{root}/{path[:end]}"):
            return True
        end = path.find("/", end + 1)
    return False


_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NON_BLOCK = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _read_all(handle: int, size: int) -> bytes:
    # A read of a regular file comes back short only at its end: one call more than fits tells that it did not grow.
    data = os.read(handle, size + 1)
    while len(data) > size and (more := os.read(handle, 1 << 20)):
        size = len(data)
        data += more
    return data


def generated(data: bytes) -> str | None:
    """Why a file counts as written by a program: its own words near the top, or lines that no person writes."""
    head = data[:2048]
    for marker in _GENERATED_MARKERS:
        at = head.find(marker)
        if at >= 0:
            line = head[head.rfind(b"\n", 0, at) + 1 : (head.find(b"\n", at) + 1 or len(head) + 1) - 1]
            if marker == b"@generated" or b"enerated" in line:
                return "is marked as generated"
    if len(data) > _MINIFIED_LINE and max(map(len, data.split(b"\n"))) > _MINIFIED_LINE:
        return f"has a line of more than {_MINIFIED_LINE:,} bytes: minified or generated"
    return None
