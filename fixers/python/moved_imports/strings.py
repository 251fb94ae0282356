"""Import paths in Python strings: at which positions something will import or look up what a string names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixer import Applicability
from autofix.fixers.python.moved_imports.commands import PathText
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE

# Functions whose first argument is a path that they import or look up.
_FIRST_ARGUMENT = {
    "patch": (SAFE, "mock.patch"),
    "dict": (SAFE, "mock.patch.dict"),
    "multiple": (SAFE, "mock.patch.multiple"),
    "setattr": (SAFE, "monkeypatch.setattr"),
    "delattr": (SAFE, "monkeypatch.delattr"),
    "config_from_object": (SAFE, "config_from_object"),
    "from_object": (SAFE, "from_object"),
    "include": (SAFE, "include"),
    "import_module": (UNSAFE, "import_module"),
    "find_spec": (UNSAFE, "find_spec"),
    "run_module": (UNSAFE, "run_module"),
    "resolve_name": (UNSAFE, "resolve_name"),
    "importorskip": (UNSAFE, "importorskip"),
    "import_string": (UNSAFE, "import_string"),
    "getLogger": (UNSAFE, "the name of a logger"),
    "get_logger": (UNSAFE, "the name of a logger"),
    "assertLogs": (UNSAFE, "the name of a logger"),
    "assertNoLogs": (UNSAFE, "the name of a logger"),
}
# Of these names only a method counts: `monkeypatch.setattr("m.x", ...)` but not `setattr("m.x", ...)` or `dict("m.x")`.
_METHODS = frozenset(("dict", "multiple", "setattr", "delattr", "from_object", "config_from_object"))
_KEYWORDS = {
    ("Celery", "include"): "Celery(include=)",
    ("Celery", "imports"): "Celery(imports=)",
    ("setup", "entry_points"): "an entry point",
    ("autodiscover_tasks", "packages"): "autodiscover_tasks",
}
# Names whose values are module paths by contract of the framework that reads them.
_VARIABLES = frozenset(
    ("pytest_plugins", "CELERY_IMPORTS", "CELERY_INCLUDE", "INSTALLED_APPS", "MIDDLEWARE", "ROOT_URLCONF", "WSGI_APPLICATION",
     "ASGI_APPLICATION", "AUTHENTICATION_BACKENDS", "imports", "wsgi_app")
)  # fmt: skip
_ENVIRONMENT = frozenset(("DJANGO_SETTINGS_MODULE", "FLASK_APP"))
_CONTAINERS = frozenset(("list", "tuple", "set", "parenthesized_expression"))


class Position(NamedTuple):
    """Where a string stands: what reads it, and who decides about a change. `refusal` says why it must stay."""

    what: str
    applicability: Applicability = SAFE
    refusal: str = ""


@cache
def _literal() -> re.Pattern[bytes]:
    """The whole of a plain string; an entry point may stand behind its name: `tool = package.module:function`."""
    return re.compile(
        rb"""(["'])(?:[\w.-]+\s*=\s*)?([A-Za-z_]\w*(?:\.\w+)*(?::[A-Za-z_][\w.]*)?)(?:\.\*)?(?:\s*\[[\w,\s]*\])?\1"""
    )


def literals(source: Source) -> Iterator[PathText]:
    """Whatever looks like a quoted import path, anywhere in a Python file."""
    return map(_path_text, _literal().finditer(source.text))


def literals_of(source: Source, paths: re.Pattern[bytes]) -> Iterator[PathText]:
    """Those of them that begin with one of some paths."""
    text = source.text
    for found in paths.finditer(text):
        start = found.start()
        line = text.rfind(b"\n", 0, start) + 1
        quote = max(text.rfind(b'"', line, start), text.rfind(b"'", line, start))
        if quote >= 0 and (match := _literal().match(text, quote)) is not None and match.start(2) == start:
            yield _path_text(match)


def _path_text(match: re.Match[bytes]) -> PathText:
    return PathText(match.start(2), match.end(2), match.group(2).decode("utf-8", "replace"))


def position(root: Node, path: PathText) -> Position | None:
    """What reads the string that holds a path; None where nothing is known to, or where it is no plain string."""
    node = root.descendant_for_byte_range(path.start, path.end)
    if node is None or node.type != "string_content" or node.named_child_count or node.parent is None:
        return None
    string = node.parent
    if string.type != "string" or not set(_text(string.children[0]).lower()) <= set("ur\"'"):
        return None
    return _of_string(string)


def _of_string(string: Node) -> Position | None:
    outer = string.parent
    while outer is not None and outer.type in _CONTAINERS:
        outer = outer.parent
    if outer is None:
        return None
    if outer.type == "argument_list":
        return _of_argument(string, outer)
    if outer.type == "keyword_argument":
        return _of_keyword(outer)
    if outer.type == "pair":
        return _of_pair(string, outer)
    if outer.type == "subscript" and _text(outer.child_by_field_name("value")) == "sys.modules":
        return Position("a key of sys.modules", UNSAFE)
    if outer.type in ("assignment", "augmented_assignment"):
        target = _text(outer.child_by_field_name("left"))
        return Position(target) if target.rpartition(".")[2] in _VARIABLES else None
    return None


def _of_argument(string: Node, arguments: Node) -> Position | None:
    called = _called(arguments)
    first = next(iter(arguments.named_children), None)
    if first is None:
        return None
    is_first = first.start_byte <= string.start_byte < first.end_byte
    receiver, _, name = called.rpartition(".")
    if called == "__import__" and is_first:
        return Position("__import__", refusal="__import__ returns the top package, whose meaning would change")
    if name == "autodiscover_tasks" and is_first:
        return Position("autodiscover_tasks")
    if not is_first:
        return Position("an environment variable") if _text(first).strip("\"'") in _ENVIRONMENT else None
    if string.parent != arguments:
        return None
    if name in ("run", "Config") and b":" in (string.text or b""):
        return Position(f"{called}()")
    if name in _METHODS and not receiver:
        return None
    if name in ("dict", "multiple") and receiver.rpartition(".")[2] != "patch":
        return None
    if name not in _FIRST_ARGUMENT:
        return None
    applicability, what = _FIRST_ARGUMENT[name]
    return Position(what, applicability)


def _of_keyword(keyword: Node) -> Position | None:
    name = _text(keyword.child_by_field_name("name"))
    arguments = keyword.parent
    if arguments is None:
        return None
    called = _called(arguments).rpartition(".")[2]
    if name == "target" and called == "patch":
        return Position("mock.patch")
    if name == "app" and called in ("run", "Config"):
        return Position(f"{called}(app=)")
    if name == "logger" and called in ("at_level", "set_level", "assertLogs"):
        return Position("the name of a logger", UNSAFE)
    if (called, name) in _KEYWORDS:
        return Position(_KEYWORDS[called, name])
    return Position(f"{called}({name}=)") if called.endswith("update") and name in ("include", "imports") else None


def _of_pair(string: Node, pair: Node) -> Position | None:
    """Keys of the loggers of a logging configuration; what `patch.dict("sys.modules", ...)` replaces; entry points."""
    dictionary = pair.parent
    holder = dictionary.parent if dictionary is not None else None
    if holder is None or dictionary is None:
        return None
    is_key = pair.child_by_field_name("key") == string
    key = _text(pair.child_by_field_name("key")).strip("\"'")
    if not is_key:
        if key in ("class", "()") and b"version" in (_outermost(dictionary).text or b""):
            return Position("a class of a logging configuration", UNSAFE)
        keyword = holder if holder.type == "keyword_argument" else None
        return _of_keyword(keyword) if keyword is not None and keyword.parent is not None else None
    if holder.type == "pair" and _text(holder.child_by_field_name("key")).strip("\"'") == "loggers":
        return Position("the name of a logger", UNSAFE)
    if holder.type == "argument_list" and "sys.modules" in _text(holder):
        return Position("a key of sys.modules", UNSAFE)
    return None


def _outermost(dictionary: Node) -> Node:
    node = dictionary
    while node.parent is not None and node.parent.type in ("pair", "dictionary"):
        node = node.parent
    return node


def _called(arguments: Node) -> str:
    call = arguments.parent
    return "" if call is None or call.type != "call" else "".join(_text(call.child_by_field_name("function")).split())


def _text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode("utf-8")
