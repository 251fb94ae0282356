"""Engines, session makers, sessions made by hand, tables made and removed: every call of these in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autofix.fixers.sqlalchemy.engines import engine_calls, events, inspection, schema, session_calls
from autofix.fixers.sqlalchemy.engines.outcome import Context, Definition
from autofix.fixers.sqlalchemy.engines.runtime import HELPER_IMPORTS, helper_edit
from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.kinds import Connection, Engine, External, Foreign, Maker, Method, Session
from autofix.fixers.sqlalchemy.migration.applications import is_test_file
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Block,
    Call,
    Evaluate,
    Expression,
    Function,
    Import,
    Lambda,
    Module,
    Name,
    Statement,
)
from autofix.languages.python.code_walk import Node, walk


def rewrite(migration: Migration, path: str, context: Context) -> None:
    """All such calls of a file, and the function that turns URLs which are known at run time only."""
    changes = migration.files[path]
    if not any(is_sqlalchemy(name) for name in migration.inference.foreign_names[path]):
        return
    for node in walk(changes.module.body):
        if isinstance(node, Call):
            _call(migration, changes, node, context)
    for statements in _schema_runs(migration, changes, changes.module.body):
        outcome = schema.schema_calls(changes.source, statements, context)
        migration.accept(path, statements[0].start, outcome)
    if changes.url_calls:
        changes.edits.append(helper_edit(changes.source, changes.module, changes.url_calls, context))
        for module, name in HELPER_IMPORTS:
            changes.need(module, name)


def context_of(migration: Migration, path: str, base: Context) -> Context:
    """The context of calls in one file."""
    return replace(base, kind_of=migration.kind_in(path), definition_of=lambda node: definition_of(migration, path, node))


def _call(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    callee = migration.kind(changes.path, call.function)
    if not isinstance(callee, External) or not is_sqlalchemy(callee.name) or migration.is_kept(changes.path, call):
        return
    name = last(callee.name)
    if ".event." in callee.name and name in ("listen", "listens_for", "remove", "contains"):
        _event(migration, changes, call, context)
        return
    if name == "create_engine":
        migration.accept(
            changes.path,
            call.start,
            engine_calls.engine(changes.source, call, context, serves_many_loops=is_test_file(changes.path)),
        )
    elif name == "sessionmaker":
        migration.accept(changes.path, call.start, session_calls.session_maker(changes.source, call, context))
    elif name == "scoped_session":
        migration.accept(changes.path, call.start, session_calls.registry(changes.source, call))
    elif name == "Session":
        is_sqlmodel = callee.name.startswith("sqlmodel.")
        migration.accept(changes.path, call.start, session_calls.session(changes.source, call, is_sqlmodel=is_sqlmodel))
    elif name == "inspect" and _is_database(migration, changes.path, call):
        _inspection(migration, changes, call, context)


def _event(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    subject = call.arguments[0].value if call.arguments else None
    kind = migration.kind(changes.path, subject) if subject is not None else None
    if isinstance(kind, Engine | Connection | Session | Maker):
        migration.accept(changes.path, call.start, events.event_target(changes.source, call, context))


def _is_database(migration: Migration, path: str, call: Call) -> bool:
    return any(isinstance(migration.kind(path, argument.value), Engine | Connection) for argument in call.arguments[:1])


def _inspection(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    attribute = changes.parents.of(call)
    whole = changes.parents.of(attribute) if isinstance(attribute, Attribute) else None
    if not isinstance(whole, Call):
        migration.block(changes.path, call.start, "the inspector is kept: what is asked of it later is not followed")
        return
    migration.accept(changes.path, call.start, inspection.inspection(changes.source, call, context, whole=whole))


def _schema_runs(migration: Migration, changes: FileChanges, block: Block) -> Iterator[list[Evaluate]]:
    """Statements in coroutine functions that make or remove tables, those right after each other together."""
    seen: set[int] = set()
    statements = [node for node in walk(block) if isinstance(node, Evaluate) and is_schema_call(migration, changes.path, node)]
    for node in sorted(statements, key=lambda statement: statement.start):
        if id(node) in seen:
            continue
        function = enclosing(changes.parents, node, Function, Lambda)
        if not isinstance(function, Function):
            continue
        run = [node]
        siblings = _siblings(changes, node)
        for other in siblings[next(index for index, each in enumerate(siblings) if each is node) + 1 :]:
            if not isinstance(other, Evaluate) or not is_schema_call(migration, changes.path, other):
                break
            run.append(other)
        seen.update(id(each) for each in run)
        yield run


def _siblings(changes: FileChanges, statement: Statement) -> list[Node]:
    """The statements of the block that a statement stands in."""
    around = changes.parents.of(statement)
    blocks: list[object] = list(around) if around is not None else [changes.module.body]
    for block in blocks:
        if isinstance(block, tuple) and any(each is statement for each in block):
            return list(block)
    return [statement]


def is_schema_call(migration: Migration, path: str, statement: Statement) -> bool:
    """`Base.metadata.create_all(engine)` and its kin, as a statement."""
    if not isinstance(statement, Evaluate) or not isinstance(statement.value, Call):
        return False
    callee = migration.kind(path, statement.value.function)
    return (
        isinstance(callee, Method)
        and isinstance(callee.receiver, Foreign)
        and callee.receiver.name in ("sqlalchemy.MetaData", "sqlalchemy.Table")
        and callee.name in schema.SCHEMA_METHODS
    )


def definition_of(migration: Migration, path: str, node: Expression) -> Definition | None:
    """The only value that a name at the top level of a file, or imported into it, has."""
    if not isinstance(node, Name):
        return None
    program = migration.inference.program
    found = _assigned(program.modules[path], node.name)
    if found is not None:
        if path not in migration.files:
            return None
        changes = migration.files[path]
        is_private = len(changes.uses[node.name]) == 2 and not _is_imported(migration, path, node.name)
        return Definition(found, changes.text, is_private)
    for statement in program.modules[path].body:
        if isinstance(statement, Import) and statement.module is not None:
            for item in statement.names:
                target = program.find_module(path, statement.module, statement.level)
                if item.bound == node.name and target is not None and target in migration.files:
                    value = _assigned(program.modules[target], item.name)
                    return Definition(value, migration.files[target].text, is_private=False) if value is not None else None
    return None


def _assigned(module: Module, name: str) -> Expression | None:
    values = [
        statement.value
        for statement in module.body
        if isinstance(statement, Assign) and any(isinstance(each, Name) and each.name == name for each in statement.targets)
    ]
    return values[0] if len(values) == 1 else None


def _is_imported(migration: Migration, path: str, name: str) -> bool:
    return bool(migration.inference.program.imported_names.get(path, set()) & {name, "*"})
