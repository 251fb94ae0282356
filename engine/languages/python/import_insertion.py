"""Add an import where a person would put it."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from autofix.languages.python.import_extension import by_case, with_name
from autofix.languages.python.imports import ImportStatement, read_import
from autofix.languages.python.lines import is_first_on_line, line_end, next_line, on_one_line
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
    return _added(source, [_Wanted(module, name, None if alias == (name or module) else alias, _section(module))], ())


def add_imports(source: Source, wanted: Iterable[tuple[str, str | None]], own: Container[str] = ()) -> list[Edit]:
    """Several imports at once, each as `add_import` takes it (module, name). `own` are the top-level modules of the repository:
    where the file keeps them apart from those of others, so do new lines. New lines of one section stand together.
    """
    return _added(source, [_Wanted(module, name, None, _section(module, own)) for module, name in wanted], own)


def _added(source: Source, wanted: Iterable[_Wanted], own: Container[str]) -> list[Edit]:
    head = list(_head(source, own))
    there = [found for node in root(source).named_children if (found := _statement(node, source)) is not None]
    edits: list[Edit] = []
    lines: dict[tuple[str, bool], list[_Wanted]] = {}
    for one in sorted(wanted, key=lambda one: by_case(one.item)):
        if any(one.is_in(found) for found in there):
            continue
        extended = next((entry.found for entry in head if entry.found is not None and one.extends(entry.found)), None)
        if extended is not None:
            edits += with_name(source, extended, one.item)
        else:
            lines.setdefault((one.module, one.name is None), []).append(one)
    return edits + _new_lines(source, head, [_joined(same) for same in lines.values()])


def _joined(same: Sequence[_Wanted]) -> _Wanted:
    """Several names of one module, in order, as one statement."""
    if len(same) == 1 or same[0].name is None:
        return same[0]
    return same[0]._replace(name=", ".join(one.item for one in same))


class _Section(IntEnum):
    """In the order of the file; what is not known to be of the repository itself counts as `OTHER`."""

    STDLIB = 0
    OTHER = 1
    OWN = 2
    RELATIVE = 3


def _section(module: str, own: Container[str] = ()) -> _Section:
    if module.startswith("."):
        return _Section.RELATIVE
    top = module.partition(".")[0]
    if top in own:
        return _Section.OWN
    return _Section.STDLIB if top in sys.stdlib_module_names else _Section.OTHER


class _Wanted(NamedTuple):
    """The import to be added."""

    module: str
    name: str | None
    alias: str | None
    section: _Section

    @property
    def item(self) -> str:
        written = self.module if self.name is None else self.name
        return f"{written} as {self.alias}" if self.alias else written

    @property
    def line(self) -> str:
        return f"import {self.item}" if self.name is None else f"from {self.module} import {self.item}"

    def extends(self, found: ImportStatement) -> bool:
        """Whether the name can be added to a statement."""
        return (
            self.name is not None and found.is_from and found.dotted == self.module and not found.is_star and bool(found.names)
        )

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
    section: _Section
    """Of no meaning where it is no import."""


def _statement(node: Node, source: Source) -> ImportStatement | None:
    return read_import(node, source.text) if node.type in _IMPORTS else None


def _imported(found: ImportStatement) -> str:
    """The module that is imported from, with its dots where it is relative."""
    return found.dotted if found.is_from else found.names[0].name if found.names else ""


def _head(source: Source, own: Container[str]) -> Iterator[_Entry]:
    """The statements up to the last import at the head of the file."""
    pending: list[_Entry] = []
    for position, node in enumerate(root(source).named_children):
        found = _statement(node, source)
        text = source.text[node.start_byte : node.end_byte]
        changes_path = found is None and node.type != "comment" and any(word in text for word in _PATH_CHANGES)
        pending.append(_Entry(node, found, changes_path, _section(_imported(found) if found is not None else "", own)))
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


# A new statement


def _new_lines(source: Source, head: Sequence[_Entry], wanted: Sequence[_Wanted]) -> list[Edit]:
    wanted = sorted(wanted, key=lambda one: (one.section, one.name is not None, one.module))
    sections = {one.section: [each for each in wanted if each.section is one.section] for one in wanted}
    if wanted and not any(entry.changes_path or _is_usual(entry) for entry in head):
        blocks = (source.newline.join(one.line for one in together) for together in sections.values())
        return [_first(source, f"{source.newline}{source.newline}".join(blocks))]
    edits: list[Edit] = []
    for section, together in sections.items():
        at = _opens_section(source, head, section)
        if at is None:
            edits += [_new_line(source, head, one) for one in together]
        else:
            lines = "".join(one.line + source.newline for one in together)
            edits.append(insert(at, lines + source.newline, shared=True))
    return edits


def _is_usual(entry: _Entry) -> bool:
    return entry.found is not None and not entry.found.is_future


def _opens_section(source: Source, head: Sequence[_Entry], section: _Section) -> int | None:
    """Where a section that the file does not have yet begins: before the imports that follow it by the common order."""
    if any(entry.changes_path for entry in head):
        return None
    groups = _groups(source, [entry for entry in head if _is_usual(entry)])
    following = next((i for i, group in enumerate(groups) if all(entry.section > section for entry in group)), None)
    if following is None or any(entry.section >= section for group in groups[:following] for entry in group):
        return None
    if any(entry.section <= section for group in groups[following:] for entry in group):
        return None
    first = groups[following][0].node
    above = first.prev_named_sibling
    if not is_first_on_line(source, first.start_byte) or (above is not None and above.type == "comment"):
        return None
    return source.line_range(source.line_of(first.start_byte))[0]


def _new_line(source: Source, head: Sequence[_Entry], wanted: _Wanted) -> Edit:
    last_change = max((i for i, entry in enumerate(head) if entry.changes_path), default=-1)
    usable = head if wanted.section is _Section.STDLIB else head[last_change + 1 :]
    groups = _groups(source, [entry for entry in usable if _is_usual(entry)])
    group = _kin(groups, wanted)
    if group is not None:
        return _beside(source, group, wanted)
    if last_change >= 0:
        return _after(source, head[last_change].node, wanted.line)
    return _first(source, wanted.line)


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
    top, section = wanted.module.partition(".")[0], wanted.section
    for group in reversed(groups):
        if section is not _Section.RELATIVE and any(_top(entry) == top for entry in group):
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
    return _imported(found).casefold()


def _beside(source: Source, group: Sequence[_Entry], wanted: _Wanted) -> Edit:
    """In its place among the statements of the same form where they are sorted, otherwise after the last of its section."""
    same = [entry for entry in group if entry.found is not None and entry.found.is_from == (wanted.name is not None)]
    section = wanted.section
    kin = [entry for entry in same if entry.section == section] or same
    keys = [_key(entry.found) for entry in kin if entry.found is not None]
    if keys and keys == sorted(keys):
        before = sum(1 for key in keys if key <= wanted.module.casefold())
        return _after(source, kin[before - 1].node, wanted.line) if before else _before(source, kin[0].node, wanted.line)
    last = [entry for entry in group if entry.section == section] or group
    if wanted.name is None and not kin:
        return _before(source, last[0].node, wanted.line)
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
