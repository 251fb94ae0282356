"""The configuration: `[tool.autofix]` in pyproject.toml, or autofix.toml with the same keys at its top level."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file and key."""


class Configuration(NamedTuple):
    """What a repository asks for."""

    path: Path | None = None
    select: tuple[str, ...] | None = None
    """Ids, groups, globs or recipes; None for the default selection."""
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    """Whether unsafe fixes are made."""
    exclude: tuple[str, ...] = ()
    """Patterns as in .gitignore."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    """Patterns as in .gitignore, each with the selectors that do not count there."""
    default_branch: str | None = None
    """The default branch, where it cannot be read off the repository."""
    fixers: Mapping[str, Mapping[str, object]] = {}
    """The tables `[fixers.<id>]` as written."""

    def options(self, fixer_id: str, options: type[T]) -> T:
        """The options of one fixer.

        Raises:
            ConfigurationError: an unknown key or a value of another type.
        """
        return _build(options, self.fixers.get(fixer_id, {}), f"{self.path}: [fixers.{fixer_id}]")


def load(root: Path, explicit: Path | None = None) -> Configuration:
    """The configuration of the project at `root`, or that of the file named.

    Raises:
        ConfigurationError: the file cannot be read, is no TOML, or has an unknown key or a value of another type.
    """
    if explicit is not None:
        return _parse(explicit, _table(explicit, whole=explicit.name != "pyproject.toml") or {})
    own = root / "autofix.toml"
    if own.is_file():
        return _parse(own, _table(own, whole=True) or {})
    shared = root / "pyproject.toml"
    table = _table(shared, whole=False) if shared.is_file() else None
    return Configuration() if table is None else _parse(shared, table)


def _table(path: Path, *, whole: bool) -> Mapping[str, object] | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if not whole and b"autofix" not in data:
        return None
    import tomllib

    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    if whole:
        return document
    tool = document.get("tool")
    table = tool.get("autofix") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(f"{path}: [tool.autofix] is no table")
    return table


def _parse(path: Path, table: Mapping[str, object]) -> Configuration:
    tables = table.get("fixers", {})
    if not isinstance(tables, dict) or not all(isinstance(value, dict) for value in tables.values()):
        raise ConfigurationError(f"{path}: [fixers.<id>] must be a table")
    rest = {key: value for key, value in table.items() if key != "fixers"}
    return _build(Configuration, rest, str(path), reserved=("path", "fixers"))._replace(path=path, fixers=tables)


def _build(target: type[T], table: Mapping[str, object], where: str, reserved: Sequence[str] = ()) -> T:
    """A dataclass from a TOML table; keys are written with `-` or `_`."""
    hints = typing.get_type_hints(target)
    names = [name for name in hints if name not in reserved]
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in names:
            raise ConfigurationError(
                f"{where}: unknown key {key!r}{nearest(key, [known.replace('_', '-') for known in names])}"
            )
        values[name] = _convert(value, hints[name], f"{where}: {key}")
    return target(**values)


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?` for the most similar known word, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _convert(value: object, hint: object, where: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        present = [argument for argument in arguments if argument is not type(None)]
        return _convert(value, present[0], where)
    if origin is tuple:
        if isinstance(value, list):
            return tuple(_convert(item, arguments[0], where) for item in value)
        raise ConfigurationError(f"{where}: expected a list, found {value!r}")
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if isinstance(value, dict):
            return {key: _convert(item, arguments[1], f"{where}.{key}") for key, item in value.items()}
        raise ConfigurationError(f"{where}: expected a table, found {value!r}")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigurationError(f"{where}: expected {getattr(hint, '__name__', hint)}, found {value!r}")
