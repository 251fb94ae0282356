"""Eager loads, written where they were planned: options of queries, refreshes of objects, declarations of relationships."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.loading.plan import plan_loading
from autofix.fixers.sqlalchemy.loading.relationships import Declared
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.languages.python.code import Assign, Attribute, Call, Constant, Dictionary, Name

_ORM = "sqlalchemy.orm"


def rewrite(migration: Migration, *, refreshes_by_name: bool) -> None:
    """All eager loads that the program needs once nothing is loaded lazily; for `refreshes_by_name` see `plan_loading`."""
    colours, functions, worlds = migration.colours, migration.inference.program.functions, migration.worlds

    def is_async_today(unit: str) -> bool:
        """What is async already loads what it needs, or fails today."""
        return unit in functions and functions[unit].node.is_async and unit not in colours.because

    def is_kept(unit: str) -> bool:
        """What others call, too, loads for them."""
        return unit not in worlds.outside if unit in colours.kept else is_async_today(unit)

    loading = plan_loading(
        migration.inference,
        {path: changes.text for path, changes in migration.files.items()},
        is_kept=is_kept,
        is_async=lambda unit: unit in functions and unit in colours.because,
        is_provided=lambda unit: worlds.is_synchronous(unit) or is_async_today(unit),
        refreshes_by_name=refreshes_by_name,
    )
    for path, pieces in loading.pieces.items():
        migration.files[path].pieces += pieces
    for path, names in loading.imports.items():
        for module, name in names:
            migration.files[path].need(module, name)
    for declared, reason in loading.declarations.items():
        _declare(migration, declared, reason)
    for left in loading.unresolved:
        if left.is_reached:
            migration.block(left.path, left.start, left.message, "Load it where the objects come from.")
        else:
            migration.notes.append((left.path, left.start, left.message))


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
