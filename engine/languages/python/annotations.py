"""Names in annotations and in strings that are read as types."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from autofix.languages.python.scopes import Reference, Scope

if TYPE_CHECKING:
    from autofix.languages.python.imports import Import
    from tree_sitter import Node

_TYPING = frozenset(("typing", "typing_extensions"))
# Parts of annotations that hold further parts.
_PARTS = frozenset(
    (
        *("type", "type_parameter", "union_type", "constrained_type", "splat_type", "binary_operator", "list", "tuple"),
        *("parenthesized_expression", "expression_list", "list_splat"),
    )
)
_NAME = re.compile(rb"[ \t]*([^\W\d]\w*)(?:\.[^\W\d]\w*)*[ \t]*", re.ASCII)
# Which arguments of these calls are types when they are strings: by position, and by keyword.
_CALLS: dict[str, tuple[slice, frozenset[str]]] = {
    "cast": (slice(0, 1), frozenset(("typ",))),
    "TypeVar": (slice(1, None), frozenset(("bound", "default"))),
    "NewType": (slice(1, 2), frozenset(("tp",))),
    "ForwardRef": (slice(0, 1), frozenset(("arg",))),
    "assert_type": (slice(1, 2), frozenset(("typ",))),
}
_NO_TYPES = frozenset(("Literal", "Annotated"))
_GENERICS = frozenset(
    (
        *(
            "Optional",
            "Union",
            "List",
            "Dict",
            "Set",
            "FrozenSet",
            "Tuple",
            "Type",
            "Callable",
            "Iterable",
            "Iterator",
            "Sequence",
        ),
        *(
            "Mapping",
            "MutableMapping",
            "Awaitable",
            "Coroutine",
            "AsyncIterator",
            "AsyncIterable",
            "Generator",
            "AsyncGenerator",
        ),
        *("ClassVar", "Final", "DefaultDict", "Deque", "Collection", "AbstractSet", "MutableSequence", "MutableSet", "Generic"),
        *("Protocol", "Required", "NotRequired", "ReadOnly", "Unpack", "Concatenate", "TypeGuard", "TypeIs"),
    )
)
# Strings in strings in strings: no one writes that.
_DEEPEST = 4


class Annotations(ABC):
    """The part of the builder that reads types."""

    text: bytes

    def __init__(self) -> None:
        self.base = 0
        """What to add to the offsets of nodes: fragments from strings have trees of their own."""
        self.depth = 0
        """The number of strings around the fragment that is read."""
        self.opaque: list[tuple[int, int]] = []
        self.typing_names: dict[str, str] = {}
        """What the file calls the names of `typing`."""
        self.typing_modules: set[bytes] = set()
        """What it calls the modules `typing` and `typing_extensions`."""

    @abstractmethod
    def push(self, node: Node | None, scope: Scope) -> None:
        """Visits an expression later."""

    @abstractmethod
    def read(self, node: Node, scope: Scope) -> None:
        """An identifier is read."""

    @abstractmethod
    def name(self, start: int, end: int, scope: Scope) -> str:
        """The name at a range as Python knows it."""

    @abstractmethod
    def fragment(self, text: bytes, start: int, scope: Scope) -> bool:
        """Reads an annotation that stands in a string."""

    def note_typing(self, found: Import) -> None:
        """Remembers what an import calls the names of `typing`."""
        if not found.is_from:
            self.typing_modules |= {item.bound.encode() for item in found.names if item.name in _TYPING}
        elif found.module in _TYPING and not found.level:
            self.typing_names |= {item.bound: item.name for item in found.names}
            if found.is_star:
                self.typing_names |= {name: name for name in (*_CALLS, *_GENERICS, *_NO_TYPES)}

    def annotation(self, node: Node, scope: Scope, *, alias: bool = False, value: Node | None = None) -> None:
        """A type. With `alias` and the annotation `TypeAlias` the value is one too."""
        todo = [node]
        while todo:
            part = todo.pop()
            kind = part.type
            if kind == "identifier":
                self.read(part, scope)
            elif kind in _PARTS:
                todo.extend(reversed(part.named_children))
            elif kind == "string":
                self.string(part, scope)
            elif kind in ("subscript", "generic_type"):
                todo.extend(reversed(self._subscripted(part, scope)))
            elif kind == "member_type":
                todo.append(part.named_children[0])
            elif kind == "concatenated_string":
                self.opaque.append((part.start_byte + self.base, part.end_byte + self.base))
            else:
                self.push(part, scope)
        if alias and value is not None and value.type == "string" and self._bytes(node).endswith(b"TypeAlias"):
            self.string(value, scope)

    def untyped(self, node: Node, scope: Scope) -> None:
        """What the grammar took for a type is an expression: its strings are strings."""
        todo = [node]
        while todo:
            part = todo.pop()
            if part.type in _PARTS or part.type == "generic_type":
                todo.extend(reversed(part.named_children))
            elif part.type == "member_type":
                todo.append(part.named_children[0])
            else:
                self.push(part, scope)

    def _subscripted(self, node: Node, scope: Scope) -> list[Node]:
        """The parts that are types: not those of Literal, only the first of Annotated."""
        children = node.named_children
        canonical = self._canonical(children[0])
        if canonical not in _NO_TYPES:
            return children
        arguments = children[1:]
        if node.type == "generic_type":
            arguments = [argument for child in arguments for argument in child.named_children]
        types = arguments[:1] if canonical == "Annotated" else []
        for argument in arguments[len(types) :]:
            self.push(_unwrapped(argument), scope)
        return [children[0], *types]

    def string(self, node: Node, scope: Scope) -> None:
        """A string that is read as a type."""
        children = node.children
        start, end = children[0].end_byte, children[-1].start_byte
        prefix = self._bytes(children[0]).rstrip(b"\"'").lower()
        content = self.text[start + self.base : end + self.base]
        if prefix in (b"", b"r", b"u") and not (b"\\" in content and prefix != b"r") and self.depth < _DEEPEST:
            plain = _NAME.fullmatch(content)
            if plain is not None:
                first = start + self.base + plain.start(1)
                last = start + self.base + plain.end(1)
                scope.loads[self.name(first, last, scope)].append(Reference(first, last, scope, True))
                return
            if content.strip() and self.fragment(content, start + self.base, scope):
                return
        self.opaque.append((node.start_byte + self.base, node.end_byte + self.base))

    def typing_call(self, function: Node, arguments: Node, scope: Scope) -> None:
        """`cast("User", x)`, `TypeVar("T", bound="User")`."""
        types = _CALLS.get(self._canonical(function, strict=True))
        if types is None:
            return
        values = [child for child in arguments.named_children if child.type not in ("comment", "line_continuation")]
        positional = [child for child in values if child.type != "keyword_argument"]
        found = positional[types[0]]
        for child in values:
            name = child.child_by_field_name("name") if child.type == "keyword_argument" else None
            value = child.child_by_field_name("value")
            if name is not None and value is not None and self._bytes(name).decode("utf-8", "replace") in types[1]:
                found.append(value)
        for value in found:
            if value.type == "string":
                self.string(value, scope)
            elif value.type in ("subscript", "binary_operator"):
                self._strings_below(value, scope)

    def _strings_below(self, node: Node, scope: Scope) -> None:
        # The other names are read by the ordinary walk; a typing generic within is, with its strings.
        if node.type == "subscript" and self._canonical(node.named_children[0], strict=True):
            return
        for child in node.named_children[1:]:
            if child.type == "string":
                self.string(child, scope)

    def typing_subscript(self, node: Node, scope: Scope) -> bool:
        """`Optional["User"]` in an expression; False where it is an ordinary subscript."""
        value, *arguments = node.named_children
        if self._canonical(value, strict=True) not in _GENERICS:
            return False
        for argument in reversed(arguments):
            self.annotation(argument, scope)
        self.push(value, scope)
        return True

    def _canonical(self, node: Node, *, strict: bool = False) -> str:
        """The name in `typing` that an expression means; where not `strict`, also by its looks alone."""
        if node.type == "identifier":
            name = self._bytes(node).decode("utf-8", "replace")
            return self.typing_names.get(name, "" if strict else name)
        if node.type in ("attribute", "member_type"):
            before, _, last = self._bytes(node).rpartition(b".")
            known = not strict or before.strip() in self.typing_modules
            return last.strip().decode("utf-8", "replace") if known else ""
        return ""

    def _bytes(self, node: Node) -> bytes:
        return self.text[node.start_byte + self.base : node.end_byte + self.base]


def _unwrapped(node: Node) -> Node:
    """The expression in a `type` node."""
    return node.named_children[0] if node.type == "type" and node.named_child_count == 1 else node
