"""The "map" step over files: what a language module offers to whole-program fixers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from autofix.languages import Language
from autofix.text.source import Source

S_co = TypeVar("S_co", covariant=True)


@dataclass(frozen=True)
class Summarizer(Generic[S_co]):
    """The "map" step: a pure function from one file to a small picklable value.

    Several fixers may share one. `name` and `version` key the cache: raise the version whenever `summarize` would say
    something else of the same text. `needles` as for fixers: a file without them has no summary.
    """

    name: str
    version: int
    languages: frozenset[Language]
    summarize: Callable[[Source], S_co]
    needles: tuple[bytes, ...] | None = None
