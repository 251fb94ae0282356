"""Add an import where a person would put it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.languages.python.imports import ImportedName, ImportStatement, read_import
from autofix.languages.python.lines import is_first_on_line, line_end, line_indent, next_line, on_one_line
from autofix.languages.python.syntax import root
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_IMPORTS = frozenset(("import_statement", "import_from_statement"))
# What may stand between imports without ending the block of imports at the head of a file.
_BETWEEN = frozenset(("comment", "if_statement", "try_statement", "with_statement", "future_import_statement"))
_PATH_CHANGES = (b"sys.path", b"addsitedir", b"syspath")


def add_import(source: Source, module: str, name: str | None = None, alias: str | None = None) -> list[Edit]:
    """The edits for `from module import name as alias`, or for `import module as alias` where `name` is None.

    `module` may be relative, with leading dots. An existing `from module import ...` at the head of the file is extended;
    otherwise a line is added to the imports there: beside its kin, in order where they are sorted, after the docstring,
    `__future__` imports and what changes `sys.path`. Nothing where the file has that import at its top level already.
    Whether the name is free is for the caller to know (`scopes(source).is_bound`).
    """
    wanted = _Wanted(module, name, None if alias == (name or module) else alias)
    head = list(_head(source))
    if any(wanted.is_in(found) for node in root(source).named_children if (found := _statement(node, source)) is not None):
        return []
    if name is not None:
        for entry in head:
            found = entry.found
            if found is not None and found.is_from and found.dotted == module and not found.is_star and found.names:
                return _extended(source, found, wanted.item)
    return _new_line(source, head, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The import to be added."""

    module: str
    name: str | None
    alias: str | None

    @property
    def item(self) -> str:
        written = self.module if self.name is None else self.name
        return f"{written} as {self.alias}" if self.alias else written

    @property
    def line(self) -> str:
        return f"import {self.item}" if self.name is None else f"from {self.module} import {self.item}"

    def is_in(self, found: ImportStatement) -> bool:
        if found.is_from != (self.name is not None):
            return False
        if self.name is not None and found.dotted != self.module:
            return False
        return any((item.name, item.asname or None) in self._equal() for item in found.names)

    def _equal(self) -> tuple[tuple[str, str | None], ...]:
        written = self.module if self.name is None else self.name
        return ((written, self.alias), *([] if self.alias or "." in written else [(written, written)]))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A statement at the head of a file; `found` where it is an import."""

    node: Node
    found: ImportStatement | None
    changes_path: bool

    @property
    def section(self) -> str:
        """`stdlib`, `relative` or `other`."""
        if self.found is None:
            return ""
        return _section(self.found.dotted if self.found.is_from else self.found.names[0].name if self.found.names else "")


def _section(module: str) -> str:
    if module.startswith("."):
        return "relative"
    return "stdlib" if module.partition(".")[0] in sys.stdlib_module_names else "other"


def _statement(node: Node, source: Source) -> ImportStatement | None:
    return read_import(node, source.text) if node.type in _IMPORTS else None


def _head(source: Source) -> Iterator[_Entry]:
    """The statements up to the last import at the head of the file."""
    pending: list[_Entry] = []
    for position, node in enumerate(root(source).named_children):
        found = _statement(node, source)
        text = source.text[node.start_byte : node.end_byte]
        changes_path = found is None and node.type != "comment" and any(word in text for word in _PATH_CHANGES)
        pending.append(_Entry(node, found, changes_path))
        if found is not None or changes_path:
            yield from pending
            pending = []
        elif not _may_stand_between(node, position, source):
            return


def _may_stand_between(node: Node, position: int, source: Source) -> bool:
    if node.type in _BETWEEN:
        return True
    if node.type != "expression_statement" or not node.named_children:
        return False
    inner = node.named_children[0]
    if inner.type in ("string", "concatenated_string"):
        return True
    if inner.type == "call":
        return position > 0
    left = inner.child_by_field_name("left") if inner.type == "assignment" else None
    return left is not None and (left.type != "identifier" or source.slice(left.start_byte, left.end_byte).startswith("__"))


# Extending a statement


def _extended(source: Source, found: ImportStatement, item: str) -> list[Edit]:
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
    for key in (_as_is, str.casefold, _by_case):
        keys = [key(name.name) for name in names]
        if keys == sorted(keys):
            return sum(1 for other in keys if other <= key(item.partition(" ")[0]))
    return len(names)


def _as_is(name: str) -> str:
    return name


def _by_case(name: str) -> str:
    # CONSTANTS, then Classes, then functions: the default order of isort and ruff.
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


# A new statement


def _new_line(source: Source, head: Sequence[_Entry], wanted: _Wanted) -> list[Edit]:
    last_change = max((i for i, entry in enumerate(head) if entry.changes_path), default=-1)
    usable = head if _section(wanted.module) == "stdlib" else head[last_change + 1 :]
    groups = _groups(source, [entry for entry in usable if entry.found is not None and not entry.found.is_future])
    group = _kin(groups, wanted)
    if group is not None:
        return [_beside(source, group, wanted)]
    if last_change >= 0:
        return [_after(source, head[last_change].node, wanted.line)]
    return [_first(source, wanted.line)]


def _groups(source: Source, entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Imports on lines that follow each other."""
    groups: list[list[_Entry]] = []
    for entry in entries:
        if groups and source.line_of(groups[-1][-1].node.end_byte) + 1 >= source.line_of(entry.node.start_byte):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def _kin(groups: Sequence[list[_Entry]], wanted: _Wanted) -> list[_Entry] | None:
    """The group that the new line belongs to: that of the same package, of the same section, or the last."""
    top, section = wanted.module.partition(".")[0], _section(wanted.module)
    for group in reversed(groups):
        if section != "relative" and any(_top(entry) == top for entry in group):
            return group
    for group in reversed(groups):
        if any(entry.section == section for entry in group):
            return group
    return groups[-1] if groups else None


