"""Parse trees, comments and syntax errors of TypeScript, TSX, JavaScript and JSX. All offsets are bytes."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache
from typing import TYPE_CHECKING

from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

Range = tuple[int, int]
"""Start and end of some bytes, the end exclusive."""

# In .tsx a `<T>x` is an element; everywhere else the JSX grammar reads plain JavaScript as well as the other one.
_WITHOUT_JSX = (".ts", ".mts", ".cts")
_COMMENTS = ("comment", "html_comment")

FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
"""The nodes of functions that have a body."""


@cache
def _parser(jsx: bool) -> Parser:
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    grammar = tree_sitter_typescript.language_tsx() if jsx else tree_sitter_typescript.language_typescript()
    return Parser(Language(grammar))


def tree(source: Source) -> Tree:
    """The parse tree, shared by all who ask for it; it recovers from errors, see `errors`."""
    return source.once(_parse)


def _parse(source: Source) -> Tree:
    return _parser(not source.path.endswith(_WITHOUT_JSX)).parse(source.text)


def descendants(node: Node) -> Iterator[Node]:
    """The node and all named nodes below it, in document order."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(node.named_children)


def comments(source: Source) -> list[Range]:
    """The comments with their markers, in order; `{/* .. */}` between JSX elements is one, `//` in a string is none."""
    if b"//" not in source.text and b"/*" not in source.text and b"--" not in source.text:
        return []
    return source.once(_comments)


def _comments(source: Source) -> list[Range]:
    return [(node.start_byte, node.end_byte) for node in descendants(tree(source).root_node) if node.type in _COMMENTS]


def errors(source: Source) -> list[Range]:
    """What the parser skipped or, as an empty range, what it missed, in order. Outermost ranges only."""
    return source.once(_errors)


def _errors(source: Source) -> list[Range]:
    found: list[Range] = []
    pending = [tree(source).root_node]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            pending += reversed(node.children)
    return found


def check(source: Source) -> str | None:
    """Why the file as a whole makes no sense, in one line with a 1-based line number; None where it can be worked on.

    Local errors are not counted: the grammar has gaps (a bare `&` in JSX text, type arguments of some tagged templates)
    and recovers from them. `near_error` tells where, and `regressed` judges an edit.
    """
    if not tree(source).root_node.is_error:
        return None
    return f"cannot be parsed as {'TypeScript' if source.path.endswith(_WITHOUT_JSX) else 'JavaScript or TSX'}"


def regressed(before: Source, after: Source) -> str | None:
    """Why `after` parses worse than `before`: more errors, or more bytes that make no sense. None where it does not."""
    old, new = errors(before), errors(after)
    if len(new) <= len(old) and _size(new) <= _size(old):
        return None
    known = {before.text[start:end] for start, end in old}
    start, _ = next((found for found in new if after.text[found[0] : found[1]] not in known), new[0])
    return f"line {after.line_of(start)}: no longer parses"


def _size(ranges: list[Range]) -> int:
    return sum(end - start for start, end in ranges)


def near_error(source: Source, start: int, end: int) -> bool:
    """Whether the tree is not to be trusted where these bytes stand, so that an edit there must be refused.

    That is so inside a top-level statement with a syntax error, whose scopes may be guessed, and next to any error.
    """
    if any(error_start <= end and start <= error_end for error_start, error_end in errors(source)):
        return True
    if not errors(source):
        return False
    for statement in tree(source).root_node.children:
        inside = statement.start_byte < max(end, start + 1) and start < statement.end_byte
        if inside and statement.has_error and not start == end == statement.start_byte:
            return True
    return False


def node_at(source: Source, start: int, end: int) -> Node | None:
    """The outermost named node that covers exactly these bytes; None where no node does."""
    node = tree(source).root_node.named_descendant_for_byte_range(start, end)
    while node is not None and node.parent is not None:
        parent = node.parent
        if (parent.start_byte, parent.end_byte) != (start, end) or parent.type == "program":
            break
        node = parent
    return node if node is not None and (node.start_byte, node.end_byte) == (start, end) else None


def enclosing(node: Node, types: Container[str]) -> Node | None:
    """The nearest node above `node` of one of the types."""
    above = node.parent
    while above is not None and above.type not in types:
        above = above.parent
    return above


def code_end(node: Node) -> int:
    """The end of a node's last token.

    Where a semicolon may be left out the grammar counts the comments behind a statement, even those of the next lines, to
    the innermost node before them: `node.end_byte` then is too far.
    """
    while node.child_count:
        last = next((child for child in reversed(node.children) if child.type not in _COMMENTS), None)
        if last is None:
            break
        node = last
    return node.end_byte


def text_of(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8")
