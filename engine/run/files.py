"""The files of a run as it read them from the disk: which of them matter to which fixers, and which are left alone."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.project.files import UNREAD, generated, is_behind_link, read
from autofix.run.job import Job
from autofix.run.reading import Candidate, Reader, Wanted, problem


class Files:
    """What was read. Nothing is read twice: a file that changes meanwhile is seen as it was."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._data: dict[str, bytes] = {}
        self.hits: dict[str, tuple[int, ...]] = {}
        """The fixers whose needles a file holds."""
        self.left_alone: dict[str, str] = {}
        """Why a file is not changed, by path."""

    def search(self) -> Iterator[Candidate]:
        """Read every file that some fixer may want; those with needles, or a suppression comment, as they are found."""
        job = self._job
        reader = Reader(job.root, job.prefilter.needles, job.settings.limits)
        wanted = list(self._wanted())
        for found in reader.candidates(wanted, lambda done: job.tell("reading", done, len(wanted))):
            if found.skipped or found.failed:
                self._keep_problem(found)
                continue
            self.hits[found.path] = found.hits
            self._data[found.path] = found.data
            if (reason := generated(found.data)) is not None:
                self.left_alone[found.path] = reason
            yield found

    def _wanted(self) -> Iterator[Wanted]:
        job = self._job
        discovery, prefilter, targets = job.discovery, job.prefilter, job.targets
        # Whole-program fixers also need the files that nobody asked for; the order of the list is that of git.
        partial = job.programs and not discovery.paths <= targets
        paths = prefilter.sifted(sorted(discovery.paths | targets) if partial else discovery.targets)
        for path in paths:
            indexes = prefilter.by_path(path)
            if indexes and path not in targets:
                indexes = [index for index in indexes if index in job.programs]
            if indexes and not job.scope.excluded(path):
                yield path, indexes

    def _keep_problem(self, found: Candidate) -> None:
        if found.path not in self._job.targets:
            return
        if found.skipped:
            self.left_alone[found.path] = found.skipped
        else:
            self._job.failures[found.path, ""] = found.failed

    def bytes_of(self, path: str) -> bytes | None:
        """A file as it is on disk, or as it was when this run read it."""
        if path not in self._data and path in self._job.discovery.paths:
            data = self._read(path)
            if data is not None:
                self._data[path] = data
        return self._data.get(path)

    def _read(self, path: str) -> bytes | None:
        try:
            return None if is_behind_link(self._job.root, path) else read(f"{self._job.root}/{path}")
        except UNREAD as error:
            if (found := problem(path, error)) is not None:
                self._keep_problem(found)
        return None

    def sift(self, path: str, data: bytes | None) -> None:
        """See anew which fixers' needles a file holds."""
        prefilter = self._job.prefilter
        self.hits[path] = () if data is None else tuple(prefilter.by_content(prefilter.by_path(path), data))
