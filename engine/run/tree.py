"""The files of a run after some rounds of fixes, in memory only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from autofix.fixer import CreateFile, DeleteFile, Edit, Fix, RenameFile
from autofix.text.revision import Revision
from autofix.text.source import Source, Undecodable


class Impossible(Exception):
    """A fix cannot be made; the message says why in a few words."""


class Version(NamedTuple):
    """A file that a fix has touched. `source` is None once it is deleted, `original` None where the run created it."""

    path: str
    original_path: str
    original: bytes | None
    source: Source | None
    revision: Revision | None
    executable: bool = False

    @property
    def data(self) -> bytes | None:
        """The bytes to write; None for a deleted file."""
        return None if self.source is None else self.source.encode(self.source.text)


@dataclass(frozen=True)
class Tree:
    """What differs from the disk. Immutable: a round that went wrong is undone by going back to the tree before it."""

    versions: Mapping[str, Version] = field(default_factory=dict)

    def overlay(self) -> dict[str, bytes | None]:
        """The bytes by path, None where a file is gone, for `Project.overlay`."""
        present = {path: version.data for path, version in self.versions.items()}
        gone = (version.original_path for version in self.versions.values() if version.original_path not in present)
        return {**dict.fromkeys(gone, None), **present}

    def came_or_went(self, path: str) -> bool:
        """Whether a file was created, deleted or renamed."""
        version = self.versions.get(path)
        return version is not None and (version.source is None or version.original is None or version.original_path != path)

    def gone_since(self, before: Tree) -> frozenset[str]:
        """The files that an earlier tree still had."""
        return frozenset(
            path
            for path, version in self.versions.items()
            if version.source is None and version is not before.versions.get(path)
        )

    def after(self, fixes: Iterable[Fix], edits: Mapping[str, Sequence[Edit]], read: Callable[[str], bytes | None]) -> Tree:
        """The tree with merged edits made, then files created, deleted and renamed.

        Raises:
            Impossible: a file to edit is not there or is no text, or the result cannot be encoded.
        """
        versions = dict(self.versions)
        for path, changes in edits.items():
            version = self._version(path, read)
            edited = _edited(version, changes)
            if edited is not version:
                versions[path] = edited
        for fix in fixes:
            for operation in fix.files:
                versions.update(_operated(replace(self, versions=versions), operation, read))
        return Tree(versions)

    def _version(self, path: str, read: Callable[[str], bytes | None]) -> Version:
        known = self.versions.get(path)
        if known is not None:
            return known
        data = read(path)
        if data is None:
            raise Impossible(f"{path} is not there")
        try:
            source = Source.decode(path, data)
        except Undecodable as error:
            raise Impossible(f"{path} {error}") from None
        return Version(path, path, data, source, Revision.of(source.text))


def _edited(version: Version, edits: Sequence[Edit]) -> Version:
    if version.source is None or version.revision is None:
        raise Impossible(f"{version.path} is deleted")
    try:
        revision = version.revision.edited(edits)
        if revision.text == version.source.text:
            return version
        source = version.source.with_text(revision.text)
        source.encode(source.text)
    except (ValueError, Undecodable) as error:
        raise Impossible(f"{version.path}: {error}") from None
    return version._replace(source=source, revision=revision)


def _operated(
    tree: Tree, operation: CreateFile | DeleteFile | RenameFile, read: Callable[[str], bytes | None]
) -> Iterator[tuple[str, Version]]:
    if isinstance(operation, CreateFile):
        _require_free(tree, operation.path, read)
        try:
            source = Source.decode(operation.path, operation.content)
        except Undecodable as error:
            raise Impossible(f"{operation.path} {error}") from None
        known = tree.versions.get(operation.path)
        original = known.original if known is not None else None
        yield operation.path, Version(operation.path, operation.path, original, source, None, operation.executable)
        return
    version = tree._version(operation.path, read)
    gone = version._replace(path=operation.path, source=None, revision=None)
    if isinstance(operation, DeleteFile):
        yield operation.path, gone
        return
    _require_free(tree, operation.new_path, read)
    if operation.new_path in tree.versions:
        raise Impossible(f"{operation.new_path} was deleted in this run")
    yield operation.path, gone
    yield operation.new_path, version._replace(path=operation.new_path)


def _require_free(tree: Tree, path: str, read: Callable[[str], bytes | None]) -> None:
    known = tree.versions.get(path)
    if (read(path) if known is None else known.source) is not None:
        raise Impossible(f"{path} exists already")
