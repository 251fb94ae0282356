"""What a component comes to: how much of it changes, what is bridged, and what stands in the way, the most rewarding first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from autofix.fixer import Part, Place
from autofix.fixers.sqlalchemy.colours.blockers import Blocker
from autofix.fixers.sqlalchemy.colours.sites import Sort
from autofix.fixers.sqlalchemy.migration.changes import Migration


def part(migration: Migration, component: Collection[str], files: Iterable[str], blockers: Iterable[Blocker]) -> Part:
    """The account of one component; `files` are those that change, or stay as they are together."""
    colours, functions = migration.colours, migration.inference.program.functions
    changing = [key for key in colours.because if key in functions and functions[key].path in component]
    sites = {
        (site.path, site.node.start)
        for unit in colours.of_unit
        if (functions[unit].path if unit in functions else unit) in component
        for site in colours.of_unit[unit]
        if site.sort is not Sort.REFERENCE and colours.is_affected(site)
    }
    counts = {
        "functions": sum(not functions[key].node.is_async for key in changing),
        "places": len(sites),
    }
    bridged = [
        Place(path, migration.files[path].source.line_of(start), reason)
        for path, start, reason in sorted(set(migration.bridges))
        if path in component
    ]
    return Part(tuple(sorted(files)), counts, tuple(bridged), tuple(_in_order(migration, blockers)))


def in_order(parts: Iterable[Part]) -> list[Part]:
    """What changes first; then what is stuck, that first in which the least has to be solved for the most."""
    return sorted(parts, key=lambda part: (bool(part.blockers), -_reward(part) if part.blockers else 0))


def _reward(part: Part) -> float:
    return part.counts["places"] / len(part.blockers)


def _in_order(migration: Migration, blockers: Iterable[Blocker]) -> Sequence[Place]:
    """A blocker of a function that many others call, however indirectly, goes before that of one which few call."""
    waiting = {blocker: _waiting(migration, blocker.unit) for blocker in blockers}
    ordered = sorted(waiting, key=lambda blocker: (-waiting[blocker], blocker.path, blocker.start))
    return [
        Place(
            blocker.path,
            migration.files[blocker.path].source.line_of(blocker.start),
            blocker.reason,
            blocker.hint,
            waiting[blocker],
        )
        for blocker in ordered
    ]


def _waiting(migration: Migration, unit: str) -> int:
    """How many functions cannot be coroutines as long as one cannot: itself, and what calls it."""
    functions = migration.inference.program.functions
    reached, pending = {unit}, [unit]
    while pending:
        for site in migration.colours.callers.get(pending.pop(), ()):
            if site.sort is not Sort.REFERENCE and site.unit not in reached:
                reached.add(site.unit)
                pending.append(site.unit)
    return sum(key in functions for key in reached)
