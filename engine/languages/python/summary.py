"""What other files need to know of a Python file: imports, definitions, functions and the calls in them.

Made for whole repositories: the tree is searched by one query of tree-sitter, only what it finds becomes Python objects.
Names are not resolved here: a fixer that links summaries asks `scopes` about the few files that matter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from autofix.languages import Language
from autofix.languages.python.imports import is_fallback, read_import, runs_on_import
from autofix.languages.python.outline import Definition, definitions, exports
from autofix.languages.python.syntax import language, root, unstarred
from autofix.languages.summarizer import Summarizer
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node, Query


class ImportSummary(NamedTuple):
    """One import statement."""

    module: str | None
    """As written without dots; None for `import x`."""
    level: int
    names: tuple[tuple[str, str | None], ...]
    """Names with their `as` names; `(("*", None),)` for a star import."""
    line: int
    """1-based."""
    function: int
    """Index of the innermost function around it in `functions`; -1 for none."""
    runs: bool
    """Runs when the module is imported: see `runs_on_import`."""
    fallback: bool
    """May fail by design: see `is_fallback`."""

    @property
    def dotted(self) -> str:
        """The module with its dots; empty for `import x`."""
        return "." * self.level + (self.module or "")


class FunctionSummary(NamedTuple):
    """One `def`."""

    name: str
    """`Class.method`, `outer.<locals>.inner`."""
    line: int
    """1-based line of `def`."""
    is_async: bool
    decorators: tuple[str, ...]
    """Without arguments, as `Call.callee`."""


class ClassSummary(NamedTuple):
    """One class."""

    name: str
    line: int
    bases: tuple[str, ...]
    """Without subscripts, as `Call.callee`."""


class Call(NamedTuple):
    """One call."""

    callee: str
    """Dotted; `.name` for the attribute of anything that is no name (`query(x).all()`); `""` for other callees."""
    line: int
    function: int
    """Index of the innermost function around it in `functions`; -1 for none."""
    use: str
    """`awaited`; `dropped`: it is a statement of its own; `assigned`: to one name; empty for all others."""


class Calls(NamedTuple):
    """The calls of a file, in columns: hundreds of thousands are made, kept and handed on, and few are looked at."""

    callees: tuple[str, ...] = ()
    """Each as `Call.callee`."""
    lines: tuple[int, ...] = ()
    functions: tuple[int, ...] = ()
    uses: tuple[str, ...] = ()

    def each(self) -> Iterator[Call]:
        """The calls one by one."""
        return map(Call, self.callees, self.lines, self.functions, self.uses)


class ModuleSummary(NamedTuple):
    """A file as others see it. Everything is in the order of the text."""

    imports: tuple[ImportSummary, ...]
    definitions: tuple[Definition, ...]
    exports: tuple[str, ...] | None
    """The names of `__all__`; None where it is missing or not only plain strings."""
    functions: tuple[FunctionSummary, ...]
    classes: tuple[ClassSummary, ...]
    calls: Calls
    has_errors: bool

    @property
    def names(self) -> frozenset[str]:
        """What the module binds by itself when it is imported, imports apart."""
        return frozenset(found.name for found in self.definitions if found.kind != "import")


_DOTTED = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_IMPORTS = "(import_statement) @import (import_from_statement) @import (future_import_statement) @import"
_CODE = """
(function_definition) @function
(class_definition) @class
(call function: (_) @callee)
(await (call function: (_) @awaited))
(expression_statement . (call function: (_) @dropped) .)
(assignment left: (identifier) right: (call function: (_) @assigned))
"""
_USES = ("awaited", "dropped", "assigned")


@cache
def _query(patterns: str) -> Query:
    from tree_sitter import Query

    return Query(language(), patterns)


def _captures(patterns: str, node: Node) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    return QueryCursor(_query(patterns)).captures(node)


def summarize(source: Source) -> ModuleSummary:
    """The summary of a file; with syntax errors, of what could be read."""
    tree = root(source)
    found = _captures(_IMPORTS + _CODE, tree)
    frames = _Frames(source, found.get("function", []), found.get("class", []))
    return ModuleSummary(
        tuple(_import(node, source.text, frames.innermost(node.start_byte)) for node in _ordered(found.get("import", []))),
        definitions(source),
        exports(source),
        frames.functions,
        frames.classes,
        _calls(source.text, found, frames),
        tree.has_error,
    )


def _start(node: Node) -> int:
    return node.start_byte


def _span(node: Node) -> tuple[int, int]:
    return node.start_byte, node.end_byte


def _ordered(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=_start)


class _Frames:
    """The functions and classes of a file, and which function each place belongs to."""

    def __init__(self, source: Source, functions: list[Node], classes: list[Node]) -> None:
        self._text = source.text
        self._offsets, self._indexes = [0], [-1]
        found_functions: list[FunctionSummary] = []
        found_classes: list[ClassSummary] = []
        around: list[tuple[int, str, int]] = [(len(source.text) + 1, "", -1)]
        for node in _ordered([*functions, *classes]):
            start, name, body = node.start_byte, node.child_by_field_name("name"), node.child_by_field_name("body")
            self._leave(around, start)
            _, prefix, index = around[-1]
            qualified = prefix + (_slice(name, source.text) if name is not None else "")
            line, end = node.start_point.row + 1, node.end_byte
            if node.type == "class_definition":
                found_classes.append(ClassSummary(qualified, line, self._bases(node)))
                around.append((end, qualified + ".", index))
                continue
            is_async = node.children[0].type == "async"
            around.append((end, qualified + ".<locals>.", len(found_functions)))
            self._change(body.start_byte if body is not None else end, len(found_functions))
            found_functions.append(FunctionSummary(qualified, line, is_async, self._decorators(node)))
        self._leave(around, len(source.text) + 1)
        self.functions, self.classes = tuple(found_functions), tuple(found_classes)

    def _leave(self, around: list[tuple[int, str, int]], offset: int) -> None:
        while around[-1][0] <= offset and len(around) > 1:
            end, _, index = around.pop()
            if around[-1][2] != index:
                self._change(end, around[-1][2])

    def _change(self, offset: int, index: int) -> None:
        self._offsets.append(offset)
        self._indexes.append(index)

    def innermost(self, offset: int) -> int:
        """The index of the function whose body holds an offset; -1 for none."""
        return self._indexes[bisect_right(self._offsets, offset) - 1]

    def _bases(self, node: Node) -> tuple[str, ...]:
        arguments = node.child_by_field_name("superclasses")
        bases = []
        for base in arguments.named_children if arguments is not None else ():
            if base.type not in ("keyword_argument", "comment", "dictionary_splat"):
                value = base.child_by_field_name("value") if base.type == "subscript" else base
                bases.append(dotted(value or base, self._text))
        return tuple(bases)

    def _decorators(self, node: Node) -> tuple[str, ...]:
        before = node.prev_named_sibling
        names: list[str] = []
        while before is not None and before.type in ("decorator", "comment"):
            if before.type == "decorator":
                value: Node | None = before.named_child(0)
                if value is not None and value.type == "call":
                    value = value.child_by_field_name("function")
                names.append(dotted(value, self._text) if value is not None else "")
            before = before.prev_named_sibling
        return tuple(reversed(names))


def _slice(node: Node, text: bytes) -> str:
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _import(node: Node, text: bytes, function: int) -> ImportSummary:
    found = read_import(node, text)
    names = tuple((item.name, item.asname) for item in found.names)
    at_top = function < 0 and (parent := node.parent) is not None and parent.type == "module"
    runs, fallback = (True, False) if at_top else (function < 0 and runs_on_import(node), is_fallback(node))
    return ImportSummary(found.module, found.level, names, node.start_point.row + 1, function, runs, fallback)


def _calls(text: bytes, found: dict[str, list[Node]], frames: _Frames) -> Calls:
    uses = {(node.start_byte, node.end_byte): use for use in _USES for node in found.get(use, ())}
    names: dict[bytes, str] = {}
    # A call in a callee (`a().b()`) begins at the same place and ends before: the inner one first.
    nodes = sorted(found.get("callee", ()), key=_span)
    spans = [(node.start_byte, node.end_byte) for node in nodes]
    callees = []
    for node, (start, end) in zip(nodes, spans, strict=True):
        raw = text[start:end]
        name = names.get(raw)
        if name is None:
            name = names[raw] = dotted(node, text)
        callees.append(name)
    return Calls(
        tuple(callees),
        tuple([node.start_point.row + 1 for node in nodes]),
        tuple([frames.innermost(start) for start, _ in spans]),
        tuple([uses.get(span, "") for span in spans]),
    )


def dotted(node: Node, text: bytes) -> str:
    """`a.b.c` of names and attributes; `.c` for the attribute of anything else; `""` for what is neither."""
    raw = text[node.start_byte : node.end_byte]
    if _DOTTED.fullmatch(raw):
        return raw.decode("ascii")
    node = unstarred(node)
    if node.type not in ("identifier", "attribute"):
        return ""
    parts: list[str] = []
    current: Node | None = node
    while current is not None and current.type == "attribute":
        attribute = current.child_by_field_name("attribute")
        parts.append(_slice(attribute, text) if attribute is not None else "")
        current = current.child_by_field_name("object")
    current = unstarred(current) if current is not None else None
    if current is not None and current.type == "identifier":
        parts.append(_slice(current, text))
        return ".".join(reversed(parts))
    return "." + parts[0]


PYTHON_MODULES: Summarizer[ModuleSummary] = Summarizer("python-modules", 4, frozenset((Language.PYTHON,)), summarize)
