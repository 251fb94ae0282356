"""Running the command of the user in the copy."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from autofix.verification import keeper, outcomes
from autofix.verification.outcomes import Outcomes

TAIL_LINES = 25
_TAIL_BYTES = 1 << 14


class Attempt(NamedTuple):
    """How the command ended, what became of each test where that is known, and the last lines that it wrote."""

    code: int
    outcomes: Outcomes | None
    tail: tuple[str, ...]


class Scratch:
    """A folder of our own, and a process that empties it however this one ends.

    Raises:
        OSError: there is no room for it.
    """

    def __init__(self, name: str) -> None:
        """`name`: that of the project's folder, which is that of a package where it has an `__init__.py`."""
        self.folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="autofix-")))
        self.tree = self.folder / "copy" / name
        """Where the copy belongs."""
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, os.fspath(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """End what still runs, and wait until everything is gone."""
        self._keeper.communicate()
        if self.folder.exists():
            keeper.remove(os.fspath(self.folder))

    def empty(self) -> None:
        """Remove the copy, for a new one."""
        keeper.remove(os.fspath(self.tree.parent))

    def run(self, command: str, folder: Path, environment: Mapping[str, str]) -> Attempt:
        """Run a shell command in a folder; what it leaves running is ended with it.

        Raises:
            OSError: the process that runs it is gone.
        """
        output, results = self.folder / "output", self.folder / "results.xml"
        for file in (output, results):
            file.unlink(missing_ok=True)
        options = f"{environment.get('PYTEST_ADDOPTS', '')} --junitxml={shlex.quote(os.fspath(results))}".strip()
        request = {
            "command": command,
            "cwd": os.fspath(folder),
            "environment": {**environment, "PWD": os.fspath(folder), "PYTEST_ADDOPTS": options},
            "output": os.fspath(output),
        }
        stdin, stdout = self._keeper.stdin, self._keeper.stdout
        if stdin is None or stdout is None:
            raise OSError("the command cannot be run")
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise OSError("the process that runs the command is gone")
        return Attempt(int(answer), outcomes.read(results), _tail(output))


def _tail(output: Path) -> tuple[str, ...]:
    with open(output, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return tuple(lines[-TAIL_LINES:])
