"""Attribute chains: a name and the plain attributes after it."""

from __future__ import annotations

import re

from autofix.languages.python.scopes import Chain, Reference
from autofix.languages.python.syntax import root
from autofix.text.source import Source

# Within an annotation string, where blanks may stand around the dots.
_DOTTED = re.compile(r"\w+(?:\s*\.\s*\w+)*")


def chain(source: Source, reference: Reference) -> Chain:
    """The longest chain of attributes that starts at a reference."""
    if reference.in_string:
        return _in_string(source, reference)
    parts, ends = [source.slice(reference.start, reference.end)], [reference.end]
    node = root(source).descendant_for_byte_range(reference.start, reference.end)
    while node is not None and (outer := node.parent) is not None:
        if outer.type == "list_splat" and len(parts) == 1:
            node = outer
            continue
        if outer.type != "attribute" or outer.children[0] != node:
            break
        attribute = outer.child_by_field_name("attribute")
        if attribute is None:
            break
        parts.append(source.slice(attribute.start_byte, attribute.end_byte))
        ends.append(attribute.end_byte)
        node = outer
    return Chain(tuple(parts), reference.start, tuple(ends))


def _in_string(source: Source, reference: Reference) -> Chain:
    # A string annotation is short; the closing quote ends the match at the latest.
    rest = source.text[reference.start : reference.start + 1000].decode("utf-8", "ignore")
    found = _DOTTED.match(rest)
    if found is None:
        return Chain((source.slice(reference.start, reference.end),), reference.start, (reference.end,))
    parts, ends = [], []
    for part in re.finditer(r"\w+", found.group()):
        parts.append(part.group())
        ends.append(reference.start + len(rest[: part.end()].encode("utf-8")))
    return Chain(tuple(parts), reference.start, tuple(ends))
