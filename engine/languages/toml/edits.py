"""Edits of TOML by place: a value, a new key or table, a new item, an entry less.

Each one is proved before it is handed out: the text with the edit must hold the data that was meant, and no other change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autofix.languages.toml.parse import Document, Path, Table, TomlError, Value, load, parse
from autofix.text.edit import Edit, Overlap, apply_edits, delete, insert, replace
from autofix.text.source import Source

Plain = str | bool | int | float | Sequence["Plain"] | Mapping[str, "Plain"]


class CannotEdit(ValueError):
    """The place has a shape that is not edited; the message says which."""


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_LITERAL = re.compile(r"[^'\x00-\x08\x0a-\x1f\x7f]*")


def rendered(value: Plain, *, literal: bool = False) -> str:
    """A value as TOML text on one line; strings in double quotes, or with `literal` in single ones where they can hold it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            if literal and _LITERAL.fullmatch(value):
                return f"'{value}'"
            return '"' + _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}", value) + '"'
        case Mapping():
            inner = ", ".join(f"{_key(key)} = {rendered(item, literal=literal)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case _:
            return "[" + ", ".join(rendered(item, literal=literal) for item in value) + "]"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else rendered(name)


def replace_value(source: Source, value: Value, new: Plain) -> list[Edit]:
    """Put another value in the place of one; single quotes stay single.

    Raises:
        CannotEdit: the text would mean something else.
    """
    literal = source.text.startswith(b"'", value.start)
    return _proved(source, [replace(value.start, value.end, rendered(new, literal=literal))], value.path, new)


def insert_key(source: Source, path: Path, new: Plain) -> list[Edit]:
    """Add a key to the table that `path` without its last part leads to, behind its last entry.

    The table has a header, is written inline, or is the top of the text. See `insert_table` for a new one.

    Raises:
        CannotEdit: there is no such table, or the key is there.
    """
    document = parse(source)
    *parent, name = path
    if not isinstance(name, str):
        raise CannotEdit("is no key")
    if document.value(*path) is not None:
        raise CannotEdit(f"has the key {name} already")
    table, inline = document.table(*parent), document.value(*parent)
    text = f"{_key(name)} = {rendered(new)}"
    if table is not None:
        edits = [_below(source, document, table, text)]
    elif inline is not None and inline.kind == "table":
        edits = _within(source, document, inline, text)
    else:
        raise CannotEdit(f"there is no table {'.'.join(map(str, parent))}")
    return _proved(source, edits, path, new)


def insert_table(source: Source, path: Path, entries: Mapping[str, Plain]) -> list[Edit]:
    """Add a table with a header to the end of the text, a blank line before it.

    Raises:
        CannotEdit: the table is there, or the text would mean something else.
    """
    if not path or not all(isinstance(part, str) for part in path) or parse(source).table(*path) is not None:
        raise CannotEdit("is no new table")
    header = ".".join(_key(str(part)) for part in path)
    lines = [f"[{header}]", *(f"{_key(key)} = {rendered(value)}" for key, value in entries.items())]
    gap = ""
    if source.text:
        gap = source.newline if source.text.endswith(b"\n") else source.newline * 2
        gap = "" if source.text.endswith((b"\n\n", b"\n\r\n")) or not source.text.strip() else gap
    return _proved(source, [insert(len(source.text), gap + "".join(line + source.newline for line in lines))], path, entries)


def append_item(source: Source, array: Value, item: Plain) -> list[Edit]:
    """Add an item to the end of an array, on a line of its own where the others have one.

    Raises:
        CannotEdit: no array.
    """
    if array.kind != "array":
        raise CannotEdit("is no array")
    document = parse(source)
    last = document.values[array.children[-1]] if array.children else None
    literal = last is not None and source.text.startswith(b"'", last.start)
    edits = _within(source, document, array, rendered(item, literal=literal))
    return _proved(source, edits, (*array.path, len(array.children)), item)


def remove(source: Source, value: Value) -> list[Edit]:
    """Take a value out with its key and the comment behind it; an item or inline entry with its comma.

    Raises:
        CannotEdit: a comment that belongs to a neighbour stands in the way.
    """
    document = parse(source)
    parent = next((other for other in document.values.values() if value.path in other.children), None)
    if parent is None:
        start, end = _line_start(source, value.key[0] if value.key else value.start), _line_end(source, value.end)
        return _proved(source, [delete(start, end)], value.path, None)
    return _proved(source, [_without(source, document, parent, value)], value.path, None)


def _below(source: Source, document: Document, table: Table, text: str) -> Edit:
    """A new line behind the last entry of a table, spaced as that is."""
    indent = ""
    if table.values:
        last = table.values[-1]
        key_start, key_end = last.key or (last.start, last.start)
        indent = source.slice(_line_start(source, key_start), key_start)
        if source.text[key_end : last.start] == b"=":
            text = text.replace(" = ", "=", 1) if not text.startswith('"') else text
    elif not table.path:
        return _at_the_top(source, document, text)
    at = _line_end(source, table.last)
    if at and source.text[at - 1 : at] != b"\n":
        return insert(at, source.newline + indent + text)
    return insert(at, indent + text + source.newline)


def _at_the_top(source: Source, document: Document, text: str) -> Edit:
    """The first key of a text that begins with a header: below the comment of the file, with a blank line behind it."""
    opening = re.compile(rb"(?:[ \t]*#[^\r\n]*\r?\n)+[ \t]*\r?\n").match(source.text)
    has_header = len(document.tables) > 1
    return insert(opening.end() if opening else 0, text + source.newline * (2 if has_header else 1))


def _within(source: Source, document: Document, parent: Value, text: str) -> list[Edit]:
    """A new item or entry before the closing bracket."""
    if not parent.children:
        inner = source.text[parent.start + 1 : parent.end - 1]
        if inner.strip():
            raise CannotEdit("holds nothing but a comment")
        pad = " " if parent.kind == "table" else ""
        return [replace(parent.start + 1, parent.end - 1, f"{pad}{text}{pad}")]
    last = document.values[parent.children[-1]]
    start = last.key[0] if last.key else last.start
    line = _line_start(source, start)
    comma = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*)*,").match(source.text, last.end, parent.end - 1)
    end_of_last = comma.end() if comma else last.end
    rest = re.compile(rb"[ \t]*(?:#[^\r\n]*)?(?=\r?\n)").match(source.text, end_of_last, parent.end)
    if line > parent.start and not source.text[line:start].strip() and rest is not None:
        edits = [] if comma else [insert(last.end, ",")]
        ending = "," if comma else ""
        return [*edits, insert(rest.end(), f"{source.newline}{source.slice(line, start)}{text}{ending}")]
    return [insert(end_of_last, f" {text}," if comma else f", {text}")]


