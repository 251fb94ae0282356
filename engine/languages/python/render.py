"""Rewrite one statement or expression with libcst, and keep all around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from autofix.languages.python.lines import CannotEdit, line_indent
from autofix.languages.python.syntax import expression_start, node_end
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

if TYPE_CHECKING:
    import libcst
    from tree_sitter import Node

    Statement = libcst.SimpleStatementLine | libcst.BaseCompoundStatement

T = TypeVar("T")

# libcst recurses, in C without a guard: what is deeper or longer than people write is refused.
DEEPEST = 120
LONGEST = 200_000
_HEADER = "if 1:"


def rewrite_expression(
    source: Source, node: Node, transform: Callable[[libcst.BaseExpression], libcst.BaseExpression]
) -> Edit | None:
    """The edit that puts `transform(expression)` in the place of an expression; None where it changes nothing.

    Raises:
        CannotEdit: libcst cannot parse the expression, or it is too deep.
    """
    import libcst as cst

    text = _text(source, node)

    def render() -> str:
        # In brackets lines may be broken anywhere, as they may be around the node.
        parsed = cst.parse_expression(f"({text})")
        inner = parsed.with_changes(lpar=parsed.lpar[1:], rpar=parsed.rpar[:-1])
        module = cst.Module([], default_newline=source.newline)
        if module.code_for_node(inner) != text:
            raise CannotEdit("the expression cannot be rendered unchanged")
        return module.code_for_node(transform(inner))

    return _edit(node, text, _guarded(render))


def rewrite_statement(
    source: Source, node: Node, transform: Callable[[Statement], Statement | Sequence[Statement]]
) -> Edit | None:
    """The edit that puts `transform(statement)`, one or several statements, in the place of a statement that begins its line.

    `node` is a statement of the tree (of a decorated definition the whole). Indentation and line endings are kept; a comment
    after a simple statement stays where it is.

    Raises:
        CannotEdit: libcst cannot parse the statement, it is too deep or does not begin its line.
    """
    import libcst as cst

    text, newline = _text(source, node), source.newline
    indent = line_indent(source, node.start_byte)
    start = source.line_range(source.line_of(node.start_byte))[0]
    if source.text[start : node.start_byte].decode("utf-8", "replace") != indent:
        raise CannotEdit("the statement does not begin its line")
    inner_indent = indent or "    "

    def parse(code: str) -> cst.Module:
        # The parser knows the line ending only from a text that has one.
        return cst.parse_module(code).with_changes(default_newline=newline)

    def render() -> str:
        if not indent:
            module = parse(text)
            return _rendered(module, module.with_changes(body=_one_or_more(transform, module.body)), text, "")
        prefix = f"{_HEADER}{newline}{inner_indent}"
        module = parse(prefix + text)
        outer = cst.ensure_type(module.body[0], cst.If)
        block = cst.ensure_type(outer.body, cst.IndentedBlock)
        body = _one_or_more(transform, block.body)
        changed = module.with_changes(body=[outer.with_changes(body=block.with_changes(body=body))])
        return _rendered(module, changed, text, prefix)

    return _edit(node, text, _guarded(render))


def _one_or_more(transform: Callable[[Statement], Statement | Sequence[Statement]], body: Sequence[object]) -> list[object]:
    import libcst as cst

    (statement,) = body
    if not isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        raise CannotEdit("this is no statement")
    result = transform(statement)
    return list(result) if isinstance(result, Sequence) else [result]


def _rendered(module: libcst.Module, changed: libcst.Module, text: str, prefix: str) -> str:
    before = module.code
    if before.removeprefix(prefix).rstrip("\r\n") != text:
        raise CannotEdit("the statement cannot be rendered unchanged")
    after = changed.code
    if not after.startswith(prefix):
        raise CannotEdit("the statement needs comments or blank lines above it")
    return after[len(prefix) :].rstrip("\r\n")


def _edit(node: Node, text: str, changed: str) -> Edit | None:
    return None if changed == text else replace(start := expression_start(node), start + len(text.encode("utf-8")), changed)


def _text(source: Source, node: Node) -> str:
    if node.end_byte - node.start_byte > LONGEST:
        raise CannotEdit("the code is too long to be rewritten")
    if node.has_error:
        raise CannotEdit("the code has a syntax error")
    if depth(node) > DEEPEST:
        raise CannotEdit("the code is nested too deeply to be rewritten")
    return source.slice(expression_start(node), node_end(source, node))


def depth(node: Node) -> int:
    """How deep the tree below a node is; a chain of `elif` counts as deep as it is long."""
    cursor = node.walk()
    deepest = chained = 0
    while True:
        deepest = max(deepest, cursor.depth)
        if cursor.node is not None and cursor.node.type in ("elif_clause", "concatenated_string"):
            chained = max(chained, len(cursor.node.children), len(cursor.node.parent.children) if cursor.node.parent else 0)
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest + chained


def _guarded(render: Callable[[], T]) -> T:
    import libcst as cst

    try:
        return render()
    except cst.ParserSyntaxError as error:
        raise CannotEdit(f"libcst cannot parse the code: {error.message.strip().splitlines()[0]}") from None
    except RecursionError:
        raise CannotEdit("the code is nested too deeply to be rewritten") from None
