"""Files that have to change together: those that change and import one another, however indirectly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from autofix.fixers.sqlalchemy.inference.program import Program


def components(program: Program, touched: Collection[str]) -> list[frozenset[str]]:
    """The connected groups of the files `touched`, in the order of their first file."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for path in touched:
        for other in program.imported_files.get(path, ()):
            if other in touched:
                neighbours[path].add(other)
                neighbours[other].add(path)
        for conftest in _conftests(path):
            if conftest in touched and conftest != path and _is_test(path):
                neighbours[path].add(conftest)
                neighbours[conftest].add(path)
    found: list[frozenset[str]] = []
    seen: set[str] = set()
    for path in sorted(touched):
        if path not in seen:
            group = _reached(path, neighbours)
            seen |= group
            found.append(frozenset(group))
    return found


def _reached(start: str, neighbours: dict[str, set[str]]) -> set[str]:
    group, waiting = {start}, [start]
    while waiting:
        for other in neighbours[waiting.pop()] - group:
            group.add(other)
            waiting.append(other)
    return group


def _conftests(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/conftest.py"
        folder = folder.rpartition("/")[0]
    yield "conftest.py"


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test") or name.endswith("_test.py") or name == "conftest.py"
