"""Programs of several files, run as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from repositories import write_tree


def output(folder: Path, files: Mapping[str, str], arguments: Sequence[str] = ("main.py",), *, status: int = 0) -> str:
    """What a program prints that stands in a folder. Coroutines that nobody awaits are errors."""
    write_tree(folder, files)
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "error::RuntimeWarning", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == status, done.stdout + done.stderr
    assert "never awaited" not in done.stderr
    return done.stdout
