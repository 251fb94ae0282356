"""All parts of a piece of code."""

from __future__ import annotations

from collections.abc import Iterator


def nodes(item: object) -> Iterator[object]:
    """The statement, expression or tuple of them, and all below, outer ones first."""
    if isinstance(item, tuple):
        yield item
        for part in item:
            yield from nodes(part)
