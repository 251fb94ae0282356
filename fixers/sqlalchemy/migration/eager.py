"""Eager loads, written where they were decided: options of queries, refreshes of new objects, declarations of relationships."""

from __future__ import annotations

import re

from autofix.fixers.sqlalchemy.kinds import Instance, Method, Model, Origin, Session
from autofix.fixers.sqlalchemy.loading.decisions import Deciding, Relations
from autofix.fixers.sqlalchemy.loading.relationships import Declared
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration, enclosing
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Constant,
    Dictionary,
    Evaluate,
    Expression,
    Function,
    Import,
    Name,
    Return,
)
from autofix.languages.python.code_walk import walk

_ORM = "sqlalchemy.orm"
_LOADERS = r"(?:joinedload|selectinload|subqueryload|contains_eager|immediateload|load_only|defaultload)"


def rewrite(migration: Migration) -> None:
    """All eager loads that the program needs once nothing is loaded lazily."""
    deciding = Deciding(migration.inference, migration.files)
    decisions = deciding.run()
    for origin, paths in decisions.options.items():
        call = deciding.call(origin)
        if call is not None:
            for relations in _options(migration, deciding, origin, call, paths):
                for known in deciding.needs.relationships.ends(_model(deciding, origin), relations) or ():
                    decisions.declarations.setdefault(known.declared, "it is read of objects that this query cannot name")
    for origin, names in decisions.refreshes.items():
        _refresh(migration, deciding, origin, names)
    for declared, reason in decisions.declarations.items():
        _declare(migration, declared, reason)
    for declared in decisions.dynamic:
        path, start = _place(migration, declared)
        migration.block(path, start, f"`{declared.name}` is a query of each object, and is read as a collection")


def _model(deciding: Deciding, origin: Origin) -> str:
    return next(iter(deciding.needs.models[origin]))


def _options(migration: Migration, deciding: Deciding, origin: Origin, call: Call, paths: list[Relations]) -> list[Relations]:
    """Write the options of one query; the paths that cannot be written there."""
    changes = migration.files[origin.path]
    chain = _chain_text(changes, call)
    if re.search(r"\.(update|delete)\s*\(", chain):
        return paths
    get = _get_of(changes, call)
    if get is None and re.search(r"\.get\s*\([^()]*\)$", chain):
        return paths
    first = changes.source.slice(call.arguments[0].value.start, call.arguments[0].value.end)
    written: list[str] = []
    left: list[Relations] = []
    for relations in paths:
        if re.search(rf"{_LOADERS}\([^()]*\.{relations[-1]}\b", chain):
            continue
        text = _option(migration, deciding, origin, first, relations)
        if text is None:
            left.append(relations)
        else:
            written.append(text)
    if not written:
        return left
    changes.need(_ORM, "selectinload")
    if origin.how == "get":
        get = call
    if get is not None:
        return left if _declared(changes, get, "options", f"[{', '.join(written)}]") else paths
    changes.pieces.append(Wrap(call.start, call.end, "", f".options({', '.join(written)})"))
    return left


def _get_of(changes: FileChanges, call: Call) -> Call | None:
    """The call of `get` in `session.query(User).get(id)`."""
    attribute = changes.parents.of(call)
    if not isinstance(attribute, Attribute) or attribute.name != "get":
        return None
    get = changes.parents.of(attribute)
    return get if isinstance(get, Call) else None


def _chain_text(changes: FileChanges, call: Call) -> str:
    """The text of the chain of calls that begins with a call."""
    end: Expression = call
    for around in changes.parents.around(call):
        if isinstance(around, Attribute) or (isinstance(around, Call) and around.function.start == call.start):
            end = around
        else:
            break
    return changes.source.slice(call.start, end.end)


def _option(migration: Migration, deciding: Deciding, origin: Origin, first: str, relations: Relations) -> str | None:
    """`selectinload(User.posts).selectinload(Post.tags)`; None where a class on the way has no name in the file."""
    text, model = "", _model(deciding, origin)
    named: str | None = first
    for name in relations:
        known = deciding.needs.relationships.find(model, name)
        if known is None or named is None:
            return None
        text += f"{'.' if text else ''}selectinload({named}.{name})"
        model = known.target
        named = name_in(migration, origin.path, model) if model else None
    return text


def name_in(migration: Migration, path: str, cls: str) -> str | None:
    """How a file can name a class; an import is asked for where it has none yet."""
    inference, program = migration.inference, migration.inference.program
    for name in program.bindings[path]:
        if inference.store.peek(("global", path, name)) == Model(cls):
            return name
    info = program.classes.get(cls)
    if info is None or info.parent or info.node.name in program.bindings[path]:
        return None
    for node in program.modules[path].body:
        if isinstance(node, Import) and node.module is not None:
            target = program.find_module(path, node.module, node.level)
            if target is not None and inference.store.peek(("global", target, info.node.name)) == Model(cls):
                migration.files[path].need("." * node.level + node.module, info.node.name)
                return info.node.name
    module = program.index.name_of(info.path)
    if module is None:
        return None
    migration.files[path].need(module, info.node.name)
    return info.node.name


