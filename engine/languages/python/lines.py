"""Lines, indentation and what stands on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.syntax import root
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


class CannotEdit(Exception):
    """A change that cannot be made safely; the message is a reason for a refusal."""


def line_start(source: Source, offset: int) -> int:
    """Where the line that holds the byte at `offset` begins."""
    return source.line_range(source.line_of(offset))[0]


def next_line(source: Source, offset: int) -> int:
    """Where the line after that of the byte at `offset` begins; the end of the text after the last line."""
    return source.line_range(source.line_of(offset))[1]


def line_end(source: Source, offset: int) -> int:
    """Where the line that holds the byte at `offset` ends, before its line ending."""
    end = next_line(source, offset)
    while end > offset and source.text[end - 1 : end] in (b"\n", b"\r"):
        end -= 1
    return end


def line_indent(source: Source, offset: int) -> str:
    """The blanks at the beginning of the line that holds the byte at `offset`."""
    line = source.text[line_start(source, offset) : line_end(source, offset)]
    return line[: len(line) - len(line.lstrip(b" \t\f"))].decode("ascii")


def is_first_on_line(source: Source, offset: int) -> bool:
    """Whether only blanks stand before `offset` on its line."""
    return not source.text[line_start(source, offset) : offset].strip(b" \t\f")


def is_last_on_line(source: Source, offset: int, *, comment: bool = True) -> bool:
    """Whether only blanks, and perhaps a comment, stand after `offset` on its line."""
    rest = source.text[offset : line_end(source, offset)].strip()
    return not rest or (comment and rest.startswith(b"#"))


def on_one_line(source: Source, first: int, second: int) -> bool:
    """Whether two offsets are on the same line."""
    return source.line_of(first) == source.line_of(second)


def indent_unit(source: Source) -> str:
    """What one level of indentation is in this file: that of its first indented block; four blanks where it has none."""
    return source.once(_indent_unit)


def _indent_unit(source: Source) -> str:
    todo = [root(source)]
    while todo:
        node = todo.pop()
        if node.type == "block" and node.parent is not None and is_first_on_line(source, node.start_byte):
            inner, outer = line_indent(source, node.start_byte), line_indent(source, node.parent.start_byte)
            if inner.startswith(outer) and len(inner) > len(outer):
                return inner[len(outer) :]
        if not node.type.endswith("expression") and node.type not in ("string", "comment"):
            todo.extend(reversed(node.named_children))
    return "    "


def statement_of(node: Node) -> Node:
    """The statement that holds an expression: a child of a block or of the module."""
    current = node
    while current.parent is not None and (current.parent.type not in ("block", "module") or current.type == "case_clause"):
        current = current.parent
    return current
