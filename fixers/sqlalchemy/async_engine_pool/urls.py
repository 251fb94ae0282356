"""URLs for asyncpg with options that it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autofix.fixer import Applicability, Edit, Finding, Fix, Project, Refusal, Source
from autofix.fixers.sqlalchemy.engines.literals import literal
from autofix.fixers.sqlalchemy.engines.urls import Options, asyncpg_options, options_of
from autofix.languages.python.code import Constant, Text
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk

# A program that knows the word may take it out of the URL, or give asyncpg what it means.
_HANDLED = re.compile(rb"(?:replace|pop|sub|split|remove|strip|del|in|==)\b[^\n]*\bsslmode|\bsslmode\b[\"']?\s*(?:in\b|\]|\))")


def urls(source: Source, project: Project) -> Iterator[Finding]:
    """Each string that begins with `postgresql+asyncpg:` and has such options."""
    for node in walk(read(source).body):
        if isinstance(node, Constant | Text):
            found = literal(source.text, node)
            if found is not None and found.drivername == "postgresql+asyncpg" and found.query is not None and found.is_whole:
                yield from finding(source, project, found.start, *found.query)


def finding(source: Source, project: Project, start: int, first: int, last: int) -> Iterator[Finding]:
    """The finding for a URL that starts at `start` and has its options from `first` to `last`; none where they are fine."""
    options = options_of(source.slice(first, last), opaque="{")
    names = [option.key for option in options if option.key in ("sslmode", "channel_binding")]
    if names:
        message = f"asyncpg does not know {' and '.join(names)} in a URL: TypeError when it connects"
        yield Finding(start, last, message, _outcome(project, first, last, asyncpg_options(options)))


def _outcome(project: Project, first: int, last: int, adapted: Options) -> Fix | Refusal:
    if adapted.problem or adapted.arguments or adapted.settings:
        return Refusal(
            adapted.problem or "asyncpg takes other options of this URL in connect_args only", "move them there by hand"
        )
    place = _handled(project)
    if place:
        return Refusal(f"{place} handles sslmode itself")
    kept = "&".join(adapted.kept)
    edit = Edit(first, last, kept) if kept else Edit(first - 1, last, "")
    return Fix((edit,), Applicability.UNSAFE, "write the options as asyncpg takes them")


def _handled(project: Project) -> str:
    for path in sorted(project.paths):
        source = project.source(path) if path.endswith(".py") else None
        match = _HANDLED.search(source.text) if source is not None and b"sslmode" in source.text else None
        if match is not None and source is not None:
            return f"{path}:{source.line_of(match.start())}"
    return ""
