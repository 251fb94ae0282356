"""Names in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.scopes import Dynamic, Kind, Scope, ScopeKind

if TYPE_CHECKING:
    from autofix.languages.python.scope_builder import Builder
    from tree_sitter import Node

# Calls that read or write names by strings; `vars(x)` and `dir(x)` look at another object, unless it is the module.
_DYNAMIC_CALLS = frozenset((b"exec", b"eval", b"globals", b"locals", b"vars", b"dir", b"__import__"))


def attribute(builder: Builder, node: Node, scope: Scope) -> None:
    """Only the object is a name; long chains are common, so they are followed at once."""
    inner = node.children[0]
    while inner.type == "attribute":
        inner = inner.children[0]
    builder.stack.append((inner, scope))


def keyword_argument(builder: Builder, node: Node, scope: Scope) -> None:
    """The keyword is no name."""
    builder.push(node.child_by_field_name("value"), scope)


def string(builder: Builder, node: Node, scope: Scope) -> None:
    """Only f-strings and t-strings hold expressions."""
    if node.named_child_count > 2:
        builder.stack.extend((child, scope) for child in reversed(node.named_children) if child.type == "interpolation")


def call(builder: Builder, node: Node, scope: Scope) -> None:
    """Calls that reach names by strings are noted; strings that `typing` reads as types are read."""
    children = node.children
    function, arguments = children[0], children[-1]
    if function.kind_id == builder.identifier:
        name = builder.text[function.start_byte + builder.base : function.end_byte + builder.base]
        if name in _DYNAMIC_CALLS and not (name in (b"vars", b"dir") and _of_another_object(builder, arguments)):
            builder.dynamic.append(Dynamic(f"{name.decode()}()", node.start_byte + builder.base, scope))
    elif scope is builder.module and (called := builder.slice(function)).startswith(b"__all__."):
        builder.exports.call(called[len(b"__all__.") :], arguments)
    builder.stack.append((arguments, scope))
    builder.stack.append((function, scope))
    if (builder.typing_names or builder.typing_modules) and arguments.named_child_count:
        builder.typing_call(function, arguments, scope)


def _of_another_object(builder: Builder, arguments: Node) -> bool:
    return arguments.named_child_count > 0 and b"sys.modules" not in builder.slice(arguments)


def subscript(builder: Builder, node: Node, scope: Scope) -> None:
    """`Optional["User"]` outside of annotations; other subscripts are expressions."""
    if (builder.typing_names or builder.typing_modules) and builder.typing_subscript(node, scope):
        return
    builder.stack.extend((child, scope) for child in reversed(node.named_children))


def annotation(builder: Builder, node: Node, scope: Scope) -> None:
    """An annotation."""
    builder.annotation(node, scope)


def named_expression(builder: Builder, node: Node, scope: Scope) -> None:
    """`name := value`."""
    name = node.child_by_field_name("name")
    if name is not None:
        builder.bind(name, scope, Kind.WALRUS, node)
    builder.push(node.child_by_field_name("value"), scope)


def lambda_expression(builder: Builder, node: Node, scope: Scope) -> None:
    """Defaults are evaluated outside."""
    body = node.child_by_field_name("body")
    if body is None:
        return
    inner = builder.open_scope(ScopeKind.LAMBDA, "", node, scope, body.start_byte, node.end_byte)
    builder.push(body, inner)
    bind_parameters(builder, node.child_by_field_name("parameters"), scope, scope, inner)


def comprehension(builder: Builder, node: Node, scope: Scope) -> None:
    """The first iterable is evaluated outside, all else inside."""
    inner = builder.open_scope(ScopeKind.COMPREHENSION, "", node, scope, node.start_byte, node.end_byte)
    children = node.named_children
    first = next((child for child in children if child.type == "for_in_clause"), None)
    builder.stack.extend((child, inner) for child in reversed(children) if child != first)
    if first is not None:
        builder.targets(first.child_by_field_name("left"), inner, Kind.FOR, first)
        for iterable in first.children_by_field_name("right"):
            builder.push(iterable, scope)
            builder.holes.append((iterable.start_byte + builder.base, iterable.end_byte + builder.base, scope))


def for_in_clause(builder: Builder, node: Node, scope: Scope) -> None:
    """A further clause of a comprehension."""
    for iterable in node.children_by_field_name("right"):
        builder.push(iterable, scope)
    builder.targets(node.child_by_field_name("left"), scope, Kind.FOR, node)


def bind_parameters(builder: Builder, parameters: Node | None, defaults: Scope, annotations: Scope, inner: Scope) -> None:
    """Defaults belong to the scope around, annotations to that of the type parameters, names to the function."""
    for parameter in reversed(parameters.named_children if parameters is not None else []):
        kind = parameter.type
        if kind == "identifier":
            builder.bind(parameter, inner, Kind.PARAMETER, parameter)
            continue
        default, annotation = parameter.child_by_field_name("value"), parameter.child_by_field_name("type")
        if default is not None:
            builder.push(default, defaults)
            if defaults is not annotations:
                builder.holes.append((default.start_byte, default.end_byte, defaults))
        builder.push(annotation, annotations)
        name = parameter.child_by_field_name("name") or next(iter(parameter.named_children), None)
        if kind not in ("comment", "keyword_separator", "positional_separator") and name is not None:
            # `*args`, `**kwargs`; Python 2 unpacked tuples here.
            while name.type in ("list_splat_pattern", "dictionary_splat_pattern") and name.named_children:
                name = name.named_children[0]
            builder.targets(name, inner, Kind.PARAMETER, parameter)


HANDLERS = {
    "attribute": attribute,
    "keyword_argument": keyword_argument,
    "string": string,
    "call": call,
    "subscript": subscript,
    "type": annotation,
    "named_expression": named_expression,
    "lambda": lambda_expression,
    "for_in_clause": for_in_clause,
    "list_comprehension": comprehension,
    "set_comprehension": comprehension,
    "dictionary_comprehension": comprehension,
    "generator_expression": comprehension,
}
