"""No migrated program forgets to await: what the migration writes is shown to the checker of dropped coroutines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from repositories import read_tree
from unawaited import unawaited

FIXTURES = Path(__file__).parents[3] / "fixtures" / "sqlalchemy-async"
AFTER = sorted(FIXTURES.glob("*/after"))
_AWAITED = re.compile(rb"^([ \t]+)await (\w[\w.]*\()", re.MULTILINE)


def programs() -> list[Any]:
    return [pytest.param(folder, id=folder.parent.name) for folder in AFTER]


@pytest.mark.parametrize("folder", programs())
def test_nothing_is_dropped(folder: Path) -> None:
    assert unawaited(read_tree(folder)) == []


def test_what_is_dropped_is_seen() -> None:
    """The test above bites: each statement that awaits, without its `await`, one at a time."""
    seen, dropped = 0, 0
    for folder in AFTER:
        files = read_tree(folder)
        for path, text in files.items():
            for match in _AWAITED.finditer(text) if path.endswith(".py") else ():
                broken = text[: match.start()] + match[1] + match[2] + text[match.end() :]
                line = text.count(b"\n", 0, match.start()) + 1
                found = unawaited({**files, path: broken})
                assert all(item.startswith(f"{path}:{line}: ") for item in found), found
                seen, dropped = seen + len(found), dropped + 1
    assert seen == dropped
    assert dropped >= 5
