"""Edits of YAML by place: a value, a new key, a new item, an item less. The layout around them is the neighbours'."""

from __future__ import annotations

import re

from autofix.languages.yaml.compare import reads_as_string
from autofix.languages.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, entry
from autofix.text.edit import Edit, delete, insert, replace
from autofix.text.source import Source


class CannotEdit(ValueError):
    """The place has a shape that is not edited; the message says which."""


_INDICATOR = re.compile(r"[,\[\]{}#&*!|>'\"%@`]|[-?:](?:\s|$)|---|\.\.\.")
_UNPRINTABLE = re.compile("[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def needs_quotes(value: str, *, flow: bool = False) -> bool:
    """Whether a string has to be quoted to be read as that string by every loader; `flow` for a place within `[]` or `{}`."""
    return (
        not reads_as_string(value)
        or value != value.strip()
        or _INDICATOR.match(value) is not None
        or _UNPRINTABLE.search(value) is not None
        or "\t" in value
        or ": " in value
        or " #" in value
        or value.endswith(":")
        or (flow and re.search(r"[,\[\]{}?]", value) is not None)
    )


def quoted(value: str, style: str = "") -> str:
    """A string in quotes: those of `style` (`'` or `"`) where they can hold it, else double ones."""
    one_line = _UNPRINTABLE.search(value) is None and "\t" not in value
    if one_line and (style == "'" or (not style and re.search(r'["\\]', value))):
        return "'" + value.replace("'", "''") + "'"
    return '"' + re.sub(r'["\\\t]|' + _UNPRINTABLE.pattern, _escape, value) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    return _ESCAPES.get(char) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def rendered(value: str | int | bool, style: str = "", *, flow: bool = False) -> str:
    """A value as YAML text on one line: numbers and booleans plain, strings in `style`, quoted where they have to be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if style not in ("'", '"') and not needs_quotes(value, flow=flow):
        return value
    return quoted(value, style if style in ("'", '"') else "")


def replace_scalar(source: Source, node: Node, value: str | int | bool) -> list[Edit]:
    """Put another value in the place of a scalar; the kind of quotes, an anchor and a tag are kept.

    Raises:
        CannotEdit: an alias, a collection or a block scalar.
    """
    if not isinstance(node, ScalarNode):
        raise CannotEdit("is no scalar")
    if node.is_block:
        raise CannotEdit("is a block scalar")
    # Whether the place is within brackets is not known here: what is unsafe there is quoted everywhere if it was plain.
    old = source.slice(node.content, node.end)
    flow = node.is_plain and re.search(r"[,\[\]{}]", old) is None
    text = rendered(value, node.style, flow=flow)
    gap = ""
    if node.content == node.end:
        before = source.text[: node.content].rstrip(b" \t")[-1:]
        if node.start == node.content and before not in (b":", b"-"):
            raise CannotEdit("is empty without a colon or dash before it")
        gap = " " if source.text[node.content - 1 : node.content].strip() else ""
    return [replace(node.content, node.end, gap + text)]


def replace_part(source: Source, node: ScalarNode, start: int, end: int, text: str) -> list[Edit]:
    """Put `text` in the place of `value[start:end]` of a scalar of any style, where it is written just like that.

    Both texts must be free of quotes, backslashes and blanks: so they look the same in every style.

    Raises:
        CannotEdit: one of the texts is not that simple, or the place cannot be told (escapes, a comment with the same text).
    """
    old = node.value[start:end]
    if not _SIMPLE.fullmatch(old) or not _SIMPLE.fullmatch(text):
        raise CannotEdit("holds characters that would have to be escaped")
    written = [match.start() for match in re.finditer(re.escape(old), source.slice(node.content, node.end))]
    meant = [match.start() for match in re.finditer(re.escape(old), node.value)]
    if start not in meant or len(written) != len(meant):
        raise CannotEdit("is not written as it is read")
    prefix = source.slice(node.content, node.end)[: written[meant.index(start)]]
    at = node.content + len(prefix.encode())
    return [replace(at, at + len(old.encode()), text)]


_SIMPLE = re.compile(r"[^\s'\"\\]+")


def insert_key(source: Source, mapping: Node, key: str, value: str, after: str | None = None) -> list[Edit]:
    r"""Add `key: value` behind the entry `after` (default: the last) in the style of its neighbours.

    `value` is YAML text (see `rendered`), further lines of it separated by `\n` and indented relative to the key. An empty
    mapping can be added to only where it is written `{}`.

    Raises:
        CannotEdit: no mapping, a mapping without braces within `[]`, `after` is no key, or a layout that is not understood,
            such as a file that ends in a block scalar without a line break.
    """
    if not isinstance(mapping, MappingNode):
        raise CannotEdit("is no mapping")
    before = entry(mapping, after) if after is not None else mapping.entries[-1] if mapping.entries else None
    if after is not None and before is None:
        raise CannotEdit(f"has no key {after}")
    text = f"{key}: {value}" if not value.startswith("\n") else f"{key}:{value}"
    if mapping.flow:
        return _insert_flow(source, mapping, before.value if before else None, before.key if before else None, text)
    if before is None:
        raise CannotEdit("is an empty mapping without braces")
    first = mapping.entries[0].key
    if source.text[first.start : first.start + 1] == b"?" or _has_question_mark(source, first):
        raise CannotEdit("has a key written with a question mark")
    return [_new_lines(source, _last(before.value), _column(source, first.start), text)]


def append_item(source: Source, sequence: Node, item: str) -> list[Edit]:
    r"""Add an item to the end of a list; `item` is YAML text as for `insert_key`.

    Raises:
        CannotEdit: no list, or a layout that is not understood.
    """
    if not isinstance(sequence, SequenceNode):
        raise CannotEdit("is no list")
    last = sequence.items[-1] if sequence.items else None
    if sequence.flow:
        return _insert_flow(source, sequence, last, last, item)
    if last is None:
        raise CannotEdit("is an empty list without brackets")
    dash = _dash(source, sequence, sequence.items[0])
    gap = source.slice(dash + 1, sequence.items[0].start)
    gap = gap if gap and not gap.strip(" ") else " "
    text = item.replace("\n", "\n" + " " * (1 + len(gap)))
    return [_new_lines(source, _last(last), _column(source, dash), f"-{gap}{text}")]


def remove_item(source: Source, sequence: Node, item: Node) -> list[Edit]:
    """Take an item out of a list, with its line and the comment on it where it has the line to itself.

    Raises:
        CannotEdit: the only item, or a layout that is not understood.
    """
    if not isinstance(sequence, SequenceNode) or item not in sequence.items:
        raise CannotEdit("is no item of the list")
    if len(sequence.items) == 1:
        raise CannotEdit("is the only item: without it the list would be empty")
    if sequence.flow:
        return [_remove_flow(source, sequence, sequence.items.index(item))]
    dash = _dash(source, sequence, item)
    start, end = _line_start(source, dash), _line_end(source, item.end)
    if source.text[start:dash].strip():
        raise CannotEdit("begins on the line of something else")
    if end == len(source.text) and not source.text.endswith((b"\n", b"\r")):
        # The line before becomes the last: it ends as the file did, without a line break.
        body = source.text[:start]
        start -= len(body) - len(body.removesuffix(b"\n").removesuffix(b"\r"))
    return [delete(start, end)]


def _has_question_mark(source: Source, key: Node) -> bool:
    return source.text[_line_start(source, key.start) : key.start].rstrip(b" \t").endswith(b"?")


def _dash(source: Source, sequence: SequenceNode, item: Node) -> int:
    """The offset of the `-` of an item."""
    if item is sequence.items[0]:
        at = sequence.content
    else:
        number = sequence.items.index(item)
        column = sequence.content - _line_start(source, sequence.content)
        at = _find_dash(source, sequence.items[number - 1].end, item.start, column)
    if source.text[at : at + 1] != b"-":
        raise CannotEdit("is a list whose layout is not understood")
    return at


def _find_dash(source: Source, start: int, end: int, column: int) -> int:
    for line in range(source.line_of(start), source.line_of(end) + 1):
        at = source.line_range(line)[0] + column
        if start <= at <= end and source.text[at : at + 1] == b"-" and not source.text[at - column : at].strip():
            return at
    raise CannotEdit("is a list whose layout is not understood")


def _line_start(source: Source, offset: int) -> int:
    return source.line_range(source.line_of(offset))[0]


def _line_end(source: Source, offset: int) -> int:
    """The end of the line on which something ends, its line break included."""
    if offset and source.text[offset - 1 : offset] in (b"\n", b"\r"):
        return offset  # a block scalar that keeps its final line breaks
    return source.line_range(source.line_of(offset))[1]


def _column(source: Source, offset: int) -> int:
    """The column in characters, which is what YAML compares."""
    return len(source.text[_line_start(source, offset) : offset].decode("utf-8"))


def _last(node: Node) -> Node:
    """The value that ends a block."""
    while isinstance(node, SequenceNode | MappingNode) and not node.flow:
        children = node.items if isinstance(node, SequenceNode) else [entry.value for entry in node.entries]
        if not children:
            break
        node = children[-1]
    return node


def _new_lines(source: Source, after: Node, column: int, text: str) -> Edit:
    indent = source.newline + " " * column
    body = " " * column + text.replace("\n", indent)
    end = _line_end(source, after.end)
    if end and source.text[end - 1 : end] not in (b"\n", b"\r"):
        if isinstance(after, ScalarNode) and after.is_block:
            raise CannotEdit("follows a block scalar that would get a line break, which the file ends without")
        return insert(end, source.newline + body)
    return insert(end, body + source.newline)


def _insert_flow(
    source: Source, parent: SequenceNode | MappingNode, last: Node | None, first_of_last: Node | None, text: str
) -> list[Edit]:
    if source.text[parent.content : parent.content + 1] not in (b"[", b"{"):
        raise CannotEdit("is a mapping without braces")
    if "\n" in text:
        raise CannotEdit("is written in brackets: text of several lines does not fit in")
    if last is None or first_of_last is None:
        return [insert(parent.content + 1, text)]
    line_start = _line_start(source, first_of_last.start)
    tail = re.compile(rb"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r|\n)").match(source.text, last.end, parent.end)
    if line_start > parent.content and not source.text[line_start : first_of_last.start].strip() and tail is not None:
        # Each entry has a line of its own: so does the new one, below the comment of its neighbour.
        indent = source.slice(line_start, first_of_last.start)
        comma = "," if tail.group(1) else ""
        edits = [] if comma else [insert(last.end, ",")]
        return [*edits, insert(tail.end(), f"{source.newline}{indent}{text}{comma}")]
    return [insert(last.end, f", {text}")]


def _remove_flow(source: Source, sequence: SequenceNode, number: int) -> Edit:
    items = sequence.items
    item = items[number]
    following = items[number + 1] if number + 1 < len(items) else None
    start, end = (item.start, following.start) if following else (items[number - 1].end, item.end)
    # Without the item's own place, what is left between is one comma and blanks; a comment there belongs to someone.
    between = source.slice(item.end, end) if following else source.slice(start, item.start)
    if between.strip() != ",":
        raise CannotEdit("has a comment beside it within brackets")
    return delete(start, end)
