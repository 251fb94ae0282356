"""For people: the parts of a program that change whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from autofix.fixer import Place
from autofix.report.words import Style, count, plain
from autofix.run.result import PartOf, Result, Status

# Places of one part that are listed without being asked for more.
LISTED = 10


def lines(result: Result, *, written: bool, verbose: bool, style: Style) -> Iterator[str]:
    """What became of each part, what stays behind a bridge, and what to solve first."""
    for fixer, parts in groupby(result.parts, key=lambda of: of.fixer):
        yield style("bold", f"{fixer}: what changes whole or not at all")
        for of in parts:
            yield from _part(of, result.became(of), written, verbose, style)


def _part(of: PartOf, status: Status, written: bool, verbose: bool, style: Style) -> Iterator[str]:
    word, color = {
        Status.FIXED: ("converted" if written else "can be converted", "green"),
        Status.UNSAFE: ("can be converted with --unsafe", "yellow"),
        Status.SUGGESTED: ("could be converted", "cyan"),
        Status.REFUSED: ("refused", "magenta"),
        Status.DROPPED: ("not converted: taken back", "red"),
    }[status]
    part = of.part
    counted = [count(len(part.files), "file"), *(f"{number} {noun}" for noun, number in part.counts.items())]
    counted += [f"{len(part.bridged)} bridged"] if part.bridged and not part.blockers else []
    yield f"  {style(color, word)}: {_named(part.files)}: {', '.join(counted)}"
    if not part.blockers:
        yield from _places(part.bridged, "bridged", verbose, style)
    elif len(part.blockers) > 1:
        yield f"    {len(part.blockers)} blockers, in the order in which to solve them:"
    yield from _places(part.blockers, "", verbose, style)


def _named(files: Sequence[str]) -> str:
    """The first file, and the folder that all are in, if that says more."""
    if len(files) == 1:
        return plain(files[0])
    folders = [path.split("/")[:-1] for path in files]
    common: list[str] = []
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return plain("/".join(common) + "/" if common else f"{files[0]} and others")


def _places(places: Sequence[Place], word: str, verbose: bool, style: Style) -> Iterator[str]:
    shown = places if verbose else places[:LISTED]
    for number, place in enumerate(shown, 1):
        waiting = f" ({count(place.waiting, 'function')} with it)" if place.waiting > 1 else ""
        mark = word or f"{number}."
        yield f"    {mark} {style('dim', f'{plain(place.path)}:{place.line}')} {plain(place.reason)}{waiting}"
        if place.hint:
            yield f"       you could: {plain(place.hint)}"
    if len(shown) < len(places):
        yield f"    ... and {len(places) - len(shown)} more (-v lists them)"
