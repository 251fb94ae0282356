"""Files that have to change together: those that change and use one another, however indirectly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.migration.uses import Graph


def components(uses: Graph, touched: Collection[str]) -> list[frozenset[str]]:
    """The connected groups of the files `touched`, in the order of their first file.

    A file that does not change connects what it uses with what uses it: a package that passes names on, the module of an
    application that only includes routers, a fixture that hands one to a client. It does not connect what it uses as long
    as nothing that changes uses it.
    """
    users = _turned(uses)
    # Both ways end at files that change: those are connected by their own uses.
    between = (_passed(touched, uses) & _passed(touched, users)) - set(touched)
    nodes = {*touched, *between}
    neighbours = {path: (uses.get(path, set()) | users.get(path, set())) & nodes for path in nodes}
    found: list[frozenset[str]] = []
    seen: set[str] = set()
    for path in sorted(touched):
        if path not in seen:
            group = _reached(path, neighbours)
            seen |= group
            found.append(frozenset(group - between))
    return found


def is_tests_only(files: Iterable[str]) -> bool:
    """Whether a component holds nothing but tests: there is nothing that they would have to follow."""
    return all(is_test_file(path) for path in files)


def _turned(graph: Graph) -> Graph:
    turned: dict[str, set[str]] = defaultdict(set)
    for path, others in graph.items():
        for other in others:
            turned[other].add(path)
    return turned


def _passed(ends: Collection[str], graph: Graph) -> set[str]:
    """What can be reached from some files without a step through another one of them."""
    found: set[str] = set()
    waiting = list(ends)
    while waiting:
        for other in graph.get(waiting.pop(), set()) - found:
            found.add(other)
            if other not in ends:
                waiting.append(other)
    return found


def _reached(start: str, neighbours: Graph) -> set[str]:
    group, waiting = {start}, [start]
    while waiting:
        for other in neighbours[waiting.pop()] - group:
            group.add(other)
            waiting.append(other)
    return group
