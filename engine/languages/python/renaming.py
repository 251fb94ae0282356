"""Rename a name of one file at all its places."""

from __future__ import annotations

import keyword
import re

from autofix.languages.python.imports import ImportedName
from autofix.languages.python.lines import CannotEdit
from autofix.languages.python.scopes import Binding, Dynamic, Kind, Module, ScopeKind
from autofix.languages.python.syntax import root
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

# What reads names without naming them, in the scope at hand or in all.
_READS_NAMES = frozenset(("exec()", "eval()", "globals()", "locals()", "vars()", "dir()", "exec", "sys.modules"))


def rename(source: Source, module: Module, binding: Binding, new_name: str) -> list[Edit]:
    """The edits that give a binding another name within its file. An imported name becomes `... import old as new`.

    What other files see (module names, parameters that are passed by keyword) is for the caller to judge.

    Raises:
        CannotEdit: the new name is taken, or some use of the old one cannot be followed.
    """
    _check_name(module, binding, new_name)
    edits = [edit for _, item in binding.imports for edit in _import_item(item, new_name)]
    return sorted([*edits, *rename_uses(source, module, binding, new_name)], key=lambda edit: edit.start)


def rename_uses(source: Source, module: Module, binding: Binding, new_name: str) -> list[Edit]:
    """The edits of all places but the imports that bind the name; whether `new_name` is free is for the caller to judge.

    Raises:
        CannotEdit: some use cannot be followed.
    """
    _check_uses(source, module, binding)
    imported = {item.bound_range for _, item in binding.imports}
    return [replace(start, end, new_name) for start, end in binding.ranges if (start, end) not in imported]


def _import_item(item: ImportedName, new_name: str) -> list[Edit]:
    if item.asname_start is not None:
        if new_name == item.name:
            return [replace(item.name_end, item.end, "")]
        return [replace(item.asname_start, item.end, new_name)]
    if "." in item.name:
        raise CannotEdit(f"`import {item.name}` binds the package {item.bound}")
    return [insert(item.end, f" as {new_name}")]


def _check_name(module: Module, binding: Binding, new_name: str) -> None:
    if not new_name.isidentifier() or keyword.iskeyword(new_name):
        raise CannotEdit(f"{new_name!r} is no name")
    if module.is_bound(new_name) or new_name in module.globals:
        raise CannotEdit(f"{new_name} is used in this file already")
    if binding.scope.kind is ScopeKind.CLASS:
        raise CannotEdit(f"{binding.name} is an attribute of a class")
    if binding.name.startswith("_") and binding.scope.class_name and "__" in binding.name:
        raise CannotEdit(f"{binding.name} is a private name of a class")
    if new_name.startswith("__") and not new_name.endswith("__") and any(s.kind is ScopeKind.CLASS for s in module.scopes):
        raise CannotEdit(f"{new_name} would be a private name within classes")
    if any(target.kind is Kind.IMPORT for target in binding.targets) and not binding.imports:
        raise CannotEdit(f"{binding.name} is imported in a way that is not understood")


def reads_names(module: Module) -> Dynamic | None:
    """The first place that may read any name by a string."""
    return next((found for found in module.dynamic if found.reason in _READS_NAMES), None)


def _check_uses(source: Source, module: Module, binding: Binding) -> None:
    dynamic = reads_names(module)
    if dynamic is not None:
        raise CannotEdit(f"line {source.line_of(dynamic.start)}: {dynamic.reason} may use {binding.name} by its name")
    uncertain = next((place for place in binding.references if place.uncertain), None)
    if uncertain is not None:
        raise CannotEdit(f"line {source.line_of(uncertain.start)}: {binding.name} may be a name of the class there")
    name = re.compile(rb"\b" + re.escape(binding.name.encode()) + rb"\b")
    for start, end in module.opaque_strings:
        if name.search(source.text, start, end):
            raise CannotEdit(f"line {source.line_of(start)}: a string names {binding.name} in a way that cannot be read")
    for place in binding.references:
        if not place.in_string and _is_printed(source, place.start, place.end):
            raise CannotEdit(f"line {source.line_of(place.start)}: the f-string prints the name {binding.name}")


def _is_printed(source: Source, start: int, end: int) -> bool:
    r"""Whether the name stands in `f"{name=}"`."""
    node = root(source).descendant_for_byte_range(start, end)
    while node is not None and node.type not in ("interpolation", "block", "module", "expression_statement"):
        node = node.parent
    return node is not None and node.type == "interpolation" and any(child.type == "=" for child in node.children)
