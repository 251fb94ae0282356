"""The changes as one diff that `git apply` takes."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.run.result import Result
from autofix.text.diff import render


def chunks(result: Result) -> Iterator[bytes]:
    """The diff file by file."""
    return (render(change.diff()) for change in result.changes)
