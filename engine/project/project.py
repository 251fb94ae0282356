"""The repository as a fixer sees it at one moment of a run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from copy import copy
from pathlib import Path
from typing import TypeVar, cast

from autofix.project.git import Git
from autofix.project.summaries import Summarizer
from autofix.text.source import Source, Undecodable

S = TypeVar("S")


class Project:
    """All files by path relative to the root, with `/`, with the changes of earlier rounds already made.

    What a fixer reads here is remembered, so that a file is visited again when something changes that it depends on.
    """

    def __init__(self, root: Path, paths: Collection[str], git: Git | None) -> None:
        self.root = root
        self.git = git
        """Facts about the git repository; None where there is none."""
        self.overlay: dict[str, bytes | None] = {}
        """Files as earlier rounds of this run left them; None for deleted ones."""
        self.reads: set[str] = set()
        """The paths asked for since the engine last cleared the set; `""` stands for the list of all files."""
        self._paths = frozenset(paths)
        self.all_summaries: dict[str, dict[str, object]] = {}
        """By the summarizer's name, then by path; filled by the engine."""
        self._sources: dict[str, tuple[bytes, Source | None]] = {}

    @property
    def paths(self) -> frozenset[str]:
        """Every file that git would track, of whatever language."""
        self.reads.add("")
        return self._all_paths()

    def _all_paths(self) -> frozenset[str]:
        if not self.overlay:
            return self._paths
        gone = {path for path, data in self.overlay.items() if data is None}
        return (self._paths | self.overlay.keys()) - gone

    def exists(self, path: str) -> bool:
        """Whether git would track a file at `path`."""
        self.reads.add(path)
        return self.overlay[path] is not None if path in self.overlay else path in self._paths

    def folder_exists(self, folder: str) -> bool:
        """Whether a tracked file lies anywhere below `folder`."""
        return next(self.under(folder), None) is not None

    def under(self, folder: str) -> Iterator[str]:
        """The files below a folder; all of them for `""`."""
        prefix = folder.rstrip("/") + "/" if folder not in ("", ".") else ""
        return (path for path in self.paths if path.startswith(prefix))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file below the root, tracked or not; None where there is none or it cannot be read."""
        self.reads.add(path)
        if path in self.overlay:
            return self.overlay[path]
        return read_below(self.root, path)

    def source(self, path: str) -> Source | None:
        """The text of a file; None where there is none or it is no text."""
        data = self.read(path)
        if data is None:
            return None
        known = self._sources.get(path)
        if known is not None and known[0] == data:
            return known[1]
        try:
            source = Source.decode(path, data)
        except Undecodable:
            source = None
        self._sources[path] = (data, source)
        return source

    def summaries(self, summarizer: Summarizer[S]) -> Mapping[str, S]:
        """The summaries, by path, of the files that hold the asking fixer's needles. Only for `link`."""
        return cast("Mapping[str, S]", self.all_summaries.get(summarizer.name, {}))

    def restricted_to(self, paths: Collection[str]) -> Project:
        """The same project with only the summaries of some files; what is read counts for both."""
        view = copy(self)
        view.all_summaries = {
            name: {path: summary for path, summary in summaries.items() if path in paths}
            for name, summaries in self.all_summaries.items()
        }
        return view


def read_below(root: Path, path: str) -> bytes | None:
    """A regular file's bytes, following no link that leads out of `root`; None where that cannot be had."""
    full = os.path.join(root, path)
    # Most paths that fixers ask for do not exist: that is settled before links are followed.
    if not os.path.isfile(full):
        return None
    top = os.path.realpath(root)
    if os.path.commonpath((os.path.realpath(full), top)) != top:
        return None
    try:
        with open(full, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return None
