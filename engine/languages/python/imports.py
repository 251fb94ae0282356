"""Import statements, read part by part."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from autofix.languages.python.syntax import root
from autofix.text.source import Source

if TYPE_CHECKING:
    from autofix.languages.python.scopes import Scope
    from tree_sitter import Node

_STATEMENTS = frozenset(("import_statement", "import_from_statement", "future_import_statement"))
# Begins with what is rare: a look behind comes dear where it is tried at every byte.
_KEYWORD = re.compile(rb"import(?<![\w.]import)(?!\w)")
_FUNCTIONS = frozenset(("function_definition", "lambda"))


class ImportedName(NamedTuple):
    """One item of an import: `a.b as c`. Ranges are byte offsets."""

    name: str
    """As written without blanks; dotted in `import a.b`; `*` for a star import."""
    asname: str | None
    start: int
    end: int
    """The whole item, `as` included, without a comma."""
    name_end: int
    """Where the name ends; it starts at `start`."""
    asname_start: int | None

    @property
    def bound(self) -> str:
        """The name that it binds in the scope; empty for a star import."""
        return self.asname or ("" if self.name == "*" else self.name.split(".")[0])

    @property
    def bound_range(self) -> tuple[int, int]:
        """Where the bound name is written."""
        if self.asname_start is not None:
            return self.asname_start, self.end
        return self.start, self.start + len(self.bound.encode("utf-8"))


@dataclass(eq=False, slots=True)
class ImportStatement:
    """One import statement, by itself. Ranges are byte offsets; the statement's ends before a `;`, comment or line ending."""

    start: int
    end: int
    module: str | None
    """The module of `from module import`, as written without leading dots or blanks: `""` for `from . import x`; None for
    `import x`.
    """
    level: int
    """The number of leading dots."""
    module_start: int
    module_end: int
    """The module with its dots; an empty range at `start` for `import x`."""
    names: tuple[ImportedName, ...]
    node: Node

    @property
    def is_from(self) -> bool:
        """Whether it is `from ... import ...`."""
        return self.module is not None

    @property
    def is_star(self) -> bool:
        """Whether it is `from ... import *`."""
        return bool(self.names) and self.names[0].name == "*"

    @property
    def is_future(self) -> bool:
        """Whether it is `from __future__ import ...`."""
        return self.module == "__future__" and not self.level

    @property
    def dotted(self) -> str:
        """The module with its dots, as one would write it: `..pkg.mod`."""
        return "." * self.level + (self.module or "")


@dataclass(eq=False, slots=True)
class Import(ImportStatement):
    """One import statement and where it stands."""

    scope: Scope
    type_checking: bool
    """Only for type checkers: below `if TYPE_CHECKING`."""
    guarded: bool
    """In any part of a `try` that catches ImportError, or wider: perhaps meant to fail."""

    @classmethod
    def of(cls, found: ImportStatement, scope: Scope, type_checking: bool, guarded: bool) -> Import:
        """The statement at its place."""
        start, end, node = found.start, found.end, found.node
        module = (found.module, found.level, found.module_start, found.module_end)
        return cls(start, end, *module, found.names, node, scope, type_checking, guarded)

    @property
    def is_local(self) -> bool:
        """Whether it runs in a function, when that is called."""
        return self.scope.is_deferred


def read_import(node: Node, text: bytes) -> ImportStatement:
    """The import statement at a node of one of the three import types."""
    start, end = node.start_byte, node.end_byte
    module, level, module_start, module_end = None, 0, start, start
    if node.type == "future_import_statement":
        at = text.index(b"__future__", start)
        module, module_start, module_end = "__future__", at, at + len(b"__future__")
    elif node.type == "import_from_statement" and (path := node.child_by_field_name("module_name")) is not None:
        module_start, module_end = path.start_byte, path.end_byte
        written = _plain(path, text)
        module = written.lstrip(".")
        level = len(written) - len(module)
    names = tuple(_item(child, text) for child in node.children_by_field_name("name"))
    if not names:
        star = next((child for child in node.named_children if child.type == "wildcard_import"), None)
        if star is not None:
            names = (ImportedName("*", None, star.start_byte, star.end_byte, star.end_byte, None),)
    return ImportStatement(start, end, module, level, module_start, module_end, names, node)


