"""What names the project by its full path, made to name the copy: environments, their scripts, and variables."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from glob import glob

# Larger ones are programs, not scripts that say which interpreter they start.
_SCRIPT_BYTES = 1 << 20
_SCRIPTS = ("bin/*", "pyvenv.cfg")
# How installers say that a package is used from where it is developed.
_EDITABLE = ("*.pth", "*.egg-link", "__editable__*.py")
_PACKAGES = ("lib/python3*/site-packages", "lib64/python3*/site-packages")
_ENDS = r"(?=[/:;,\"'\s]|$)"


def relocate(environment: str, root: str, target: str) -> None:
    """Make a copied Python environment, at a full path, use itself and the copied project in the place of the originals."""
    patterns = (*_SCRIPTS, *(f"{packages}/{name}" for packages in _PACKAGES for name in _EDITABLE))
    for pattern in patterns:
        for path in glob(os.path.join(glob_escaped(environment), pattern)):
            with contextlib.suppress(OSError):
                _rename_in(path, os.fsencode(root), os.fsencode(target))


def glob_escaped(path: str) -> str:
    """A path as a pattern that means itself."""
    from glob import escape

    return escape(path)


def _rename_in(path: str, root: bytes, target: bytes) -> None:
    if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > _SCRIPT_BYTES:
        return
    with open(path, "rb") as file:
        old = file.read()
    if b"\0" in old:
        return
    new = re.sub(re.escape(root) + _ENDS.encode(), lambda _: target, old)
    if new != old:
        with open(path, "r+b") as file:
            file.truncate()
            file.write(new)


def variables(root: str, target: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of the user with paths into the project led into its copy, for a command that runs there.

    The copy comes first where Python looks for modules, so that a package which an environment outside of the project takes
    from there is taken from the copy.
    """
    inside = re.compile(re.escape(root) + r"(?:/[^:;,\"'\s]*)?" + _ENDS)

    def copied(match: re.Match[str]) -> str:
        there = target + match[0][len(root) :]
        return there if os.path.lexists(there) or not os.path.lexists(match[0]) else match[0]

    # What git tells its hooks is about the repository of the user.
    own = {name: inside.sub(copied, value) for name, value in environment.items() if not name.startswith("GIT_")}
    first = [folder for folder in _import_folders(root, target, environment) if not _hides_standard_modules(folder)]
    own["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*first, *filter(None, own.get("PYTHONPATH", "").split(os.pathsep))]))
    return own


def _import_folders(root: str, target: str, environment: Mapping[str, str]) -> Iterator[str]:
    yield target
    if os.path.isdir(f"{target}/src"):
        yield f"{target}/src"
    for prefix in _prefixes(environment):
        for folder in _developed_in(prefix, root):
            there = target + folder[len(root) :]
            if os.path.isdir(there):
                yield there


def _prefixes(environment: Mapping[str, str]) -> Iterable[str]:
    """The Python environments that a command finds."""
    named = [environment.get("VIRTUAL_ENV", ""), environment.get("CONDA_PREFIX", "")]
    found = (os.path.dirname(folder) for folder in environment.get("PATH", "").split(os.pathsep) if folder)
    return dict.fromkeys(prefix for prefix in (*named, *found) if prefix)


def _developed_in(prefix: str, root: str) -> Iterator[str]:
    """The folders below `root` from which an environment takes packages."""
    for packages in _PACKAGES:
        for name in _EDITABLE:
            for path in glob(os.path.join(glob_escaped(prefix), packages, name)):
                with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="surrogateescape") as file:
                    for match in re.finditer(re.escape(root) + r"(?:/[^:;,\"'\n]*)?" + _ENDS, file.read()):
                        yield match[0] if path.endswith((".pth", ".egg-link")) else os.path.dirname(match[0])


def _hides_standard_modules(folder: str) -> bool:
    """Whether modules of a folder would stand before those of Python itself, which would break any program."""
    for name in os.listdir(folder):
        module, extension = os.path.splitext(name)
        is_module = extension == ".py" or os.path.isfile(os.path.join(folder, name, "__init__.py"))
        if module in sys.stdlib_module_names and is_module and module not in ("test", "this", "antigravity"):
            return True
    return False
