"""What a run may look at and change."""

from __future__ import annotations

from collections.abc import Collection


class Scope:
    """The default is everything."""

    def ignored(self, path: str) -> Collection[str]:
        """The ids of the fixers that the configuration keeps from a file."""
        return ()

    def excluded(self, path: str) -> bool:
        """Whether no fixer may change a file."""
        return False

    def covers(self, path: str, first_line: int, last_line: int) -> bool:
        """Whether a finding on these lines (1-based, in the file as it is on disk) counts."""
        return True
