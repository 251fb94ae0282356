"""The names that a module binds when it is imported, read from its outermost statements."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from autofix.languages.python.exports import Exports
from autofix.languages.python.imports import bound_names
from autofix.languages.python.syntax import kinds, root
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Statements whose blocks are part of the module.
_COMPOUND = (
    *("if_statement", "elif_clause", "else_clause", "try_statement", "except_clause", "finally_clause", "with_statement"),
    *("for_statement", "while_statement", "match_statement", "case_clause", "block", "with_clause", "with_item"),
    *("as_pattern", "decorated_definition", "expression_statement", "module"),
)
_IMPORTS = ("import_statement", "import_from_statement", "future_import_statement")
_PATTERNS = frozenset(
    (
        *(
            "pattern_list",
            "tuple_pattern",
            "list_pattern",
            "list_splat_pattern",
            "tuple",
            "list",
            "list_splat",
            "as_pattern_target",
        ),
        *("parenthesized_expression", "expression_list"),
    )
)


class Definition(NamedTuple):
    """One place that binds a name of the module; also below `if`, `try`, `with` and loops."""

    name: str
    kind: str
    """`def`, `async def`, `class`, `assignment` (also loops, `with` and annotations), `import` or `type`."""
    line: int
    """1-based."""


def definitions(source: Source) -> tuple[Definition, ...]:
    """What the module binds, in the order of the text. Names that functions bind by `global` are not seen."""
    return source.once(_read)[0]


def exports(source: Source) -> tuple[str, ...] | None:
    """The names of `__all__`; None where there is none or it holds more than plain strings."""
    found = source.once(_read)[1]
    return tuple(source.slice(*entry) for entry in found.entries) if found.exists and found.complete else None


@cache
def _roles() -> dict[int, str]:
    """What each kind of statement means, by its number."""
    roles = {number: "compound" for kind in _COMPOUND for number in kinds().get(kind, ())}
    roles |= {number: "import" for kind in _IMPORTS for number in kinds()[kind]}
    names = ("function_definition", "class_definition", "assignment", "augmented_assignment", "type_alias_statement", "call")
    roles |= {number: kind for kind in (*names, "as_pattern_target", "comment") for number in kinds()[kind]}
    return roles


def _read(source: Source) -> tuple[tuple[Definition, ...], Exports]:
    roles, text = _roles(), source.text
    found: list[Definition] = []
    exported = Exports()
    todo = [root(source)]
    while todo:
        node = todo.pop()
        role = roles.get(node.kind_id)
        if role is None or role == "comment":
            continue
        if role == "compound":
            if node.type == "for_statement":
                found += _targets(node.child_by_field_name("left"), text)
            todo.extend(reversed(node.named_children))
        elif role == "import":
            line = node.start_point.row + 1
            found += [Definition(name, "import", line) for name in bound_names(node, text)]
        elif role in ("function_definition", "class_definition"):
            found += _definition(node, role, text)
        elif role == "call":
            _export_call(node, text, exported)
        else:
            found += _bound(node, role, text, exported)
    return tuple(found), exported


def _definition(node: Node, role: str, text: bytes) -> Iterator[Definition]:
    name = node.child_by_field_name("name")
    if name is not None:
        kind = "class" if role == "class_definition" else "async def" if node.children[0].type == "async" else "def"
        yield Definition(_text(name, text), kind, node.start_point.row + 1)


def _bound(node: Node, role: str, text: bytes, exported: Exports) -> Iterator[Definition]:
    if role == "as_pattern_target":
        yield from _targets(node, text)
        return
    left = node.child_by_field_name("left")
    if role == "type_alias_statement":
        while left is not None and left.type in ("type", "generic_type"):
            left = left.named_child(0)
        if left is not None and left.type == "identifier":
            yield Definition(_text(left, text), "type", node.start_point.row + 1)
        return
    current: Node | None = node
    while current is not None and current.type in ("assignment", "augmented_assignment"):
        left, value = current.child_by_field_name("left"), current.child_by_field_name("right")
        if left is not None and left.type == "identifier" and text[left.start_byte : left.end_byte] == b"__all__":
            (exported.add if role == "augmented_assignment" else exported.assign)(value)
        yield from _targets(left, text)
        current = value


def _targets(node: Node | None, text: bytes) -> Iterator[Definition]:
    todo = [node] if node is not None else []
    while todo:
        target = todo.pop()
        if target.type == "identifier":
            yield Definition(_text(target, text), "assignment", target.start_point.row + 1)
        elif target.type in _PATTERNS:
            todo.extend(reversed(target.named_children))


def _export_call(node: Node, text: bytes, exported: Exports) -> None:
    function = node.children[0]
    if function.type == "attribute" and text[function.start_byte : function.end_byte].startswith(b"__all__."):
        exported.call(text[function.start_byte + len(b"__all__.") : function.end_byte], node.children[-1])


def _text(node: Node, text: bytes) -> str:
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")
