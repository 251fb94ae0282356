"""Indent statements, and put them below a header."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autofix.languages.python.lines import CannotEdit, indent_unit, is_first_on_line, is_last_on_line, line_indent, line_start
from autofix.languages.python.syntax import walk
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def wrap_statements(source: Source, nodes: Sequence[Node], header: str) -> list[Edit]:
    """The edits that put neighbouring statements below `header`, a line that ends in a colon.

    Raises:
        CannotEdit: a statement shares its line with another one, or they do not follow each other in one block.
    """
    indent, start = line_indent(source, nodes[0].start_byte), line_start(source, nodes[0].start_byte)
    indented = indent_block(source, nodes)
    first = insert(start, f"{indent}{header}{source.newline}{indented[0].replacement}")
    if indented[0].start != start:
        raise CannotEdit("the statement does not begin a line")
    return [first, *indented[1:]]


def indent_block(source: Source, nodes: Sequence[Node]) -> list[Edit]:
    """The edits that indent neighbouring statements by one level. Lines within strings and blank lines stay.

    Raises:
        CannotEdit: as for `wrap_statements`.
    """
    first, last = nodes[0], nodes[-1]
    _check(source, nodes)
    strings = [span for node in nodes for span in _strings(node)]
    starts = [span[0] for span in strings]
    unit = indent_unit(source)
    edits = []
    for number in range(source.line_of(first.start_byte), source.line_of(max(first.start_byte, last.end_byte - 1)) + 1):
        start, end = source.line_range(number)
        if not source.text[start:end].strip() or _inside(start, strings, starts):
            continue
        edits.append(insert(start, unit))
    return edits


def _check(source: Source, nodes: Sequence[Node]) -> None:
    if any(node.parent != nodes[0].parent for node in nodes):
        raise CannotEdit("the statements are not in one block")
    block = nodes[0].parent
    if block is None or block.type not in ("block", "module") or nodes[0].type == "case_clause":
        raise CannotEdit("the statement is not in a block")
    if not is_first_on_line(source, nodes[0].start_byte) or not is_last_on_line(source, nodes[-1].end_byte):
        raise CannotEdit("the statement shares its line with another one")


def _strings(node: Node) -> list[tuple[int, int]]:
    """The strings that span lines, f-strings with all that is in them, in order."""
    spans: list[tuple[int, int]] = []
    for part in walk(node):
        spans_lines = part.type == "string" and part.start_point.row != part.end_point.row
        if spans_lines and not (spans and part.end_byte <= spans[-1][1]):
            spans.append((part.start_byte, part.end_byte))
    return spans


def _inside(offset: int, spans: Sequence[tuple[int, int]], starts: Sequence[int]) -> bool:
    at = bisect_right(starts, offset) - 1
    return at >= 0 and spans[at][0] < offset < spans[at][1]
