"""The names in `__all__`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_LISTS = frozenset(("list", "tuple", "expression_list", "parenthesized_expression"))
_PLAIN = ["string_start", "string_content", "string_end"]


class Exports:
    """Follows what a module does with `__all__`, statement by statement."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int]] = []
        """The byte ranges of the names, without quotes."""
        self.exists = False
        self.complete = True
        """Whether there is nothing in it but the entries."""

    def assign(self, value: Node | None) -> None:
        """`__all__ = value`."""
        # Another assignment may stand in another branch: its names count, too.
        self.exists = True
        self.add(value)

    def add(self, value: Node | None) -> None:
        """`__all__ += value` or `__all__.extend(value)`."""
        if value is not None and value.type == "binary_operator":
            for part in (value.child_by_field_name("left"), value.child_by_field_name("right")):
                self.add(part)
            return
        if value is None or value.type not in _LISTS:
            self.complete = False
            return
        for item in value.named_children:
            self.add_item(item)

    def call(self, method: bytes, arguments: Node) -> None:
        """`__all__.method(arguments)`."""
        values = [child for child in arguments.named_children if child.type not in ("comment", "line_continuation")]
        if method == b"extend" and len(values) == 1:
            self.add(values[0])
        elif method == b"append" and len(values) == 1:
            self.add_item(values[0])
        elif method not in (b"sort", b"index", b"count", b"copy"):
            self.complete = False

    def add_item(self, item: Node) -> None:
        """One entry."""
        if item.type == "comment":
            return
        parts = item.children if item.type == "string" else []
        if [part.type for part in parts] == _PLAIN and not parts[1].named_child_count:
            self.entries.append((item.children[1].start_byte, item.children[1].end_byte))
        elif item.type in _LISTS:
            self.add(item)
        else:
            self.complete = False
