"""The edits of a card. Each is read back: what does not say exactly what was meant is not offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autofix.fixer import Edit, Source
from autofix.fixers.frontmatter.spaces_card.inference import Value
from autofix.languages import markdown, yaml
from autofix.text.edit import apply_edits, insert


def card_text(values: Sequence[Value], newline: str) -> str:
    """A whole block with both fences."""
    lines = ["---", *_lines(values), "---"]
    return newline.join(lines) + newline


def _lines(values: Sequence[Value]) -> list[str]:
    return [f"{value.key}: {yaml.rendered(value.value)}" for value in values]


def new_card(source: Source, values: Sequence[Value]) -> list[Edit] | None:
    """A block above everything else, and a blank line behind it where text follows."""
    newline = source.newline
    gap = newline if source.text[:1] not in (b"", b"\n", b"\r") else ""
    edits = [insert(0, card_text(values, newline) + gap)]
    return edits if _read_back(source, edits) == _data(values) else None


def appended(source: Source, found: markdown.Frontmatter, values: Sequence[Value]) -> list[Edit] | None:
    """More keys above the closing fence, indented as the first."""
    first = found.root.entries[0].key.start
    indent = source.slice(source.line_range(source.line_of(first))[0], first)
    text = "".join(f"{indent}{line}{source.newline}" for line in _lines(values))
    edits = [insert(found.block.fence, text)]
    return edits if _read_back(source, edits) == {**_mapping(found), **_data(values)} else None


def new_value(source: Source, node: yaml.ScalarNode, value: str) -> list[Edit] | None:
    """Another value in the place of one."""
    try:
        edits = yaml.replace_scalar(source, node, value)
    except yaml.CannotEdit:
        return None
    before = markdown.frontmatter(source)
    key = (
        next((yaml.key_text(entry.key) for entry in before.root.entries if entry.value.start == node.start), "")
        if before
        else ""
    )
    return edits if before and key and _read_back(source, edits) == {**_mapping(before), key: value} else None


def _read_back(source: Source, edits: Sequence[Edit]) -> Mapping[str, object] | None:
    try:
        found = markdown.frontmatter(source.with_text(apply_edits(source.text, edits)))
    except yaml.YamlError:
        return None
    return _mapping(found) if found is not None and not yaml.duplicate_keys(found.root) else None


def _mapping(found: markdown.Frontmatter) -> dict[str, object]:
    data = yaml.load(found.root)
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}


def _data(values: Sequence[Value]) -> dict[str, object]:
    return {value.key: value.value for value in values}
