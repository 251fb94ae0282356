"""Which names the types of TypeScript declare and use: one function a kind of node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.typescript.scope_builder import Builder, leftmost
from autofix.languages.typescript.scopes import Kind, Meaning, Role, Scope, ScopeKind

if TYPE_CHECKING:
    from tree_sitter import Node


def type_identifier(builder: Builder, node: Node, scope: Scope) -> None:
    """A name in a type; the grammar takes the keyword `bigint` for one."""
    if node.text != b"bigint":
        builder.refer(node, scope, Role.TYPE, Meaning.TYPE)


def nested_type(builder: Builder, node: Node, scope: Scope) -> None:
    """`A.B` in a type: only `A` is looked up."""
    first = leftmost(node.named_children[0])
    if first.type == "identifier":
        builder.refer(first, scope, Role.TYPE, Meaning.NAMESPACE)


def type_query(builder: Builder, node: Node, scope: Scope) -> None:
    """`typeof a.b` in a type, and the parameter of `a is B` or `asserts a`."""
    name = node.child_by_field_name("name") or next(iter(node.named_children), None)
    if name is None:
        return
    target = name
    if target.type == "instantiation_expression":
        builder.walk((child for child in target.named_children if child.type == "type_arguments"), scope)
        target = target.named_children[0]
    first = leftmost(target)
    if first.type == "identifier":
        builder.refer(first, scope, Role.TYPE_QUERY, Meaning.VALUE)
    elif first.type not in ("this", "call_expression", "import"):
        builder.walk((first,), scope)
    builder.walk((child for child in node.named_children if child != name), scope)


def conditional_type(builder: Builder, node: Node, scope: Scope) -> None:
    """`A extends infer B ? C : D`: `B` is known in `C`."""
    inner = builder.open(ScopeKind.TYPE, node, scope)
    builder.walk((node.child_by_field_name("left"),), scope)
    builder.walk((node.child_by_field_name("right"), node.child_by_field_name("consequence")), inner)
    builder.walk((node.child_by_field_name("alternative"),), scope)


def infer(builder: Builder, node: Node, scope: Scope) -> None:
    """`infer B`, declared for the nearest conditional type around it."""
    target = next((around for around in scope.above if around.node.type == "conditional_type"), scope)
    builder.declare(Kind.TYPE_PARAMETER, node.named_children[0], node, target)
    builder.walk(node.named_children[1:], scope)


def index_signature(builder: Builder, node: Node, scope: Scope) -> None:
    """`[key: string]: A` names nothing, `[K in A]: B` does."""
    name = node.child_by_field_name("name")
    clause = next((child for child in node.named_children if child.type == "mapped_type_clause"), None)
    if clause is None:
        builder.walk((child for child in node.named_children if child != name), scope)
        return
    inner = builder.open(ScopeKind.TYPE, node, scope)
    key = clause.child_by_field_name("name")
    builder.declare(Kind.TYPE_PARAMETER, key, clause, inner)
    builder.walk((child for child in node.named_children if child != clause), inner)
    builder.walk((child for child in clause.named_children if child != key), inner)


def type_declaration(builder: Builder, node: Node, scope: Scope) -> None:
    """An interface or a type alias."""
    name = node.child_by_field_name("name")
    kind = Kind.INTERFACE if node.type == "interface_declaration" else Kind.TYPE_ALIAS
    builder.declare(kind, name, node, scope)
    builder.walk((part for part in node.named_children if part != name), builder.open(ScopeKind.TYPE, node, scope))


def type_parameter(builder: Builder, node: Node, scope: Scope) -> None:
    """`T extends A = B`."""
    name = node.child_by_field_name("name")
    builder.declare(Kind.TYPE_PARAMETER, name, node, scope)
    builder.walk((part for part in node.named_children if part != name), scope)
