"""Finds the scopes, bindings and reads of names in a syntax tree, without recursion: depth costs no stack."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from autofix.languages.python import scope_definitions, scope_expressions, scope_statements
from autofix.languages.python.annotations import Annotations
from autofix.languages.python.exports import Exports
from autofix.languages.python.imports import Import
from autofix.languages.python.resolution import resolve
from autofix.languages.python.scopes import Dynamic, Kind, Module, Reference, Scope, ScopeKind, Target
from autofix.languages.python.syntax import kinds, parse, root
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_LEAVES = (
    *("comment", "integer", "float", "true", "false", "none", "ellipsis", "string_start", "string_content", "string_end"),
    *("pass_statement", "break_statement", "continue_statement", "escape_sequence", "type_conversion", "line_continuation"),
    *("import_prefix", "positional_separator", "keyword_separator", "escape_interpolation"),
)
_TARGET_LISTS = frozenset(
    (
        *("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "tuple", "list", "list_splat"),
        *("expression_list", "parenthesized_expression", "as_pattern_target", "parenthesized_list_splat"),
    )
)


def build(source: Source) -> Module:
    """The module of a file."""
    tree = root(source)
    scope = Scope(ScopeKind.MODULE, "", tree, None, (0, len(source.text)))
    builder = Builder(source.text, scope)
    builder.walk(tree, scope)
    return resolve(source, builder)


Handler = Callable[["Builder", "Node", Scope], None]


def _skip(builder: Builder, node: Node, scope: Scope) -> None:
    """Nothing to see."""


@cache
def _handlers() -> list[Handler | None]:
    """What to do at each kind of node, by its number: None looks at the children."""
    handlers: dict[str, Handler] = dict.fromkeys(_LEAVES, _skip)
    handlers |= {**scope_expressions.HANDLERS, **scope_statements.HANDLERS, **scope_definitions.HANDLERS}
    table: list[Handler | None] = [None] * (max(max(numbers) for numbers in kinds().values()) + 1)
    for name, handler in handlers.items():
        for number in kinds().get(name, ()):
            table[number] = handler
    return table


class Builder(Annotations):
    """Collects what each scope binds and reads; `resolve` joins it."""

    def __init__(self, text: bytes, scope: Scope) -> None:
        super().__init__()
        self.text = text
        self.identifier = kinds()["identifier"][0]
        """The number of the kind of node that is a name."""
        self.module = scope
        self.scopes = [scope]
        self.imports: list[Import] = []
        self.dynamic: list[Dynamic] = []
        self.exports = Exports()
        self.holes: list[tuple[int, int, Scope]] = []
        self.regions: list[tuple[int, int, bool]] = []
        """Where imports are for type checkers only (True) or guarded by `try` (False)."""
        self.stack: list[tuple[Node, Scope]] = []
        """What is still to be visited, the next at the end."""
        self._names: dict[bytes, str] = {}

    def walk(self, start: Node, scope: Scope) -> None:
        """Visits a tree, in the order of the text as far as scopes allow."""
        identifier, table = self.identifier, _handlers()
        outer, self.stack = self.stack, [(start, scope)]
        stack, read = self.stack, self.read
        # Errors are reported with a kind beyond the table.
        count = len(table)
        while stack:
            node, scope = stack.pop()
            kind = node.kind_id
            if kind == identifier:
                read(node, scope)
                continue
            handler = table[kind] if kind < count else None
            if handler is not None:
                handler(self, node, scope)
            else:
                children = node.named_children
                children.reverse()
                for child in children:
                    stack.append((child, scope))
        self.stack = outer

    def push(self, node: Node | None, scope: Scope) -> None:
        """Visits an expression later."""
        if node is not None:
            self.stack.append((node, scope))

    def fragment(self, text: bytes, start: int, scope: Scope) -> bool:
        """Reads an annotation that stands in a string at offset `start`; False where it is no expression."""
        tree = parse(b"(" + text + b")").root_node
        statement = tree.named_child(0)
        if tree.has_error or tree.named_child_count != 1 or statement is None or statement.type != "expression_statement":
            return False
        outer_base, self.base = self.base, start - 1
        outer_stack, self.stack = self.stack, []
        self.depth += 1
        self.annotation(statement.named_children[0], scope)
        pending, self.stack = self.stack, outer_stack
        for node, inner in pending:
            self.walk(node, inner)
        self.depth -= 1
        self.base = outer_base
        return True

    def name(self, start: int, end: int, scope: Scope) -> str:
        """The name at a range as Python knows it."""
        raw = self.text[start:end]
        name = self._names.get(raw)
        if name is None:
            decoded = raw.decode("utf-8", "replace")
            name = self._names[raw] = decoded if decoded.isascii() else unicodedata.normalize("NFKC", decoded)
        if name.startswith("__") and scope.class_name and not name.endswith("__") and scope.class_name.strip("_"):
            return f"_{scope.class_name.lstrip('_')}{name}"
        return name

    def read(self, node: Node, scope: Scope) -> None:
        """The identifier is read."""
        start, end = node.start_byte + self.base, node.end_byte + self.base
        if start < end:
            scope.loads[self.name(start, end, scope)].append(Reference(start, end, scope, self.depth > 0))

    def bind(self, name: Node, scope: Scope, kind: Kind, node: Node) -> None:
        """The identifier is bound in a scope, or in the one that a walrus means."""
        owner = scope
        if kind is Kind.WALRUS:
            while owner.kind is ScopeKind.COMPREHENSION and owner.parent is not None:
                owner = owner.parent
        start, end = name.start_byte + self.base, name.end_byte + self.base
        if start < end:
            owner.stores[self.name(start, end, owner)].append((Target(start, end, kind, node, scope), None))

    def targets(self, node: Node | None, scope: Scope, kind: Kind, by: Node) -> None:
        """What stands left of `=`: names are bound, the parts of attributes and subscripts are read."""
        todo = [node] if node is not None else []
        while todo:
            target = todo.pop()
            if target.type == "identifier":
                self.bind(target, scope, kind, by)
            elif target.type in _TARGET_LISTS or target.is_error:
                todo.extend(reversed(target.named_children))
            else:
                self.push(target, scope)

    def open_scope(self, kind: ScopeKind, name: str, node: Node, parent: Scope, start: int, end: int) -> Scope:
        """A scope whose names are looked up from `start` to `end`."""
        scope = Scope(kind, name, node, parent, (start + self.base, end + self.base))
        self.scopes.append(scope)
        return scope

    def slice(self, node: Node) -> bytes:
        """What is written at a node."""
        return self.text[node.start_byte + self.base : node.end_byte + self.base]
