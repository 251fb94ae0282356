"""Attribute chains: a name and the plain attributes after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autofix.languages.python.imports import Import, ImportedName
from autofix.languages.python.scopes import BUILTINS, Chain, Kind, Module, Reference
from autofix.languages.python.syntax import root, unstarred
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Within an annotation string, where blanks may stand around the dots.
_DOTTED = re.compile(r"\w+(?:\s*\.\s*\w+)*")


def chain(source: Source, reference: Reference) -> Chain:
    """The longest chain of attributes that starts at a reference."""
    if reference.in_string:
        return _in_string(source, reference)
    parts, ends = [source.slice(reference.start, reference.end)], [reference.end]
    node = root(source).descendant_for_byte_range(reference.start, reference.end)
    while node is not None and (outer := node.parent) is not None:
        if outer.type == "list_splat" and len(parts) == 1:
            node = outer
            continue
        if outer.type != "attribute" or outer.children[0] != node:
            break
        attribute = outer.child_by_field_name("attribute")
        if attribute is None:
            break
        parts.append(source.slice(attribute.start_byte, attribute.end_byte))
        ends.append(attribute.end_byte)
        node = outer
    return Chain(tuple(parts), reference.start, tuple(ends))


def _in_string(source: Source, reference: Reference) -> Chain:
    # A string annotation is short; the closing quote ends the match at the latest.
    rest = source.text[reference.start : reference.start + 1000].decode("utf-8", "ignore")
    found = _DOTTED.match(rest)
    if found is None:
        return Chain((source.slice(reference.start, reference.end),), reference.start, (reference.end,))
    parts, ends = [], []
    for part in re.finditer(r"\w+", found.group()):
        parts.append(part.group())
        ends.append(reference.start + len(rest[: part.end()].encode("utf-8")))
    return Chain(tuple(parts), reference.start, tuple(ends))


def qualified(module: Module, expression: Node | Reference) -> tuple[str, ...]:
    """See `Module.qualified`."""
    if isinstance(expression, Reference):
        found = chain(module.source, expression)
        start, parts = expression.start, found.parts
    else:
        start, parts = _parts(module.source, expression)
    if not parts:
        return ()
    binding = module.binding_at(start)
    if binding is None:
        is_builtin = module.is_unbound(start) and parts[0] in BUILTINS and not module.has_star_imports
        return (".".join(("builtins", *parts)),) if is_builtin else ()
    if any(target.kind is not Kind.IMPORT for target in binding.targets):
        return ()
    names = {origin(statement, item): None for statement, item in binding.imports}
    return tuple(".".join((name, *parts[1:])) for name in names)


def origin(statement: Import, item: ImportedName) -> str:
    """The dotted name of what an import binds: `m.n` of `from m import n`, `a` of `import a.b`, `a.b` of `import a.b as c`."""
    if not statement.is_from:
        return item.name if item.asname else item.bound
    return statement.dotted + item.name if statement.dotted.endswith(".") else f"{statement.dotted}.{item.name}"


def _parts(source: Source, node: Node) -> tuple[int, tuple[str, ...]]:
    """The start and the parts of a chain; no parts where it is none."""
    names: list[str] = []
    current = unstarred(node)
    while current.type == "attribute":
        attribute = current.child_by_field_name("attribute")
        if attribute is None:
            return 0, ()
        names.append(source.slice(attribute.start_byte, attribute.end_byte))
        current = unstarred(current.children[0])
    if current.type != "identifier":
        return 0, ()
    names.append(source.slice(current.start_byte, current.end_byte))
    return current.start_byte, tuple(reversed(names))
