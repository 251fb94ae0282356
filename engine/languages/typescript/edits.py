"""Edits on statements and expressions. Each returns byte-range edits for `Source.text` and leaves all other bytes alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autofix.languages.typescript import precedence
from autofix.languages.typescript.style import indentation, indentation_unit, line_end_behind, semicolon, starts_line
from autofix.languages.typescript.syntax import FUNCTIONS, code_end, descendants, near_error, text_of, tree
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


class CannotEdit(Exception):
    """The edit would change more than it should; the message says why in a few words, for a refusal."""


# What may stand in front of a statement list's statements without braces of their own.
_LISTS = frozenset({"program", "statement_block", "switch_case", "switch_default"})
_SINGLE = frozenset({"if_statement", "else_clause", "for_statement", "for_in_statement", "while_statement", "do_statement"})
_WRAPPABLE = frozenset(
    {"expression_statement", "return_statement", "throw_statement", "break_statement", "continue_statement"}
    | {"debugger_statement", "empty_statement", "statement_block", "switch_statement", "try_statement", "with_statement"}
    | (_SINGLE - {"else_clause"})
)


def wrap_statement(source: Source, statement: Node, condition: str) -> list[Edit]:
    """Put `if (condition) { .. }` around a statement, in the indentation and line endings of the file.

    A comment behind the statement goes into the braces, comments above it stay above. Template literals keep their bytes.

    Raises:
        CannotEdit: the statement declares names, is a directive or a labelled loop, or cannot be parsed.
    """
    _refuse_near_error(source, statement.start_byte, code_end(statement))
    parent = statement.parent
    if statement.type not in _WRAPPABLE or parent is None or not (parent.type in _LISTS or _is_sole(statement, parent)):
        raise CannotEdit(f"a {statement.type.replace('_', ' ')} cannot stand in an `if`")
    if is_directive(statement):
        raise CannotEdit("a directive has to stay in its place")
    end = line_end_behind(source, code_end(statement))
    if end is None or parent.type in _SINGLE or not starts_line(source, statement.start_byte):
        opening, closing = ("{ if (%s) { ", " } }") if parent.type in _SINGLE else ("if (%s) { ", " }")
        return [insert(statement.start_byte, opening % condition), insert(code_end(statement), closing)]
    newline, base, unit = source.newline, indentation(source, statement.start_byte), indentation_unit(source)
    return [
        insert(statement.start_byte, f"if ({condition}) {{{newline}{base}{unit}"),
        *_indented(source, statement, unit),
        insert(end, f"{newline}{base}}}"),
    ]


def _is_sole(statement: Node, parent: Node) -> bool:
    """Whether a statement stands where only one may: behind `else` or the parentheses of `if` or a loop, not within them."""
    if parent.type not in _SINGLE:
        return False
    return parent.type == "else_clause" or statement in (
        parent.child_by_field_name("body"),
        parent.child_by_field_name("consequence"),
    )


def _indented(source: Source, node: Node, unit: str) -> Iterator[Edit]:
    """One level more for each line that begins within a node, but for blank lines and lines of literals."""
    starts = source.line_starts
    literals = list(_literals(node))
    for start in starts[bisect_right(starts, node.start_byte) : bisect_right(starts, code_end(node) - 1)]:
        blank = source.text[start : start + 1] in (b"\n", b"\r")
        if not blank and not any(begin <= start <= end for begin, end in literals):
            yield insert(start, unit)


def _literals(node: Node) -> Iterator[tuple[int, int]]:
    """The ranges where white space is part of a value: strings, and templates but for their substitutions."""
    for part in descendants(node):
        if part.type == "string":
            yield part.start_byte, part.end_byte
        elif part.type in ("template_string", "template_literal_type"):
            at = part.start_byte
            for child in part.named_children:
                if child.type in ("template_substitution", "template_type"):
                    yield at, child.start_byte
                    at = child.end_byte
            yield at, part.end_byte


def wrap_expression(source: Source, expression: Node, before: str, after: str) -> list[Edit]:
    """Put text around an expression, with parentheses only where precedence needs them.

    `before` + a name + `after` must be an expression: `typeof window !== "undefined" ? ` and ` : ""`. The name of a
    shorthand property (`{ a }`) becomes `a: ..`.

    Raises:
        CannotEdit: the place allows no other expression (a target of an assignment, the callee of a method, a part of an
            optional chain, an operand of `delete`, a type), or cannot be parsed.
        ValueError: `before` and `after` make no expression.
    """
    start, end = expression.start_byte, code_end(expression)
    _refuse_near_error(source, start, end)
    if expression.type == "shorthand_property_identifier":
        name = text_of(expression)
        return [insert(start, f"{name}: {before}"), *([insert(end, after)] if after else [])]
    _refuse_place(expression)
    outer, hole = _template(source, before, after)
    inner = ("", "") if precedence.fits(expression, hole) else ("(", ")")
    around = ("", "") if precedence.fits(outer, expression) else ("(", ")")
    opening, closing = around[0] + before + inner[0], inner[1] + after + around[1]
    if opening[:1] in tuple("([`+-/") and _continues_previous(source, expression):
        opening = ";" + opening
    return [insert(at, text) for at, text in ((start, opening), (end, closing)) if text]


def _refuse_place(expression: Node) -> None:
    parent = expression.parent
    if parent is None or precedence.level(expression) is None or precedence.place(expression) is None:
        raise CannotEdit("no other expression can stand there")
    called = parent.type == "call_expression" and parent.child_by_field_name("function") == expression
    if called and expression.type in ("member_expression", "subscript_expression", "non_null_expression"):
        raise CannotEdit("the method would lose its object")
    if _is_head_of_name(expression):
        raise CannotEdit("no other expression can stand there")
    if _is_misread(expression):
        raise CannotEdit("the operators around are not understood")
    if _is_target(expression):
        raise CannotEdit("it is assigned to")
    if parent.type == "unary_expression" and precedence.operator(parent) == "delete":
        raise CannotEdit("only a property can be deleted")
    chained = parent.type in ("member_expression", "subscript_expression", "non_null_expression") or called
    if chained and precedence.is_chain_with(expression, ("optional_chain",)):
        raise CannotEdit("the optional chain would end earlier")


def _is_target(expression: Node) -> bool:
    """Whether an expression is assigned to behind parentheses, `!` or `as`."""
    inside, parent = expression, expression.parent
    while parent is not None and parent.type in ("parenthesized_expression", "non_null_expression", "as_expression"):
        inside, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type == "update_expression":
        return True
    assigns = ("assignment_expression", "augmented_assignment_expression", "for_in_statement")
    return parent.type in assigns and parent.child_by_field_name("left") == inside


def _is_head_of_name(expression: Node) -> bool:
    """Whether an expression begins a decorator, a JSX tag or a type: there only names, members and calls may stand."""
    chain = expression
    while chain.parent is not None and chain.parent.type in precedence.CHAINS and chain.parent.start_byte == chain.start_byte:
        chain = chain.parent
    return precedence.place(chain) is None


def _is_misread(expression: Node) -> bool:
    """Whether the grammar has grouped the operators around otherwise than the language: `a && b!` as `(a && b)!`."""
    node = expression
    while node.parent is not None and precedence.level(node.parent) not in (None, precedence.PRIMARY):
        if node.type not in ("as_expression", "satisfies_expression") and not precedence.fits(node, node):
            return True
        node = node.parent
    return False


def _template(source: Source, before: str, after: str) -> tuple[Node, Node]:
    """The expression that `before` and `after` make, and the name between them."""
    name = "autofix_hole"
    text = f"({before}{name}{after})"
    sample = Source(source.path, text.encode())
    root = tree(sample).root_node
    offset = len(f"({before}".encode())
    hole = root.named_descendant_for_byte_range(offset, offset + len(name))
    expressions = [node for node in descendants(root) if node.start_byte == 1 and node.end_byte == len(sample.text) - 1]
    if root.has_error or hole is None or hole.type != "identifier" or not expressions or text_of(hole) != name:
        raise ValueError(f"{before!r} and {after!r} make no expression")
    return expressions[0], hole


def _continues_previous(source: Source, expression: Node) -> bool:
    """Whether an expression begins a statement and would be read as part of one before it that has no semicolon."""
    statement: Node | None = expression
    while statement is not None and statement.type != "expression_statement":
        statement = statement.parent if statement.start_byte == expression.start_byte else None
    if statement is None or statement.parent is None or statement.start_byte != expression.start_byte:
        return False
    previous = statement.prev_named_sibling
    while previous is not None and previous.type == "comment":
        previous = previous.prev_named_sibling
    if previous is None or statement.parent.type not in _LISTS:
        return False
    return source.text[code_end(previous) - 1 : code_end(previous)] != b";" and previous.type in _ENDED_BY_LINE


_ENDED_BY_LINE = frozenset(
    {"expression_statement", "lexical_declaration", "variable_declaration", "return_statement", "throw_statement"}
    | {"import_statement", "export_statement", "break_statement", "continue_statement", "debugger_statement", "do_statement"}
    | {"type_alias_declaration", "ambient_declaration", "function_signature", "if_statement", "for_statement"}
    | {"for_in_statement", "while_statement", "labeled_statement", "with_statement", "import_alias"}
)


def insert_statement_first(source: Source, function: Node, statement: str) -> list[Edit]:
    r"""Make `statement` the first one of a function's body, behind directives.

    Its lines are separated by `\n` and indented relative to the first one; a statement of several lines is set apart by a
    blank line. The expression of an arrow function becomes a block with `return`.

    Raises:
        CannotEdit: the function has no body, or cannot be parsed.
    """
    body = function.child_by_field_name("body")
    if function.type not in FUNCTIONS or body is None:
        raise CannotEdit("there is no body to add a statement to")
    _refuse_near_error(source, body.start_byte, code_end(body))
    base, unit = indentation(source, function.start_byte), indentation_unit(source)
    if body.type != "statement_block":
        return _as_block(source, function, body, statement, base)
    anchor, brace = body.children[0], code_end(body) - 1
    for child in body.named_children:
        if child.type != "comment" and not is_directive(child):
            break
        anchor = child if child.type != "comment" else anchor
    end = code_end(anchor)
    behind = line_end_behind(source, end)
    at = end if behind is None or behind > brace else behind
    following = next((child for child in body.named_children if child.start_byte >= at), None)
    base = indentation(source, body.start_byte)
    inner = (
        indentation(source, following.start_byte) if following and starts_line(source, following.start_byte) else base + unit
    )
    text = _lines(source, statement, inner)
    newline = source.newline
    line_end = source.line_range(source.line_of(max(body.start_byte, at - 1)))[1]
    if not source.text[at:line_end].strip() and line_end <= brace:
        apart = "\n" in statement and following is not None and source.text[line_end : line_end + 1] not in (b"\n", b"\r")
        return [insert(at, f"{newline}{inner}{text}{newline if apart else ''}")]
    return _opened(source, brace, at, f"{newline}{inner}{text}", f"{newline}{inner}", f"{newline}{base}")


def _opened(source: Source, brace: int, at: int, text: str, before_rest: str, before_brace: str) -> list[Edit]:
    """Break a block open whose first statement, or closing brace, stands on the line of its opening brace."""
    rest = at + _blanks(source.text[at:brace])
    if rest == brace:
        return [replace(at, rest, text + before_brace)]
    edits = [replace(at, rest, text + before_rest)]
    last = brace
    while source.text[last - 1 : last] in (b" ", b"\t"):
        last -= 1
    if source.text[last - 1 : last] not in (b"\n", b"\r"):
        edits.append(replace(last, brace, before_brace))
    return edits


def _as_block(source: Source, function: Node, body: Node, statement: str, base: str) -> list[Edit]:
    newline, inner = source.newline, base + indentation_unit(source)
    arrow = next(child for child in function.children if child.type == "=>")
    opening = f"{{{newline}{inner}{_lines(source, statement, inner)}{newline}{inner}return "
    gap = not source.text[arrow.end_byte : body.start_byte].strip()
    start = replace(arrow.end_byte, body.start_byte, f" {opening}") if gap else insert(body.start_byte, opening)
    return [start, insert(code_end(body), f"{semicolon(source)}{newline}{base}}}")]


def _lines(source: Source, statement: str, indent: str) -> str:
    first, *others = statement.split("\n")
    return source.newline.join([first, *(indent + line if line else line for line in others)])


def _blanks(text: bytes) -> int:
    return len(text) - len(text.lstrip())


def is_directive(node: Node) -> bool:
    """Whether a statement is one of the strings at the start of a body or file, as `"use client"`."""
    if not _is_string_statement(node):
        return False
    previous = node.prev_named_sibling
    while previous is not None and (previous.type in ("comment", "hash_bang_line") or _is_string_statement(previous)):
        previous = previous.prev_named_sibling
    return previous is None


def _is_string_statement(node: Node) -> bool:
    return node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]


def _refuse_near_error(source: Source, start: int, end: int) -> None:
    if near_error(source, start, end):
        raise CannotEdit("the code around cannot be parsed")
