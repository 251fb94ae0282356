"""Engines, session makers, sessions made by hand, tables made and removed: every call of these in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from autofix.fixers.sqlalchemy.colours.listening import is_event_call
from autofix.fixers.sqlalchemy.engines import engine_calls, inspection, schema, session_calls
from autofix.fixers.sqlalchemy.engines.outcome import Context, Refused
from autofix.fixers.sqlalchemy.engines.runtime import HELPER_IMPORTS, helper_edit
from autofix.fixers.sqlalchemy.engines.twins import twin_name
from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.kinds import Callable, Connection, Engine, External, Foreign, Method
from autofix.fixers.sqlalchemy.migration import listeners
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.worlds.resources import Resource
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Block,
    Call,
    Evaluate,
    Function,
    Lambda,
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


def _call(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    callee = migration.kind(changes.path, call.function)
    if not isinstance(callee, External) or not is_sqlalchemy(callee.name) or migration.is_kept(changes.path, call):
        return
    if _has_twin(migration, changes, call):
        context = replace(context, keeps_sync=True)
    name = last(callee.name)
    if is_event_call(callee):
        listeners.rewrite_target(migration, changes, call, context)
        return
    if name == "create_engine":
        migration.accept(
            changes.path,
            call.start,
            engine_calls.engine(changes.source, call, context, serves_many_loops=is_test_file(changes.path)),
        )
    elif name == "sessionmaker":
        inner = _inner_class(migration, changes, call)
        migration.accept(changes.path, call.start, session_calls.session_maker(changes.source, call, context, sync_class=inner))
    elif name == "scoped_session":
        migration.accept(changes.path, call.start, session_calls.registry(changes.source, call))
    elif name == "Session":
        is_sqlmodel = callee.name.startswith("sqlmodel.")
        migration.accept(changes.path, call.start, session_calls.session(changes.source, call, is_sqlmodel=is_sqlmodel))
    elif name == "inspect" and _is_database(migration, changes.path, call):
        _inspection(migration, changes, call, context)
    elif name == "inspect" and _is_unknown(migration, changes.path, call) and inspection.asks_database(changes.parents, call):
        migration.block(changes.path, call.start, "it is not known which engine is inspected")


def _inner_class(migration: Migration, changes: FileChanges, call: Call) -> str:
    """The name of what makes the synchronous sessions inside, where somebody listens to them; empty where nobody does."""
    statement = changes.parents.of(call)
    target = statement.targets[0] if isinstance(statement, Assign) else None
    resource = Resource(changes.path, target.name) if isinstance(target, Name) else None
    if resource is None or resource not in migration.listened or not isinstance(statement, Assign):
        return ""
    name = twin_name(resource.name)
    if resource not in migration.worlds.twins:
        if name in migration.inference.program.bindings[changes.path]:
            migration.block(changes.path, call.start, f"`{name}` means something else in this file")
        changes.edits.append(session_calls.with_sync_class(changes.source, statement.start, name))
        changes.need("sqlalchemy.orm", "sessionmaker")
    return name


def _has_twin(migration: Migration, changes: FileChanges, call: Call) -> bool:
    """Whether what a call makes is made once more, for what stays synchronous."""
    worlds = migration.worlds
    return any(
        around in worlds.resources.definitions[resource]
        for resource in worlds.twins
        if worlds.resources is not None and resource.path == changes.path
        for around in changes.parents.around(call)
    )


def _is_database(migration: Migration, path: str, call: Call) -> bool:
    return any(isinstance(migration.kind(path, argument.value), Engine | Connection) for argument in call.arguments[:1])


def _is_unknown(migration: Migration, path: str, call: Call) -> bool:
    """Whether what is inspected may be an engine for all that is known: it is not what `run_sync` hands over."""
    kinds = (migration.kind(path, argument.value) for argument in call.arguments[:1])
    if not any(kind is None or isinstance(kind, Method) for kind in kinds):
        return False
    around = enclosing(migration.files[path].parents, call, Function, Lambda)
    return not any(
        given is around for given in _handed_over(migration, [path] if isinstance(around, Lambda) else migration.files)
    )


def _handed_over(migration: Migration, paths: Iterable[str]) -> Iterator[Function | Lambda]:
    """What `run_sync` is told to call in some files: lambdas, and functions of the program."""
    functions = migration.inference.program.functions
    for place in paths:
        for node in walk(migration.files[place].module.body):
            if isinstance(node, Call) and isinstance(node.function, Attribute) and node.function.name == "run_sync":
                for argument in node.arguments[:1]:
                    kind = migration.kind(place, argument.value)
                    if isinstance(argument.value, Lambda):
                        yield argument.value
                    elif isinstance(kind, Callable):
                        yield functions[kind.key].node


def _inspection(migration: Migration, changes: FileChanges, call: Call, context: Context) -> None:
    parent = changes.parents.of(call)
    whole = changes.parents.of(parent) if isinstance(parent, Attribute) else None
    function = enclosing(changes.parents, call, Function, Lambda)
    if isinstance(whole, Call):
        outcome = inspection.inspection(changes.source, call, context, whole=whole)
    elif isinstance(parent, Assign) and isinstance(function, Function):
        outcome = inspection.kept_inspector(changes.source, function, parent, context)
    else:
        outcome = Refused("the inspector is kept: what is asked of it later is not followed")
    migration.accept(changes.path, call.start, outcome)


def _schema_runs(migration: Migration, changes: FileChanges, block: Block) -> Iterator[list[Evaluate]]:
    """Statements in coroutine functions that make or remove tables, those right after each other together."""
    seen: set[int] = set()
    statements = [
        node
        for node in walk(block)
        if isinstance(node, Evaluate)
        and is_schema_call(migration, changes.path, node)
        and not migration.is_kept(changes.path, node)
    ]
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
