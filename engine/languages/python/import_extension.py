"""Add a name to an import statement that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autofix.languages.python.imports import ImportedName, ImportStatement
from autofix.languages.python.lines import is_first_on_line, line_indent, next_line
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def with_name(source: Source, found: ImportStatement, item: str) -> list[Edit]:
    """The edits that add `item` (`name` or `name as alias`) to a `from` statement: in order where its names are sorted."""
    names = found.names
    place = _place(names, item)
    closing = next((child for child in found.node.children if child.type == ")"), None)
    if closing is not None and _one_a_line(source, found, closing):
        return _own_line(source, found, closing, place, item)
    if place == 0:
        return [insert(names[0].start, f"{item}, ", shared=True)]
    return [insert(names[place - 1].end, f", {item}", shared=True)]


def _place(names: Sequence[ImportedName], item: str) -> int:
    """How many of the names stand before the new one: where they are sorted its place in the order, otherwise all."""
    for key in (by_case, _as_is, str.casefold):
        keys = [key(name.name) for name in names]
        if keys == sorted(keys):
            return sum(1 for other in keys if other <= key(item.partition(" ")[0]))
    return len(names)


def _as_is(name: str) -> str:
    return name


def by_case(name: str) -> str:
    """A key that sorts CONSTANTS, then Classes, then functions: the default order of isort and ruff."""
    return ("0" if name.isupper() and len(name) > 1 else "1" if name[:1].isupper() else "2") + name


def _one_a_line(source: Source, found: ImportStatement, closing: Node) -> bool:
    starts = [*(name.start for name in found.names), closing.start_byte]
    return all(is_first_on_line(source, start) for start in starts)


def _own_line(source: Source, found: ImportStatement, closing: Node, place: int, item: str) -> list[Edit]:
    """A new line among names that each have their own."""
    indent, newline = line_indent(source, found.names[0].start), source.newline
    if place == 0:
        opening = next(child for child in found.node.children if child.type == "(")
        return [insert(next_line(source, opening.end_byte), f"{indent}{item},{newline}", shared=True)]
    before = found.names[place - 1]
    at = next_line(source, before.end)
    following = found.names[place].start if place < len(found.names) else closing.start_byte
    has_comma = any(child.type == "," and before.end <= child.start_byte < following for child in found.node.children)
    comma = [] if has_comma else [insert(before.end, ",", shared=True)]
    return [*comma, insert(at, f"{indent}{item},{newline}", shared=True)]