def _top(entry: _Entry) -> str:
    found = entry.found
    if found is None or found.level:
        return ""
    return (found.module or (found.names[0].name if found.names else "")).partition(".")[0]


def _key(found: ImportStatement) -> str:
    return (found.dotted if found.is_from else found.names[0].name if found.names else "").casefold()


def _beside(source: Source, group: Sequence[_Entry], wanted: _Wanted) -> Edit:
    """In its place among the statements of the same form where they are sorted, otherwise after the last of its section."""
    same = [entry for entry in group if entry.found is not None and entry.found.is_from == (wanted.name is not None)]
    section = _section(wanted.module)
    kin = [entry for entry in same if entry.section == section] or same
    keys = [_key(entry.found) for entry in kin if entry.found is not None]
    if keys and keys == sorted(keys):
        before = sum(1 for key in keys if key <= wanted.module.casefold())
        return _after(source, kin[before - 1].node, wanted.line) if before else _before(source, kin[0].node, wanted.line)
    last = [entry for entry in group if entry.section == section] or group
    return _after(source, (kin or last)[-1].node, wanted.line)


def _after(source: Source, node: Node, line: str) -> Edit:
    """On the next line; what shares the line with the statement stays with it."""
    end = node.end_byte
    following = node.next_named_sibling
    while following is not None and on_one_line(source, end, following.start_byte):
        end = max(end, following.end_byte)
        following = following.next_named_sibling
    at = next_line(source, end)
    if at == len(source.text) and line_end(source, end) == at:
        return insert(at, f"{source.newline}{line}", shared=True)
    return insert(at, f"{line}{source.newline}", shared=True)


def _before(source: Source, node: Node, line: str) -> Edit:
    if not is_first_on_line(source, node.start_byte):
        return _after(source, node, line)
    return insert(source.line_range(source.line_of(node.start_byte))[0], f"{line}{source.newline}", shared=True)


def _first(source: Source, line: str) -> Edit:
    """The first import of a file: after docstring, `__future__` imports and the comment at the top."""
    newline, text = source.newline, source.text
    last: Node | None = None
    for position, node in enumerate(child for child in root(source).named_children if child.type != "comment"):
        inner = node.named_children[0].type if node.type == "expression_statement" and node.named_children else ""
        if node.type != "future_import_statement" and not (position == 0 and inner in ("string", "concatenated_string")):
            break
        last = node
    if last is not None:
        edit = _after(source, last, line)
        if edit.replacement.startswith(newline):
            return insert(edit.start, newline + edit.replacement, shared=True)
        gap = "" if _is_blank(source, edit.start) else newline
        return insert(edit.start, f"{newline}{edit.replacement}{gap}", shared=True)
    at = _below_top_comment(source)
    gap = "" if at == len(text) or _is_blank(source, at) else newline
    glue = newline if at == len(text) and text and not text.endswith((b"\n", b"\r")) else ""
    return insert(at, f"{glue}{line}{newline}{gap}", shared=True)


def _is_blank(source: Source, offset: int) -> bool:
    return offset >= len(source.text) or not source.text[offset : line_end(source, offset)].strip()


def _below_top_comment(source: Source) -> int:
    """Below shebang, encoding cookie and a licence; a comment right above code belongs to the code."""
    at, below = 0, 0
    for number in range(1, len(source.line_starts) + 1):
        start, end = source.line_range(number)
        line = source.text[start:end].strip()
        if line and not line.startswith(b"#"):
            break
        at = end
        if not line or (number <= 2 and (line.startswith(b"#!") or b"coding" in line)) or end == len(source.text):
            below = at
    return below
