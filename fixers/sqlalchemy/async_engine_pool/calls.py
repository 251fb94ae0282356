"""The calls of `create_async_engine`, and what is wrong with their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autofix.fixer import Applicability, Edit, Finding, Fix, Project, Refusal, Source
from autofix.fixers.sqlalchemy.async_engine_pool.addresses import Addresses, addresses, is_test, neon_evidence, neon_host
from autofix.fixers.sqlalchemy.engines.engine_calls import PSYCOPG2_ONLY
from autofix.fixers.sqlalchemy.engines.lists import with_arguments, with_entries
from autofix.languages.python.chains import origin
from autofix.languages.python.code import Argument, Attribute, Call, Constant, Dictionary, Expression, Name, Operation
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk
from autofix.languages.python.edits import add_import
from autofix.languages.python.scopes import Kind, scopes

# Seconds without a query after which Neon suspends a database (neon.com/docs, "scale to zero").
_SUSPENDED_AFTER = 300
_NEVER = {
    "pool_drop_on_rollback": "no engine has an argument pool_drop_on_rollback",
    "server_side_cursors": "an asynchronous engine streams by stream() and refuses server_side_cursors",
}
_QUEUE_POOL = ("sqlalchemy.pool.QueuePool", "sqlalchemy.QueuePool", "sqlalchemy.pool.impl.QueuePool")
_QUEUES = ("QueuePool", "AsyncAdaptedQueuePool")
_OTHER_CONNECTIONS = frozenset(("creator", "async_creator", "pool"))
_CACHE = ("statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func")


def engines(source: Source, project: Project) -> Iterator[Finding]:
    """Each engine of a file."""
    if b"create_async_engine" not in source.text:
        return
    for call in walk(read(source).body):
        if isinstance(call, Call) and _makes_engine(source, call):
            known = _Engine(source, call, project)
            yield from known.pool()
            yield from known.driver()


def _makes_engine(source: Source, call: Call) -> bool:
    """Whether the function is SQLAlchemy's, imported under whatever name."""
    return _is_one_of(
        source, call.function, "sqlalchemy.ext.asyncio.create_async_engine", "sqlalchemy.ext.asyncio.engine.create_async_engine"
    )


def _is_one_of(source: Source, expression: Expression, *names: str) -> bool:
    """Whether an expression is something that was imported under one of these dotted names."""
    attributes: list[str] = []
    while isinstance(expression, Attribute):
        attributes.append(expression.name)
        expression = expression.value
    binding = scopes(source).binding_at(expression.start) if isinstance(expression, Name) else None
    if binding is None or any(target.kind is not Kind.IMPORT for target in binding.targets):
        return False
    found = {".".join((origin(*imported), *reversed(attributes))) for imported in binding.imports}
    return bool(found) and found <= set(names)


