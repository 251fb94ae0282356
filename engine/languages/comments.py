"""Where the comments are, in every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import cast

from autofix.languages import Language
from autofix.text.source import Source

# Module and function; a module is imported when a file of its language is asked for.
_FINDERS: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        Language.PYTHON: ("python.syntax", "comments"),
        Language.TYPESCRIPT: ("typescript.syntax", "comments"),
        Language.DOCKERFILE: ("dockerfile", "comments"),
        Language.YAML: ("yaml", "comments"),
        Language.MARKDOWN: ("markdown", "comments"),
        Language.TOML: ("toml", "comments"),
        Language.JSON: ("jsonc", "comments"),
        Language.INI: ("line_comments", "ini"),
        Language.SHELL: ("shell", "comments"),
        Language.PROCFILE: ("line_comments", "procfile"),
        Language.DOTENV: ("line_comments", "dotenv"),
        Language.REQUIREMENTS: ("line_comments", "requirements"),
        Language.IGNORE: ("line_comments", "ignore"),
        Language.HTML: ("line_comments", "html"),
    }
)


def comments(source: Source, language: Language) -> Sequence[tuple[int, int]]:
    """The byte ranges of the real comments with their markers, in order; text that looks like one in a string is none.

    Raises:
        Exception: what the language's parser raises on a text that does not parse.
    """
    module, function = _FINDERS[language]
    finder = cast(
        "Callable[[Source], Sequence[tuple[int, int]]]", getattr(import_module(f"autofix.languages.{module}"), function)
    )
    # Some grammars count the first half of a line ending of two bytes to the comment.
    return [(start, end - 1 if source.text[end - 1 : end] == b"\r" else end) for start, end in finder(source)]
