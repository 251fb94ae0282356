"""Add arguments to calls; put `await` before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.lines import CannotEdit, is_first_on_line, is_last_on_line, line_indent, next_line
from autofix.languages.python.syntax import expression_start
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def add_keyword_argument(source: Source, call: Node, name: str, value: str) -> list[Edit]:
    """The edits that give a call (or a class its base list) `name=value`: last, but before `**kwargs`.

    Nothing where the keyword is there already. Arguments that each have a line of their own get one more line.

    Raises:
        CannotEdit: the node has no argument list.
    """
    arguments = call.child_by_field_name("arguments") or call.child_by_field_name("superclasses")
    if arguments is None:
        raise CannotEdit("the call has no argument list")
    argument = f"{name}={value}"
    if arguments.type == "generator_expression":
        start, end = arguments.start_byte, arguments.end_byte
        return [insert(start, "("), insert(end, f", {argument})")]
    given = [child for child in arguments.named_children if child.type not in ("comment", "line_continuation")]
    if any(_keyword(source, child) == name for child in given):
        return []
    anchors = [child for child in given if child.type != "dictionary_splat"]
    if not given:
        return [insert(arguments.start_byte + 1, argument)]
    if not anchors:
        first = given[0]
        if _has_own_line(source, arguments, first):
            return [insert(first.start_byte, f"{argument},{source.newline}{line_indent(source, first.start_byte)}")]
        return [insert(first.start_byte, f"{argument}, ")]
    last = anchors[-1]
    if _has_own_line(source, arguments, last):
        return _own_line(source, arguments, last, argument)
    return [insert(last.end_byte, f", {argument}")]


def _keyword(source: Source, argument: Node) -> str:
    name = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
    return source.slice(name.start_byte, name.end_byte) if name is not None else ""


def _comma_after(arguments: Node, argument: Node) -> Node | None:
    """The comma that follows an argument."""
    seen = False
    for child in arguments.children:
        if seen and child.type == ",":
            return child
        if seen and child.type not in ("comment", "line_continuation"):
            return None
        seen = seen or child == argument
    return None


def _has_own_line(source: Source, arguments: Node, argument: Node) -> bool:
    comma = _comma_after(arguments, argument)
    end = comma.end_byte if comma is not None else argument.end_byte
    return is_first_on_line(source, argument.start_byte) and is_last_on_line(source, end)


def _own_line(source: Source, arguments: Node, last: Node, argument: str) -> list[Edit]:
    indent, newline = line_indent(source, last.start_byte), source.newline
    comma = _comma_after(arguments, last)
    if comma is None:
        return [insert(last.end_byte, ","), insert(next_line(source, last.end_byte), f"{indent}{argument}{newline}")]
    return [insert(next_line(source, comma.end_byte), f"{indent}{argument},{newline}")]


# Expressions that bind tighter than `await` does, or as tight: no brackets around the operand.
_PRIMARY = frozenset(
    (
        *(
            "identifier",
            "attribute",
            "subscript",
            "call",
            "parenthesized_expression",
            "list",
            "dictionary",
            "set",
            "tuple",
            "string",
        ),
        *(
            "list_comprehension",
            "set_comprehension",
            "dictionary_comprehension",
            "generator_expression",
            "integer",
            "float",
            "none",
        ),
        *("true", "false", "ellipsis", "concatenated_string"),
    )
)
_FOLLOWED = {"attribute": "object", "subscript": "value", "call": "function"}


def await_expression(source: Source, node: Node) -> list[Edit]:
    """The edits for `await` before an expression, in brackets where an attribute, subscript or call follows it."""
    parent = node.parent
    field = _FOLLOWED.get(parent.type) if parent is not None else None
    followed = field is not None and parent is not None and parent.child_by_field_name(field) == node
    before, after = ("await (", ")") if node.type not in _PRIMARY else ("await ", "")
    if followed:
        before, after = f"({before}", f"{after})"
    if parent is not None and parent.type == "await":
        return []
    return wrap_expression(source, node, before, after)


def wrap_expression(source: Source, node: Node, before: str, after: str) -> list[Edit]:
    """The edits that put text around an expression. Whether it then means what it should is for the caller to know."""
    start = expression_start(node)
    glue = " " if _touches_word(source, start, before) else ""
    edits = [insert(start, glue + before)] if before else []
    return [*edits, insert(node.end_byte, after)] if after else edits


def _touches_word(source: Source, offset: int, text: str) -> bool:
    """Whether text put at `offset` would grow together with the word before it: `return(x)`, `not(x)`."""
    previous = source.text[offset - 1 : offset]
    return bool(text[:1].isidentifier() and (previous.isalnum() or previous == b"_" or previous >= b"\x80"))