def import_statements(source: Source, words: re.Pattern[bytes] | None = None) -> Iterator[ImportStatement]:
    """The import statements of a file without syntax errors, in order, wherever they stand.

    With `words`, only those on whose lines one of them stands: cheaper, as the tree is only asked about these.
    """
    text, tree = source.text, root(source)
    keywords = source.once(_keywords)
    for at in keywords if words is None else _near(text, keywords, words):
        node = tree.descendant_for_byte_range(at, at + len(b"import"))
        if node is None or node.type != "import" or node.parent is None or node.parent.type not in _STATEMENTS:
            continue
        node = node.parent
        line = text.rfind(b"\n", 0, node.start_byte) + 1
        if words is None or words.search(text, line, node.end_byte) is not None:
            yield read_import(node, text)


def _keywords(source: Source) -> list[int]:
    return [found.start() for found in _KEYWORD.finditer(source.text)]


def _near(text: bytes, keywords: list[int], words: re.Pattern[bytes]) -> list[int]:
    """Those of the keywords that are next to a word: before or after it, comments aside."""
    found: set[int] = set()
    for word in words.finditer(text):
        at = bisect_left(keywords, word.start())
        found.update(keywords[at : at + 1])
        while at > 0:
            at -= 1
            found.add(keywords[at])
            if text.rfind(b"#", text.rfind(b"\n", 0, keywords[at]) + 1, keywords[at]) < 0:
                break
    return sorted(found)


def runs_on_import(node: Node) -> bool:
    """Whether a statement runs when its module is imported: outside of functions, and neither for type checkers nor scripts."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in _FUNCTIONS:
            return False
        if parent.type == "if_statement" and parent.child_by_field_name("consequence") == child:
            condition = _text(parent.child_by_field_name("condition"))
            if condition.rpartition(b".")[2] == b"TYPE_CHECKING" or b"__main__" in condition:
                return False
        child, parent = parent, parent.parent
    return True


def is_fallback(node: Node) -> bool:
    """Whether an import may fail by design: in a `try` whose handler expects an ImportError or has something else ready."""
    parent = node.parent
    while parent is not None and parent.type not in _FUNCTIONS:
        if parent.type == "try_statement" and any(map(_expects_failure, parent.named_children)):
            return True
        if parent.type == "with_statement" and b"suppress(" in _text(parent).partition(b":")[0]:
            return True
        parent = parent.parent
    return False


def _expects_failure(clause: Node) -> bool:
    if clause.type != "except_clause":
        return False
    caught, body = clause.named_children[:-1], clause.named_children[-1]
    names = b" ".join(map(_text, caught))
    if b"ImportError" in names or b"ModuleNotFoundError" in names:
        return True
    return any(part.type in _STATEMENTS or _assigns(part) for part in body.named_children)


def _assigns(node: Node) -> bool:
    return node.type == "expression_statement" and any(child.type == "assignment" for child in node.named_children)


def _text(node: Node | None) -> bytes:
    return b"" if node is None else node.text or b""


def bound_names(node: Node, text: bytes) -> list[str]:
    """The names that an import statement binds."""
    names = []
    for item in node.children_by_field_name("name"):
        alias = item.child_by_field_name("alias") if item.type == "aliased_import" else None
        if alias is not None:
            names.append(text[alias.start_byte : alias.end_byte].decode("utf-8", "replace"))
        elif node.type == "import_statement" and item.named_child_count:
            first = item.named_children[0]
            names.append(text[first.start_byte : first.end_byte].decode("utf-8", "replace"))
        else:
            names.append(_plain(item, text))
    return names


def _item(node: Node, text: bytes) -> ImportedName:
    start, end = node.start_byte, node.end_byte
    if node.type != "aliased_import":
        return ImportedName(_plain(node, text), None, start, end, end, None)
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    if name is None or alias is None:
        return ImportedName(_plain(node, text), None, start, end, end, None)
    asname = text[alias.start_byte : alias.end_byte].decode("utf-8")
    return ImportedName(_plain(name, text), asname, start, end, name.end_byte, alias.start_byte)


def _plain(node: Node, text: bytes) -> str:
    """A dotted name without the blanks, comments and continuations that may stand between its parts."""
    written = text[node.start_byte : node.end_byte]
    if written.replace(b".", b"").replace(b"_", b"").isalnum():
        return written.decode("utf-8")
    dots = sum((child.text or b"").count(b".") for child in node.children if child.type == "import_prefix")
    names: list[str] = []
    todo = [node]
    while todo:
        found = todo.pop()
        if found.type == "identifier":
            names.append(text[found.start_byte : found.end_byte].decode("utf-8"))
        todo.extend(reversed(found.named_children))
    return "." * dots + ".".join(names)