def _without(source: Source, document: Document, parent: Value, value: Value) -> Edit:
    number = parent.children.index(value.path)
    start = value.key[0] if value.key else value.start
    line, end = _line_start(source, start), _line_end(source, value.end)
    tail = re.compile(rb"[ \t]*,?[ \t]*(?:#[^\r\n]*)?\r?\n").match(source.text, value.end, parent.end)
    if line > parent.start and tail is not None and tail.end() == end and not source.text[line:start].strip():
        return delete(line, end)
    if number + 1 < len(parent.children):
        following = document.values[parent.children[number + 1]]
        stop = following.key[0] if following.key else following.start
        gap = source.slice(value.end, stop)
        start_cut, end_cut = start, stop
    elif number:
        before = document.values[parent.children[number - 1]]
        gap = source.slice(before.end, start)
        start_cut, end_cut = before.end, value.end
    else:
        gap, start_cut, end_cut = source.slice(value.end, parent.end - 1), parent.start + 1, parent.end - 1
        gap += source.slice(parent.start + 1, start) + ","
    if gap.replace(",", "", 1).strip(" \t\r\n,") or "#" in gap:
        raise CannotEdit("has a comment beside it within brackets")
    return delete(start_cut, end_cut)


def _line_start(source: Source, offset: int) -> int:
    return source.line_range(source.line_of(offset))[0]


def _line_end(source: Source, offset: int) -> int:
    """The end of the line on which something ends, its line break included."""
    return source.line_range(source.line_of(offset))[1] if offset else 0


def _proved(source: Source, edits: list[Edit], path: Path, new: Plain | None) -> list[Edit]:
    """The edits, if the text then holds `new` at `path` (nothing for None) and all else as before."""
    wanted = load(source)
    if new is None:
        _remove(wanted, path, parse(source))
    else:
        _put(wanted, path, new)
    try:
        found = load(source.with_text(apply_edits(source.text, edits)))
    except (TomlError, Overlap) as error:
        raise CannotEdit(f"cannot be written here: {error}") from None
    if repr(found) != repr(wanted) and not _same(found, wanted):
        raise CannotEdit("would change the meaning of something else")
    return edits


def _remove(data: Any, path: Path, document: Document) -> None:
    *parents, last = path
    parent = data
    for part in parents:
        parent = parent[part]
    del parent[last]
    # Tables that only dots in the key had made go with it.
    if not parent and parents and not {tuple(parents)} & (document.tables.keys() | document.values.keys()):
        _remove(data, tuple(parents), document)


def _put(data: Any, path: Path, new: Plain) -> None:
    *parents, last = path
    for part in parents:
        data = data.setdefault(part, {}) if isinstance(data, dict) else data[part]
    exists = last in data if isinstance(data, dict) else isinstance(last, int) and last < len(data)
    if isinstance(data, list) and not exists:
        data.append(new)
    else:
        data[last] = new


def _same(a: Any, b: Any) -> bool:
    """Equal with types: TOML tells 1, 1.0 and true apart."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))  # nan is unlike itself
