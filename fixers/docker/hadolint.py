"""Rules that the authors of a repository turned off for hadolint: the wish holds for us too."""

from __future__ import annotations

import re

from autofix.languages.dockerfile import Dockerfile, Instruction
from autofix.project.project import Project

# The places of hadolint's documentation that lie in a repository.
_FILES = (".hadolint.yaml", ".hadolint.yml", ".config/hadolint.yaml", ".config/hadolint.yml")
_IGNORED = re.compile(rb"^ignored:[ \t]*(\[[^\]]*\]|(?:\s*(?:#[^\n]*\n\s*)*-[ \t][^\n]*)+)", re.MULTILINE)


def turned_off(rule: str, dockerfile: Dockerfile, instruction: Instruction, project: Project) -> bool:
    """Whether a pragma of the file or hadolint's configuration ignores a rule (`DL3042`) for an instruction."""
    return dockerfile.is_ignored(instruction, rule) or any(_lists(project.read(path), rule) for path in _FILES)


def _lists(configuration: bytes | None, rule: str) -> bool:
    match = _IGNORED.search(configuration or b"")
    return match is not None and re.search(rf"^[^#]*\b{rule}\b".encode(), match[1], re.MULTILINE) is not None
