"""The first argument of an engine: the URL for the asynchronous driver, whether it is written there or read at run time."""

from __future__ import annotations

from dataclasses import dataclass, field

from autofix.fixers.sqlalchemy.engines.literals import Url, literal
from autofix.fixers.sqlalchemy.engines.outcome import Context, Import
from autofix.fixers.sqlalchemy.engines.urls import Options, adapted, async_drivername, dialect_of, is_memory, options_of
from autofix.languages.python.code import Attribute, Call, Conditional, Constant, Dictionary, Expression, Name
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

_MAKE_URL = Import("sqlalchemy.engine", "make_url")


@dataclass(slots=True)
class Target:
    """What an engine connects to, and the edits that say so."""

    edits: list[Edit] = field(default_factory=list)
    drivername: str = ""
    """The new one; empty where it is known at run time only."""
    is_memory: bool = False
    options: Options = field(default_factory=Options)
    """What moves from the URL to `connect_args`."""
    imports: tuple[Import, ...] = ()
    needs_helper: bool = False
    problem: str = ""

    @property
    def dialect(self) -> str:
        """The dialect, where it is known."""
        return dialect_of(self.drivername)


def target(source: Source, expression: Expression, context: Context, *, only: str = "") -> Target:
    """The new first argument of `create_engine`. `only` is the one dialect that other arguments leave possible."""
    written = literal(source.text, expression)
    if written is not None:
        return _in_place(written, context) or _at_run_time(expression, context, only)
    if isinstance(expression, Conditional):
        return _either(source, expression, context) or _at_run_time(expression, context, only)
    if isinstance(expression, Call) and _is_url_create(expression):
        return _created(source, expression, context) or _at_run_time(expression, context, only)
    known = context.definition_of(expression)
    written = literal(known.text, known.value) if known is not None else None
    if known is None or written is None:
        return _at_run_time(expression, context, only)
    found = _in_place(written, context)
    if found is not None and (found.problem or (known.is_private and not context.keeps_sync)):
        return found
    if found is None or len(found.edits) > 1:
        return _at_run_time(expression, context, dialect_of(written.drivername))
    return _set(expression, found)


def _in_place(url: Url, context: Context) -> Target | None:
    """The URL edited where it stands; None where its options must change and are not in one place."""
    drivername = async_drivername(url.drivername, context.drivers)
    if drivername is None:
        return Target(problem=f"no driver for asyncio is known for {url.drivername}")
    memory = dialect_of(drivername) == "sqlite" and "\0" not in url.shape and is_memory(url.shape)
    edits = [replace(url.start, url.end, drivername)] if drivername != url.drivername else []
    found = Target(edits, drivername, memory)
    if not url.is_whole and drivername.endswith("asyncpg"):
        return None if "?" in url.shape else found
    if url.query is None or not edits:
        return found
    if any("\0" in option.key for option in url.options):
        return None
    found.options = adapted(drivername, url.options)
    found.problem = found.options.problem
    start, end = url.query
    query = "&".join(found.options.kept)
    if found.options.kept != [option.text for option in url.options]:
        found.edits.append(_with_query(start, end, query))
    return found


def _with_query(start: int, end: int, query: str) -> Edit:
    # Without any option the question mark goes, too.
    return replace(start, end, query) if query else replace(start - 1, end, "")


def _either(source: Source, expression: Conditional, context: Context) -> Target | None:
    """Two URLs of one driver, edited where they stand."""
    found = []
    for branch in (expression.body, expression.other):
        written = literal(source.text, branch)
        part = _in_place(written, context) if written is not None else None
        if part is None or part.problem or part.options.arguments or part.options.settings:
            return None
        found.append(part)
    first, second = found
    drivername = first.drivername if first.drivername == second.drivername else ""
    return Target([*first.edits, *second.edits], drivername, first.is_memory or second.is_memory)


def _is_url_create(call: Call) -> bool:
    function = call.function
    if not isinstance(function, Attribute) or function.name != "create":
        return False
    return getattr(function.value, "name", "") == "URL"


def _created(source: Source, call: Call, context: Context) -> Target | None:
    """`URL.create(drivername, query={...})` with another driver."""
    named = {argument.keyword: argument.value for argument in call.arguments if argument.keyword}
    positional = [argument.value for argument in call.arguments if not argument.keyword and not argument.stars]
    first = named.get("drivername") or (positional[0] if positional else None)
    if not isinstance(first, Constant) or not isinstance(first.value, str):
        return None
    drivername = async_drivername(first.value, context.drivers)
    if drivername is None:
        return Target(problem=f"no driver for asyncio is known for {first.value}")
    database = named.get("database")
    memory = dialect_of(drivername) == "sqlite" and getattr(database, "value", None) in (None, "", ":memory:")
    quote = source.text[first.start : first.end].decode()[-1]
    edits = [replace(first.start, first.end, f"{quote}{drivername}{quote}")] if drivername != first.value else []
    query = named.get("query")
    if edits and query is not None and drivername.endswith(("asyncpg", "aiomysql", "asyncmy")):
        keys = query.keys if isinstance(query, Dictionary) else None
        if keys is None or not all(isinstance(key, Constant) and isinstance(key.value, str) for key in keys):
            return None
        written = options_of("&".join(f"{key.value}=" for key in keys if isinstance(key, Constant)))
        if adapted(drivername, written).kept != [option.text for option in written]:
            return None
    return Target(edits, drivername, memory)


def _set(expression: Expression, found: Target) -> Target:
    """The URL that something else reads, too, with another driver for this engine alone."""
    edits, imports = _wrapped(expression, f'.set(drivername="{found.drivername}")') if found.edits else ([], ())
    return Target(edits, found.drivername, found.is_memory, imports=imports)


def _wrapped(expression: Expression, tail: str) -> tuple[list[Edit], tuple[Import, ...]]:
    if isinstance(expression, Call) and _name(expression.function) == "make_url":
        return [insert(expression.end, tail)], ()
    return [insert(expression.start, "make_url("), insert(expression.end, f"){tail}")], (_MAKE_URL,)


def _at_run_time(expression: Expression, context: Context, only: str) -> Target:
    """A URL that is not known before the program runs."""
    driver = context.drivers.get(only)
    if driver is not None and driver != "asyncpg":
        drivername = f"{only}+{driver}"
        edits, imports = _wrapped(expression, f'.set(drivername="{drivername}")')
        return Target(edits, drivername, imports=imports)
    edits = [insert(expression.start, f"{context.helper}("), insert(expression.end, ")")]
    return Target(edits, f"{only}+{driver}" if driver else "", needs_helper=True)


def _name(expression: Expression) -> str:
    return expression.name if isinstance(expression, Name | Attribute) else ""
