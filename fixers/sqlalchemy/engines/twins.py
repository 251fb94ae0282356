"""A synchronous engine beside the asynchronous one, for what stays synchronous: scripts, Celery, schedulers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autofix.fixers.sqlalchemy.engines.outcome import Outcome, Refused, Rewritten
from autofix.languages.python.code import Assign, Expression, Function, Name
from autofix.text.edit import insert
from autofix.text.source import Source

Span = tuple[int, int]
"""Offsets of a name."""

_WORD_START = re.compile(r"^(_*)(.*)$")


def twin_name(name: str) -> str:
    """The name of the synchronous one: `sync_engine`, `SYNC_ENGINE`, `SyncSessionLocal`, and `get_sync_db` of `get_db`."""
    match = _WORD_START.match(name)
    underscores, word = (match[1], match[2]) if match else ("", name)
    if word.startswith("get_"):
        return f"{underscores}get_sync_{word[4:]}"
    if word.isupper():
        return f"{underscores}SYNC_{word}"
    return f"{underscores}{'Sync' if word[:1].isupper() else 'sync_'}{word}"


def twin(
    source: Source,
    statement: Assign | Function,
    places: Mapping[Span, str],
    *,
    is_memory: bool = False,
    is_before: bool = False,
) -> Outcome:
    """The statement once more behind (or before) itself, as it is written now, with other names: by where they stand.

    For `engine = create_engine(...)`, `SessionLocal = sessionmaker(bind=engine)` and the generator that yields its sessions.
    The original is then rewritten for asyncio with `Context.keeps_sync`, so that the URL both read stays synchronous.
    """
    if is_memory:
        return Refused("a database in memory cannot be shared with a synchronous engine: use a file")
    if isinstance(statement, Assign) and not all(isinstance(target, Name) for target in statement.targets):
        return Refused("the engine is not kept in a name")
    start = _decorated_start(statement)
    line, _ = source.line_range(source.line_of(start))
    if source.text[line:start].strip(b" \t@"):
        return Refused("the statement shares its line with another")
    _, end = source.line_range(source.line_of(statement.end))
    text = _renamed(source, line, end, places)
    if isinstance(statement, Function):
        text = source.newline * 2 + text
    if not text.endswith(source.newline):
        text = source.newline + text
    return Rewritten((insert(line if is_before else end, text),))


def bound_places(statement: Assign | Function) -> Iterator[tuple[Span, str]]:
    """The names that a statement binds, with where they stand."""
    if isinstance(statement, Function):
        start = statement.name_start
        yield (start, start + len(statement.name.encode())), statement.name
        return
    for target in statement.targets:
        if isinstance(target, Name):
            yield (target.start, target.end), target.name


def _decorated_start(statement: Assign | Function) -> int:
    decorators: tuple[Expression, ...] = statement.decorators if isinstance(statement, Function) else ()
    return min((decorator.start for decorator in decorators), default=statement.start)


def _renamed(source: Source, start: int, end: int, places: Mapping[Span, str]) -> str:
    parts, at = [], start
    for (first, last), name in sorted(places.items()):
        if start <= first and last <= end:
            parts += [source.slice(at, first), name]
            at = last
    return "".join((*parts, source.slice(at, end)))
