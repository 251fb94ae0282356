"""Processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path


def environment(*folders: Path, **settings: str) -> dict[str, str]:
    """The environment of a process that also imports from some folders, and sees the package that is under test here."""
    paths = [*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **settings}
