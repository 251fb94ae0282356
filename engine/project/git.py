"""Facts about the git repository, asked of git or read from its folder."""

from __future__ import annotations

from pathlib import Path


class Git:
    """A work tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
