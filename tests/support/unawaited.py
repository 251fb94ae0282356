"""The checker of coroutines that nobody awaits, run over what the other fixers make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autofix.fixers.python.unawaited_coroutine.facts import link
from autofix.fixers.python.unawaited_coroutine.findings import findings
from autofix.languages.python.summary import PYTHON_MODULES
from autofix.project.project import Project
from autofix.text.source import Source


def unawaited(files: Mapping[str, str | bytes]) -> list[str]:
    """`path:line: message` of each coroutine or task of a program that nobody keeps."""
    texts = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    project = Project(Path("/nowhere"), list(texts), None)
    project.overlay = dict(texts)
    sources = {path: Source.decode(path, text) for path, text in texts.items() if path.endswith(".py") and b"async" in text}
    project.all_summaries = {PYTHON_MODULES.name: {path: PYTHON_MODULES.summarize(source) for path, source in sources.items()}}
    facts = link(project)
    found = [(path, finding) for path in sorted(facts.calls) for finding in findings(_source(project, path), project, facts)]
    return [f"{path}:{_source(project, path).line_of(item.start)}: {item.message}" for path, item in found]


def _source(project: Project, path: str) -> Source:
    source = project.source(path)
    assert source is not None
    return source
