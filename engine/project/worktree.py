"""Where git has a work tree, by its own rules but without asking it, and the files that it lists there.

Imports next to nothing, so that git can be started before everything else is imported.
"""

from __future__ import annotations

import contextlib
import os
import subprocess

# Whatever the repository's own configuration says, git must not start programs for us.
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")

# The list of ten thousand files fits: git need not wait until it is read.
_PIPE_BYTES = 1 << 20


def work_tree(folder: str) -> str | None:
    """The nearest folder at or above an absolute path that git takes for the top of a work tree."""
    while not _is_marked(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _is_marked(folder: str) -> bool:
    # A linked work tree and a submodule have a file in the place of the folder.
    marker = os.path.join(folder, ".git")
    return os.path.exists(os.path.join(marker, "HEAD")) or os.path.isfile(marker)


class FileList:
    """The files of a work tree, tracked or not ignored: git lists them while the caller goes on."""

    def __init__(self, top: str) -> None:
        """Start git in the work tree with this top folder."""
        self.top = top
        command = [*GIT, "-C", top, "ls-files", "-z", "-co", "--exclude-standard"]
        self._git: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # there is no git on this machine
            self._git = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            _widen(self._git)

    @classmethod
    def here(cls) -> FileList | None:
        """That of the work tree around the current folder, if there is one."""
        try:
            top = work_tree(os.getcwd())
        except OSError:
            return None  # the current folder is gone
        return cls(top) if top is not None else None

    def paths(self) -> list[str] | None:
        """Wait for the list, relative to the top; None where git refuses."""
        if self._git is None:
            return None
        output, _ = self._git.communicate()
        if self._git.returncode != 0:
            return None
        listed = os.fsdecode(output.removesuffix(b"\0")).split("\0") if output else []
        # A trailing slash marks another repository inside this one.
        return [path for path in listed if not path.endswith("/")] if b"/\0" in output else listed

    def drop(self) -> None:
        """Stop git if it is still at work: nobody wants the list."""
        if self._git is not None and self._git.returncode is None:
            self._git.kill()
            self._git.communicate()


def _widen(process: subprocess.Popen[bytes]) -> None:
    try:
        from fcntl import F_SETPIPE_SZ, fcntl  # only Linux has it
    except ImportError:
        return
    if process.stdout is not None:
        with contextlib.suppress(OSError):
            fcntl(process.stdout, F_SETPIPE_SZ, _PIPE_BYTES)
