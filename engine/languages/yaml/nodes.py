"""YAML as a tree of places: what stands where, in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and 0-based item numbers from the root of a document."""


class YamlError(Exception):
    """The text is no YAML that can be edited; `reason` says why in a few words, `offset` is the byte where it shows."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


@dataclass(eq=False, slots=True)
class Node:
    """A value or key. Offsets are bytes of the text; nodes are compared by identity.

    `start` includes an anchor and a tag, `content` is where the value itself begins. `end` is exclusive and excludes
    comments; an empty value has `content == end`, right after the `:` or `-` (or after its tag) that it belongs to.
    """

    start: int
    content: int
    end: int
    anchor: str | None
    tag: str | None


@dataclass(eq=False, slots=True)
class ScalarNode(Node):
    """A leaf: `value` is the text after unquoting and folding, `style` one of `` (plain) `'` `"` `|` `>`."""

    value: str
    style: str

    @property
    def is_plain(self) -> bool:
        """Whether it is written without quotes."""
        return not self.style

    @property
    def is_block(self) -> bool:
        """Whether it is a literal (`|`) or folded (`>`) block."""
        return self.style in ("|", ">")


@dataclass(eq=False, slots=True)
class SequenceNode(Node):
    """A list; `flow` for `[a, b]`."""

    flow: bool
    items: list[Node] = field(default_factory=list)


class Entry(NamedTuple):
    """A key and its value."""

    key: Node
    value: Node


@dataclass(eq=False, slots=True)
class MappingNode(Node):
    """A mapping in the order of the text, duplicate keys included; `flow` for `{a: b}`."""

    flow: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class AliasNode(Node):
    """`*name`: stands for `target`, which is defined (and may be edited) elsewhere."""

    target: Node


def target(node: Node) -> Node:
    """The node itself, or what an alias stands for."""
    while isinstance(node, AliasNode):
        node = node.target
    return node


def mapping_get(node: Node | None, key: str) -> Node | None:
    """The value of a key, aliases followed; merged mappings (`<<`) count after the own keys. None where there is none.

    Of duplicate keys the last counts, as in the loaders that allow them.
    """
    found = entry(node, key)
    if found is not None:
        return target(found.value)
    return next((value for merged in _merged(node) if (value := mapping_get(merged, key)) is not None), None)


def _merged(node: Node | None) -> Iterator[Node]:
    found = entry(node, "<<") if node is not None else None
    if found is None or not isinstance(found.key, ScalarNode) or not found.key.is_plain:
        return
    value = target(found.value)
    # A mapping cannot merge one that it is part of: anchors stand before their aliases.
    yield from (target(item) for item in value.items) if isinstance(value, SequenceNode) else (value,)


def entry(node: Node | None, key: str) -> Entry | None:
    """The last entry of a mapping whose key is the scalar `key`, however quoted; None too where `node` is no mapping."""
    if node is None:
        return None
    mapping = target(node)
    if not isinstance(mapping, MappingNode):
        return None
    for found in reversed(mapping.entries):
        name = target(found.key)
        if isinstance(name, ScalarNode) and name.value == key:
            return found
    return None


def scalar_range(node: ScalarNode) -> tuple[int, int]:
    """Where the value stands, quotes included, anchor and tag not."""
    return node.content, node.end


def walk(node: Node) -> Iterator[tuple[Path, Node]]:
    """Every node below and including `node` with its path; aliases are yielded but not followed, keys are not nodes."""
    pending: list[tuple[Path, Node]] = [((), node)]
    while pending:
        path, current = pending.pop()
        yield path, current
        if isinstance(current, SequenceNode):
            pending += reversed([((*path, number), item) for number, item in enumerate(current.items)])
        elif isinstance(current, MappingNode):
            pending += reversed([((*path, key_text(entry.key)), entry.value) for entry in current.entries])


def key_text(key: Node) -> str:
    """A key as part of a path; a key that is itself a list or mapping is named by its place."""
    node = target(key)
    return node.value if isinstance(node, ScalarNode) else f"?{node.start}"


def duplicate_keys(node: Node) -> list[Node]:
    """Keys that repeat an earlier key of the same mapping, anywhere below `node`."""
    repeated: list[Node] = []
    for _, current in walk(node):
        if isinstance(current, MappingNode):
            seen: set[str] = set()
            for found in current.entries:
                name = key_text(found.key)
                if name in seen and name != "<<":
                    repeated.append(found.key)
                seen.add(name)
    return repeated
