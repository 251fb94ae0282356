"""What names mean where new text uses them, and whether `await` can stand there."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.passed_on import is_same
from autofix.languages.python.imports import Import, ImportedName
from autofix.languages.python.scopes import Binding, Module, ScopeKind


def is_there(names: Module, offset: int, module: str, name: str) -> bool | None:
    """Whether a name stands for `module.name` at an offset; None where it stands for something else."""
    found = names.scope_at(offset).lookup(name)
    if found is None:
        return False
    return True if _is_import_of(found, offset, module, name) else None


def _is_import_of(binding: Binding, offset: int, module: str, name: str) -> bool:
    """Whether a name is bound by nothing but an import of what is wanted, which has run by then."""
    if binding.sole is None or len(binding.imports) != 1:
        return False
    statement, item = binding.imports[0]
    if not _imports(statement, item, module, name) or statement.type_checking or statement.guarded:
        return False
    return binding.scope.kind is ScopeKind.MODULE or statement.start < offset


def _imports(statement: Import, item: ImportedName, module: str, name: str) -> bool:
    return item.name == name and not statement.level and is_same(statement.module, module)


def cannot_wait(names: Module, offset: int) -> str:
    """Why `await` cannot stand at an offset; empty where it can."""
    scope = names.scope_at(offset)
    while scope.kind is ScopeKind.COMPREHENSION and scope.parent is not None:
        if scope.node.type == "generator_expression":
            return "`await` is not possible in a generator expression"
        scope = scope.parent
    if scope.kind is ScopeKind.LAMBDA:
        return "`await` is not possible in a lambda"
    return "" if scope.is_async else "`await` is not possible outside of `async def`"
