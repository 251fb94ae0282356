"""Which names statements and expressions declare and use: one function a kind of node, and the table of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from autofix.languages.typescript import type_names
from autofix.languages.typescript.scope_builder import Builder, leftmost
from autofix.languages.typescript.scopes import Kind, Meaning, Role, Scope, ScopeKind
from autofix.languages.typescript.syntax import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Handler: TypeAlias = Callable[[Builder, "Node", Scope], object]


def declaration(builder: Builder, node: Node, scope: Scope) -> None:
    """`var`, `let`, `const`."""
    kind = Kind.VAR if node.type == "variable_declaration" else Kind.LEXICAL
    for declarator in reversed(node.named_children):
        if declarator.type != "variable_declarator":
            continue
        builder.walk((declarator.child_by_field_name("type"), declarator.child_by_field_name("value")), scope)
        builder.bind_pattern(declarator.child_by_field_name("name"), declarator, scope, kind)


def function_declaration(builder: Builder, node: Node, scope: Scope) -> None:
    """A function statement or overload; its name belongs to the scope around it."""
    builder.declare(Kind.FUNCTION, node.child_by_field_name("name"), node, scope)
    signature(builder, node, scope)


def function_expression(builder: Builder, node: Node, scope: Scope) -> None:
    """A function expression, whose name only it can see."""
    inner = signature(builder, node, scope)
    name = node.child_by_field_name("name")
    if name is not None and text_of(name) not in inner.bindings:
        builder.declare(Kind.SELF, name, node, inner)


def signature(builder: Builder, node: Node, scope: Scope) -> Scope:
    """Anything with parameters: a function, method, function type, call signature."""
    arrow = node.type == "arrow_function"
    inner = builder.open(ScopeKind.ARROW if arrow else ScopeKind.FUNCTION, node, scope)
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    single = node.child_by_field_name("parameter")
    if single is not None:
        builder.declare(Kind.PARAMETER, single, node, inner)
    skipped = {part.id for part in (body, single) if part is not None}
    if name is not None and name.type != "computed_property_name":
        skipped.add(name.id)
    if body is not None and body.type == "statement_block":
        builder.walk(body.named_children, builder.open(ScopeKind.BODY, body, inner))
    elif body is not None:
        builder.walk((body,), inner)
    parts = [part for part in node.named_children if part.id not in skipped]
    builder.walk(parts, inner)
    # Before the body is walked: a `var` in it may be a parameter.
    for part in parts:
        if part.type == "formal_parameters":
            for parameter in part.named_children:
                _bind_parameter(builder, parameter, inner)
    return inner


def _bind_parameter(builder: Builder, node: Node, scope: Scope) -> None:
    pattern = node.child_by_field_name("pattern")
    if pattern is not None and pattern.type != "this":
        builder.bind_pattern(pattern, node, scope, Kind.PARAMETER)


def parameter(builder: Builder, node: Node, scope: Scope) -> None:
    """What is left of a parameter once it is bound: decorators, type, default. A tuple member has a name, no pattern."""
    pattern, name = node.child_by_field_name("pattern"), node.child_by_field_name("name")
    builder.walk((part for part in node.named_children if part not in (pattern, name)), scope)


def class_(builder: Builder, node: Node, scope: Scope) -> None:
    """A class statement or expression."""
    inner = builder.open(ScopeKind.CLASS, node, scope)
    name = node.child_by_field_name("name")
    if node.type == "class":
        builder.declare(Kind.SELF, name, node, inner)
    else:
        builder.declare(Kind.CLASS, name, node, scope)
    builder.walk((part for part in node.named_children if part != name), inner)


def static_block(builder: Builder, node: Node, scope: Scope) -> None:
    """`static { .. }`."""
    body = node.child_by_field_name("body")
    if body is not None:
        builder.walk(body.named_children, builder.open(ScopeKind.STATIC_BLOCK, node, scope))


def enum(builder: Builder, node: Node, scope: Scope) -> None:
    """An enum: its members see each other by their bare names, in all declarations of it."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    builder.declare(Kind.ENUM, name, node, scope)
    if name is None or body is None:
        return
    members = _members(builder, name, scope)
    for member in body.named_children:
        label = member.child_by_field_name("name") if member.type == "enum_assignment" else member
        if label is not None and label.type == "string":
            label = next(iter(label.named_children), None)
        if label is not None and label.type in ("property_identifier", "string_fragment"):
            builder.declare(Kind.ENUM_MEMBER, label, member, members)
    builder.walk((member.child_by_field_name("value") for member in body.named_children), members)


