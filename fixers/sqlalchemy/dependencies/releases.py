"""Which SQLAlchemy a repository runs on, as far as its manifests and lock files tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autofix.fixer import Project
from autofix.languages import toml

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_MINORS = ((2, 1), (2, 0), (1, 4), (1, 3))
# The releases of SQLModel that require SQLAlchemy 1.4, and those that require 2.0 (metadata of sqlmodel 0.0.8 to 0.0.24).
_SQLMODEL_ON_2 = (0, 0, 12)
_CARET = re.compile(r"\^\s*([0-9][\w.]*)")
_TILDE = re.compile(r"~\s*([0-9][\w.]*)")
_PLAIN = re.compile(r"[0-9][\w.*]*")


@dataclass(frozen=True, slots=True)
class Release:
    """A release of SQLAlchemy: `minor` is what its interface is, `exact` the whole number where one is pinned."""

    minor: tuple[int, int] | None = None
    """None where nothing restricts it: the newest is installed."""
    exact: tuple[int, ...] | None = None
    evidence: str = ""
    """`path:line: what stands there`; the line only of manifests."""


def specifiers(text: str) -> SpecifierSet | None:
    """A version as pip, Poetry or Pipenv write it: `==1.4.*`, `^2.0`, `~1.4`, `*`; None where it is something else."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    parts = [_translated(part.strip()) for part in text.split(",") if part.strip()]
    try:
        return SpecifierSet(",".join(part for part in parts if part))
    except InvalidSpecifier:
        return None


def _translated(part: str) -> str:
    if part in ("*", "latest"):
        return ""
    if (caret := _CARET.fullmatch(part)) is not None:
        numbers = _numbers(caret[1])
        # The leftmost number that is not zero must not change (Poetry, "caret requirements").
        kept = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
        return f">={caret[1]},<{'.'.join(map(str, [*numbers[:kept], numbers[kept] + 1]))}"
    if not part.startswith("~=") and (tilde := _TILDE.fullmatch(part)) is not None:
        numbers = _numbers(tilde[1])
        last = min(1, len(numbers) - 1)
        return f">={tilde[1]},<{'.'.join(map(str, [*numbers[:last], numbers[last] + 1]))}"
    return f"=={part}" if _PLAIN.fullmatch(part) else part


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def newest_minor(text: str) -> tuple[int, int] | None:
    """The newest minor release of SQLAlchemy that a specifier allows; None where it allows what comes after the known ones."""
    found = specifiers(text)
    if found is None or not text.strip() or found.contains("3.0"):
        return None
    for major, minor in _MINORS:
        if any(found.contains(f"{major}.{minor}.{patch}", prereleases=True) for patch in range(100)):
            return (major, minor)
    return None


def release_of(name: str, text: str, evidence: str) -> Release | None:
    """What a requirement of SQLAlchemy or SQLModel says about SQLAlchemy; None where it restricts nothing."""
    exact = re.fullmatch(r"(?:===?)?\s*(\d[\d.]*\w*)", text.strip())
    if name == "sqlmodel":
        if exact is None:
            return None
        return Release((2, 0) if _numbers(exact[1]) >= _SQLMODEL_ON_2 else (1, 4), None, evidence)
    if exact is not None and exact[1].count(".") >= 1:
        numbers = _numbers(exact[1])
        return Release((numbers[0], numbers[1]), numbers, evidence)
    minor = newest_minor(text)
    return Release(minor, None, evidence) if minor is not None else None


_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")


def locked(project: Project, paths: Iterable[str]) -> Iterator[tuple[str, Release]]:
    """What lock files say, by path."""
    for path in sorted(paths):
        name = path.rpartition("/")[2]
        if name in _LOCKS and (version := _locked_version(project, path, name)) is not None:
            numbers = _numbers(version)
            if len(numbers) >= 2:
                yield path, Release((numbers[0], numbers[1]), numbers, f"{path}: sqlalchemy {version}")


def _locked_version(project: Project, path: str, name: str) -> str | None:
    source = project.source(path)
    if source is None:
        return None
    try:
        if name == "Pipfile.lock":
            data: Any = json.loads(source.text)
            return str(data["default"]["sqlalchemy"]["version"]).lstrip("=")
        packages = toml.load(source)["package"]
        return next(str(package["version"]) for package in packages if package["name"].lower() == "sqlalchemy")
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        return None
