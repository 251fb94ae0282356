"""Names in definitions of functions, classes and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.scope_expressions import bind_parameters
from autofix.languages.python.scopes import Dynamic, Kind, Reference, Scope, ScopeKind

if TYPE_CHECKING:
    from autofix.languages.python.scope_builder import Builder
    from tree_sitter import Node


def function_definition(builder: Builder, node: Node, scope: Scope) -> None:
    """The name is bound outside; defaults and annotations are evaluated outside; the body is a scope."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None:
        return
    builder.bind(name, scope, Kind.FUNCTION, node)
    if scope is builder.module and builder.slice(name) == b"__getattr__":
        builder.dynamic.append(Dynamic("__getattr__ of the module", node.start_byte, scope))
    outside = _type_parameters(builder, node, scope)
    start = body.start_byte if body is not None else node.end_byte
    inner = builder.open_scope(
        ScopeKind.FUNCTION, builder.slice(name).decode("utf-8", "replace"), node, outside, start, node.end_byte
    )
    builder.push(body, inner)
    builder.push(node.child_by_field_name("return_type"), outside)
    bind_parameters(builder, node.child_by_field_name("parameters"), scope, outside, inner)


def class_definition(builder: Builder, node: Node, scope: Scope) -> None:
    """The name is bound outside; base classes are evaluated outside; the body is a scope."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None:
        return
    builder.bind(name, scope, Kind.CLASS, node)
    outside = _type_parameters(builder, node, scope, builder.slice(name).decode("utf-8", "replace"))
    start = body.start_byte if body is not None else node.end_byte
    inner = builder.open_scope(
        ScopeKind.CLASS, builder.slice(name).decode("utf-8", "replace"), node, outside, start, node.end_byte
    )
    builder.push(body, inner)
    builder.push(node.child_by_field_name("superclasses"), outside)


def type_alias_statement(builder: Builder, node: Node, scope: Scope) -> None:
    """`type Name[T] = value`, evaluated in a scope of its own."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    names = [left] if left is not None else []
    while names and names[0].type in ("type", "generic_type"):
        names = names[0].named_children
    if not names:
        return
    if names[0].type != "identifier":
        _assignment_to_type(builder, node, names, scope)
        return
    builder.bind(names[0], scope, Kind.TYPE_ALIAS, node)
    inner = builder.open_scope(ScopeKind.TYPE_PARAMETERS, "", node, scope, names[0].end_byte, node.end_byte)
    for parameters in names[1:]:
        _bind_type_parameters(builder, parameters, inner)
    if right is not None:
        builder.annotation(right, inner)


def _assignment_to_type(builder: Builder, node: Node, targets: list[Node], scope: Scope) -> None:
    """`type(x).y = z` and `type[x] = z`, which the grammar takes for a type alias."""
    word = node.children[0]
    start, end = word.start_byte + builder.base, word.end_byte + builder.base
    scope.loads["type"].append(Reference(start, end, scope, builder.depth > 0))
    right = node.child_by_field_name("right")
    if right is not None:
        builder.untyped(right, scope)
    for target in targets:
        builder.untyped(target, scope)


def _type_parameters(builder: Builder, node: Node, scope: Scope, class_name: str = "") -> Scope:
    parameters = node.child_by_field_name("type_parameters")
    if parameters is None:
        return scope
    inner = builder.open_scope(ScopeKind.TYPE_PARAMETERS, "", node, scope, parameters.start_byte, node.end_byte)
    inner.class_name = class_name or inner.class_name
    _bind_type_parameters(builder, parameters, inner)
    return inner


def _bind_type_parameters(builder: Builder, parameters: Node, scope: Scope) -> None:
    for parameter in parameters.named_children:
        part = parameter
        bounds: list[Node] = []
        while part.type in ("type", "constrained_type", "splat_type") and part.named_children:
            part, *more = part.named_children
            bounds += more
        if part.type == "identifier":
            builder.bind(part, scope, Kind.TYPE_PARAMETER, parameter)
        for bound in bounds:
            builder.annotation(bound, scope)


HANDLERS = {
    "function_definition": function_definition,
    "class_definition": class_definition,
    "type_alias_statement": type_alias_statement,
}
