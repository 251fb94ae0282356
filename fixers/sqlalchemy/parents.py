"""Which node of the code is around which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.languages.python.code import Expression, Statement

Key = tuple[int, int, str]


class Parents:
    """The nodes around the expressions of some statements, or of one expression."""

    def __init__(self, roots: Iterable[Statement | Expression]) -> None:
        self._of: dict[Key, object] = {}
        todo: list[object] = list(roots)
        while todo:
            node = todo.pop()
            for child in children(node):
                self._of[key(child)] = node
                todo.append(child)

    def of(self, node: object) -> object:
        """The node directly around another: an expression, `Argument`, `Clause`, `Parameter`, `Handler` or statement; None for
        the roots and what is not among them.
        """
        return self._of.get(key(node))

    def around(self, node: object) -> Iterator[object]:
        """All nodes around another, the innermost first."""
        current = self.of(node)
        while current is not None:
            yield current
            current = self.of(current)


def key(node: object) -> Key:
    """What names a node within its file."""
    return getattr(node, "start", -1), getattr(node, "end", -1), type(node).__name__


def children(node: object) -> Iterator[object]:
    """The nodes directly in another."""
    for value in node if isinstance(node, tuple) else ():
        if hasattr(value, "start") and isinstance(value, tuple):
            yield value
        elif isinstance(value, tuple):
            yield from children(value)


def below(node: object) -> Iterator[object]:
    """A node and everything in it, outer ones first, in the order of the text."""
    yield node
    for child in children(node):
        yield from below(child)
