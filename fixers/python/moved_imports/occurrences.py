"""Where one name occurs in a Python file, and which scope each occurrence means.

Only the occurrences of one name are looked at: they hold all that binds it, which is all that resolution needs. Rules of the
language reference, section 4.2 (naming and binding).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_COMPREHENSIONS = frozenset(("list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"))
_PATTERNS = frozenset(
    ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "expression_list")
)
_PARAMETERS = frozenset(("parameters", "lambda_parameters"))
_PARAMETER = frozenset(
    ("default_parameter", "typed_parameter", "typed_default_parameter", "dictionary_splat_pattern", "list_splat_pattern")
)
_TARGETS = {
    "assignment": "left",
    "augmented_assignment": "left",
    "for_statement": "left",
    "for_in_clause": "left",
    "named_expression": "name",
    "function_definition": "name",
    "class_definition": "name",
    "type_alias_statement": "left",
}
# `eval` and its kin may read any name of their scope, by a string.
_DYNAMIC = re.compile(rb"(?<![\w.])(?:globals|locals|vars|exec|eval|dir)\s*\(")


@dataclass(frozen=True, slots=True)
class Use:
    """A place that reads the name; byte offsets. `node` is None inside a string annotation."""

    start: int
    end: int
    node: Node | None


@dataclass
class Binding:
    """What one scope does with the name."""

    binders: list[Node] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)


class Occurrences:
    """All that a file does with one name, by scope. The scope of a module is its root node."""

    def __init__(self, source: Source, root: Node, name: str) -> None:
        self.root = root
        self.scopes: dict[int, Binding] = {}
        """By the id of the scope's node."""
        self.free: list[Use] = []
        """Uses that no scope of the file binds: builtins, names from star imports."""
        self._global: set[int] = set()
        self._nonlocal: set[int] = set()
        self._reads: list[tuple[Use, list[Node]]] = []
        self._binds: list[tuple[Node, list[Node]]] = []
        for node, start in _nodes(source, root, name):
            self._classify(node, start, len(name.encode()))
        self._resolve()

    def __bool__(self) -> bool:
        return bool(self.scopes or self.free)

    def of(self, scope: Node) -> Binding:
        """What the name means in a scope that binds it."""
        return self.scopes.get(scope.id, Binding())

    def _classify(self, node: Node, start: int, length: int) -> None:
        if node.type != "identifier":
            self._reads.append((Use(start, start + length, None), scopes_of(node)))
            return
        parent = node.parent
        if parent is None:
            return
        if parent.type in ("global_statement", "nonlocal_statement"):
            (self._global if parent.type == "global_statement" else self._nonlocal).add(scopes_of(node)[0].id)
        elif _is_label(node, parent):
            return
        elif (binder := _binder(node)) is not None:
            self._binds.append((node, _binding_scopes(node, binder)))
            if binder.type == "augmented_assignment":
                self._reads.append((Use(node.start_byte, node.end_byte, node), scopes_of(node)))
        else:
            self._reads.append((Use(node.start_byte, node.end_byte, node), scopes_of(node)))

    def _resolve(self) -> None:
        for node, chain in self._binds:
            scope = self.root if chain[0].id in self._global else chain[0]
            if scope.id in self._nonlocal:
                continue
            self.scopes.setdefault(scope.id, Binding()).binders.append(node)
        for node, chain in self._binds:
            if chain[0].id in self._nonlocal and (owner := self._owner(chain[1:])) is not None:
                owner.binders.append(node)
        for use, chain in self._reads:
            found = self._owner(chain)
            if found is None:
                self.free.append(use)
            else:
                found.uses.append(use)

    def _owner(self, chain: list[Node]) -> Binding | None:
        for depth, scope in enumerate(chain):
            if scope.id in self._global:
                return self.scopes.get(self.root.id)
            if scope.id in self._nonlocal or (depth and scope.type == "class_definition"):
                continue
            if scope.id in self.scopes:
                return self.scopes[scope.id]
        return None


def is_dynamic(source: Source) -> bool:
    """Whether the file may reach names by strings."""
    return _DYNAMIC.search(source.text) is not None


def _nodes(source: Source, root: Node, name: str) -> Iterator[tuple[Node, int]]:
    """The identifiers of a name, and its words in string annotations."""
    for match in re.finditer(rb"(?<![\w.])" + re.escape(name.encode()) + rb"(?!\w)", source.text):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is None:
            continue
        is_name = node.type == "identifier" and (node.start_byte, node.end_byte) == match.span()
        if is_name or (node.type == "string_content" and in_annotation(node)):
            yield node, match.start()