@dataclass(slots=True)
class _Engine:
    """One call."""

    source: Source
    call: Call
    project: Project
    reasons: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def given(self, name: str) -> Argument | None:
        return next((argument for argument in self.call.arguments if argument.keyword == name), None)

    def known(self) -> Addresses:
        first = self.call.arguments[0] if self.call.arguments else None
        url = first if first is not None and first.keyword is None and not first.stars else self.given("url")
        return addresses(self.source, url.value, self.project) if url is not None else Addresses()

    # What crashes or goes stale

    def pool(self) -> Iterator[Finding]:
        known = self.known()
        dropped = list(self._crashing(known))
        added: list[str] = []
        evidence = neon_evidence(self.source.path, known, self.project) if self._may_go_stale(known) else None
        ping = self.given("pool_pre_ping")
        if evidence is not None and ping is not None and _value(ping.value) is False:
            message = f"the database is on Neon ({evidence[1]}: {evidence[0]}), which closes idle connections"
            yield Finding(ping.start, ping.end, message, Refusal("pool_pre_ping is turned off in so many words", "turn it on"))
        elif evidence is not None:
            added += self._fresh(evidence, ping)
        self._queue()
        if not self.reasons:
            return
        edits = [*self.edits, *with_arguments(self.source, self.call, dropped, added)]
        places = (evidence[1],) if evidence is not None else ()
        message = "; ".join(self.reasons)
        yield Finding(
            self.call.start, self.call.open, message, Fix(tuple(edits), title="correct the arguments of the pool"), places
        )

    def _crashing(self, known: Addresses) -> Iterator[Argument]:
        driver = known.driver() if known.is_complete else ""
        for argument in self.call.arguments:
            name = argument.keyword or ""
            if name in _NEVER and not (name == "server_side_cursors" and _value(argument.value) is False):
                self.reasons.append(f"{_NEVER[name]}: the program cannot start")
                yield argument
            elif name in PSYCOPG2_ONLY and driver.endswith(("+asyncpg", "+aiosqlite", "+aiomysql", "+asyncmy")):
                self.reasons.append(f"{name} is an argument for psycopg2, not for {driver}: the program cannot start")
                yield argument

    def _queue(self) -> None:
        poolclass = self.given("poolclass")
        value = poolclass.value if poolclass is not None else None
        if not isinstance(value, Name | Attribute) or not _is_one_of(self.source, value, *_QUEUE_POOL):
            return
        self.reasons.append("an asynchronous engine refuses QueuePool: the program cannot start")
        if isinstance(value, Attribute):
            self.edits.append(Edit(value.name_start, value.end, "AsyncAdaptedQueuePool"))
        else:
            self.edits.append(Edit(value.start, value.end, "AsyncAdaptedQueuePool"))
            self.edits += add_import(self.source, "sqlalchemy.pool", "AsyncAdaptedQueuePool")

    def _may_go_stale(self, known: Addresses) -> bool:
        """Whether the engine keeps connections to a server, and all of its arguments are written here."""
        names = {argument.keyword for argument in self.call.arguments}
        if names & _OTHER_CONNECTIONS or any(argument.stars for argument in self.call.arguments) or is_test(self.source.path):
            return False
        poolclass = self.given("poolclass")
        if poolclass is not None and getattr(poolclass.value, "name", "") not in _QUEUES:
            return False
        return not known.found or any(address.url.startswith("postgres") for address in known.found)

    def _fresh(self, evidence: tuple[str, str], ping: Argument | None) -> list[str]:
        """The arguments to be added, so that no closed connection is handed out."""
        host, place = evidence
        recycle = self.given("pool_recycle")
        added = []
        if ping is None:
            self.reasons.append(
                f"no pool_pre_ping, and the database is on Neon ({place}: {host}), which closes idle connections"
            )
            added.append("pool_pre_ping=True")
        seconds = _seconds(recycle.value) if recycle is not None else None
        if recycle is not None and seconds is not None and not 0 <= seconds <= _SUSPENDED_AFTER:
            self.reasons.append(
                f"pool_recycle is longer than the {_SUSPENDED_AFTER} seconds after which Neon suspends ({place})"
            )
            self.edits.append(Edit(recycle.value.start, recycle.value.end, str(_SUSPENDED_AFTER)))
        elif recycle is None and ping is None:
            added.append(f"pool_recycle={_SUSPENDED_AFTER}")
        return added

    # What the driver is given

    def driver(self) -> Iterator[Finding]:
        known = self.known()
        if known.driver() != "postgresql+asyncpg" or any(argument.stars for argument in self.call.arguments):
            return
        arguments = self.given("connect_args")
        if arguments is not None and isinstance(arguments.value, Dictionary):
            yield from self._renamed(arguments.value)
        pooler = next((address for address in known.found if "-pooler." in neon_host(address)), None)
        written = self.source.slice(self.call.start, self.call.end)
        if pooler is not None and not any(name in written or name in pooler.url for name in _CACHE):
            message = f"{neon_host(pooler)} ({pooler.place}) is PgBouncer, which does not keep asyncpg's prepared statements"
            yield Finding(self.call.start, self.call.open, message, self._without_cache(arguments))

    def _without_cache(self, arguments: Argument | None) -> Fix | Refusal:
        if arguments is None:
            edits = with_arguments(self.source, self.call, (), ['connect_args={"statement_cache_size": 0}'])
        elif isinstance(arguments.value, Dictionary):
            edits = with_entries(self.source, arguments.value, (), ['"statement_cache_size": 0'])
        else:
            return Refusal("connect_args is made elsewhere", 'add "statement_cache_size": 0 there')
        return Fix(tuple(edits), Applicability.UNSAFE, "turn the cache off")

    def _renamed(self, display: Dictionary) -> Iterator[Finding]:
        for number, key in enumerate(display.keys):
            if not isinstance(key, Constant) or key.value not in ("sslmode", "channel_binding", "check_same_thread"):
                continue
            quote = self.source.slice(key.end - 1, key.end)
            edits = [Edit(key.start, key.end, f"{quote}ssl{quote}")] if key.value == "sslmode" else []
            edits = edits or with_entries(self.source, display, (number,), ())
            message = f"asyncpg does not know {key.value}: TypeError when it connects"
            yield Finding(key.start, key.end, message, Fix(tuple(edits), Applicability.UNSAFE, "write it as asyncpg takes it"))


def _value(expression: Expression) -> object:
    return expression.value if isinstance(expression, Constant) else ...


def _seconds(expression: Expression) -> int | None:
    """A whole number, also negative or a product of two; None for anything else."""
    value = _value(expression)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(expression, Operation):
        parts = [_value(operand) for operand in expression.operands]
        numbers = [part for part in parts if isinstance(part, int)]
        if len(numbers) == len(parts):
            if expression.operators == ("*",):
                return numbers[0] * numbers[1]
            if expression.operators == ("-",) and len(numbers) == 1:
                return -numbers[0]
    return None
