"""Imports: what the new text needs, and what nothing needs any more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.passed_on import is_same
from autofix.fixers.sqlalchemy.pieces import Replace
from autofix.languages.python.code import Import as ImportNode
from autofix.languages.python.code import Name
from autofix.languages.python.import_insertion import add_imports
from autofix.languages.python.import_removal import remove_import_names
from autofix.languages.python.imports import ImportedName, ImportStatement, read_import
from autofix.languages.python.syntax import root
from autofix.text.edit import Edit, replace

# Only these may have lost their last use by what the migration rewrites.
_MODULES = ("sqlalchemy", "sqlmodel", "contextlib", "typing", "collections", "fastapi", "starlette", "time")


def rewrite(migration: Migration, path: str) -> None:
    """Add and remove imports of a file, once everything else about it is known."""
    changes = migration.files[path]
    if not (changes.pieces or changes.edits or changes.imports):
        return
    wanted: dict[str, list[str]] = defaultdict(list)
    for module, name in changes.imports:
        if name is not None and not _is_there(migration, changes, module, name):
            wanted[module].append(name)
    for statement in _statements(changes):
        gone = [item for item in statement.names if _is_superfluous(migration, changes, statement, item)]
        if not gone:
            continue
        new = sorted(wanted.pop(statement.dotted, [])) if statement.is_from else []
        changes.edits += _exchanged(changes, statement, gone, new)
    new_names = [(module, name) for module, names in wanted.items() for name in names]
    new_modules = [(module, None) for module, name in changes.imports if name is None]
    changes.edits += add_imports(changes.source, [*new_modules, *new_names], migration.inference.program.index.found_from(path))


def _statements(changes: FileChanges) -> Iterator[ImportStatement]:
    for node in root(changes.source).named_children:
        if node.type in ("import_statement", "import_from_statement"):
            yield read_import(node, changes.text)


def _exchanged(changes: FileChanges, statement: ImportStatement, gone: list[ImportedName], new: list[str]) -> list[Edit]:
    """New names in the places of old ones; what is left of either is removed or added."""
    edits = [replace(old.start, old.end, name) for old, name in zip(gone, new, strict=False)]
    left = gone[len(new) :]
    if left:
        return [*edits, *remove_import_names(changes.source, statement, left)]
    for name in new[len(gone) :]:
        last = gone[-1]
        edits[-1] = replace(last.start, last.end, f"{edits[-1].replacement}, {name}")
    return edits


def _is_there(migration: Migration, changes: FileChanges, module: str, name: str) -> bool:
    """Whether a name stands for the wanted thing already; where it stands for something else, that is in the way."""
    for node in changes.module.body:
        if not isinstance(node, ImportNode) or node.level or not is_same(node.module, module):
            continue
        if any(item.name == item.bound == name for item in node.names):
            return True
    if name in migration.inference.program.bindings[changes.path]:
        migration.block(
            changes.path, 0, f"`{name}` means something else in this file", f"Rename it: `{name}` of {module} is needed."
        )
    return False


def _is_superfluous(migration: Migration, changes: FileChanges, statement: ImportStatement, item: ImportedName) -> bool:
    if not statement.is_from or statement.level or item.name == "*" or item.bound == "*":
        return False
    if (statement.module or "").partition(".")[0] not in _MODULES or changes.path.endswith("__init__.py"):
        return False
    if any(name == item.bound and is_same(statement.dotted, module) for module, name in changes.imports):
        return False
    uses = changes.uses.get(item.bound, ())
    if not uses or any(not _is_replaced(changes, use) for use in uses):
        return False
    return item.bound not in migration.inference.program.imported_names.get(changes.path, ())


def _is_replaced(changes: FileChanges, use: Name) -> bool:
    spans = [(piece.start, piece.end, piece.text) for piece in changes.pieces if isinstance(piece, Replace)]
    spans += [(edit.start, edit.end, edit.replacement) for edit in changes.edits]
    around = [text for start, end, text in spans if start <= use.start and use.end <= end]
    return bool(around) and not any(re.search(rf"\b{re.escape(use.name)}\b", text) for text in around)
