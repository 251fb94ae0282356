"""The syntax tree of a Python file, and whether a text is a program."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Tree


def tree(source: Source) -> Tree:
    """The tree of a file, parsed once for each text."""
    return source.once(_parse)


def root(source: Source) -> Node:
    """The module node."""
    return tree(source).root_node


def _parse(source: Source) -> Tree:
    return parse(source.text)


def parse(text: bytes) -> Tree:
    """The tree of any text; a parse never fails, errors are nodes of the tree."""
    found = _parser().parse(text)
    if not found.root_node.has_error:
        return found
    masked = _without_type_defaults(text)
    return _parser().parse(masked) if masked != text else found


_TYPE_PARAMETERS = re.compile(rb"\b(?:class|def|type)[ \t]+\w+[ \t]*\[")


def _without_type_defaults(text: bytes) -> bytes:
    """A text of the same length in which the defaults of type parameters (PEP 696) read as bounds.

    The grammar does not know `[T = int]` and `[T: Base = int]`; `[T : int]` and `[T: Base | int]` have the same names at the
    same places, in the same scope.
    """
    masked = bytearray(text)
    for start in _TYPE_PARAMETERS.finditer(text):
        depth, bound = 1, False
        for at in range(start.end(), len(text)):
            byte = text[at : at + 1]
            depth += (byte in b"[({") - (byte in b"])}")
            if depth == 0:
                break
            if depth == 1 and byte == b"=":
                masked[at : at + 1] = b"|" if bound else b":"
            elif depth == 1 and byte in b":,":
                bound = byte == b":"
    return bytes(masked)


@cache
def language() -> Language:
    """The grammar."""
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Language(tree_sitter_python.language())


@cache
def _parser() -> Parser:
    import tree_sitter

    return tree_sitter.Parser(language())


@cache
def kinds() -> Mapping[str, Sequence[int]]:
    """The numbers (`Node.kind_id`) of each named kind of node: comparing them is cheaper than comparing names."""
    grammar = language()
    found: dict[str, list[int]] = {}
    for number in range(grammar.node_kind_count):
        name = grammar.node_kind_for_id(number)
        if name is not None and grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number):
            found.setdefault(name, []).append(number)
    return found


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text; deep trees need no recursion."""
    cursor = node.walk()
    while True:
        found = cursor.node
        if found is not None:
            yield found
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def unstarred(node: Node) -> Node:
    """The operand of `*`; other nodes as they are. The grammar takes the `*` of `[*a.b()]` for a part of the name `a`."""
    return node.named_children[0] if node.type == "list_splat" and node.named_children else node


def expression_start(node: Node) -> int:
    """Where an expression begins: its node may begin with the `*` before it, see `unstarred`."""
    current = node
    while current.type in ("attribute", "subscript", "call") and current.children:
        current = current.children[0]
    return unstarred(current).start_byte


def node_end(source: Source, node: Node) -> int:
    r"""Where a node ends: with CRLF the grammar counts the `\r` after a last comment in, and nothing may be put behind that."""
    end = node.end_byte
    return end - 1 if source.text[end - 1 : end] == b"\r" else end


def comments(source: Source) -> list[tuple[int, int]]:
    """The byte ranges of the comments without their line endings, in order."""
    return [(node.start_byte, node_end(source, node)) for node in walk(root(source)) if node.type == "comment"]


def error_lines(source: Source) -> list[int]:
    """The 1-based lines where the text is no Python, in order."""
    if not root(source).has_error:
        return []
    return [node.start_point.row + 1 for node in walk(root(source)) if node.is_error or node.is_missing]


def check(source: Source) -> str | None:
    """Why the file must not be edited; None where it parses."""
    if b"\r" in source.text and b"\r" in source.text.replace(b"\r\n", b""):
        # The grammar does not end a line at a lone carriage return: a comment would swallow the code after it.
        return "has lone carriage returns as line endings"
    lines = error_lines(source)
    return f"syntax error at line {lines[0]}" if lines else None


def regressed(before: Source, after: Source) -> str | None:
    """Why a change must be taken back: more syntax errors than before, or Python no longer compiles what it compiled.

    The running Python may be older than the code: what it could not compile before says nothing.
    """
    # What Python itself compiles is right, whatever the grammar says; the text before only matters when something is wrong.
    problem = _compile_error(after)
    if problem is None:
        return None
    lines = error_lines(after)
    if lines:
        known = error_lines(before)
        if len(lines) > len(known):
            return f"syntax error at line {next((line for line in lines if line not in known), lines[0])}"
    return problem if _compile_error(before) is None else None


def _compile_error(source: Source) -> str | None:
    """What the running Python says of the text, which is compiled but not run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source.text.decode("utf-8"), source.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{error.msg} at line {error.lineno}"
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        return f"{type(error).__name__} when compiled"
    return None
