"""A synchronous engine beside the asynchronous one, for what stays synchronous: scripts, Celery, schedulers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autofix.fixers.sqlalchemy.engines.outcome import Outcome, Refused, Rewritten
from autofix.languages.python.code import Assign, Expression, Function, Name
from autofix.languages.python.code_walk import walk
from autofix.text.edit import insert
from autofix.text.source import Source

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


def twin(source: Source, statement: Assign | Function, names: Mapping[str, str], *, is_memory: bool = False) -> Outcome:
    """The statement once more behind itself, as it is written now, with other names: `names` by the ones it has.

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
    text = _renamed(source, line, end, statement, names)
    if isinstance(statement, Function):
        text = source.newline * 2 + text
    if not text.endswith(source.newline):
        text = source.newline + text
    return Rewritten((insert(end, text),))


def _decorated_start(statement: Assign | Function) -> int:
    decorators: tuple[Expression, ...] = statement.decorators if isinstance(statement, Function) else ()
    return min((decorator.start for decorator in decorators), default=statement.start)


def _renamed(source: Source, start: int, end: int, statement: Assign | Function, names: Mapping[str, str]) -> str:
    places = {(node.start, node.end): node.name for node in walk(statement) if isinstance(node, Name)}
    if isinstance(statement, Function):
        places[statement.name_start, statement.name_start + len(statement.name.encode())] = statement.name
    parts, at = [], start
    for (first, last), name in sorted(places.items()):
        if name in names:
            parts += [source.slice(at, first), names[name]]
            at = last
    return "".join((*parts, source.slice(at, end)))
