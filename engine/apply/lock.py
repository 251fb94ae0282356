"""One run at a time: the kernel holds the lock, so that it dies with the process."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from autofix.apply.errors import ApplyError
from autofix.apply.state import prepare

# Seconds until a lock without a process id counts as left behind: its writer had the time to write one.
UNNAMED = 10.0
# Where file systems cannot lock, a file that can only be created once stands for the lock.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}

_held: dict[str, tuple[int, int]] = {}
_guard = threading.Lock()


class Locked(ApplyError):
    """Another run is at work."""

    def __init__(self, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"another run is at work here ({who}): nothing was changed")
        self.pid = pid


@contextlib.contextmanager
def lock(state: Path) -> Iterator[None]:
    """Keep other runs out while the block runs; a thread that holds the lock may take it again.

    The lock of a killed run is free at once.

    Raises:
        Locked: another process or thread holds it. Never waits.
        ApplyError: the folder cannot be created.
    """
    key, owner = os.path.realpath(state), (os.getpid(), threading.get_ident())
    if _held.get(key) == owner:
        yield
        return
    with _guard:
        # A second descriptor of this process must not even be opened: closing it would give up a POSIX lock.
        if _held.get(key, (0, 0))[0] == owner[0]:
            raise Locked(owner[0])
        prepare(state)
        stack = contextlib.ExitStack()
        stack.enter_context(_process_lock(state / "lock"))
        _held[key] = owner
    try:
        with stack:
            yield
    finally:
        _held.pop(key, None)


@contextlib.contextmanager
def _process_lock(path: Path) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise ApplyError(f"the lock {path} cannot be opened: {error.strerror}; nothing was changed") from None
    try:
        if _lock_by_kernel(descriptor):
            _sign(descriptor)
            yield
            os.ftruncate(descriptor, 0)
        else:
            with _exclusive_file(path.with_name("lock.pid")):
                yield
    finally:
        os.close(descriptor)


def _lock_by_kernel(descriptor: int) -> bool:
    """Whether the kernel locked the file for us; False where it cannot lock files.

    A record lock and not flock: processes that this one forks do not inherit it, so none that outlives us keeps it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # Far behind the process id: Windows also keeps others from reading what is locked.
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return False
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        raise Locked(_pid(os.read(descriptor, 20))) from None
    return True


def _sign(descriptor: int) -> None:
    """Name this process in the lock, for the message that another run shows; a full disk does not matter here."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, b"%d\n" % os.getpid())


@contextlib.contextmanager
def _exclusive_file(path: Path) -> Iterator[None]:
    if not _created(path):
        pid = _pid(path.read_bytes()) if path.exists() else None
        if not _left_behind(path, pid):
            raise Locked(pid)
        # Of several that see the same stale lock one moves it away; who moved a fresh one by accident puts it back.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with contextlib.suppress(FileNotFoundError):
            os.rename(path, aside)
            if _pid(aside.read_bytes()) != pid:
                os.rename(aside, path)
                raise Locked(None)
            os.unlink(aside)
        if not _created(path):
            raise Locked(None)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _created(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return False
    _sign(descriptor)
    os.close(descriptor)
    return True


def _left_behind(path: Path, pid: int | None) -> bool:
    if pid is None:
        try:
            return time.time() - path.stat().st_mtime > UNNAMED
        except OSError:
            return True
    if pid == os.getpid():
        return True  # a container starts its processes with the same ids again
    if sys.platform == "win32":
        return False  # signal 0 is no question there but Ctrl-C
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _pid(content: bytes) -> int | None:
    digits = content.strip()
    return int(digits) if digits.isdigit() else None
