"""The calls of a file that lead nowhere, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.languages.python.scopes import Scope, ScopeKind
from autofix.languages.python.summary import dotted
from autofix.languages.python.syntax import root

if TYPE_CHECKING:
    from tree_sitter import Node

_HARMLESS = (
    "raises",
    "warns",
    "catch_warnings",
    "deprecated_call",
    "suppress",
    "assertRaises",
    "assertRaisesRegex",
    "assertWarns",
)


class Site(NamedTuple):
    """A call whose value is dropped, or kept in one name."""

    call: Node
    statement: Node
    """The expression statement or assignment."""
    scope: Scope
    """Where it runs."""

    @property
    def callee(self) -> Node:
        """What is called."""
        return self.call.children[0]

    @property
    def function(self) -> Scope | None:
        """The function whose frame runs it; None for modules and bodies of classes."""
        return self.scope if self.scope.kind is ScopeKind.FUNCTION else None

    @property
    def is_dropped(self) -> bool:
        """Whether nothing keeps the value."""
        return self.statement.type == "expression_statement"


def sites(file: File, suspects: frozenset[tuple[int, str]]) -> Iterator[Site]:
    """Those calls of a file, told by line and callee, that are statements or assigned to a name."""
    lines = {line for line, _ in suspects}
    for line in sorted(lines):
        for statement in _statements(root(file.source), line - 1):
            call = _called(statement)
            if call is None or call.start_point.row != line - 1:
                continue
            if (line, dotted(call.children[0], file.source.text)) in suspects:
                yield Site(call, statement, file.names.scope_at(call.start_byte))


def _statements(tree: Node, row: int) -> Iterator[Node]:
    """The statements that hold the end of a callee on a line, outer ones first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.start_point.row <= row <= node.end_point.row:
            if node.type == "expression_statement" and node.named_child_count == 1:
                yield node.named_children[0] if node.named_children[0].type == "assignment" else node
            else:
                waiting.extend(reversed(node.named_children))


def _called(statement: Node) -> Node | None:
    """The call that a statement consists of, or assigns to one name."""
    if statement.type == "expression_statement":
        value: Node | None = statement.named_children[0]
    else:
        left = statement.child_by_field_name("left")
        value = statement.child_by_field_name("right") if left is not None and left.type == "identifier" else None
    return value if value is not None and value.type == "call" else None


def is_expected_to_fail(file: File, site: Site) -> bool:
    """Whether a `with` around says that the call raises or warns: a test, and the very point of it."""
    node = site.statement.parent
    while node is not None and node.type not in ("function_definition", "class_definition"):
        if node.type == "with_statement":
            clause = next((child for child in node.named_children if child.type == "with_clause"), None)
            heads = file.text(clause).split("(")[0:-1]
            if any(head.rstrip().endswith(_HARMLESS) for head in heads):
                return True
        node = node.parent
    return False


def main_guard(file: File, site: Site) -> Node | None:
    """The `if __name__ == "__main__"` that a statement of the module stands below."""
    node: Node | None = site.statement.parent
    inner = site.statement
    while node is not None and node.type != "module":
        if node.type == "if_statement" and node.child_by_field_name("consequence") == inner:
            words = file.text(node.child_by_field_name("condition")).strip("() \t").replace("'", '"').replace(" ", "")
            if words in ('__name__=="__main__"', '"__main__"==__name__'):
                return node
        inner = node
        node = node.parent
    return None
