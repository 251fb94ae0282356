"""Names in statements and patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.imports import Import, ImportedName, read_import
from autofix.languages.python.scopes import Dynamic, Kind, Scope, Target

if TYPE_CHECKING:
    from autofix.languages.python.scope_builder import Builder
    from tree_sitter import Node


def assignment(builder: Builder, node: Node, scope: Scope) -> None:
    """`a = b`, `a: T`, `a: T = b`."""
    left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
    annotation = node.child_by_field_name("type")
    builder.push(value, scope)
    if annotation is not None:
        builder.annotation(annotation, scope, alias=True, value=value)
    if left is None:
        return
    if left.type == "identifier" and scope is builder.module and builder.slice(left) == b"__all__":
        builder.exports.assign(value)
    if left.type == "subscript" and builder.slice(left).startswith(b"sys.modules["):
        builder.dynamic.append(Dynamic("sys.modules", left.start_byte, scope))
    if value is None and left.type != "identifier":
        builder.push(left, scope)  # `(a): int` and `a.b: int` bind nothing
    else:
        builder.targets(left, scope, Kind.ANNOTATION if value is None else Kind.ASSIGNMENT, node)


def augmented_assignment(builder: Builder, node: Node, scope: Scope) -> None:
    """`a += b` binds and reads."""
    left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
    builder.push(value, scope)
    if left is not None and left.type == "identifier":
        if scope is builder.module and builder.slice(left) == b"__all__":
            builder.exports.add(value)
        builder.bind(left, scope, Kind.AUGMENTED, node)
    else:
        builder.push(left, scope)


def for_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """The targets are bound, then all else is visited."""
    left = node.child_by_field_name("left")
    builder.stack.extend((child, scope) for child in reversed(node.named_children) if child != left)
    builder.targets(left, scope, Kind.FOR, node)


def as_pattern(builder: Builder, node: Node, scope: Scope) -> None:
    """`with x as y`, `except E as e`."""
    target = node.child_by_field_name("alias")
    builder.stack.extend((child, scope) for child in reversed(node.named_children) if child != target)
    clause = node.parent
    kind = Kind.EXCEPT if clause is not None and clause.type == "except_clause" else Kind.WITH
    builder.targets(target, scope, kind, clause if clause is not None else node)


def delete_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """`del a` makes `a` a name of the scope."""
    for child in node.named_children:
        builder.targets(child, scope, Kind.DELETE, node)


def declaration(builder: Builder, node: Node, scope: Scope) -> None:
    """`global a, b` and `nonlocal a, b`."""
    for child in node.named_children:
        start, end = child.start_byte, child.end_byte
        scope.declared[builder.name(start, end, scope)] = (node.type == "global_statement", start, end)


def exec_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """Python 2."""
    builder.dynamic.append(Dynamic("exec", node.start_byte, scope))


def import_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """All three import statements."""
    around = {type_checking for start, end, type_checking in builder.regions if start <= node.start_byte < end}
    found = Import.of(read_import(node, builder.text), scope, True in around, False in around)
    builder.imports.append(found)
    if found.is_star:
        builder.dynamic.append(Dynamic(f"from {found.dotted} import *", found.start, scope))
    for item in found.names:
        if item.bound:
            _bind_import(builder, found, item, scope)
    builder.note_typing(found)


def _bind_import(builder: Builder, found: Import, item: ImportedName, scope: Scope) -> None:
    start, end = item.bound_range
    scope.stores[builder.name(start, end, scope)].append((Target(start, end, Kind.IMPORT, found.node, scope), (found, item)))


def if_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """Imports below `if TYPE_CHECKING` are marked."""
    builder.stack.extend((child, scope) for child in reversed(node.named_children))
    condition = node.child_by_field_name("condition")
    if condition is None or b"TYPE_CHECKING" not in (text := builder.slice(condition)):
        return
    if text.strip(b"() \t").startswith(b"not"):
        branches = [child for child in node.named_children if child.type == "else_clause"]
    else:
        branches = [child for child in (node.child_by_field_name("consequence"),) if child is not None]
    builder.regions += [(branch.start_byte, branch.end_byte, True) for branch in branches]


def try_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """Imports in a `try` that survives a failing import are marked."""
    builder.stack.extend((child, scope) for child in reversed(node.named_children))
    if any(child.type == "except_clause" and _catches_import_errors(builder, child) for child in node.named_children):
        builder.regions.append((node.start_byte, node.end_byte, False))


def _catches_import_errors(builder: Builder, clause: Node) -> bool:
    body = next((child for child in clause.named_children if child.type == "block"), None)
    header = builder.text[clause.start_byte : body.start_byte if body is not None else clause.end_byte]
    bare = header.replace(b"except", b"").strip(b"* \t\r\n:") == b""
    return bare or any(name in header for name in (b"ImportError", b"ModuleNotFoundError", b"Exception"))


def case_pattern(builder: Builder, node: Node, scope: Scope) -> None:
    """Bare names capture, dotted names and classes are read."""
    todo = [node]
    while todo:
        pattern = todo.pop()
        kind, children = pattern.type, pattern.named_children
        if kind == "dotted_name":
            _value_or_capture(builder, pattern, scope)
        elif kind == "identifier":
            _capture(builder, pattern, scope)
        elif kind == "class_pattern":
            builder.push(children[0].named_child(0), scope)
            todo.extend(reversed(children[1:]))
        elif kind == "keyword_pattern":
            todo.extend(reversed(children[1:]))
        elif kind == "union_pattern" or kind.endswith("_pattern") or pattern.is_error:
            todo.extend(reversed(children))
        else:
            builder.push(pattern, scope)


def _value_or_capture(builder: Builder, dotted: Node, scope: Scope) -> None:
    names = dotted.named_children
    if len(names) == 1:
        _capture(builder, names[0], scope)
    elif names:
        builder.push(names[0], scope)


def _capture(builder: Builder, name: Node, scope: Scope) -> None:
    if builder.slice(name) != b"_":
        builder.bind(name, scope, Kind.CAPTURE, name)


HANDLERS = {
    "assignment": assignment,
    "augmented_assignment": augmented_assignment,
    "for_statement": for_statement,
    "as_pattern": as_pattern,
    "delete_statement": delete_statement,
    "exec_statement": exec_statement,
    "if_statement": if_statement,
    "try_statement": try_statement,
    "case_pattern": case_pattern,
    "import_statement": import_statement,
    "import_from_statement": import_statement,
    "future_import_statement": import_statement,
    "global_statement": declaration,
    "nonlocal_statement": declaration,
}