def _members(builder: Builder, name: Node, scope: Scope) -> Scope:
    """What merged declarations of one namespace or enum share."""
    binding = scope.bindings[text_of(name)]
    if binding.members is None:
        binding.members = builder.open(ScopeKind.MEMBERS, name, scope)
    return binding.members


def namespace(builder: Builder, node: Node, scope: Scope) -> None:
    """`namespace A.B { .. }` or `declare module "x" { .. }`."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or name.type == "string":
        if body is not None:
            builder.walk(body.named_children, builder.open(ScopeKind.MODULE, node, scope))
        return
    for part in _dotted(name):
        builder.declare(Kind.NAMESPACE, part, node, scope)
        members = _members(builder, part, scope)
        scope = builder.open(ScopeKind.NAMESPACE, node, members)
        scope.members = members
        # The inner parts of a dotted name are exported.
        builder.exported_until[scope] = name.end_byte
    if body is not None:
        builder.walk(body.named_children, scope)


def ambient(builder: Builder, node: Node, scope: Scope) -> None:
    """`declare ..`; `declare global { .. }` describes what no file of the project has to define."""
    builder.ambient_until = max(builder.ambient_until, node.end_byte)
    children = node.named_children
    if any(child.type == "global" for child in node.children):
        block = next((child for child in children if child.type == "statement_block"), None)
        children = block.named_children if block is not None else []
        scope = builder.open(ScopeKind.GLOBAL, node, scope)
    builder.walk(children, scope)


# Imports and exports


def import_(builder: Builder, node: Node, scope: Scope) -> None:
    """The name that an import clause, specifier, alias or `import x = require()` declares."""
    name = node.child_by_field_name("alias") or node.child_by_field_name("name")
    if name is None:
        name = next((child for child in node.named_children if child.type == "identifier"), None)
    builder.declare(Kind.IMPORT, name, node, scope)
    builder.walk((child for child in node.named_children if child.type in ("named_imports", "namespace_import")), scope)
    if node.type == "import_alias":
        target = node.named_children[-1]
        builder.refer(leftmost(target), scope, Role.READ, Meaning.VALUE | Meaning.NAMESPACE)


def export(builder: Builder, node: Node, scope: Scope) -> None:
    """An export: of a declaration, of an expression, of names."""
    if node.child_by_field_name("source") is not None or any(child.type == "namespace" for child in node.children):
        return
    if scope.kind is ScopeKind.NAMESPACE:
        builder.exported_until[scope] = node.end_byte
    for child in node.named_children:
        if child.type == "identifier":
            builder.refer(child, scope, Role.READ, Meaning.ANY)
    builder.walk((child for child in node.named_children if child.type != "identifier"), scope)


def export_specifier(builder: Builder, node: Node, scope: Scope) -> None:
    """`name as alias`."""
    builder.refer(node.child_by_field_name("name"), scope, Role.EXPORT, Meaning.ANY)


# Statements


def block(builder: Builder, node: Node, scope: Scope) -> None:
    """Braces, a loop or the cases of a switch."""
    builder.walk(node.named_children, builder.open(ScopeKind.BLOCK, node, scope))


def catch(builder: Builder, node: Node, scope: Scope) -> None:
    """`catch (e) { .. }`."""
    inner = builder.open(ScopeKind.CATCH, node, scope)
    parameter = node.child_by_field_name("parameter")
    builder.walk((child for child in node.named_children if child != parameter), inner)
    builder.bind_pattern(parameter, node, inner, Kind.CATCH)


def for_in(builder: Builder, node: Node, scope: Scope) -> None:
    """`for (.. in ..)` and `for (.. of ..)`."""
    inner = builder.open(ScopeKind.BLOCK, node, scope)
    left, kind = node.child_by_field_name("left"), node.child_by_field_name("kind")
    builder.walk((child for child in node.named_children if child != left), inner)
    if kind is None:
        builder.assign(left, inner, Role.WRITE)
    else:
        builder.bind_pattern(left, node, inner, Kind.VAR if kind.type == "var" else Kind.LEXICAL)


# Expressions


def identifier(builder: Builder, node: Node, scope: Scope) -> None:
    """A name in an expression."""
    builder.refer(node, scope, Role.READ)


def assignment(builder: Builder, node: Node, scope: Scope) -> None:
    """`a = b`, `a += b`; the grammar reads `using a = b` as an assignment too."""
    left = node.child_by_field_name("left")
    builder.walk((node.child_by_field_name("right"),), scope)
    if node.children[0].type == "using":
        builder.bind_pattern(left, node, scope, Kind.LEXICAL)
    else:
        builder.assign(left, scope, Role.WRITE if node.type == "assignment_expression" else Role.UPDATE)


def update(builder: Builder, node: Node, scope: Scope) -> None:
    """`a++`."""
    builder.assign(node.child_by_field_name("argument"), scope, Role.UPDATE)


def unary(builder: Builder, node: Node, scope: Scope) -> None:
    """`typeof a` differs: it may ask for what does not exist."""
    operand = node.child_by_field_name("argument")
    while operand is not None and operand.type == "parenthesized_expression" and operand.named_child_count == 1:
        operand = operand.named_children[0]
    if node.children[0].type == "typeof" and operand is not None and operand.type == "identifier":
        builder.refer(operand, scope, Role.TYPEOF)
    else:
        builder.walk(node.named_children, scope)


def element(builder: Builder, node: Node, scope: Scope) -> None:
    """A JSX tag: `<Name>` and `<a.b>` are references, `<div>`, `<x-y>` and `<a:b>` are words of the host."""
    name = node.child_by_field_name("name")
    builder.walk((child for child in node.named_children if child != name), scope)
    if name is None or name.type == "jsx_namespace_name":
        return
    first = leftmost(name)
    intrinsic = first == name and ("-" in text_of(first) or text_of(first)[:1].islower())
    if not intrinsic and first.type == "identifier" and text_of(first) != "this":
        builder.refer(first, scope, Role.READ)


def nothing(builder: Builder, node: Node, scope: Scope) -> None:
    """A node without names of its own, whatever its parts look like."""


def _dotted(name: Node) -> list[Node]:
    """The parts of `A.B.C`, outermost first."""
    parts: list[Node] = []
    while name.type in ("nested_identifier", "member_expression"):
        parts.insert(0, name.named_children[-1])
        name = name.named_children[0]
    return [name, *parts]


HANDLERS: dict[str, Handler] = {
    "abstract_class_declaration": class_,
    "abstract_method_signature": signature,
    "ambient_declaration": ambient,
    "arrow_function": signature,
    "asserts": type_names.type_query,
    "assignment_expression": assignment,
    "augmented_assignment_expression": assignment,
    "call_signature": signature,
    "catch_clause": catch,
    "class": class_,
    "class_declaration": class_,
    "class_static_block": static_block,
    "conditional_type": type_names.conditional_type,
    "construct_signature": signature,
    "constructor_type": signature,
    "enum_declaration": enum,
    "export_specifier": export_specifier,
    "export_statement": export,
    "for_in_statement": for_in,
    "for_statement": block,
    "function_declaration": function_declaration,
    "function_expression": function_expression,
    "function_signature": function_declaration,
    "function_type": signature,
    "generator_function": function_expression,
    "generator_function_declaration": function_declaration,
    "identifier": identifier,
    "import_alias": import_,
    "import_attribute": nothing,
    "import_clause": import_,
    "import_require_clause": import_,
    "import_specifier": import_,
    "index_signature": type_names.index_signature,
    "infer_type": type_names.infer,
    "interface_declaration": type_names.type_declaration,
    "internal_module": namespace,
    "jsx_closing_element": element,
    "jsx_opening_element": element,
    "jsx_self_closing_element": element,
    "jsx_namespace_name": nothing,
    "lexical_declaration": declaration,
    "meta_property": nothing,
    "method_definition": signature,
    "method_signature": signature,
    "module": namespace,
    "namespace_import": import_,
    "nested_type_identifier": type_names.nested_type,
    "optional_parameter": parameter,
    "required_parameter": parameter,
    "shorthand_property_identifier": identifier,
    "statement_block": block,
    "switch_body": block,
    "type_alias_declaration": type_names.type_declaration,
    "type_identifier": type_names.type_identifier,
    "type_parameter": type_names.type_parameter,
    "type_predicate": type_names.type_query,
    "type_query": type_names.type_query,
    "unary_expression": unary,
    "update_expression": update,
    "variable_declaration": declaration,
}
