"""Suppression comments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autofix.languages import Language
from autofix.text.source import Source


@dataclass(frozen=True)
class Notice:
    """What is wrong with a suppression comment; the line is 1-based."""

    line: int
    message: str


class Suppressions:
    """The suppression comments of one file."""

    def covers(self, fixer: str, group: str, start: int, end: int) -> bool:
        """Whether a finding at these byte offsets is not wanted."""
        return False

    def notices(self, ran: Collection[str], known: Collection[str]) -> Sequence[Notice]:
        """Comments that were not needed by the fixers that ran, or that name none that is known."""
        return ()


def suppressions(source: Source, language: Language | None) -> Suppressions:
    """Read the suppression comments of a file."""
    return Suppressions()
