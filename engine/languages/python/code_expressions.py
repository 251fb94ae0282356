"""Expressions of a syntax tree as `code`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from autofix.languages.python.code import (
    Argument,
    Attribute,
    Await,
    Call,
    Clause,
    Collection,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expression,
    Lambda,
    Name,
    Opaque,
    Operation,
    Parameter,
    Slice,
    Starred,
    Subscript,
    Text,
    Walrus,
    Yield,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Values of longer literals do not matter to anyone, and summaries are kept.
_LONGEST_VALUE = 300

_KINDS = {
    "list": "list",
    "list_pattern": "list",
    "tuple": "tuple",
    "tuple_pattern": "tuple",
    "pattern_list": "tuple",
    "expression_list": "tuple",
    "set": "set",
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "generator",
}
_SINGLETONS = {"true": True, "false": False, "none": None}
_WRAPPERS = frozenset(("parenthesized_expression", "type", "with_item", "expression_statement", "as_pattern_target", "chevron"))
_IGNORED = frozenset(("comment", "line_continuation"))


class Expressions:
    """Reads the expressions of one text."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._readers: dict[str, Callable[[Node], Expression]] = {
            "identifier": self._name,
            "attribute": self._attribute,
            "member_type": self._attribute,
            "call": self._call,
            "subscript": self._subscript,
            "generic_type": self._generic,
            "slice": self._slice,
            "string": self._string,
            "concatenated_string": self._joined,
            "integer": self._literal,
            "float": self._other_literal,
            "ellipsis": self._other_literal,
            "true": self._singleton,
            "false": self._singleton,
            "none": self._singleton,
            "await": self._await,
            "yield": self._yield,
            "lambda": self._lambda,
            "conditional_expression": self._conditional,
            "binary_operator": self._operation,
            "boolean_operator": self._operation,
            "comparison_operator": self._operation,
            "unary_operator": self._operation,
            "not_operator": self._operation,
            "union_type": self._operation,
            "list_splat": self._starred,
            "list_splat_pattern": self._starred,
            "splat_type": self._starred,
            "dictionary": self._dictionary,
            "named_expression": self._walrus,
            **dict.fromkeys(("list", "tuple", "set", "list_pattern", "tuple_pattern"), self._collection),
            **dict.fromkeys(("pattern_list", "expression_list"), self._collection),
            **dict.fromkeys(("list_comprehension", "set_comprehension"), self._comprehension),
            **dict.fromkeys(("dictionary_comprehension", "generator_expression"), self._comprehension),
        }

    def read(self, node: Node) -> Expression:
        """One expression, without the parentheses around it."""
        kind = node.type
        while kind in _WRAPPERS:
            inner = parts(node)
            if len(inner) != 1:
                return self._opaque(node)
            node = inner[0]
            kind = node.type
        reader = self._readers.get(kind)
        if reader is None:
            return self._opaque(node)
        found = reader(node)
        # The grammar takes the star of `[*a.b()]` for a part of the name `a`.
        if kind in ("attribute", "call", "subscript") and self.text[node.start_byte] == 0x2A:
            return Starred(node.start_byte, node.end_byte, found)
        return found

    def optional(self, node: Node | None) -> Expression | None:
        """The expression, if there is one."""
        return None if node is None else self.read(node)

    def parameters(self, node: Node | None) -> tuple[Parameter, ...]:
        """The parameters of a function or lambda."""
        found: list[Parameter] = []
        kind = "positional"
        for child in node.named_children if node is not None else ():
            if child.type == "keyword_separator":
                kind = "keyword"
            elif child.type not in _IGNORED and child.type != "positional_separator":
                parameter = self._parameter(child, kind)
                found.append(parameter)
                if parameter.kind == "*":
                    kind = "keyword"
        return tuple(found)

    def _parameter(self, node: Node, kind: str) -> Parameter:
        name: Node | None = node
        annotation = node.child_by_field_name("type")
        default = node.child_by_field_name("value")
        if node.type in ("default_parameter", "typed_default_parameter"):
            name = node.child_by_field_name("name")
        elif node.type == "typed_parameter":
            name = node.named_children[0]
        if name is not None and name.type in ("list_splat_pattern", "dictionary_splat_pattern"):
            kind = "*" if name.type == "list_splat_pattern" else "**"
            name = name.named_children[0] if name.named_children else None
        text = self.slice(name) if name is not None else ""
        return Parameter(node.start_byte, node.end_byte, text, self.optional(annotation), self.optional(default), kind)

    def slice(self, node: Node) -> str:
        """The text of a node."""
        return self.text[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def many(self, nodes: Sequence[Node]) -> tuple[Expression, ...]:
        """Several expressions."""
        return tuple(self.read(node) for node in nodes)

    def _start(self, node: Node) -> int:
        start = node.start_byte
        if self.text[start] != 0x2A:
            return start
        return start + 1 + len(self.text[start + 1 : start + 80]) - len(self.text[start + 1 : start + 80].lstrip())

    def _operand(self, node: Node) -> Expression:
        """What an attribute, call or subscript stands behind."""
        return self._plain(node.named_children[0]) if node.type == "list_splat" else self._plain(node)

    def _plain(self, node: Node) -> Expression:
        found = self.read(node)
        return found.value if isinstance(found, Starred) else found

    def _name(self, node: Node) -> Expression:
        return Name(node.start_byte, node.end_byte, self.slice(node))

    def _attribute(self, node: Node) -> Expression:
        children = parts(node)
        name = children[-1]
        return Attribute(self._start(node), node.end_byte, self._operand(children[0]), self.slice(name), name.start_byte)

    def _call(self, node: Node) -> Expression:
        children = parts(node)
        if len(children) < 2:
            return self._opaque(node)
        arguments = children[-1]
        if arguments.type == "generator_expression":
            value = self.read(arguments)
            given: tuple[Argument, ...] = (Argument(arguments.start_byte, arguments.end_byte, value),)
        else:
            given = tuple(self._argument(child) for child in parts(arguments))
        return Call(self._start(node), node.end_byte, self._operand(children[0]), given, arguments.start_byte)

    def arguments(self, node: Node | None) -> tuple[Argument, ...]:
        """The arguments of a list of them."""
        return () if node is None else tuple(self._argument(child) for child in parts(node))

    def _argument(self, node: Node) -> Argument:
        if node.type == "keyword_argument":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and value is not None:
                return Argument(node.start_byte, node.end_byte, self.read(value), self.slice(name))
        if node.type == "dictionary_splat":
            return Argument(node.start_byte, node.end_byte, self.read(parts(node)[-1]), None, 2)
        value_read = self.read(node)
        if isinstance(value_read, Starred):
            return Argument(node.start_byte, node.end_byte, value_read.value, None, 1)
        return Argument(node.start_byte, node.end_byte, value_read)

    def _subscript(self, node: Node) -> Expression:
        value, *indexes = parts(node)
        bracket = next((child.start_byte for child in node.children if child.type == "["), value.end_byte)
        return Subscript(self._start(node), node.end_byte, self._operand(value), self._index(indexes), bracket)

    def _index(self, indexes: Sequence[Node]) -> Expression:
        if len(indexes) == 1:
            return self.read(indexes[0])
        start, end = (indexes[0].start_byte, indexes[-1].end_byte) if indexes else (0, 0)
        return Collection(start, end, "tuple", self.many(indexes))

    def _generic(self, node: Node) -> Expression:
        children = parts(node)
        arguments = children[-1]
        index = self._index(parts(arguments))
        return Subscript(node.start_byte, node.end_byte, self.read(children[0]), index, arguments.start_byte)

    def _slice(self, node: Node) -> Expression:
        bounds: list[Expression | None] = [None]
        for child in node.children:
            if child.type == ":":
                bounds.append(None)
            elif child.is_named and child.type not in _IGNORED:
                bounds[-1] = self.read(child)
        lower, upper, step, *_ = (*bounds, None, None)
        return Slice(node.start_byte, node.end_byte, lower, upper, step)

    def _string(self, node: Node) -> Expression:
        parts_found = self._interpolations(node)
        if parts_found:
            return Text(node.start_byte, node.end_byte, parts_found)
        return self._literal(node)

    def _interpolations(self, node: Node) -> tuple[Expression, ...]:
        found: list[Expression] = []
        for child in node.named_children:
            if child.type in ("interpolation", "format_expression"):
                for part in parts(child):
                    if part.type == "format_specifier":
                        found.extend(self._interpolations(part))
                    elif part.type != "type_conversion":
                        found.append(self.read(part))
            elif child.type == "string":
                found.extend(self._interpolations(child))
        return tuple(found)

    def _joined(self, node: Node) -> Expression:
        found = self._interpolations(node)
        return Text(node.start_byte, node.end_byte, found) if found else self._literal(node)

    def _literal(self, node: Node) -> Expression:
        start, end = node.start_byte, node.end_byte
        value: object = ...
        if end - start <= _LONGEST_VALUE:
            try:
                value = ast.literal_eval("(" + self.text[start:end].decode("utf-8") + ")")
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                value = ...
            if not isinstance(value, int | str):
                value = ...
        return Constant(start, end, value)

    def _other_literal(self, node: Node) -> Expression:
        return Constant(node.start_byte, node.end_byte, ...)

    def _singleton(self, node: Node) -> Expression:
        return Constant(node.start_byte, node.end_byte, _SINGLETONS[node.type])

    def _await(self, node: Node) -> Expression:
        return Await(node.start_byte, node.end_byte, self.read(parts(node)[-1]))

    def _yield(self, node: Node) -> Expression:
        value = parts(node)
        is_from = any(child.type == "from" for child in node.children)
        return Yield(node.start_byte, node.end_byte, self.read(value[-1]) if value else None, is_from)

    def _lambda(self, node: Node) -> Expression:
        body = node.child_by_field_name("body")
        if body is None:
            return self._opaque(node)
        parameters = self.parameters(node.child_by_field_name("parameters"))
        return Lambda(node.start_byte, node.end_byte, parameters, self.read(body))

    def _conditional(self, node: Node) -> Expression:
        values = parts(node)
        if len(values) != 3:
            return self._opaque(node)
        body, test, other = self.many(values)
        return Conditional(node.start_byte, node.end_byte, body, test, other)

    def _operation(self, node: Node) -> Expression:
        operators = tuple(" ".join(self.slice(child).split()) for child in node.children if not child.is_named)
        return Operation(node.start_byte, node.end_byte, operators, self.many(parts(node)))

    def _starred(self, node: Node) -> Expression:
        return Starred(node.start_byte, node.end_byte, self.read(parts(node)[-1]))

    def _walrus(self, node: Node) -> Expression:
        target, value = self.many(parts(node)[:2])
        return Walrus(node.start_byte, node.end_byte, target, value)

    def _collection(self, node: Node) -> Expression:
        return Collection(node.start_byte, node.end_byte, _KINDS[node.type], self.many(parts(node)))

    def _dictionary(self, node: Node) -> Expression:
        keys: list[Expression | None] = []
        values: list[Expression] = []
        for child in parts(node):
            if child.type == "pair":
                key, value = self.many(parts(child)[:2])
                keys.append(key)
                values.append(value)
            elif child.type == "dictionary_splat":
                keys.append(None)
                values.append(self.read(parts(child)[-1]))
        return Dictionary(node.start_byte, node.end_byte, tuple(keys), tuple(values))

    def _comprehension(self, node: Node) -> Expression:
        body, *rest = parts(node)
        elements = self.many(parts(body)[:2]) if body.type == "pair" else (self.read(body),)
        clauses: list[Clause] = []
        for child in rest:
            if child.type == "for_in_clause":
                clauses.append(self._clause(child))
            elif child.type == "if_clause" and clauses:
                last = clauses[-1]
                clauses[-1] = last._replace(conditions=(*last.conditions, *self.many(parts(child))), end=child.end_byte)
        return Comprehension(node.start_byte, node.end_byte, _KINDS[node.type], elements, tuple(clauses))

    def _clause(self, node: Node) -> Clause:
        left, *right = node.child_by_field_name("left"), *node.children_by_field_name("right")
        iterable = self._index([child for child in right if child.is_named and child.type not in _IGNORED])
        is_async = any(child.type == "async" for child in node.children)
        target = self.read(left) if left is not None else self._opaque(node)
        return Clause(node.start_byte, node.end_byte, target, iterable, (), is_async)

    def _opaque(self, node: Node) -> Expression:
        return Opaque(node.start_byte, node.end_byte, self.many(parts(node)))


def parts(node: Node) -> list[Node]:
    """The named children that are code."""
    children = node.named_children
    for child in children:
        if child.type in _IGNORED:
            return [child for child in children if child.type not in _IGNORED]
    return children
