"""What became of each test, and which of those that passed do so no longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from autofix.run.result import LostTest

PASSED = "passed"
GONE = "did not run"

Outcomes = Mapping[str, str]
"""By the name of a test, with its file or class: `passed`, `failed` or `skipped`."""

_WORDS = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def read(path: Path) -> Outcomes | None:
    """What pytest wrote with `--junitxml`; None where it wrote nothing that can be read."""
    try:
        tree = ElementTree.parse(path)  # noqa: S314 - written by the tests of the user, which could do anything
    except (OSError, ElementTree.ParseError):
        return None
    found: dict[str, str] = {}
    for case in tree.iter("testcase"):
        where = case.get("classname") or case.get("file") or ""
        test = f"{where}::{case.get('name') or ''}".removeprefix("::")
        became = next((_WORDS[part.tag] for part in case if part.tag in _WORDS), PASSED)
        # A test that passes and then fails to clean up stands there twice.
        found[test] = became if found.get(test, PASSED) == PASSED else found[test]
    return found


def passed(outcomes: Outcomes | None) -> list[str]:
    """The tests that passed."""
    return [test for test, became in (outcomes or {}).items() if became == PASSED]


def lost(before: Outcomes, after: Outcomes | None) -> list[LostTest]:
    """The tests that passed before and do not now.

    A test of another name stands for one that is gone if both are the same function with other parameters: their names may
    differ from run to run.
    """
    after = after or {}
    known = {test: after.get(test, GONE) for test in passed(before)}
    newcomers = Counter(_function(test) for test in passed(after) if test not in before)
    return list(_without_renamed(known, newcomers))


def _without_renamed(known: Mapping[str, str], newcomers: Counter[str]) -> Iterator[LostTest]:
    for test, became in known.items():
        if became == GONE and newcomers[_function(test)]:
            newcomers[_function(test)] -= 1
        elif became != PASSED:
            yield LostTest(test, became)


def _function(test: str) -> str:
    return test.partition("[")[0]