def _refresh(migration: Migration, deciding: Deciding, origin: Origin, names: list[str]) -> None:
    """`await session.refresh(obj, ["rel"])` behind what stores a new object."""
    changes = migration.files[origin.path]
    call = deciding.call(origin)
    assigned = _assigned_to(migration, changes, call) if call is not None else None
    names = [name for name in dict.fromkeys(names) if call is None or all(item.keyword != name for item in call.arguments)]
    if not names:
        return
    if assigned is None or not isinstance(assigned.targets[0], Name):
        _unresolved(migration, origin, names)
        return
    function = enclosing(changes.parents, assigned, Function)
    stored = _stored(migration, changes, function, assigned.end) if isinstance(function, Function) else None
    if stored is None:
        _unresolved(migration, origin, names)
        return
    statement, session = stored
    start, _ = changes.source.line_range(changes.source.line_of(statement.start))
    indent = changes.source.slice(start, statement.start)
    listed = ", ".join(f'"{name}"' for name in names)
    line = f"{changes.source.newline}{indent}await {session}.refresh({assigned.targets[0].name}, [{listed}])"
    changes.pieces.append(Wrap(statement.start, statement.end, "", line))


def _assigned_to(migration: Migration, changes: FileChanges, call: Call) -> Assign | None:
    """The statement that gives a name to the one object that comes from a call."""
    statement = enclosing(changes.parents, call, Assign, Evaluate, Return, Function)
    if not isinstance(statement, Assign) or len(statement.targets) != 1:
        return None
    return statement if isinstance(migration.kind(changes.path, statement.targets[0]), Instance) else None


def _stored(migration: Migration, changes: FileChanges, function: Function, after: int) -> tuple[Evaluate, str] | None:
    """The last statement of a function that sends new objects to the database, and its session."""
    found: tuple[Evaluate, str] | None = None
    for node in walk(function.body):
        if not isinstance(node, Evaluate) or node.start < after or not isinstance(node.value, Call):
            continue
        match migration.kind(changes.path, node.value.function), node.value.function:
            case Method(receiver=Session(), name="commit" | "flush"), Attribute(value=value):
                if found is None or node.start > found[0].start:
                    found = node, changes.source.slice(value.start, value.end)
            case _:
                pass
    return found


def _unresolved(migration: Migration, origin: Origin, names: list[str]) -> None:
    listed = ", ".join(f"`{name}`" for name in names)
    migration.notes.append((origin.path, origin.start, f"{listed} of this new object may be read before it is loaded"))


def _place(migration: Migration, declared: Declared) -> tuple[str, int]:
    info = migration.inference.program.classes[declared.cls]
    statement = _declaration(migration, declared)
    return info.path, statement.start if statement is not None else info.node.start


def _declaration(migration: Migration, declared: Declared) -> Assign | None:
    for statement in migration.inference.program.classes[declared.cls].node.body:
        if (
            isinstance(statement, Assign)
            and isinstance(statement.targets[0], Name)
            and statement.targets[0].name == declared.name
        ):
            return statement
    return None


def _declare(migration: Migration, declared: Declared, reason: str) -> None:
    """`lazy="selectin"` for a relationship."""
    path, start = _place(migration, declared)
    statement = _declaration(migration, declared)
    if statement is None or not isinstance(statement.value, Call) or path not in migration.files:
        migration.block(path, start, f"`{declared.name}` is loaded lazily, and it is not seen how it is declared")
        return
    changes, call = migration.files[path], statement.value
    if declared.is_back:
        done = _back_declared(changes, call)
    elif isinstance(call.function, Name | Attribute) and changes.source.slice(call.function.start, call.function.end).endswith(
        "Relationship"
    ):
        done = _sqlmodel_declared(changes, call)
    else:
        done = _declared(changes, call, "lazy", '"selectin"')
    if not done:
        migration.block(path, start, f"`{declared.name}` is loaded lazily, and cannot be declared otherwise")
        return
    migration.notes.append((path, start, f"`{declared.name}` is loaded eagerly: {reason}"))


def _declared(changes: FileChanges, call: Call, keyword: str, value: str) -> bool:
    """`keyword=value` among the arguments of a call."""
    given = next((item for item in call.arguments if item.keyword == keyword), None)
    if given is not None:
        changes.pieces.append(Replace(given.value.start, given.value.end, value))
        return True
    if any(item.stars for item in call.arguments):
        return False
    last = call.arguments[-1].end if call.arguments else call.open + 1
    separator = ", " if call.arguments else ""
    changes.pieces.append(Wrap(last, last, "", f"{separator}{keyword}={value}"))
    return True


def _sqlmodel_declared(changes: FileChanges, call: Call) -> bool:
    given = next((item.value for item in call.arguments if item.keyword == "sa_relationship_kwargs"), None)
    if given is None:
        return _declared(changes, call, "sa_relationship_kwargs", '{"lazy": "selectin"}')
    if not isinstance(given, Dictionary):
        return False
    for key, value in zip(given.keys, given.values, strict=True):
        if isinstance(key, Constant) and key.value == "lazy":
            changes.pieces.append(Replace(value.start, value.end, '"selectin"'))
            return True
    end = given.values[-1].end if given.values else given.start + 1
    changes.pieces.append(Wrap(end, end, "", f'{", " if given.values else ""}"lazy": "selectin"'))
    return True


def _back_declared(changes: FileChanges, call: Call) -> bool:
    """`backref="posts"` to `backref=backref("posts", lazy="selectin")`."""
    given = next((item.value for item in call.arguments if item.keyword == "backref"), None)
    if isinstance(given, Call):
        return _declared(changes, given, "lazy", '"selectin"')
    if not isinstance(given, Constant):
        return False
    changes.pieces.append(Wrap(given.start, given.end, "backref(", ', lazy="selectin")'))
    changes.need(_ORM, "backref")
    return True
