"""When an expression needs parentheses: how tightly it binds, and how tightly its place asks for.

The order is that of https://developer.mozilla.org/docs/Web/JavaScript/Reference/Operators/Operator_precedence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

SEQUENCE, ASSIGNMENT, CONDITIONAL, COALESCE, OR, AND = 1, 2, 3, 4, 5, 6
RELATIONAL, EXPONENT, UNARY, POSTFIX, CALL, MEMBER, PRIMARY = 11, 15, 16, 17, 18, 19, 20

_OPERATORS = {
    **dict.fromkeys(("??",), COALESCE),
    **dict.fromkeys(("||",), OR),
    **dict.fromkeys(("&&",), AND),
    **dict.fromkeys(("|",), 7),
    **dict.fromkeys(("^",), 8),
    **dict.fromkeys(("&",), 9),
    **dict.fromkeys(("==", "!=", "===", "!=="), 10),
    **dict.fromkeys(("<", ">", "<=", ">=", "in", "instanceof"), RELATIONAL),
    **dict.fromkeys(("<<", ">>", ">>>"), 12),
    **dict.fromkeys(("+", "-"), 13),
    **dict.fromkeys(("*", "/", "%"), 14),
    **dict.fromkeys(("**",), EXPONENT),
}
_LEVELS = {
    "sequence_expression": SEQUENCE,
    "assignment_expression": ASSIGNMENT,
    "augmented_assignment_expression": ASSIGNMENT,
    "arrow_function": ASSIGNMENT,
    "yield_expression": ASSIGNMENT,
    "ternary_expression": CONDITIONAL,
    # They bind like `<`, but the grammar reads `a && b as T` as `(a && b) as T`: parentheses are clear to both.
    "as_expression": CONDITIONAL,
    "satisfies_expression": CONDITIONAL,
    "unary_expression": UNARY,
    "await_expression": UNARY,
    "type_assertion": UNARY,
    "update_expression": POSTFIX,
    "number": POSTFIX,  # `1.x` is no member access
    "call_expression": CALL,
    "instantiation_expression": CALL,
    "array": PRIMARY,
    "class": PRIMARY,
    "false": PRIMARY,
    "function_expression": PRIMARY,
    "generator_function": PRIMARY,
    "identifier": PRIMARY,
    "jsx_element": PRIMARY,
    "jsx_self_closing_element": PRIMARY,
    "meta_property": PRIMARY,
    "null": PRIMARY,
    "object": PRIMARY,
    "parenthesized_expression": PRIMARY,
    "regex": PRIMARY,
    "string": PRIMARY,
    "template_string": PRIMARY,
    "this": PRIMARY,
    "true": PRIMARY,
    "undefined": PRIMARY,
}
# The places of an expression in other nodes: by type, or by type and field.
_PLACES = {
    "arguments": ASSIGNMENT,
    "array": ASSIGNMENT,
    "as_expression": RELATIONAL,
    "await_expression": UNARY,
    "computed_property_name": ASSIGNMENT,
    "expression_statement": SEQUENCE,
    "jsx_expression": ASSIGNMENT,
    "non_null_expression": CALL,
    "parenthesized_expression": SEQUENCE,
    "return_statement": SEQUENCE,
    "satisfies_expression": RELATIONAL,
    "sequence_expression": ASSIGNMENT,
    "spread_element": ASSIGNMENT,
    "template_substitution": SEQUENCE,
    "throw_statement": SEQUENCE,
    "type_assertion": UNARY,
    "unary_expression": UNARY,
    "yield_expression": ASSIGNMENT,
    ("arrow_function", "body"): ASSIGNMENT,
    ("assignment_expression", "right"): ASSIGNMENT,
    ("assignment_pattern", "right"): ASSIGNMENT,
    ("augmented_assignment_expression", "right"): ASSIGNMENT,
    ("call_expression", "function"): CALL,
    ("enum_assignment", "value"): ASSIGNMENT,
    ("export_statement", "value"): ASSIGNMENT,
    ("extends_clause", "value"): CALL,
    ("for_in_statement", "right"): ASSIGNMENT,
    ("for_statement", "condition"): SEQUENCE,
    ("for_statement", "increment"): SEQUENCE,
    ("member_expression", "object"): CALL,
    ("new_expression", "constructor"): MEMBER,
    ("object_assignment_pattern", "right"): ASSIGNMENT,
    ("optional_parameter", "value"): ASSIGNMENT,
    ("pair", "value"): ASSIGNMENT,
    ("public_field_definition", "value"): ASSIGNMENT,
    ("required_parameter", "value"): ASSIGNMENT,
    ("subscript_expression", "index"): SEQUENCE,
    ("subscript_expression", "object"): CALL,
    ("switch_case", "value"): SEQUENCE,
    ("ternary_expression", "alternative"): ASSIGNMENT,
    ("ternary_expression", "condition"): COALESCE,
    ("ternary_expression", "consequence"): ASSIGNMENT,
    ("variable_declarator", "value"): ASSIGNMENT,
}
CHAINS = ("member_expression", "subscript_expression", "non_null_expression", "call_expression")


def level(node: Node) -> int | None:
    """How tightly an expression binds; None for what is no expression."""
    if node.type == "binary_expression":
        return _OPERATORS.get(operator(node))
    if node.type == "new_expression":
        return MEMBER if node.child_by_field_name("arguments") is not None else POSTFIX
    if node.type in ("member_expression", "subscript_expression", "non_null_expression"):
        return CALL if is_chain_with(node, ("call_expression", "optional_chain")) else MEMBER
    return _LEVELS.get(node.type)


def place(node: Node) -> int | None:
    """How tightly whatever stands in the place of `node` has to bind; None where it cannot be replaced."""
    parent = node.parent
    if parent is None:
        return None
    name = _field(parent, node)
    if parent.type == "binary_expression":
        own = _OPERATORS.get(operator(parent))
        if own is None or name not in ("left", "right"):
            return None
        if own == EXPONENT:
            return POSTFIX if name == "left" else EXPONENT
        return own if name == "left" else own + 1
    return _PLACES.get(parent.type) or _PLACES.get((parent.type, name or ""))


def fits(node: Node, inside: Node) -> bool:
    """Whether the expression `node` can stand in the place of `inside` without parentheses."""
    own, asked = level(node), place(inside)
    if own is None or asked is None or own < asked:
        return False
    # `??` next to a bare `&&` or `||` is an error in either order.
    parent = inside.parent
    if parent is not None and parent.type == "binary_expression" and operator(parent) == "??":
        return own > AND or (own == COALESCE and _field(parent, inside) == "left")
    return True


def is_chain_with(node: Node, types: tuple[str, ...]) -> bool:
    """Whether `a.b[c]!()` goes through a node of one of the types before it reaches its head."""
    while node.type in CHAINS:
        if node.type in types or any(child.type in types for child in node.children):
            return True
        node = node.children[0]
    return False


def operator(node: Node) -> str:
    """The operator of a binary or unary expression."""
    sign = node.child_by_field_name("operator")
    return sign.type if sign is not None else ""


def _field(parent: Node, node: Node) -> str | None:
    at = next((index for index, child in enumerate(parent.children) if child == node), None)
    return parent.field_name_for_child(at) if at is not None else None
