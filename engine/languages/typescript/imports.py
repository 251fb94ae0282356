"""What a file imports and exports, with byte ranges."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.languages.typescript.syntax import code_end, descendants, text_of, tree
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


class ImportKind(enum.Enum):
    """How another module is named."""

    STATIC = "import .. from"
    REEXPORT = "export .. from"
    EQUALS = "import x = require()"
    REQUIRE = "require()"
    DYNAMIC = "import()"
    TYPE = "import() in a type"

    @property
    def deferred(self) -> bool:
        """Whether the module is evaluated only when the expression is reached."""
        return self in (ImportKind.REQUIRE, ImportKind.DYNAMIC)


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name taken from a module; `start` and `end` are the bytes of its specifier.

    `imported` is the name in the other module, `default`, or `*` for the module as a whole. `local` is the name here: for
    a re-export the name under which it is exported, `*` for `export * from`.
    """

    imported: str
    local: str
    type_only: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Import:
    """One import: `start` and `end` are the bytes of the statement, for calls and types those of the call.

    `specifier` is the module as written, without quotes; `specifier_start` and `specifier_end` its bytes. A `require` or
    `import()` whose result is destructured into a declaration lists those names.
    """

    kind: ImportKind
    specifier: str
    specifier_start: int
    specifier_end: int
    names: tuple[ImportedName, ...]
    type_only: bool
    """Nothing of it is left at run time: marked as a whole, or every name is."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Export:
    """One exported name: `local` is the name of its binding, None for an expression; `name` is `=` for `export =`.

    `start` and `end` are the bytes of the statement, or of the specifier in an export clause.
    """

    name: str
    local: str | None
    type_only: bool
    start: int
    end: int


def imports(source: Source) -> list[Import]:
    """Every import of a literal specifier, in document order; shared by all who ask for it."""
    return source.once(_imports)


def imported_as(source: Source, specifier: str, name: str) -> str | None:
    """The local name under which a value of a module is imported already; None where it is not."""
    for found in imports(source):
        if found.kind is ImportKind.STATIC and found.specifier == specifier and not found.type_only:
            for imported in found.names:
                if imported.imported == name and not imported.type_only:
                    return imported.local
    return None


def _imports(source: Source) -> list[Import]:
    found = (_import_of(node) for node in _importers(source))
    return sorted((one for one in found if one is not None), key=lambda one: one.start)


# A walk over every node of a file would cost ten times as much.
_CALLS = re.compile(rb"\b(?:import|require)\s*\(")


def _importers(source: Source) -> Iterator[Node]:
    root = tree(source).root_node
    for node in root.named_children:
        if node.type == "ambient_declaration":
            yield from (inner for inner in descendants(node) if inner.type in ("import_statement", "export_statement"))
        elif node.type in ("import_statement", "export_statement"):
            yield node
    for match in _CALLS.finditer(source.text):
        word = root.descendant_for_byte_range(match.start(), match.end() - 1)
        # `require` is an identifier within its call, `import` a node of its own.
        while word is not None and word.type in ("identifier", "import"):
            word = word.parent
        if word is not None and word.type == "call_expression" and word.start_byte == match.start():
            yield word


def _import_of(node: Node) -> Import | None:
    if node.type == "call_expression":
        return _call(node)
    clause = next((child for child in node.named_children if child.type == "import_require_clause"), None)
    literal = (clause or node).child_by_field_name("source")
    if literal is None or literal.is_missing:
        return None
    marked = _has_type(node)
    if clause is not None:
        local = clause.named_children[0]
        names = [ImportedName("=", text_of(local), marked, local.start_byte, local.end_byte)]
        kind = ImportKind.EQUALS
    elif node.type == "import_statement":
        names, kind = list(_static_names(node, marked)), ImportKind.STATIC
    else:
        names, kind = list(_reexported_names(node, marked)), ImportKind.REEXPORT
    type_only = marked or (bool(names) and all(name.type_only for name in names))
    return _import(kind, literal, tuple(names), type_only, node)


def _import(kind: ImportKind, literal: Node, names: tuple[ImportedName, ...], type_only: bool, node: Node) -> Import:
    start, end = literal.start_byte + 1, literal.end_byte - 1
    return Import(kind, text_of(literal)[1:-1], start, end, names, type_only, node.start_byte, code_end(node))


def _call(node: Node) -> Import | None:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or arguments.type != "arguments":
        return None
    if function.type != "import" and (function.type != "identifier" or function.text != b"require"):
        return None
    literals = [child for child in arguments.named_children if child.type != "comment"]
    if not literals or not _is_literal(literals[0]):
        return None
    names, is_type = _use(node)
    if is_type:
        return _import(ImportKind.TYPE, literals[0], (), True, node)
    kind = ImportKind.DYNAMIC if function.type == "import" else ImportKind.REQUIRE
    return _import(kind, literals[0], tuple(names), False, node)


def _is_literal(node: Node) -> bool:
    if node.type == "template_string":
        return all(child.type == "string_fragment" for child in node.named_children)
    return node.type == "string"


def _is_type(node: Node, above: Node) -> bool:
    """Whether a node stands in a type; where the grammar knows no such type, as in `import("m").A[]`, it leaves an error."""
    if above.type in ("as_expression", "satisfies_expression"):
        return above.children[0] != node
    around = above.parent if above.type == "ERROR" else above
    return around is not None and "type" in around.type and around.type != "type_assertion"


def _use(call: Node) -> tuple[list[ImportedName], bool]:
    """The names that a declaration takes from the module, and whether the call stands in a type."""
    above, value = call.parent, call
    while above is not None and above.type in ("await_expression", "parenthesized_expression", "member_expression"):
        value, above = above, above.parent
    if above is None or _is_type(value, above):
        return [], above is not None
    function = call.child_by_field_name("function")
    dynamic = function is not None and function.type == "import"
    whole = value.type == "await_expression" and value.named_children[-1] == call if dynamic else value == call
    pattern = above.child_by_field_name("name") if above.type == "variable_declarator" else None
    return (list(_destructured(pattern)) if whole and pattern is not None else []), False


def _destructured(pattern: Node) -> Iterator[ImportedName]:
    if pattern.type == "identifier":
        yield ImportedName("*", text_of(pattern), False, pattern.start_byte, pattern.end_byte)
        return
    for child in pattern.named_children if pattern.type == "object_pattern" else ():
        key, local = child, child
        if child.type == "pair_pattern":
            key = child.child_by_field_name("key") or child
            local = child.child_by_field_name("value") or child
            local = local.child_by_field_name("left") or local
        elif child.type == "object_assignment_pattern":
            key = local = child.child_by_field_name("left") or child
        if key.type in ("property_identifier", "shorthand_property_identifier_pattern") and local.child_count == 0:
            yield ImportedName(text_of(key), text_of(local), False, child.start_byte, child.end_byte)


def _static_names(node: Node, marked: bool) -> Iterator[ImportedName]:
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    for child in clause.named_children if clause is not None else ():
        if child.type == "identifier":
            yield ImportedName("default", text_of(child), marked, child.start_byte, child.end_byte)
        elif child.type == "namespace_import":
            yield ImportedName("*", text_of(child.named_children[-1]), marked, child.start_byte, child.end_byte)
        elif child.type == "named_imports":
            yield from (_specified(part, marked) for part in child.named_children if part.type == "import_specifier")


def _reexported_names(node: Node, marked: bool) -> Iterator[ImportedName]:
    parts = [child for child in node.named_children if child.type in ("export_clause", "namespace_export")]
    if not parts:
        yield ImportedName("*", "*", marked, node.start_byte, code_end(node))
    for part in parts:
        if part.type == "namespace_export":
            yield ImportedName("*", _name(part.named_children[-1]), marked, part.start_byte, part.end_byte)
        else:
            yield from (_specified(child, marked) for child in part.named_children if child.type == "export_specifier")


def _specified(node: Node, marked: bool) -> ImportedName:
    name = node.child_by_field_name("name") or node
    alias = node.child_by_field_name("alias") or name
    return ImportedName(_name(name), _name(alias), marked or _has_type(node), node.start_byte, node.end_byte)


def _name(node: Node) -> str:
    return text_of(node)[1:-1] if node.type == "string" else text_of(node)


def _has_type(node: Node) -> bool:
    """Whether the word `type` (or Flow's `typeof`) marks a statement or specifier."""
    words = (
        child.text if child.is_error else child.type.encode() for child in node.children if child.is_error or not child.is_named
    )
    # The grammar does not know `export type * from`.
    return any(word in (b"type", b"typeof") for word in words)


def exports(source: Source) -> Mapping[str, Export]:
    """What the module exports by name, `export .. from` with names included (their `local` is None).

    `export * from` adds names that only the other module knows: see `imports`. Overloads and merged declarations count
    once. Exports of CommonJS are not among them.
    """
    return source.once(_exports)


def _exports(source: Source) -> dict[str, Export]:
    found: dict[str, Export] = {}
    for node in tree(source).root_node.named_children:
        if node.type == "export_statement":
            for export in _exported_by(node):
                found.setdefault(export.name, export)
    return found


def _exported_by(node: Node) -> Iterator[Export]:
    marked = _has_type(node)
    if node.child_by_field_name("source") is not None:
        for name in _reexported_names(node, marked):
            if name.local != "*":
                yield Export(name.local, None, name.type_only, name.start, name.end)
        return
    words = {child.type for child in node.children if not child.is_named}
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    if clause is not None:
        for part in clause.named_children:
            if part.type == "export_specifier":
                one = _specified(part, marked)
                yield Export(one.local, one.imported, one.type_only, one.start, one.end)
    elif "default" in words or "=" in words:
        value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
        value = value or next((child for child in node.named_children if child.type == "identifier"), None)
        named = value if value is None or value.type == "identifier" else value.child_by_field_name("name")
        type_only = value is not None and value.type == "interface_declaration"
        local = text_of(named) if named is not None else None
        yield Export("default" if "default" in words else "=", local, type_only, node.start_byte, code_end(node))
    else:
        declaration = node.child_by_field_name("declaration")
        for declared, type_only in _declared(declaration) if declaration is not None else ():
            yield Export(declared, declared, type_only, node.start_byte, code_end(node))


def _declared(node: Node) -> Iterator[tuple[str, bool]]:
    """The names that a declaration introduces, and whether they are types alone."""
    if node.type == "ambient_declaration" and node.named_children:
        yield from _declared(node.named_children[-1])
    elif node.type in ("lexical_declaration", "variable_declaration"):
        for declarator in node.named_children:
            pattern = declarator.child_by_field_name("name") if declarator.type == "variable_declarator" else None
            yield from ((name, False) for name in _bound(pattern)) if pattern is not None else ()
    elif node.type == "import_alias":
        yield text_of(node.named_children[0]), False
    else:
        name = node.child_by_field_name("name")
        if name is not None:
            yield text_of(name).partition(".")[0], node.type in ("interface_declaration", "type_alias_declaration")


def _bound(pattern: Node) -> Iterator[str]:
    pending = [pattern]
    while pending:
        node = pending.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield text_of(node)
        elif node.type in ("object_assignment_pattern", "assignment_pattern"):
            pending += filter(None, [node.child_by_field_name("left")])
        elif node.type == "pair_pattern":
            pending += filter(None, [node.child_by_field_name("value")])
        else:
            pending += reversed(node.named_children)
