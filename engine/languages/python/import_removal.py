"""Remove one name from an import, or the whole statement with its last name."""

from __future__ import annotations

from collections.abc import Collection

from autofix.languages.python.imports import ImportedName, ImportStatement
from autofix.languages.python.lines import is_first_on_line, is_last_on_line, line_start, next_line
from autofix.text.edit import Edit, delete, replace
from autofix.text.source import Source


def remove_import_name(source: Source, statement: ImportStatement, name: ImportedName) -> list[Edit]:
    """The edits that take `name` out of `statement`, with the comment on its own line. See `remove_import_names`."""
    return remove_import_names(source, statement, [name])


def remove_import_names(source: Source, statement: ImportStatement, names: Collection[ImportedName]) -> list[Edit]:
    """The edits that take several names out of a statement; the statement goes with the last one, comments of its lines too.

    A block that would be empty gets `pass`.
    """
    gone = {name.start for name in names}
    if all(name.start in gone for name in statement.names):
        return [_statement(source, statement)]
    indexes = [index for index, name in enumerate(statement.names) if name.start in gone]
    return [_item(source, statement, index, gone) for index in indexes]


def _item(source: Source, statement: ImportStatement, index: int, gone: Collection[int]) -> Edit:
    name, names = statement.names[index], statement.names
    commas = [child for child in statement.node.children if child.type == ","]
    comma = next((child for child in commas if child.start_byte >= name.end), None)
    bracketed = any(child.type == "(" for child in statement.node.children)
    end = comma.end_byte if comma is not None else name.end
    if bracketed and is_first_on_line(source, name.start) and is_last_on_line(source, end):
        return delete(line_start(source, name.start), next_line(source, end))
    later = [other for other in names[index + 1 :] if other.start not in gone]
    if later and comma is not None:
        # Up to the next name, or the end of the line where comments or line breaks follow.
        following = names[index + 1].start
        between = source.text[end:following]
        return delete(name.start, following if not between.strip() and b"\n" not in between and b"\r" not in between else end)
    if index == 0:
        return delete(name.start, end)
    # The last names: the comma before goes, the trailing one stays.
    before = names[index - 1].end
    if source.text[before : name.start].replace(b"\\", b"").strip() == b",":
        return delete(before, name.end)
    return delete(name.start, end)


def _statement(source: Source, statement: ImportStatement) -> Edit:
    node = statement.node
    block = node.parent
    siblings = [child for child in block.named_children if child.type != "comment"] if block is not None else []
    if block is not None and block.type == "block" and len(siblings) == 1:
        return replace(statement.start, statement.end, "pass")
    if is_first_on_line(source, statement.start) and is_last_on_line(source, statement.end):
        return delete(line_start(source, statement.start), next_line(source, statement.end))
    rest = source.text[statement.end :]
    separator = rest.lstrip(b" \t")
    if separator.startswith(b";"):
        after = separator[1:].lstrip(b" \t")
        if after[:1] not in (b"", b"\n", b"\r", b"#"):
            return delete(statement.start, len(source.text) - len(after))
    # The last on its line: the `;` before goes with it.
    start = len(source.text[: statement.start].rstrip(b" \t"))
    if source.text[start - 1 : start] == b";":
        end = statement.end
        if separator.startswith(b";"):
            end = len(source.text) - len(separator) + 1
        return delete(start - 1, end)
    return replace(statement.start, statement.end, "pass")
