"""The edits that make import statements say something else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from autofix.languages.python.imports import ImportedName, ImportStatement
from autofix.text.edit import Edit, delete, insert, replace
from autofix.text.source import Source

# Comments that speak to a tool about the line they stand on: every line that comes out of it needs them.
_DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|pyright:|pylint:|mypy:|pragma:|isort:|ruff:|fmt:|nosec|autofix:)")
# Longer import lists are written one name a line.
LINE_LENGTH = 100


def has_comments(stmt: ImportStatement) -> bool:
    """Whether comments stand inside of a statement, between parentheses."""
    return b"#" in (stmt.node.text or b"")


def _is_parenthesised(stmt: ImportStatement) -> bool:
    return any(child.type == "(" for child in stmt.node.children)


class Line(NamedTuple):
    """The line that a statement stands on: its indentation, and the comment after it."""

    start: int
    end: int
    """After the line ending."""
    indent: str
    alone: bool
    """Nothing else stands there but a comment."""
    comment: str

    @property
    def directive(self) -> str:
        """The comment as written after a statement, where each line needs it."""
        return f"  {self.comment}" if _DIRECTIVE.match(self.comment) else ""


def line_of(source: Source, stmt: ImportStatement) -> Line:
    """Where a statement stands."""
    start, _ = source.line_range(source.line_of(stmt.start))
    _, end = source.line_range(source.line_of(stmt.end))
    before, after = source.slice(start, stmt.start), source.slice(stmt.end, end).strip()
    return Line(start, end, before if not before.strip() else "", not before.strip() and after[:1] in ("", "#"), after)


class NewName(NamedTuple):
    """What an item becomes: `name` of the module that its group names, bound as `alias` or by its own name."""

    item: ImportedName
    name: str
    alias: str | None

    @property
    def text(self) -> str:
        """As it stands in a list of names."""
        return f"{self.name} as {self.alias}" if self.alias and self.alias != self.name else self.name

    def edit(self) -> Iterator[Edit]:
        """In place; an alias that stays is not touched, nor what stands before it."""
        item = self.item
        if self.alias and self.alias == item.asname:
            if self.name != item.name:
                yield replace(item.start, item.name_end, self.name)
        elif self.text != item.name or item.asname:
            yield replace(item.start, item.end, self.text)


class Group(NamedTuple):
    """The names that come from one module: `from module import ...`; or, without module, `import name`."""

    module: str | None
    names: tuple[NewName, ...]

    def text(self, indent: str, newline: str) -> str:
        """The statement on a line of its own."""
        names = [name.text for name in self.names]
        if self.module is None:
            return "import " + ", ".join(names)
        line = f"from {self.module} import " + ", ".join(names)
        if len(indent) + len(line) <= LINE_LENGTH:
            return line
        inner = "".join(f"{indent}    {name},{newline}" for name in names)
        return f"from {self.module} import ({newline}{inner}{indent})"


def rewrite(source: Source, stmt: ImportStatement, groups: Sequence[Group]) -> list[Edit]:
    """Spread the names of a statement over groups, which hold each of them once, in the order of their first names.

    The largest group keeps the statement itself with its parentheses, comments and place.
    """
    if not stmt.is_from:
        raise ValueError("only from-imports have groups")
    stays = max((group for group in groups if group.module is not None), key=lambda group: len(group.names), default=None)
    line = line_of(source, stmt)
    if stays is None:
        return [
            replace(stmt.start, stmt.end, joined(source, line, [group.text(line.indent, source.newline) for group in groups]))
        ]
    edits = [] if stays.module == stmt.dotted else [replace(stmt.module_start, stmt.module_end, stays.module or "")]
    edits += [edit for name in stays.names for edit in name.edit()]
    leaving = {name.item for group in groups if group is not stays for name in group.names}
    removal = remove_items(source, stmt, leaving)
    edits += removal.edits
    at = groups.index(stays)
    before, after = [[_moved(group, removal, line, source) for group in part] for part in (groups[:at], groups[at + 1 :])]
    if before:
        edits.append(insert(stmt.start, joined(source, line, [*before, ""])))
    if after and line.alone:
        text = "".join(f"{line.indent}{text}{line.directive}{source.newline}" for text in after)
        edits.append(_insert_line(source, line, text))
    elif after:
        edits.append(insert(stmt.end, joined(source, line, ["", *after])))
    return edits


def _insert_line(source: Source, line: Line, text: str) -> Edit:
    if line.end == len(source.text) and not source.text.endswith((b"\n", b"\r")):
        return insert(line.end, source.newline + text.rstrip("\r\n"))
    return insert(line.end, text)


def joined(source: Source, line: Line, statements: Sequence[str]) -> str:
    """Several statements in the place of one: on lines of their own where it had one."""
    if not line.alone:
        return "; ".join(statements)
    return f"{line.directive}{source.newline}{line.indent}".join(statements)


def _moved(group: Group, removal: Removal, line: Line, source: Source) -> str:
    """A new statement; names that had comments of their own take them along."""
    if not any(removal.comments.get(name.item) for name in group.names) or group.module is None:
        return group.text(line.indent, source.newline)
    rows = []
    for name in group.names:
        above, beside = removal.comments.get(name.item, ([], ""))
        rows += [f"{line.indent}    {comment}{source.newline}" for comment in above]
        rows.append(f"{line.indent}    {name.text},{'  ' + beside if beside else ''}{source.newline}")
    return f"from {group.module} import ({source.newline}{''.join(rows)}{line.indent})"


class Removal(NamedTuple):
    """Edits that take items out of a statement, and the comments that went with them: above and beside."""

    edits: list[Edit]
    comments: dict[ImportedName, tuple[list[str], str]]


def remove_items(source: Source, stmt: ImportStatement, leaving: Collection[ImportedName]) -> Removal:
    """Take some, not all, items out of a statement.

    Where each item has lines of its own, its comments go with it; elsewhere comments stay.
    """
    if not leaving:
        return Removal([], {})
    if rows := _rows(source, stmt):
        gone = {item: rows[item] for item in stmt.names if item in leaving}
        edits = [delete(row.start, row.end) for row in gone.values()]
        return Removal(edits, {item: (row.above, row.beside) for item, row in gone.items() if row.above or row.beside})
    edits = []
    kept = [item for item in stmt.names if item not in leaving]
    for item, following in pairwise(stmt.names):
        if item in leaving and item.start < kept[-1].start:
            edits.append(_without_comments(source, item.start, following.start, stmt))
    if stmt.names[-1] in leaving:
        edits.append(_without_comments(source, kept[-1].end, stmt.names[-1].end, stmt))
    return Removal(edits, {})


def _without_comments(source: Source, start: int, end: int, stmt: ImportStatement) -> Edit:
    """Delete a range but for the comments in it."""
    text = source.slice(start, end)
    if not has_comments(stmt) or "#" not in text:
        return delete(start, end)
    comments = re.findall(r"#[^\r\n]*", text)
    line_start, _ = source.line_range(source.line_of(end))
    indent = re.match(r"[ \t]*", source.slice(line_start, end))
    return replace(start, end, "".join(f"{comment}{source.newline}{indent.group() if indent else ''}" for comment in comments))


class _Row(NamedTuple):
    """The lines of one item: comments above, the item, a comment beside."""

    start: int
    end: int
    above: list[str]
    beside: str


def _rows(source: Source, stmt: ImportStatement) -> dict[ImportedName, _Row]:
    """The lines of each item of a parenthesised list with one item a line; empty for other layouts."""
    if not _is_parenthesised(stmt) or not stmt.names:
        return {}
    lines = [source.line_of(item.start) for item in stmt.names]
    first = source.line_of(stmt.start)
    closing = source.line_of(stmt.end - 1)
    if lines[0] == first or lines[-1] == closing or len(set(lines)) != len(lines):
        return {}
    rows: dict[ImportedName, _Row] = {}
    above_from = first + 1
    for item, number in zip(stmt.names, lines, strict=True):
        if source.line_of(item.end) != number:
            return {}
        start, _ = source.line_range(above_from)
        item_start, end = source.line_range(number)
        above = [line.strip() for line in source.slice(start, item_start).splitlines() if line.strip()]
        if any(not line.startswith("#") for line in above):
            return {}
        beside = source.slice(item.end, end).lstrip(" \t,").strip()
        rows[item] = _Row(start, end, above, beside)
        above_from = number + 1
    return rows


def append_names(source: Source, stmt: ImportStatement, names: Sequence[str]) -> list[Edit]:
    """Add names to the end of a from-import."""
    last = stmt.names[-1]
    tail = source.slice(last.end, stmt.end)
    if not _is_parenthesised(stmt) or source.line_of(last.start) == source.line_of(stmt.start):
        return [insert(last.end, "".join(f", {name}" for name in names))]
    line_start, line_end = source.line_range(source.line_of(last.start))
    before = source.slice(line_start, last.start)
    if before.strip() or source.line_of(stmt.end - 1) == source.line_of(last.end):
        return [insert(last.end, "".join(f", {name}" for name in names))]
    comma = [] if re.match(r"\s*,", tail) else [insert(last.end, ",")]
    return [*comma, insert(line_end, "".join(f"{before}{name},{source.newline}" for name in names))]


def delete_statement(source: Source, stmt: ImportStatement) -> Edit | None:
    """Take a statement away with its line; None where something else stands on it."""
    line = line_of(source, stmt)
    if not line.alone or (line.comment and not line.directive):
        return None
    return delete(line.start, line.end)
