"""Add an import: to a statement that imports from the module already, else as a statement of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autofix.languages.typescript.edits import CannotEdit, is_directive
from autofix.languages.typescript.imports import Import, ImportKind, imports
from autofix.languages.typescript.scopes import scopes
from autofix.languages.typescript.style import line_end_behind, quote, semicolon
from autofix.languages.typescript.syntax import code_end, near_error, tree
from autofix.text.edit import Edit, delete, insert
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Comments that speak about the file or to a tool and must stay before the first statement.
_ABOUT_FILE = re.compile(
    rb"@ts-|@jsx|@flow|@jest|@vitest|@license|@copyright|@file|@preserve|@format|@prettier|@generated|@module|@packageDocumentation"
    rb"|copyright|license|spdx|eslint|prettier|biome|oxlint|tslint|istanbul|c8 |webpack|autofix:|\A///|\A/\*!",
    re.IGNORECASE,
)


def add_import(source: Source, specifier: str, name: str, *, local: str = "", type_only: bool = False) -> list[Edit]:
    """Make `name` of the module `specifier` known as `local` (by default its own name); no edit where it is already.

    `name` may be `default` or `*`, with the local name given. The quotes, braces and semicolons are those of the file;
    directives (`"use client"`) and comments about the file stay first.

    Raises:
        CannotEdit: the local name means something else here, or the file is no ES module.
    """
    local = local or name
    if local in ("default", "*"):
        raise ValueError(f"{name!r} needs a local name")
    ours = [one for one in imports(source) if one.kind is ImportKind.STATIC and one.specifier == specifier]
    for one in ours:
        for known in one.names:
            if (known.imported, known.local) == (name, local):
                return _as_value(source, one, known.start) if known.type_only and not type_only else []
    if local in scopes(source).file.bindings:
        raise CannotEdit(f"{local!r} is declared already")
    if not _is_module(source):
        raise CannotEdit("the file is no ES module")
    root = tree(source).root_node
    if name != "*":
        for one in ours:
            node = _statement_at(root, one.start)
            edits = _extended(source, node, name, local, type_only) if node is not None else None
            if edits is not None:
                return edits
    edit = _new_statement(source, root, specifier, _clause(source, name, local, type_only))
    if near_error(source, edit.start, edit.start):
        raise CannotEdit("the code around cannot be parsed")
    return [edit]


def _statement_at(root: Node, start: int) -> Node | None:
    return next((child for child in root.named_children if child.start_byte == start), None)


def _as_value(source: Source, one: Import, start: int) -> list[Edit]:
    """Take the word `type` from a specifier."""
    marked = re.match(rb"type\s+", source.text[start : one.end])
    if marked is None:
        raise CannotEdit("it is imported as a type alone")
    return [delete(start, start + marked.end())]


def _is_module(source: Source) -> bool:
    if source.path.endswith((".cjs", ".cts", ".d.ts")):
        return False
    return any(child.type in ("import_statement", "export_statement") for child in tree(source).root_node.named_children)


def _specifier(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"


def _clause(source: Source, name: str, local: str, type_only: bool) -> str:
    word = "type " if type_only else ""
    if name == "default":
        return word + local
    if name == "*":
        return f"{word}* as {local}"
    blank = _brace_blank(source)
    return f"{word}{{{blank}{_specifier(name, local)}{blank}}}"


def _brace_blank(source: Source) -> str:
    """Whether the file writes `{ a }` or `{a}`."""
    tight = len(re.findall(rb"^import [^'\"\r\n]*\{\w", source.text, re.MULTILINE))
    loose = len(re.findall(rb"^import [^'\"\r\n]*\{ ", source.text, re.MULTILINE))
    return "" if tight > loose else " "


def _extended(source: Source, node: Node, name: str, local: str, type_only: bool) -> list[Edit] | None:
    """The edits that add a name to an import statement; None where it takes no further name of this sort."""
    marked = any(child.type in ("type", "typeof") for child in node.children)
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    if clause is None or marked is not type_only or near_error(source, node.start_byte, code_end(node)):
        return None
    parts = {child.type: child for child in clause.named_children if child.type != "comment"}
    named, default = parts.get("named_imports"), parts.get("identifier")
    if "namespace_import" in parts or (type_only and (named is None or name == "default")):
        return None
    if name == "default":
        return [insert(clause.start_byte, f"{local}, ", shared=True)] if default is None else None
    if named is not None:
        return list(_into_braces(source, named, _specifier(name, local)))
    blank = _brace_blank(source)
    return [insert(clause.end_byte, f", {{{blank}{_specifier(name, local)}{blank}}}", shared=True)]


def _into_braces(source: Source, named: Node, text: str) -> Iterator[Edit]:
    specifiers = [child for child in named.named_children if child.type == "import_specifier"]
    if not specifiers:
        yield insert(named.start_byte + 1, f" {text} " if _brace_blank(source) else text, shared=True)
        return
    last = specifiers[-1]
    comma = next((child for child in named.children if child.type == "," and child.start_byte >= last.end_byte), None)
    own_line = source.line_of(named.end_byte - 1) > source.line_of(last.end_byte - 1)
    if not own_line:
        yield insert((comma or last).end_byte, f" {text}," if comma else f", {text}", shared=True)
        return
    start, line_end = source.line_range(source.line_of(last.start_byte))
    indent = source.text[start : last.start_byte]
    indent = indent if not indent.strip() else indent[: len(indent) - len(indent.lstrip())]
    end = max([(comma or last).end_byte, *(one.end_byte for one in named.named_children if _trails(one, last, line_end))])
    added = f"{source.newline}{indent.decode()}{text}{',' if comma else ''}"
    if comma is not None or end == last.end_byte:
        yield insert(end, added if comma else f",{added}", shared=True)
    else:
        yield insert(last.end_byte, ",", shared=True)
        yield insert(end, added, shared=True)


def _trails(node: Node, last: Node, line_end: int) -> bool:
    return node.type == "comment" and last.end_byte <= node.start_byte and node.end_byte <= line_end


def _new_statement(source: Source, root: Node, specifier: str, clause: str) -> Edit:
    mark, newline = quote(source), source.newline
    statement = f"import {clause} from {mark}{specifier}{mark}{semicolon(source)}"
    last = _last_of_first_imports(root)
    before = last if last is not None else _last_about_file(source, root)
    if before is None:
        return insert(0, statement + newline + newline, shared=True)
    # The grammar counts the first half of `\r\n` to a `#!` line.
    end = code_end(before) - (1 if before.type == "hash_bang_line" and source.text[before.end_byte - 1] == 13 else 0)
    at = line_end_behind(source, end)
    if at is None:
        ended = source.text[end - 1 : end] in (b";", b"/")
        return insert(end, f"{'' if ended else ';'} {statement.removesuffix(';')};", shared=True)
    if before is last:
        return insert(at, f"{newline}{statement}", shared=True)
    next_line = source.text[source.line_range(source.line_of(at))[1] :]
    apart = "" if not next_line or next_line[:1] in (b"\n", b"\r") else newline
    return insert(at, f"{newline}{newline}{statement}{apart}", shared=True)


def _last_of_first_imports(root: Node) -> Node | None:
    """The last import of the block at the top of the file."""
    last: Node | None = None
    for child in root.named_children:
        if child.type == "import_statement":
            last = child
        elif child.type not in ("comment", "hash_bang_line") and not is_directive(child) and last is not None:
            break
    return last


def _last_about_file(source: Source, root: Node) -> Node | None:
    """What has to stay before the first statement: directives, `#!`, comments about the file."""
    kept: Node | None = None
    children = root.children
    for index, child in enumerate(children):
        if child.type not in ("comment", "hash_bang_line") and not is_directive(child):
            break
        following = children[index + 1] if index + 1 < len(children) else None
        if child.type != "comment" or _is_about_file(source, child, following):
            kept = child
    return kept


def _is_about_file(source: Source, comment: Node, following: Node | None) -> bool:
    """Whether a comment before the first statement is about the file and not about that statement."""
    if _ABOUT_FILE.search(source.text[comment.start_byte : comment.end_byte]):
        return True
    return following is None or source.line_of(following.start_byte) > source.line_of(comment.end_byte - 1) + 1