def in_annotation(content: Node) -> bool:
    """Whether the text of a string is read as a type."""
    node = content.parent
    while node is not None and node.parent is not None:
        parent = node.parent
        if parent.type == "type":
            return True
        if parent.type == "argument_list":
            call = parent.parent
            function = call.child_by_field_name("function") if call is not None else None
            called = (function.text or b"").rpartition(b".")[2] if function is not None else b""
            return called in (b"cast", b"ForwardRef") and parent.named_children[0] == node
        if parent.type == "subscript" and parent.child_by_field_name("value") != node and _is_literal_type(parent):
            return False
        if parent.type.endswith("statement") or parent.type in ("block", "call", "assignment"):
            return False
        node = parent
    return False


def _is_literal_type(subscript: Node) -> bool:
    value = subscript.child_by_field_name("value")
    return value is not None and (value.text or b"").endswith(b"Literal")


def _is_label(node: Node, parent: Node) -> bool:
    """An identifier that is no name: an attribute, the keyword of an argument, a later part of a dotted import."""
    if parent.type == "attribute":
        return parent.child_by_field_name("attribute") == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("name") == node
    if parent.type == "keyword_pattern":
        return parent.children[0] == node
    if parent.type == "dotted_name":
        if parent.children[0] != node:
            return True
        outer = parent.parent
        if outer is None:
            return False
        if outer.type == "aliased_import":
            return True
        if outer.type == "relative_import":
            return True
        return outer.type == "import_from_statement" and outer.child_by_field_name("module_name") == parent
    return False


def _binder(node: Node) -> Node | None:
    """The construct that binds an identifier; None where it is read."""
    child, parent = node, node.parent
    if parent is not None and parent.type == "dotted_name":
        child, parent = parent, parent.parent
        if parent is not None and parent.type == "case_pattern":
            return parent if child.child_count == 1 else None
    while parent is not None and parent.type in _PATTERNS:
        child, parent = parent, parent.parent
    if parent is None:
        return None
    if parent.type in ("import_statement", "import_from_statement", "as_pattern", "delete_statement", "type_parameter"):
        return _of_as(child, parent)
    if parent.type == "aliased_import":
        return parent
    if parent.type in _PARAMETERS:
        return parent
    if parent.type in _PARAMETER:
        holder = parent
        while holder is not None and holder.type in _PARAMETER:
            holder = holder.parent  # type: ignore[assignment]
        named = parent.child_by_field_name("name") or parent.named_children[0]
        return parent if holder is not None and holder.type in _PARAMETERS and named == child else None
    if parent.type in _TARGETS:
        return parent if parent.child_by_field_name(_TARGETS[parent.type]) == child else None
    if parent.type == "splat_pattern":
        return parent
    return None


def _of_as(child: Node, parent: Node) -> Node | None:
    if parent.type == "as_pattern":
        # `with a as b`, `except A as b`: the name stands in an as_pattern_target; `case A as b`: it is the last child.
        return parent if child.type == "as_pattern_target" or parent.named_children[-1] == child else None
    return parent


def scopes_of(node: Node) -> list[Node]:
    """The scopes around an expression, innermost first; the last is the module."""
    chain: list[Node] = []
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in ("function_definition", "lambda", "class_definition"):
            if parent.child_by_field_name("body") == child:
                chain.append(parent)
        elif parent.type in _COMPREHENSIONS and not _first_iterable(node, parent):
            chain.append(parent)
        child, parent = parent, parent.parent
    return [*chain, child]


def _first_iterable(node: Node, comprehension: Node) -> bool:
    """The first iterable of a comprehension is evaluated outside of it."""
    clause = next((child for child in comprehension.children if child.type == "for_in_clause"), None)
    right = clause.child_by_field_name("right") if clause is not None else None
    return right is not None and right.start_byte <= node.start_byte < right.end_byte


def _binding_scopes(node: Node, binder: Node) -> list[Node]:
    chain = scopes_of(node)
    if binder.type in _PARAMETERS or binder.type in _PARAMETER:
        return [_function_of(binder), *chain]
    if binder.type == "named_expression":
        return [scope for scope in chain if scope.type not in _COMPREHENSIONS]
    return chain


def _function_of(node: Node) -> Node:
    while node.type not in ("function_definition", "lambda") and node.parent is not None:
        node = node.parent
    return node
