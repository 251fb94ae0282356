"""Summaries kept from run to run, keyed by the content of the file they are of."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from autofix.project.summaries import Summarizer
from autofix.version import VERSION


def folder() -> Path | None:
    """Where caches lie: the user's own folder, never the scanned repository, whose files must not be unpickled.

    None for a user without a home, as containers with arbitrary user ids have them.
    """
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base, "autofix")
    try:
        return Path.home() / ".cache/autofix"
    except RuntimeError:
        return None


Key = tuple[str, int, str, bytes]
"""A summarizer by name and version, and what it looked at: a path, since a summary may depend on it, and a digest."""


class SummaryCache:
    """The summaries of one repository. Entries of files that are gone are dropped when the cache is saved."""

    def __init__(self, root: Path | None) -> None:
        """Load the cache of the repository at `root`; None keeps nothing between runs."""
        place = folder() if root is not None else None
        self._file = place / f"{_digest(os.fsencode(root or '')).hex()}.summaries" if place is not None else None
        self._old: dict[Key, object] = {}
        self._new: dict[Key, object] = {}
        if self._file is not None:
            self._old = _load(self._file)

    @staticmethod
    def keys(summarizers: Iterable[Summarizer[object]], path: str, data: bytes) -> dict[str, Key]:
        """The key of each summary of a file."""
        digest = _digest(data)
        return {summarizer.name: (summarizer.name, summarizer.version, path, digest) for summarizer in summarizers}

    def get(self, key: Key) -> object | None:
        """A summary, or None where it is not known."""
        if key in self._new:
            return self._new[key]
        found = self._old.get(key)
        if found is not None:
            self._new[key] = found
        return found

    def put(self, key: Key, summary: object) -> None:
        """Remember a summary."""
        self._new[key] = summary

    def save(self) -> None:
        """Write the cache if it changed; a cache that cannot be written is no error."""
        if self._file is None or self._new.keys() == self._old.keys():
            return
        import pickle
        import tempfile

        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    pickle.dump((VERSION, self._new), file, pickle.HIGHEST_PROTOCOL)
                os.replace(temporary, self._file)
            except BaseException:
                os.unlink(temporary)
                raise


def _load(file: Path) -> dict[Key, object]:
    import pickle

    try:
        with open(file, "rb") as stream:
            version, entries = pickle.load(stream)  # noqa: S301 - our own file in the user's cache folder
    except Exception:  # whatever a damaged file does to pickle: it is only a cache
        return {}
    return entries if version == VERSION and isinstance(entries, dict) else {}


def _digest(data: bytes) -> bytes:
    from hashlib import blake2b

    return blake2b(data, digest_size=16).digest()
