"""Whether a text can be worked on, and whether a changed one still parses, for every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from autofix.languages import Language
from autofix.text.source import Source

# The module of each language that has a parser; it offers `check` and `regressed`.
_MODULES: Mapping[Language, str] = MappingProxyType(
    {
        Language.PYTHON: "python.syntax",
        Language.TYPESCRIPT: "typescript.syntax",
        Language.DOCKERFILE: "dockerfile",
        Language.YAML: "yaml",
        Language.MARKDOWN: "markdown",
        Language.TOML: "toml",
        Language.JSON: "jsonc",
    }
)
# What git leaves where it could not merge, or bytes that no text has.
_BROKEN = re.compile(rb"\0|^<{7} .*\r?\n(?s:.*?)^={7}\r?\n(?s:.*?)^>{7} ", re.MULTILINE)

# Their parsers take the marks of a conflict for text.
_LENIENT = frozenset({Language.DOCKERFILE, Language.TYPESCRIPT, Language.YAML})

# Parsed only once a fixer has something to say of the file: about 6 milliseconds a KiB.
SLOW_TO_PARSE = frozenset({Language.YAML})


def syntax_error(source: Source, language: Language) -> str | None:
    """Why a text must not be edited, in one line; None where it can be. Formats without a parser are judged by `_BROKEN`."""
    if language not in _MODULES:
        return _broken(source)
    if language in _LENIENT and b"<<<<<<< " in source.text and (conflict := _broken(source)) is not None:
        return conflict
    problem: str | None = _module(language).check(source)
    return problem and (_broken(source) or problem)


def regressed(before: Source, after: Source, language: Language) -> str | None:
    """Why a change must be taken back, in one line; None where the new text parses as well as the old one."""
    if language not in _MODULES:
        return None if _broken(before) is not None else _broken(after)
    problem: str | None = _module(language).regressed(before, after)
    return problem


def _broken(source: Source) -> str | None:
    found = _BROKEN.search(source.text)
    if found is None:
        return None
    what = "a NUL byte" if found[0] == b"\0" else "an unresolved merge conflict"
    return f"line {source.line_of(found.start())}: {what}"


def _module(language: Language) -> Any:
    return import_module(f"autofix.languages.{_MODULES[language]}")
