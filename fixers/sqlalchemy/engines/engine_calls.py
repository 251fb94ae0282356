"""`create_engine(...)` to `create_async_engine(...)`: the URL, the pool and the arguments of the driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autofix.fixers.sqlalchemy.engines.lists import with_arguments, with_entries
from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.targets import Target, target
from autofix.fixers.sqlalchemy.engines.urls import Option, Options, asyncpg_options, repr_string
from autofix.languages.python.code import Argument, Attribute, Call, Constant, Dictionary, Expression, Name
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

# Only psycopg2's dialect knows them (SQLAlchemy's dialects/postgresql/psycopg2.py, 1.4 to 2.1).
PSYCOPG2_ONLY = frozenset(
    ("executemany_mode", "executemany_batch_page_size", "executemany_values_page_size", "client_encoding", "use_batch_mode",
     "use_native_uuid", "use_native_unicode", "use_native_hstore")
)  # fmt: skip
"""Arguments of `create_engine` that the dialect of psycopg2 alone has."""
# Gone from SQLAlchemy 2.0, without effect before; the last never existed but in guides.
_REMOVED = frozenset(("encoding", "convert_unicode", "case_sensitive", "empty_in_strategy", "pool_drop_on_rollback"))
# Fetches each result row by row on the server; asyncio has `stream` for that and refuses the argument.
_SERVER_SIDE = frozenset(("server_side_cursors",))
# Arguments of pools that keep connections.
_OF_QUEUES = frozenset(("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo"))
_REFUSED = {
    "creator": "creator= makes connections of the synchronous driver",
    "pool": "pool= is a pool of synchronous connections",
    "module": "module= is the synchronous driver",
    "dialect": "dialect= is a synchronous one",
    "strategy": "strategy= belongs to SQLAlchemy 1.3",
    "paramstyle": "paramstyle= belongs to the synchronous driver",
}


def engine(source: Source, call: Call, context: Context, *, serves_many_loops: bool = False) -> Outcome:
    """The call of `create_engine` (SQLAlchemy's or SQLModel's) as one of `create_async_engine`.

    An engine of tests, which `serves_many_loops`, keeps no connections to PostgreSQL: asyncpg's belong to one event loop.
    """
    problem = next((_REFUSED[argument.keyword] for argument in call.arguments if argument.keyword in _REFUSED), "")
    return Refused(problem) if problem else _Engine(source, call, context).rewritten(serves_many_loops)


@dataclass(slots=True)
class _Engine:
    """One call on its way."""

    source: Source
    call: Call
    context: Context
    edits: list[Edit] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dropped: set[Argument] = field(default_factory=set)
    added: list[str] = field(default_factory=list)

    def rewritten(self, serves_many_loops: bool) -> Outcome:
        url = self._url()
        if url is None:
            return Refused("the URL is not written as an argument")
        found = target(self.source, url.value, self.context, only=self._only_dialect())
        if found.problem:
            return Refused(found.problem)
        function = self.call.function
        self.edits += [replace(function.start, function.end, "create_async_engine"), *found.edits]
        self.imports += [Import("sqlalchemy.ext.asyncio", "create_async_engine"), *found.imports]
        for argument in self.call.arguments:
            self._argument(argument, found)
        if serves_many_loops and found.drivername.endswith("+asyncpg") and self._given("poolclass") is None:
            self.dropped.update(argument for argument in self.call.arguments if argument.keyword in _OF_QUEUES)
            self.added.append("poolclass=NullPool")
            self.imports.append(Import("sqlalchemy.pool", "NullPool"))
        elif self._needs_queue(found):
            self.added.append("poolclass=AsyncAdaptedQueuePool")
            self.imports.append(Import("sqlalchemy.pool", "AsyncAdaptedQueuePool"))
        problem = self._connect_args(found)
        if problem:
            return Refused(problem)
        self.edits += with_arguments(self.source, self.call, self.dropped, self.added)
        self.notes += found.options.notes
        return Rewritten(tuple(self.edits), tuple(self.imports), tuple(self.notes), found.needs_helper)

    def _url(self) -> Argument | None:
        first = self.call.arguments[0] if self.call.arguments else None
        if first is not None and first.keyword is None and not first.stars:
            return first
        return self._given("url")

    def _given(self, name: str) -> Argument | None:
        return next((argument for argument in self.call.arguments if argument.keyword == name), None)

    def _only_dialect(self) -> str:
        """The dialect that a literal `connect_args` leaves possible: no other driver knows the name."""
        given = self._given("connect_args")
        if given is None or not isinstance(given.value, Dictionary):
            return ""
        names = [key.value for key in given.value.keys if isinstance(key, Constant)]
        return "sqlite" if "check_same_thread" in names else ""

    def _argument(self, argument: Argument, found: Target) -> None:
        name = argument.keyword
        is_psycopg = found.drivername.endswith("psycopg")
        if name in _REMOVED or name in _SERVER_SIDE or (name in PSYCOPG2_ONLY and not is_psycopg):
            self.dropped.add(argument)
            self.notes.append(f"{name}= has no meaning for an asynchronous engine: left out")
        elif name == "poolclass":
            self._pool(argument, found)
        elif name == "pool_size" and found.is_memory and self._given("poolclass") is None:
            self.dropped.add(argument)
            self.notes.append("a database in memory has one connection only: pool_size left out")
        elif (argument.stars == 2 or name == "connect_args") and found.dialect != "sqlite" and not _is_display(argument):
            self.notes.append("arguments made elsewhere may hold options that the asynchronous driver does not know")

    def _needs_queue(self, found: Target) -> bool:
        """Whether arguments of a queue would meet `NullPool`, the default of aiosqlite before SQLAlchemy 2.0.38."""
        if self._given("poolclass") is not None or not any(self._given(name) is not None for name in _OF_QUEUES):
            return False
        version = self.context.version
        may_be_file = found.dialect == "sqlite" if found.drivername else "sqlite" in self.context.runtime_dialects
        return version is not None and version < (2, 1) and may_be_file and not found.is_memory

    def _pool(self, argument: Argument, found: Target) -> None:
        name = _last_name(argument.value)
        if name == "SingletonThreadPool" or (name == "QueuePool" and found.is_memory):
            # A connection for each thread: the default for asyncio has one for all, which share the database.
            self.dropped.add(argument)
        elif name == "StaticPool" and found.dialect != "sqlite":
            self.notes.append("StaticPool is one connection for all: requests at the same time share a transaction")
        elif name == "QueuePool":
            value, name = argument.value, "AsyncAdaptedQueuePool"
            if isinstance(value, Attribute) and _last_name(value.value) in ("pool", "sqlalchemy"):
                self.edits.append(replace(value.name_start, value.end, name))
            else:
                self.edits.append(replace(value.start, value.end, name))
                self.imports.append(Import("sqlalchemy.pool", name))

    def _connect_args(self, found: Target) -> str:
        """Give `connect_args` what the new driver takes; what is in the way, if anything."""
        given, moved = self._given("connect_args"), found.options
        if given is None:
            entries = list(_entries(moved))
            if entries and any(argument.stars == 2 for argument in self.call.arguments):
                return "options of the URL belong into connect_args, which ** may hold already"
            if entries:
                self.added.append(f"connect_args={{{', '.join(entries)}}}")
            return ""
        display = given.value
        if not isinstance(display, Dictionary):
            return "options of the URL belong into connect_args, which is made elsewhere" if list(_entries(moved)) else ""
        uses_asyncpg = self.context.drivers.get("postgresql") == "asyncpg"
        if found.drivername.endswith("+asyncpg") or (not found.drivername and uses_asyncpg and _is_libpq(display)):
            return self._asyncpg_entries(display, moved)
        return ""

    def _asyncpg_entries(self, display: Dictionary, moved: Options) -> str:
        options = _options(self.source, display)
        gone: list[int] = []
        for number, option in options.items():
            adapted = asyncpg_options([option])
            if adapted.problem and option.key in ("timeout", "command_timeout", "server_settings", "statement_cache_size"):
                continue
            if adapted.problem:
                return adapted.problem
            if adapted.kept == [option.text]:
                continue
            key = display.keys[number]
            if adapted.kept and key is not None:
                new = adapted.kept[0].partition("=")[0]
                self.edits.append(replace(key.start, key.end, repr_string(new)))
                continue
            gone.append(number)
            moved.arguments |= adapted.arguments
            moved.settings |= adapted.settings
            moved.notes += adapted.notes
        if moved.settings and (existing := _settings_of(display)) is not None:
            self.edits += with_entries(self.source, existing, (), [f'"{key}": {text}' for key, text in moved.settings.items()])
            moved.settings.clear()
        self.edits += with_entries(self.source, display, gone, list(_entries(moved)))
        return ""


def _entries(moved: Options) -> Iterator[str]:
    for key, text in moved.arguments.items():
        yield f'"{key}": {text}'
    if moved.settings:
        yield f'"server_settings": {{{", ".join(f"{repr_string(key)}: {text}" for key, text in moved.settings.items())}}}'


def _options(source: Source, display: Dictionary) -> dict[int, Option]:
    """The entries as options, by number; the value is None where it is not a literal."""
    found = {}
    for number, (key, value) in enumerate(zip(display.keys, display.values, strict=True)):
        if isinstance(key, Constant) and isinstance(key.value, str):
            text = value.value if isinstance(value, Constant) else None
            plain = str(text) if isinstance(text, str | int) and not isinstance(text, bool) else None
            found[number] = Option(key.value, plain, f"{key.value}={source.slice(value.start, value.end)}")
    return found


def _settings_of(display: Dictionary) -> Dictionary | None:
    for key, value in zip(display.keys, display.values, strict=True):
        if isinstance(key, Constant) and key.value == "server_settings" and isinstance(value, Dictionary):
            return value
    return None


_LIBPQ_ONLY = frozenset(("sslmode", "channel_binding", "application_name", "keepalives", "options", "gssencmode"))


def _is_libpq(display: Dictionary) -> bool:
    return any(isinstance(key, Constant) and key.value in _LIBPQ_ONLY for key in display.keys)


def _is_display(argument: Argument) -> bool:
    return isinstance(argument.value, Dictionary)


def _last_name(expression: Expression) -> str:
    return expression.name if isinstance(expression, Name | Attribute) else ""
