"""Single files as they are on disk: their bytes, and why some are left alone."""

from __future__ import annotations

import os
import stat

# Beyond this a source file was not written by a person.
SIZE_LIMIT = 4 * 1024 * 1024

_GENERATED_MARKERS = (b"@generated", b"DO NOT EDIT", b"Do not edit", b"do not edit")
_MINIFIED_LINE = 20_000


class Skip(Exception):
    """A file is left alone; the message says why in a few words."""


class Unreadable(Exception):
    """A file could not be read; the message is the system's."""


UNREAD = (FileNotFoundError, Skip, Unreadable)
"""Everything that reading a file may raise."""


def read(full: str) -> bytes:
    """The bytes of a regular file that a person may have written.

    Raises:
        Skip: a link, a special file, or larger than `SIZE_LIMIT`.
        Unreadable: the system refused.
        FileNotFoundError: git lists it but it is gone.
    """
    handle, size = _opened(full)
    try:
        return _read_all(handle, size)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    finally:
        os.close(handle)


class Glass:
    """Holds one file at a time, in memory that the next one uses again: for a look at many files of which few are kept."""

    def __init__(self) -> None:
        self._memory = bytearray(1 << 18)
        self._size = 0

    def load(self, full: str) -> None:
        """Read a file in place of the one before.

        Raises:
            Skip, Unreadable, FileNotFoundError: as `read` does.
        """
        handle, size = _opened(full)
        if size >= len(self._memory):
            self._memory = bytearray(SIZE_LIMIT + 1)
        try:
            self._size = _read_into(handle, self._memory)
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None
        finally:
            os.close(handle)
        if self._size > SIZE_LIMIT:
            raise _too_large(self._size)
        if self._size == len(self._memory):  # it has just grown
            self._memory = bytearray(SIZE_LIMIT + 1)
            self.load(full)

    def holds(self, literal: bytes) -> bool:
        """Whether the bytes occur in the file."""
        return self._memory.find(literal, 0, self._size) >= 0

    def data(self) -> bytes:
        """The whole file."""
        return bytes(memoryview(self._memory)[: self._size])


def _opened(full: str) -> tuple[int, int]:
    """A handle of a file, to be closed by the caller, and its size."""
    try:
        # Without O_NONBLOCK the open of a FIFO would wait for a writer.
        handle = os.open(full, _FLAGS)
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
            raise _too_large(status.st_size)
    except OSError as error:
        os.close(handle)
        raise Unreadable(error.strerror or str(error)) from None
    except Skip:
        os.close(handle)
        raise
    return handle, status.st_size


_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _too_large(size: int) -> Skip:
    return Skip(f"is larger than {SIZE_LIMIT // 1024 // 1024} MiB ({size:,} bytes)")


def _read_all(handle: int, size: int) -> bytes:
    # A read of a regular file comes back short only at its end: one call more than fits tells that it did not grow.
    data = os.read(handle, size + 1)
    while len(data) > size and (more := os.read(handle, 1 << 20)):
        size = len(data)
        data += more
    return data


def _read_into(handle: int, memory: bytearray) -> int:
    if hasattr(os, "readv"):
        return os.readv(handle, [memory])
    data = os.read(handle, len(memory))
    memory[: len(data)] = data
    return len(data)


def is_behind_link(root: str, path: str) -> bool:
    """Whether a folder on the way to a file has become a link: git lists the file and takes it for deleted."""
    end = path.find("/")
    while end >= 0:
        if os.path.islink(f"{root}/{path[:end]}"):
            return True
        end = path.find("/", end + 1)
    return False


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
