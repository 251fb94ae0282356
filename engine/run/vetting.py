"""Whether what a fixer says makes sense: fixers of third parties are not trusted to."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.fixer import CreateFile, DeleteFile, Edit, Finding, Fix, Refusal, RenameFile
from autofix.text.edit import in_order
from autofix.text.source import Source


def vet(finding: Finding, source: Source) -> None:
    """Raise for a finding that cannot be shown or a fix that cannot be made.

    Raises:
        TypeError, ValueError: it is none, lies outside of the file, its edits overlap or split a character, or it leaves the
            project.
    """
    if not isinstance(finding, Finding):
        raise TypeError(f"{finding!r:.100} is no finding")
    if not 0 <= finding.start <= finding.end <= len(source.text):
        raise ValueError(f"a finding at {finding.start}-{finding.end} in a file of {len(source.text)} bytes")
    outcome = finding.outcome
    if isinstance(outcome, Refusal):
        return
    if not isinstance(outcome, Fix):
        raise TypeError(f"{outcome!r:.100} is neither a fix nor a refusal")
    for edit in _vetted(outcome.edits):
        if edit.end > len(source.text) or any(_inside_character(source.text, at) for at in (edit.start, edit.end)):
            raise ValueError(f"an edit at {edit.start}-{edit.end} that does not fit the text")
    for path, edits in outcome.elsewhere.items():
        _require_inside(path)
        _vetted(edits)
    for operation in outcome.files:
        if not isinstance(operation, CreateFile | DeleteFile | RenameFile):
            raise TypeError(f"{operation!r:.100} is no operation on a file")
        _require_inside(operation.path)
        if isinstance(operation, RenameFile):
            _require_inside(operation.new_path)


def _vetted(edits: Iterable[Edit]) -> list[Edit]:
    for edit in edits:
        if not isinstance(edit, Edit):
            raise TypeError(f"{edit!r:.100} is no edit but a {type(edit).__name__}")
        edit.replacement.encode("utf-8")
    return in_order(edits)


def _require_inside(path: str) -> None:
    parts = path.split("/")
    if "\0" in path or not {"", ".", ".."}.isdisjoint(parts) or ".git" in map(str.casefold, parts):
        raise ValueError(f"{path!r} is no path of the project")


def _inside_character(text: bytes, offset: int) -> bool:
    return offset < len(text) and text[offset] & 0xC0 == 0x80
