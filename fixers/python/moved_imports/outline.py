"""What other modules can see of a module: the names it binds, what it imports, and what it patches by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.fixers.python.moved_imports.statements import Statement, statement
from autofix.languages.python.syntax import root as tree
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_IMPORT = re.compile(rb"(?<![\w.])import(?!\w)")
_SCOPES = frozenset(("function_definition", "lambda"))
_BLOCKS = frozenset(
    ("module", "block", "if_statement", "elif_clause", "else_clause", "try_statement", "except_clause", "except_group_clause",
     "finally_clause", "with_statement", "for_statement", "while_statement", "match_statement", "case_clause",
     "decorated_definition", "expression_statement")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: `module` with its leading dots for `from`, None for `import`; `names` may hold `*`."""

    module: str | None
    names: tuple[str, ...]
    line: int
    top_level: bool
    """Runs when the module is imported; neither inside a function nor for type checkers only."""
    fallback: bool
    """Stands where a failing import is expected."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The module-level names of a file: `own` are defined there, `imported` come from elsewhere."""

    own: frozenset[str]
    imported: frozenset[str]
    imports: tuple[Import, ...]
    dynamic: bool
    """Names may be there that the text does not show: `__getattr__`, `globals()`, a star import."""

    def has(self, name: str) -> bool:
        """Whether the name can be imported from here, as far as can be told."""
        return name in self.own or name in self.imported or self.dynamic


def import_nodes(source: Source) -> tuple[tuple[Node, Statement], ...]:
    """Every import statement of a file, in order, wherever it stands."""
    return source.once(_import_nodes)


def _import_nodes(source: Source) -> tuple[tuple[Node, Statement], ...]:
    return tuple(_found_imports(source))


def _found_imports(source: Source) -> Iterator[tuple[Node, Statement]]:
    root = tree(source)
    for match in _IMPORT.finditer(source.text):
        keyword = root.descendant_for_byte_range(match.start(), match.end())
        if keyword is None or keyword.type != "import" or keyword.parent is None:
            continue
        found = statement(keyword.parent)
        if found is not None:
            yield keyword.parent, found


def outline(source: Source) -> Outline:
    """The outline of a Python file."""
    root = tree(source)
    own, imported = set[str](), set[str]()
    dynamic = False
    for node in _module_level(root):
        if node.type in ("import_statement", "import_from_statement"):
            found = statement(node)
            if found is not None:
                imported |= {item.bound for item in found.items}
                dynamic |= found.star
        else:
            own |= set(_bound(node))
    dynamic |= "__getattr__" in own or re.search(rb"(?<![\w.])globals\(\)(?:\.update|\[)", source.text) is not None
    imports = tuple(
        Import(
            stmt.module,
            ("*",) if stmt.star else tuple(item.name for item in stmt.items),
            source.line_of(stmt.start),
            runs_on_import(node),
            is_fallback(node),
        )
        for node, stmt in import_nodes(source)
    )
    return Outline(frozenset(own), frozenset(imported), imports, dynamic)


def _module_level(node: Node) -> Iterator[Node]:
    """The statements that run in the module's own scope."""
    for child in node.named_children:
        if child.type in _BLOCKS:
            yield from _module_level(child)
        yield child


def _bound(node: Node) -> Iterator[str]:
    if node.type in ("function_definition", "class_definition"):
        yield _text(node.child_by_field_name("name"))
    elif node.type in ("assignment", "augmented_assignment", "for_statement"):
        yield from _targets(node.child_by_field_name("left"))
        right = node.child_by_field_name("right")
        if right is not None and right.type == "assignment":
            yield from _bound(right)
    elif node.type == "type_alias_statement":
        yield from _targets(node.child_by_field_name("left"))
    elif node.type in ("as_pattern_target", "named_expression"):
        yield from _targets(node)
    elif node.type == "with_clause":
        for part in node.named_children:
            for value in part.named_children:
                if value.type == "as_pattern":
                    yield from _targets(value.named_children[-1])


def _targets(node: Node | None) -> Iterator[str]:
    if node is None:
        return
    if node.type == "identifier":
        yield _text(node)
    elif node.type in ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "type"):
        for child in node.named_children:
            yield from _targets(child)


def runs_on_import(node: Node) -> bool:
    """Whether a statement runs when its module is imported."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in _SCOPES:
            return False
        if parent.type == "if_statement" and parent.child_by_field_name("consequence") == child:
            condition = _text(parent.child_by_field_name("condition"))
            if condition.rpartition(".")[2] == "TYPE_CHECKING" or "__main__" in condition:
                return False
        child, parent = parent, parent.parent
    return True


def is_fallback(node: Node) -> bool:
    """Whether an import may fail by design: in a `try` whose handler expects an ImportError or has another import ready."""
    parent = node.parent
    while parent is not None and parent.type not in _SCOPES:
        if parent.type == "try_statement" and any(map(_expects_failure, parent.named_children)):
            return True
        if parent.type == "with_statement" and b"suppress(" in (parent.text or b"").partition(b":")[0]:
            return True
        parent = parent.parent
    return False


def _expects_failure(clause: Node) -> bool:
    if clause.type != "except_clause":
        return False
    caught, body = clause.named_children[:-1], clause.named_children[-1]
    names = b" ".join(node.text or b"" for node in caught)
    if b"ImportError" in names or b"ModuleNotFoundError" in names:
        return True
    return any(part.type in ("import_statement", "import_from_statement") or _assigns(part) for part in body.named_children)


def _assigns(node: Node) -> bool:
    return node.type == "expression_statement" and any(child.type == "assignment" for child in node.named_children)


def _text(node: Node | None) -> str:
    return "" if node is None else (node.text or b"").decode("utf-8")
