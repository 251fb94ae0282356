"""Reading, staging and placing one file: the steps that writing, undoing and recovering are made of.

A file is staged under a temporary name in the folder where it belongs, complete and on the disk, and then takes its
place in one step. `os.write` may write less than it was asked to and a full disk shows anywhere: until that step the
file of the user has not been touched.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable

from autofix.apply.changes import Refused

_BINARY = getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# A named pipe would otherwise keep the reader waiting.
_READ = os.O_RDONLY | _BINARY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NOFOLLOW

_KINDS = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFLNK: "is a symbolic link",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
# Labels that the system sets by itself, and that only privileged processes see or may set.
_SYSTEM_ATTRIBUTES = ("security.", "trusted.")


def said(error: OSError) -> str:
    """What went wrong, as a reason."""
    return (error.strerror or str(error)).lower()


def sha256(data: bytes) -> str:
    """The digest that journals know contents by."""
    return hashlib.sha256(data).hexdigest()


def require_regular(status: os.stat_result) -> None:
    """Raise Refused for anything but a file with bytes in it."""
    if not stat.S_ISREG(status.st_mode):
        raise Refused(_KINDS.get(stat.S_IFMT(status.st_mode), "is not a regular file"))


def read(path: str) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file and what the system knows of it.

    Raises:
        Refused: it is no regular file, or cannot be read.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise Refused("is gone since it was read") from None
    except OSError as error:
        raise Refused("is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {said(error)}") from None
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        require_regular(status)
        try:
            return file.readall(), status
        except OSError as error:
            raise Refused(f"cannot be read: {said(error)}") from None


def digest(path: str) -> str | None:
    """The digest of a regular file; `""` where nothing stands, None for anything else."""
    if not os.path.lexists(path):
        return ""
    try:
        return sha256(read(path)[0])
    except Refused:
        return None


def temporary_name(folder: str) -> str:
    """A path beside a target that nobody can guess; short, since the target's name may be as long as names can be."""
    return os.path.join(folder, f".autofix-{secrets.token_hex(8)}.tmp")


def stage(
    temporary: str,
    data: bytes,
    *,
    like: str | None = None,
    mode: int | None = None,
    owner: tuple[int, int] | None = None,
    executable: bool = False,
) -> None:
    """Write a file under a temporary name and see it safely on the disk.

    Mode, owner and extended attributes are those of the file `like`; without one, the mode is `mode` or what the umask leaves.

    Raises:
        Refused: it could not be written, or not made like the other; nothing is left of it.
    """
    # Not readable until it is complete: nobody sees it before, and a copy that a kill left half made shows. The owner needs
    # the right to write for attributes.
    initial = 0o200 if like is not None or mode is not None else 0o777 if executable else 0o666
    try:
        descriptor = os.open(temporary, _CREATE, initial)
    except OSError as error:
        raise Refused(f"no file can be created beside it: {said(error)}") from None
    try:
        try:
            _write_all(descriptor, data)
            if like is not None:
                _make_like(descriptor, temporary, like)
            else:
                _set_mode(descriptor, temporary, mode, owner)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        remove(temporary)
        raise Refused(f"cannot be written: {said(error)}") from None
    except BaseException:
        remove(temporary)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _make_like(descriptor: int, temporary: str, like: str) -> None:
    wanted, present = os.lstat(like), os.fstat(descriptor)
    if hasattr(os, "fchown") and (wanted.st_uid, wanted.st_gid) != (present.st_uid, present.st_gid):
        try:
            os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
        except OSError as error:
            raise Refused(f"belongs to {_owner(wanted)}, which cannot be kept: {said(error)}") from None
    _copy_attributes(like, temporary)
    # Last: changing the owner clears the set-user-id bits, and an access list shows in the bits of the group.
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != stat.S_IMODE(wanted.st_mode):
        os.chmod(temporary, stat.S_IMODE(wanted.st_mode))


def _owner(status: os.stat_result) -> str:
    return f"user {status.st_uid}" if status.st_uid != os.geteuid() else f"group {status.st_gid}"


def _copy_attributes(source: str, target: str) -> None:
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(source)
    except OSError:
        return  # the file system has none
    for name in names:
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if not name.startswith(_SYSTEM_ATTRIBUTES):
                raise Refused(f"has the extended attribute {name}, which cannot be kept: {said(error)}") from None


def _set_mode(descriptor: int, temporary: str, mode: int | None, owner: tuple[int, int] | None) -> None:
    present = os.fstat(descriptor)
    if owner is not None and owner != (present.st_uid, present.st_gid) and hasattr(os, "fchown"):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, *owner)
    if mode is not None:
        os.chmod(temporary, mode)


def place_new(temporary: str, target: str) -> None:
    """Give a staged file its name, unless something stands there: nothing is ever overwritten.

    Raises:
        Refused: something stands there.
        OSError: the system does not allow it.
    """
    try:
        os.link(temporary, target, follow_symlinks=False)
    except FileExistsError:
        raise Refused("exists already") from None
    except (OSError, NotImplementedError):
        # No hard links here. Windows refuses to rename onto a file; elsewhere a gap of microseconds remains.
        if os.path.lexists(target):
            raise Refused("exists already") from None
        os.rename(temporary, target)
    else:
        remove(temporary)


def link_or_copy(source: str, copy: str, data: bytes) -> None:
    """A second name for a file, with which it can be put back even on a full disk; a copy where links cannot be made."""
    try:
        os.link(source, copy, follow_symlinks=False)
    except (OSError, NotImplementedError):
        stage(copy, data, like=source)


def remove(path: str) -> bool:
    """Remove a temporary file; whether there was one."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def make_folders(folder: str) -> None:
    """Create a folder and those above it.

    Raises:
        Refused: it cannot be created.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise Refused(f"its folder cannot be created: {said(error)}") from None


def remove_empty(folders: Iterable[str]) -> None:
    """Remove those of the folders that hold nothing, inner ones first."""
    for folder in sorted(folders, key=len, reverse=True):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def sync_folders(folders: Iterable[str]) -> None:
    """See the names in these folders safely on the disk, as far as the system can (Windows cannot)."""
    for folder in sorted(set(folders)):
        try:
            descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        except OSError:
            continue
        try:
            with contextlib.suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
