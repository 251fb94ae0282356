"""What kind of file a path names, and how comments look in it.

One module a language lives beside this one: it parses, finds and renders, and holds what fixers of the language share.
Parsers are imported when first used: a run that needs none of them does not pay for them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache


class Language(StrEnum):
    """The languages that fixers can ask for."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    """TypeScript, TSX, JavaScript and JSX."""
    DOCKERFILE = "dockerfile"
    YAML = "yaml"
    MARKDOWN = "markdown"
    TOML = "toml"
    JSON = "json"
    INI = "ini"
    SHELL = "shell"
    PROCFILE = "procfile"
    DOTENV = "dotenv"
    REQUIREMENTS = "requirements"
    IGNORE = "ignore"
    """.gitignore, .dockerignore and their kin."""
    HTML = "html"


SUFFIXES = {
    ".py": Language.PYTHON,
    ".pyi": Language.PYTHON,
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".tsx": Language.TYPESCRIPT,
    ".js": Language.TYPESCRIPT,
    ".mjs": Language.TYPESCRIPT,
    ".cjs": Language.TYPESCRIPT,
    ".jsx": Language.TYPESCRIPT,
    ".dockerfile": Language.DOCKERFILE,
    ".containerfile": Language.DOCKERFILE,
    ".yml": Language.YAML,
    ".yaml": Language.YAML,
    ".md": Language.MARKDOWN,
    ".mdx": Language.MARKDOWN,
    ".markdown": Language.MARKDOWN,
    ".toml": Language.TOML,
    ".json": Language.JSON,
    ".ini": Language.INI,
    ".cfg": Language.INI,
    ".conf": Language.INI,
    ".sh": Language.SHELL,
    ".bash": Language.SHELL,
    ".dockerignore": Language.IGNORE,
    ".html": Language.HTML,
}
"""The language by the ending of the name, in lower case; no name of `_BY_NAME` ends like one of another language."""
_BY_NAME = {
    "dockerfile": Language.DOCKERFILE,
    "containerfile": Language.DOCKERFILE,
    "procfile": Language.PROCFILE,
    "pipfile": Language.TOML,
    "poetry.lock": Language.TOML,
    "uv.lock": Language.TOML,
    ".coveragerc": Language.INI,
    ".flake8": Language.INI,
    ".pylintrc": Language.INI,
    ".gitignore": Language.IGNORE,
    ".dockerignore": Language.IGNORE,
    ".env": Language.DOTENV,
}
_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)", re.IGNORECASE)


@cache
def _of_name(name: str) -> Language | None:
    lower = name.lower()
    known = _BY_NAME.get(lower)
    if known is not None:
        return known
    dot = lower.rfind(".")
    if dot >= 0 and (by_suffix := SUFFIXES.get(lower[dot:])) is not None:
        return by_suffix
    if lower.startswith(("dockerfile.", "containerfile.")):
        return Language.DOCKERFILE
    if lower.startswith(".env.") or lower.endswith(".env"):
        return Language.DOTENV
    return Language.REQUIREMENTS if _REQUIREMENTS.fullmatch(name) else None


def language_of(path: str) -> Language | None:
    """The language of a file, by its name alone; None where no fixer could want it."""
    name = path[path.rfind("/") + 1 :]
    if name.endswith(".txt") and "requirements/" in path:
        return Language.REQUIREMENTS
    return _of_name(name)
