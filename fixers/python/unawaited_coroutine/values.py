"""What an expression can be proved to stand for. What cannot be proved is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autofix.fixers.python.unawaited_coroutine.program import File
    from tree_sitter import Node


@dataclass(frozen=True)
class Module:
    """A file of the repository, imported."""

    path: str


@dataclass(frozen=True)
class Function:
    """A `def` of the repository, or a method of an instance or class."""

    file: File
    node: Node


@dataclass(frozen=True)
class ClassObject:
    """A class of the repository."""

    file: File
    node: Node


@dataclass(frozen=True)
class Instance:
    """An object of a class of the repository."""

    cls: ClassObject
    exact: bool
    """Made by calling the class itself; otherwise the class may be one below it."""


@dataclass(frozen=True)
class Super:
    """What `super()` gives in a method of a class."""

    cls: ClassObject


@dataclass(frozen=True)
class External:
    """A name of another distribution, or a builtin."""

    name: str


@dataclass(frozen=True)
class Foreign:
    """An object of a class of another distribution."""

    cls: str


@dataclass(frozen=True)
class Pending:
    """A coroutine: what awaiting it gives."""

    result: Value


@dataclass(frozen=True)
class Entering:
    """What `async with` takes: what it gives."""

    result: Value


class Nothing:
    """`None`: whatever is done with it fails, so that it says nothing of what a name stands for."""


Value = Module | Function | ClassObject | Instance | Super | External | Foreign | Pending | Entering | Nothing | None
