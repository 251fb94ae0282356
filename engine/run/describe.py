"""Exceptions for people."""

from __future__ import annotations


def describe(error: BaseException) -> str:
    """An exception in one line, with the place in the code that raised it."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__, limit=None)
    place = f" ({frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno})" if frames else ""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' + message[:300] if message else ''}{place}"
