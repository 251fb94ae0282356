"""What makes sessions: `sessionmaker`, `scoped_session` and sessions made by hand."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.engines.lists import with_arguments
from autofix.fixers.sqlalchemy.engines.outcome import Context, Import, Outcome, Refused, Rewritten
from autofix.fixers.sqlalchemy.inference.externals import value_of
from autofix.fixers.sqlalchemy.kinds import External, Maker, Session
from autofix.languages.python.code import Argument, Call, Constant, Expression, Subscript
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

_ASYNCIO = "sqlalchemy.ext.asyncio"
_SQLMODEL = "sqlmodel.ext.asyncio.session"

# What a session does without a transaction of its own has no form for asyncio.
_REFUSED = {
    "autocommit": "autocommit=True has no form for asyncio",
    "extension": "extension= belongs to SQLAlchemy 1.3",
    "enable_baked_queries": "enable_baked_queries= needs synchronous queries",
}


def session_maker(source: Source, call: Call, context: Context, *, sync_class: str = "") -> Outcome:
    """The call of `sessionmaker` as one that makes `AsyncSession`s, which keep what they have read after a commit.

    `sync_class` names a `sessionmaker()` of its own whose sessions work inside; the target of events.
    """
    problem = _problem(call)
    if problem:
        return Refused(problem)
    given = _given(call, "class_")
    edits, imports = _function(call, context)
    notes: list[str] = []
    class_edits, class_imports, added = _class(given, context)
    edits, imports = [*edits, *class_edits], [*imports, *class_imports]
    if not context.has_maker and given is None:
        added = ["class_=AsyncSession"]
        imports.append(Import(_ASYNCIO, "AsyncSession"))
    if sync_class:
        added.append(f"sync_session_class={sync_class}")
    more, said = _keeps_loaded(call)
    edits += more
    notes += said
    if not _settles_expiry(call):
        added.append("expire_on_commit=False")
    edits += with_arguments(source, call, (), added)
    return Rewritten(tuple(edits), tuple(imports), tuple(notes))


def session(source: Source, call: Call, *, is_sqlmodel: bool = False) -> Outcome:
    """A session made by hand, `Session(engine)`, as an `AsyncSession`."""
    problem = _problem(call)
    if problem:
        return Refused(problem)
    module = _SQLMODEL if is_sqlmodel else _ASYNCIO
    edits, notes = _keeps_loaded(call)
    edits.append(replace(call.function.start, call.function.end, "AsyncSession"))
    if not _settles_expiry(call):
        edits += with_arguments(source, call, (), ["expire_on_commit=False"])
    return Rewritten(tuple(edits), (Import(module, "AsyncSession"),), tuple(notes))


def registry(source: Source, call: Call) -> Outcome:
    """`scoped_session(maker)` as `async_scoped_session`, by default with one session for each task."""
    if any(argument.stars for argument in call.arguments):
        return Refused("the arguments of scoped_session are not written out")
    function = call.function
    edits: list[Edit] = [replace(function.start, function.end, "async_scoped_session")]
    imports = [Import(_ASYNCIO, "async_scoped_session")]
    positional = [argument for argument in call.arguments if argument.keyword is None]
    if not positional and _given(call, "session_factory") is None:
        return Refused("scoped_session is called without a session maker")
    if len(positional) < 2 and _given(call, "scopefunc") is None:
        edits += with_arguments(source, call, (), ["scopefunc=asyncio.current_task"])
        imports.append(Import("asyncio"))
    return Rewritten(tuple(edits), tuple(imports))


def _problem(call: Call) -> str:
    for argument in call.arguments:
        if argument.keyword in _REFUSED and not _is(argument.value, False):
            return _REFUSED[argument.keyword]
        if argument.stars == 1:
            return "the arguments are not written out"
    return (
        ""
        if _settles_expiry(call) or not any(argument.stars for argument in call.arguments)
        else ("** may hold expire_on_commit already")
    )


def _function(call: Call, context: Context) -> tuple[list[Edit], list[Import]]:
    """The new name of `sessionmaker`, also of `sessionmaker[Session]`; SQLAlchemy 1.4 has the old one only."""
    if not context.has_maker:
        return [], []
    function = call.function
    edits: list[Edit] = []
    imports = [Import(_ASYNCIO, "async_sessionmaker")]
    if isinstance(function, Subscript):
        edits.append(replace(function.key.start, function.key.end, "AsyncSession"))
        imports.append(Import(_ASYNCIO, "AsyncSession"))
        function = function.value
    return [replace(function.start, function.end, "async_sessionmaker"), *edits], imports


def _class(given: Argument | None, context: Context) -> tuple[list[Edit], list[Import], list[str]]:
    """What becomes of `class_`: the classes of SQLModel and SQLAlchemy have a counterpart, any other works inside of that."""
    if given is None:
        return [], [], []
    kind = context.kind_of(given.value)
    made = kind.session if isinstance(kind, Maker) else value_of(kind.name) if isinstance(kind, External) else None
    if isinstance(made, Session):
        module = _SQLMODEL if made.is_sqlmodel else _ASYNCIO
        return [replace(given.value.start, given.value.end, "AsyncSession")], [Import(module, "AsyncSession")], []
    edits: list[Edit] = [replace(given.start, given.start + len("class_"), "sync_session_class")]
    if context.has_maker:
        return edits, [], []
    return edits, [Import(_ASYNCIO, "AsyncSession")], ["class_=AsyncSession"]


def _keeps_loaded(call: Call) -> tuple[list[Edit], list[str]]:
    """An explicit `expire_on_commit=True` turned off: what it expires cannot be read again without `await`."""
    given = _given(call, "expire_on_commit")
    if given is None or not _is(given.value, True):
        return [], []
    note = "expire_on_commit=True turned off: an expired attribute cannot be read without await"
    return [replace(given.value.start, given.value.end, "False")], [note]


def _settles_expiry(call: Call) -> bool:
    return _given(call, "expire_on_commit") is not None


def _given(call: Call, name: str) -> Argument | None:
    return next((argument for argument in call.arguments if argument.keyword == name), None)


def _is(expression: Expression, value: object) -> bool:
    return isinstance(expression, Constant) and expression.value is value


def sync_class_definition(source: Source, name: str) -> str:
    """The statement that makes the inner class which events of a session maker are bound to."""
    return f"{name} = sessionmaker(){source.newline}"


def with_sync_class(source: Source, at: int, name: str) -> Edit:
    """The statement of `sync_class_definition` above the line of the offset `at`, indented like that."""
    start, _ = source.line_range(source.line_of(at))
    indent = source.slice(start, at) if not source.text[start:at].strip() else ""
    return insert(start, indent + sync_class_definition(source, name))
