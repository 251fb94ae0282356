"""Whether a text parses, and whether a changed one still does, for every language."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from autofix.languages import Language
from autofix.text.source import Source

# The module of each language that has a parser; it offers `check` and `regressed`.
_MODULES = {
    Language.PYTHON: "autofix.languages.python.syntax",
    Language.TYPESCRIPT: "autofix.languages.typescript.syntax",
    Language.DOCKERFILE: "autofix.languages.dockerfile",
    Language.YAML: "autofix.languages.yaml",
    Language.MARKDOWN: "autofix.languages.markdown",
    Language.TOML: "autofix.languages.toml",
}


def syntax_error(source: Source, language: Language) -> str | None:
    """Why a text must not be edited, in one line; None where it parses."""
    check: Callable[[Source], str | None] | None = _offered(language, "check")
    return check(source) if check is not None else None


def regressed(before: Source, after: Source, language: Language) -> str | None:
    """Why a change must be taken back, in one line; None where the new text parses as well as the old one."""
    compare: Callable[[Source, Source], str | None] | None = _offered(language, "regressed")
    return compare(before, after) if compare is not None else None


def _offered(language: Language, name: str) -> Callable[..., str | None] | None:
    if language not in _MODULES:
        return None
    try:
        module = import_module(_MODULES[language])
    except ModuleNotFoundError:
        return None
    return getattr(module, name, None)
