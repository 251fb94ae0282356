"""How a file is written: indentation, quotes, semicolons. Inserted code follows it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from autofix.languages.typescript.syntax import comments, descendants, tree
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_LEADING = re.compile(rb"^([ \t]+)(?=[^\s*])", re.MULTILINE)
# Statements that end in a semicolon where the file uses them.
_TERMINATED = frozenset({"import_statement", "lexical_declaration", "expression_statement", "variable_declaration"})


def indentation_unit(source: Source) -> str:
    """One level: a tab, or as many blanks as lines most often differ by; two blanks where nothing is indented."""
    return source.once(_indentation_unit)


def _indentation_unit(source: Source) -> str:
    widths: Counter[int] = Counter()
    tabs = previous = 0
    for match in _LEADING.finditer(source.text):
        indent = match[1]
        tabs += 1 if indent.startswith(b"\t") else -1
        step = abs(len(indent) - previous)
        if 1 < step <= 8:
            widths[step] += 1
        previous = len(indent)
    if tabs > 0:
        return "\t"
    return " " * (widths.most_common(1)[0][0] if widths else 2)


def indentation(source: Source, offset: int) -> str:
    """The white space at the start of the line that holds a byte offset."""
    start = source.line_range(source.line_of(offset))[0]
    return source.slice(start, start + _indent_size(source.text, start))


def _indent_size(text: bytes, start: int) -> int:
    at = start
    while text[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at - start


def starts_line(source: Source, offset: int) -> bool:
    """Whether only white space stands before an offset on its line."""
    start = source.line_range(source.line_of(offset))[0]
    return not source.text[start:offset].strip()


def line_end_behind(source: Source, end: int) -> int | None:
    """The end of the comments that follow a byte offset on its line, or the offset itself; None where code follows.

    So does a comment that goes on in the next line: nothing can be added before it ends.
    """
    line_end = source.line_range(source.line_of(max(0, end - 1)))[1]
    at = end
    ranges = comments(source)
    for start, comment_end in ranges[bisect_left(ranges, (end, end)) :]:
        if start >= line_end:
            break
        if comment_end > line_end or source.text[at:start].strip():
            return None
        at = comment_end
    return None if source.text[at:line_end].strip() else at


def semicolon(source: Source) -> str:
    """What ends an inserted statement: `;`, or nothing in a file whose statements mostly do without."""
    return source.once(_semicolon)


def _semicolon(source: Source) -> str:
    ended = [
        node.children[-1].type == ";"
        for node in descendants(tree(source).root_node)
        if node.type in _TERMINATED and node.children
    ]
    return ";" if not ended or 2 * sum(ended) >= len(ended) else ""


def quote(source: Source) -> str:
    """The quotation mark of most imports; without imports, of most strings outside JSX attributes."""
    return source.once(_quote)


def _quote(source: Source) -> str:
    marks: Counter[bytes] = Counter()
    for node in tree(source).root_node.named_children:
        literal = node.child_by_field_name("source") if node.type in ("import_statement", "export_statement") else None
        if literal is not None:
            marks[source.text[literal.start_byte : literal.start_byte + 1]] += 1
    if not marks:
        marks.update(_first_byte(source, node) for node in _plain_strings(tree(source).root_node))
    return "'" if marks[b"'"] > marks[b'"'] else '"'


def _plain_strings(root: Node) -> list[Node]:
    attributes = {child.id for node in descendants(root) if node.type == "jsx_attribute" for child in node.named_children}
    return [node for node in descendants(root) if node.type == "string" and node.id not in attributes]


def _first_byte(source: Source, node: Node) -> bytes:
    return source.text[node.start_byte : node.start_byte + 1]
