"""What two versions of a YAML text say differently: the proof that an edit did what it should and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from autofix.languages.yaml.nodes import (
    AliasNode,
    MappingNode,
    Node,
    Path,
    ScalarNode,
    SequenceNode,
    YamlError,
    duplicate_keys,
    key_text,
    target,
)
from autofix.languages.yaml.parse import compose, documents
from autofix.text.source import Source


class Missing(Enum):
    """Stands for a value that one of two versions does not have."""

    MISSING = "missing"


# YAML 1.2 core schema, and what YAML 1.1 loaders (PyYAML) read otherwise: a value in either set is no plain string to all.
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_INT_OTHER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_YAML_1_1 = re.compile(
    r"(?i:y|n|yes|no|on|off)|[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?|=|<<"
)
_TYPED = (_NULL, _BOOL, _INT, _INT_OTHER, _FLOAT, _SPECIAL_FLOAT, _YAML_1_1)


def reads_as_string(plain: str) -> bool:
    """Whether every loader, of YAML 1.1 or 1.2, takes an unquoted `plain` for a string."""
    return not any(pattern.fullmatch(plain) for pattern in _TYPED)


def load(node: Node) -> object:
    """The value as plain Python data by the YAML 1.2 core schema; merge keys stay keys, of duplicate keys the last counts.

    Keys become strings. Tags are not applied, but a tagged scalar stays a string.
    """
    node = target(node)
    if isinstance(node, SequenceNode):
        return [load(item) for item in node.items]
    if isinstance(node, MappingNode):
        return {key_text(entry.key): load(entry.value) for entry in node.entries}
    assert isinstance(node, ScalarNode)  # noqa: S101 - the only kind that is left
    if not node.is_plain or node.tag is not None:
        return node.value
    return _typed(node.value)


def _typed(plain: str) -> object:
    if _NULL.fullmatch(plain):
        return None
    if _BOOL.fullmatch(plain):
        return plain.lower() == "true"
    if _INT.fullmatch(plain):
        return int(plain) if len(plain) < 1000 else plain
    if _INT_OTHER.fullmatch(plain):
        return int(plain, 0)
    if _FLOAT.fullmatch(plain):
        return float(plain)
    return float(plain.replace(".", "", 1)) if _SPECIAL_FLOAT.fullmatch(plain) else plain


def differences(before: Node, after: Node) -> dict[Path, tuple[Node | Missing, Node | Missing]]:
    """The smallest paths at which two documents say different things, with what each says there.

    The order of keys, quoting, comments and layout say nothing. A list that got longer or shorter differs at the items from
    the first that differs. An alias is compared by its name, so a change at its anchor is told once.
    """
    return dict(_differences(before, after))


def _differences(before: Node, after: Node) -> Iterator[tuple[Path, tuple[Node | Missing, Node | Missing]]]:
    pending: list[tuple[Path, Node | Missing, Node | Missing]] = [((), before, after)]
    while pending:
        path, old, new = pending.pop()
        if isinstance(old, MappingNode) and isinstance(new, MappingNode) and _labels(old) == _labels(new):
            pending += [((*path, key), *pair) for key, pair in _pairs(_by_key(old), _by_key(new))]
        elif isinstance(old, SequenceNode) and isinstance(new, SequenceNode) and _labels(old) == _labels(new):
            pending += [((*path, key), *pair) for key, pair in _pairs(_by_number(old), _by_number(new))]
        elif not _same_leaf(old, new):
            yield path, (old, new)


def _labels(node: Node) -> tuple[str | None, str | None]:
    return node.anchor, node.tag


def _pairs(
    old: dict[str | int, Node], new: dict[str | int, Node]
) -> Iterator[tuple[str | int, tuple[Node | Missing, Node | Missing]]]:
    for key in dict.fromkeys([*old, *new]):
        yield key, (old.get(key, Missing.MISSING), new.get(key, Missing.MISSING))


def _by_number(sequence: SequenceNode) -> dict[str | int, Node]:
    return dict(enumerate(sequence.items))


def _by_key(mapping: MappingNode) -> dict[str | int, Node]:
    """Values by key; a repeated key gets a number, so that none hides another."""
    values: dict[str | int, Node] = {}
    for entry in mapping.entries:
        name, number = key_text(entry.key), 1
        key = name
        while key in values:
            number += 1
            key = f"{name}#{number}"
        values[key] = entry.value
    return values


def _same_leaf(old: Node | Missing, new: Node | Missing) -> bool:
    if isinstance(old, AliasNode) and isinstance(new, AliasNode):
        return old.target.anchor == new.target.anchor
    if not isinstance(old, ScalarNode) or not isinstance(new, ScalarNode):
        return False
    return _labels(old) == _labels(new) and old.value == new.value and _is_string(old) == _is_string(new)


def _is_string(scalar: ScalarNode) -> bool:
    return not scalar.is_plain or reads_as_string(scalar.value)


def same_except(before: bytes, after: bytes, *paths: Path, document: int = 0) -> bool:
    """Whether both texts parse and say the same but at or below `paths` of one document (0-based).

    For an item that is removed or put in between, name the list.
    """
    try:
        old, new = compose(before), compose(after)
    except YamlError:
        return False
    if len(old) != len(new):
        return False
    for number, (one, other) in enumerate(zip(old, new, strict=True)):
        allowed = paths if number == document else ()
        if any(not any(path[: len(start)] == start for start in allowed) for path in differences(one, other)):
            return False
    return True


def check(source: Source) -> str | None:
    """Why a text is no YAML that can be edited, in one line; None where it is."""
    try:
        documents(source)
    except YamlError as error:
        return f"line {source.line_of(error.offset)}: {error.reason}"
    return None


def regressed(before: Source, after: Source) -> str | None:
    """Why a changed text is worse than before: it no longer parses, or repeats a key that was there once. None if it is not."""
    broken = check(after)
    if broken is not None:
        return None if check(before) is not None else broken
    repeated = [key_text(key) for root in documents(after) for key in duplicate_keys(root)]
    if not repeated or check(before) is not None:
        return f"repeats the key {repeated[0]}" if repeated else None
    known = [key_text(key) for root in documents(before) for key in duplicate_keys(root)]
    return f"repeats the key {repeated[-1]}" if len(repeated) > len(known) else None
