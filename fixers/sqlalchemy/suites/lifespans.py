"""Whether an application does anything when it starts and stops."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.languages.python.code import Attribute, Call, Module
from autofix.languages.python.code_walk import walk

_HOOKS = frozenset(("on_event", "add_event_handler"))
_ARGUMENTS = frozenset(("lifespan", "on_startup", "on_shutdown"))


def has_lifespan(migration: Migration) -> bool:
    """Whether any application of the program has a lifespan, or is going to get one."""
    return bool(migration.lifespans) or any(
        True for module in migration.inference.program.modules.values() for _ in _hooks(module)
    )


def _hooks(module: Module) -> Iterator[Call]:
    for node in walk(module.body):
        if isinstance(node, Call):
            is_hook = isinstance(node.function, Attribute) and node.function.name in _HOOKS
            if is_hook or any(argument.keyword in _ARGUMENTS for argument in node.arguments):
                yield node
