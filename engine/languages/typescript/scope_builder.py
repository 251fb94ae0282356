"""One walk over a parse tree that finds every scope, declaration and use of a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autofix.languages.typescript.scopes import Declaration, Kind, Meaning, Reference, Role, Scope, ScopeKind
from autofix.languages.typescript.syntax import text_of, tree
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Where `var` stops on its way up.
_VAR_SCOPES = frozenset(
    {ScopeKind.FILE, ScopeKind.MODULE, ScopeKind.GLOBAL, ScopeKind.NAMESPACE, ScopeKind.BODY, ScopeKind.STATIC_BLOCK}
)


class Builder:
    """Walks without recursion: a generated file may nest thousands of expressions."""

    def __init__(self, source: Source) -> None:
        self.root = tree(source).root_node
        self.references: list[Reference] = []
        self.scopes: list[Scope] = []
        self._pending: list[tuple[Node, Scope]] = []
        # The walk is in document order: a declaration is ambient or exported when it starts before these offsets.
        self.ambient_until = len(source.text) if source.path.endswith((".d.ts", ".d.mts", ".d.cts")) else 0
        self.exported_until: dict[Scope, int] = {}

    def run(self) -> None:
        """Fill `scopes` and `references`."""
        self.walk(self.root.named_children, self.open(ScopeKind.FILE, self.root, None))
        from autofix.languages.typescript.names import HANDLERS

        pending = self._pending
        while pending:
            node, scope = pending.pop()
            handler = HANDLERS.get(node.type)
            if handler is not None:
                handler(self, node, scope)
            elif node.child_count:
                pending += [(child, scope) for child in reversed(node.named_children)]

    def walk(self, nodes: Iterable[Node | None], scope: Scope) -> None:
        """Visit nodes, in this order, before anything that is already waiting."""
        self._pending += [(node, scope) for node in reversed(list(nodes)) if node is not None]

    def open(self, kind: ScopeKind, node: Node, parent: Scope | None) -> Scope:
        """A new scope within `parent`."""
        scope = Scope(kind, node, parent)
        self.scopes.append(scope)
        return scope

    def declare(self, kind: Kind, name: Node | None, node: Node, scope: Scope) -> None:
        """Note that `node` declares `name`; no name, as in `export default class {}`, declares nothing."""
        if name is None or name.is_missing:
            return
        text = text_of(name)
        ambient = name.start_byte < self.ambient_until
        if scope.members is not None and (ambient or name.start_byte < self.exported_until.get(scope, 0)):
            scope.bindings[text] = scope.members.declare(Declaration(kind, name, node), text, ambient)
            return
        scope.declare(Declaration(kind, name, node), text, ambient)

    def declare_var(self, name: Node, node: Node, scope: Scope) -> None:
        """Declare a `var` where it belongs: in the function or file around."""
        while scope.kind not in _VAR_SCOPES and scope.parent is not None:
            scope = scope.parent
        # `function f(a) { var a }`: the variable is the parameter.
        if scope.kind is ScopeKind.BODY and scope.parent is not None:
            parameter = scope.parent.bindings.get(text_of(name))
            if parameter is not None and parameter.kind is Kind.PARAMETER:
                scope = scope.parent
        self.declare(Kind.VAR, name, node, scope)

    def refer(self, node: Node | None, scope: Scope, role: Role, meaning: int = Meaning.VALUE) -> None:
        """Note a use of a name."""
        if node is not None and not node.is_missing:
            self.references.append(Reference(text_of(node), node, scope, role, meaning, node.start_byte))

    # Patterns

    def bind_pattern(self, pattern: Node | None, node: Node, scope: Scope, kind: Kind) -> None:
        """Declare the names of a pattern; what it computes (keys, defaults) is walked as expressions."""
        for target in self._targets(pattern, scope):
            if target.type not in ("identifier", "shorthand_property_identifier_pattern"):
                self.walk((target,), scope)
            elif kind is Kind.VAR:
                self.declare_var(target, node, scope)
            else:
                self.declare(kind, target, node, scope)

    def assign(self, pattern: Node | None, scope: Scope, role: Role) -> None:
        """Write to the names of a pattern or to a member."""
        for target in self._targets(pattern, scope):
            if target.type in ("identifier", "shorthand_property_identifier_pattern"):
                self.refer(target, scope, role)
            else:
                self.walk((target,), scope)

    def _targets(self, pattern: Node | None, scope: Scope) -> Iterable[Node]:
        pending = [pattern] if pattern is not None else []
        while pending:
            node = pending.pop()
            if node.type in ("object_pattern", "array_pattern", "rest_pattern", "object", "array"):
                pending += reversed(node.named_children)
            elif node.type in ("object_assignment_pattern", "assignment_pattern"):
                self.walk((node.child_by_field_name("right"),), scope)
                pending += [part for part in (node.child_by_field_name("left"),) if part is not None]
            elif node.type == "pair_pattern":
                key = node.child_by_field_name("key")
                self.walk((key if key is not None and key.type == "computed_property_name" else None,), scope)
                pending += [part for part in (node.child_by_field_name("value"),) if part is not None]
            elif node.type in ("parenthesized_expression", "non_null_expression"):
                pending += node.named_children[:1]
            elif node.type != "comment":
                yield node


def leftmost(node: Node) -> Node:
    """`a` of `a.b.c`."""
    while node.type in ("member_expression", "nested_identifier", "nested_type_identifier", "subscript_expression"):
        node = node.named_children[0]
    return node
