"""From text to nodes. ruamel.yaml scans and tells events with their marks; nothing is ever printed by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from autofix.languages.yaml.nodes import AliasNode, Entry, MappingNode, Node, ScalarNode, SequenceNode, YamlError, walk
from autofix.text.source import Source

if TYPE_CHECKING:
    from ruamel.yaml.events import Event


def documents(source: Source) -> list[Node]:
    """The root of each document of a file, parsed once for all who ask.

    Raises:
        YamlError: not YAML, or a template (Jinja, Helm) that only becomes YAML.
    """
    parsed = source.once(_parse)
    if isinstance(parsed, YamlError):
        raise YamlError(parsed.reason, parsed.offset)
    return parsed


def _parse(source: Source) -> list[Node] | YamlError:
    try:
        return compose(source.text)
    except YamlError as error:
        return error


def compose(text: bytes, offset: int = 0) -> list[Node]:
    """Like `documents` for a block of YAML that starts at byte `offset` of a file: all offsets count in that file.

    Raises:
        YamlError: as for `documents`.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    characters = text.decode("utf-8")
    offsets = _byte_offsets(text)
    try:
        return _Builder(text, offsets, offset).build(_events(characters))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = (offsets[min(mark.index, len(offsets) - 1)] if mark is not None else 0) if text else 0
        raise YamlError(_why(text, at, error.problem or "syntax error"), offset + at) from None
    except (YAMLError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        problem = (str(error) or type(error).__name__).splitlines()[0]
        raise YamlError(f"not valid YAML: {problem}", offset) from None


def _byte_offsets(text: bytes) -> Sequence[int]:
    """The byte offset of each character, and of the end: ruamel counts characters."""
    if text.isascii():
        return range(len(text) + 1)
    return [*(at for at, byte in enumerate(text) if byte & 0xC0 != 0x80), len(text)]


_TAB_RETRIES = 50


def _events(characters: str) -> list[Event]:
    """All parsing events. A tab between a value and a comment or line end is legal YAML that ruamel refuses."""
    from ruamel.yaml import YAML
    from ruamel.yaml.scanner import ScannerError

    for _ in range(_TAB_RETRIES):
        try:
            # The safe scanner is half again as fast as the round-trip one and treats comments as blanks.
            return list(YAML(typ="safe", pure=True).parse(characters))
        except ScannerError as error:
            blank = _blank_tab(characters, error.problem_mark.index if error.problem_mark else -1)
            if blank is None:
                raise
            characters = blank
    return list(YAML(typ="safe", pure=True).parse(characters))


_TABS = re.compile(r"[ \t]+")


def _blank_tab(characters: str, at: int) -> str | None:
    """The text with the tabs at `at` as blanks (marks stay valid), where they separate and do not indent."""
    if not 0 <= at < len(characters) or characters[at] != "\t":
        return None
    line_start = max(characters.rfind("\n", 0, at), characters.rfind("\r", 0, at)) + 1
    run = _TABS.match(characters, at)
    if run is None or not characters[line_start:at].strip(" \t-?"):
        return None
    return characters[:at] + " " * len(run.group()) + characters[run.end() :]


_TEMPLATE = re.compile(rb"^[ \t]*\{[{%#]|(?<!\$)\{\{-?|\{%", re.MULTILINE)


def _why(text: bytes, at: int, problem: str) -> str:
    start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
    line = text[start : end if end >= 0 else len(text)]
    if _TEMPLATE.search(line) or re.search(rb"^[ \t]*\{[{%]", text, re.MULTILINE):
        return "a template that only becomes YAML when it is rendered"
    if b"\t" in line[: len(line) - len(line.lstrip())] or line[at - start : at - start + 1] == b"\t":
        return "indented by a tab, which YAML does not allow"
    return f"not valid YAML: {problem}"


class _Builder:
    """Turns events into nodes, without recursion: the depth of a file is no limit."""

    def __init__(self, text: bytes, offsets: Sequence[int], shift: int) -> None:
        self.text = text
        self.offsets = offsets
        self.shift = shift
        self.roots: list[Node] = []
        self.anchors: dict[str, Node] = {}
        # Open collections; for a mapping with the key that waits for its value.
        self.open: list[tuple[SequenceNode | MappingNode, list[Node]]] = []

    def build(self, events: list[Any]) -> list[Node]:
        for event in events:
            name = type(event).__name__
            if name == "ScalarEvent":
                self.add(self.scalar(event))
            elif name == "MappingStartEvent":
                self.begin(MappingNode(*self.place(event), flow=bool(event.flow_style)))
            elif name == "SequenceStartEvent":
                self.begin(SequenceNode(*self.place(event), flow=bool(event.flow_style)))
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                self.finish(event)
            elif name == "AliasEvent":
                self.add(self.alias(event))
            elif name == "DocumentStartEvent":
                self.anchors = {}
        return self.roots

    def offset(self, mark: Any) -> int:
        index: int = mark.index
        return self.offsets[min(index, len(self.offsets) - 1)]

    def place(self, event: Any) -> tuple[int, int, int, str | None, str | None]:
        """Start, content, end, anchor and tag; the end of a collection is set when it is complete."""
        start, end = self.offset(event.start_mark), self.offset(event.end_mark)
        kinds = b"&" * (event.anchor is not None) + b"!" * (event.tag is not None)
        content = _after_properties(self.text, start, kinds)
        tag = None if event.tag is None else str(event.tag)
        return start + self.shift, content + self.shift, end + self.shift, event.anchor, tag

    def scalar(self, event: Any) -> ScalarNode:
        node = ScalarNode(*self.place(event), value=event.value, style=event.style or "")
        node.content = min(node.content, node.end)
        if node.is_block:
            node.end = self.block_end(node)
        return node

    def block_end(self, node: ScalarNode) -> int:
        """Blank lines after a block scalar belong to it only where its header keeps them (`|+`)."""
        body = self.text[node.content - self.shift : node.end - self.shift]
        header = body.split(b"#", 1)[0].splitlines()[0] if body else b""
        return node.end if b"+" in header else node.content + len(body.rstrip())

    def alias(self, event: Any) -> AliasNode:
        start, end = self.offset(event.start_mark), self.offset(event.end_mark)
        target = self.anchors.get(event.anchor)
        if target is None:
            raise YamlError(f"not valid YAML: alias *{event.anchor} has no anchor", start + self.shift)
        return AliasNode(start + self.shift, start + self.shift, end + self.shift, None, None, target=target)

    def begin(self, node: SequenceNode | MappingNode) -> None:
        self.add(node)
        self.open.append((node, []))

    def finish(self, event: Any) -> None:
        node, _ = self.open.pop()
        end = self.offset(event.end_mark) + self.shift
        if not (node.flow and end > node.content):
            # The scanner sees the end of a block only at the next token: comments in between are not part of it.
            last = node.items[-1:] if isinstance(node, SequenceNode) else [entry.value for entry in node.entries[-1:]]
            end = max([node.content, *(child.end for child in last)])
        node.end = end

    def add(self, node: Node) -> None:
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        if not self.open:
            self.roots.append(node)
            return
        parent, waiting = self.open[-1]
        if isinstance(parent, SequenceNode):
            parent.items.append(node)
        elif waiting:
            key = waiting.pop()
            if isinstance(node, ScalarNode) and node.start == node.end:
                self.put_behind_colon(key, node)
            parent.entries.append(Entry(key, node))
        else:
            self.reject_template(parent, node)
            waiting.append(node)

    def put_behind_colon(self, key: Node, empty: Node) -> None:
        """An empty value is marked where the next token begins, which may be lines below."""
        colon = _COLON.match(self.text, key.end - self.shift)
        if colon is not None and colon.end() + self.shift <= empty.start:
            empty.start = empty.content = empty.end = colon.end() + self.shift

    def reject_template(self, parent: MappingNode, key: Node) -> None:
        at = parent.content - self.shift
        if parent.flow and isinstance(key, MappingNode) and self.text[at : at + 2] == b"{{":
            raise YamlError("a template: {{ ... }} stands outside quotes", parent.content)


_PROPERTY = re.compile(rb"!<[^>]*>|[&!][^\s,\[\]{}]*")
_COLON = re.compile(rb"(?:[ \t]|(?:#[^\r\n]*)?[\r\n])*:")
_BLANK = re.compile(rb"(?:[ \t]|(?:#[^\r\n]*)?[\r\n])*")


def _after_properties(text: bytes, start: int, kinds: bytes) -> int:
    """Where the content begins after an anchor, a tag or both in either order; `kinds` holds `&`, `!` or both."""
    at = start
    for _ in kinds:
        found = _PROPERTY.match(text, at)
        if found is None or found.group()[:1] not in kinds:
            break
        blank = _BLANK.match(text, found.end())
        at = blank.end() if blank else found.end()
    return at


_COMMENT = re.compile(rb"(?:(?<=[\s])|\A)#[^\r\n]*")


def comments(source: Source) -> list[tuple[int, int]]:
    """The ranges of the real comments, from `#` to the end of the line; a `#` inside a value is none.

    Raises:
        YamlError: as for `documents`.
    """
    values = [(_body_start(source.text, scalar), scalar.end) for root in documents(source) for scalar in _scalars(root)]
    found: list[tuple[int, int]] = []
    at = 0
    for start, end in [*sorted(values), (len(source.text), len(source.text))]:
        found += [match.span() for match in _COMMENT.finditer(source.text, at, start)]
        at = max(at, end)
    return found


def _scalars(root: Node) -> Iterator[ScalarNode]:
    """All that are written out, keys included."""
    pending = [root]
    while pending:
        for _, node in walk(pending.pop()):
            if isinstance(node, ScalarNode):
                if node.content < node.end:
                    yield node
            elif isinstance(node, MappingNode):
                pending += (entry.key for entry in node.entries)


def _body_start(text: bytes, scalar: ScalarNode) -> int:
    """Where text begins that cannot be a comment: a block scalar's header line may end in one."""
    if not scalar.is_block:
        return scalar.content
    header = re.compile(rb"[|>][0-9+-]*[ \t]*(?:#[^\r\n]*)?").match(text, scalar.content, scalar.end)
    return header.end() if header else scalar.content
