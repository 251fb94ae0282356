"""The facts that flow between functions, and who has to be followed again when one of them grows."""

from __future__ import annotations

from collections import defaultdict, deque

from autofix.fixers.sqlalchemy.inference.joins import NEVER, CommonBase, detached, join, shallow
from autofix.fixers.sqlalchemy.kinds import Kind, Never, Query

Slot = tuple[str, ...]
"""`("return", function)`, `("yield", function)`, `("parameter", function, name)`, `("attribute", class, name)`,
`("global", path, name)`, `("closure", function, name)`, `("class", class)`, `("decorators", function)`, `("closed",)`."""


class Store:
    """Slots that only ever grow from nothing over a kind to unknown, and the units of code that read them."""

    def __init__(self, common: CommonBase) -> None:
        self._common = common
        self._values: dict[Slot, Kind] = {}
        self._readers: dict[Slot, dict[str, None]] = defaultdict(dict)
        self._files: deque[str] = deque()
        self._functions: deque[str] = deque()
        self._queued: set[str] = set()

    def enqueue(self, unit: str) -> None:
        """Follow a unit (again)."""
        if unit not in self._queued:
            self._queued.add(unit)
            (self._functions if ":" in unit else self._files).append(unit)

    def next(self) -> str | None:
        """The next unit to follow: files first, for they say what the names and classes are that functions use."""
        queue = self._files or self._functions
        if not queue:
            return None
        unit = queue.popleft()
        self._queued.discard(unit)
        return unit

    def read(self, slot: Slot, unit: str) -> Kind:
        """What is in a slot; `unit` is followed again when it grows."""
        self._readers[slot][unit] = None
        return self._values.get(slot, NEVER)

    def peek(self, slot: Slot) -> Kind:
        """What is in a slot, for now."""
        return self._values.get(slot, NEVER)

    def write(self, slot: Slot, kind: Kind) -> None:
        """Add a possible value to a slot."""
        known = self._values.get(slot, NEVER)
        if kind is known or isinstance(kind, Never):
            return
        # The caller of a function knows what it passed as the session of a query.
        is_known = slot[0] in ("return", "parameter") and isinstance(kind, Query)
        grown = shallow(join(known, kind if is_known else detached(kind), self._common))
        if grown != known:
            self._values[slot] = grown
            self.touch(slot)

    def touch(self, slot: Slot) -> None:
        """Follow all readers of a slot again."""
        for unit in tuple(self._readers[slot]):
            self.enqueue(unit)
