"""The changes as one diff that `git apply` takes."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.run.result import Result


def chunks(result: Result) -> Iterator[bytes]:
    """The diff file by file."""
    if not result.changes:
        return
    from autofix.text.diff import render

    yield from (render(change.diff()) for change in result.changes)
