"""What is going to change, collected by file before it becomes edits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from autofix.fixer import FileOperation
from autofix.fixers.sqlalchemy.colours.blockers import Blocker
from autofix.fixers.sqlalchemy.colours.graph import Colours
from autofix.fixers.sqlalchemy.colours.listening import Listening
from autofix.fixers.sqlalchemy.engines.outcome import Outcome, Refused
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo, Program
from autofix.fixers.sqlalchemy.kinds import Kind, Maker
from autofix.fixers.sqlalchemy.pieces import Piece
from autofix.fixers.sqlalchemy.worlds.resources import Resource
from autofix.fixers.sqlalchemy.worlds.worlds import Worlds
from autofix.languages.python.code import Assign, Expression, Function, Module, Name
from autofix.languages.python.code_walk import Node, Parents, walk
from autofix.text.edit import Edit
from autofix.text.source import Source

Import = tuple[str, str | None]
"""`from module import name`, or `import module` where the name is None."""


@dataclass
class FileChanges:
    """The changes of one Python file."""

    source: Source
    module: Module
    program: Program
    pieces: list[Piece] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    imports: dict[Import, None] = field(default_factory=dict)
    """What the new text needs, in the order of asking."""
    url_calls: list[int] = field(default_factory=list)
    """Offsets of the calls that need the function for URLs that are known at run time only."""

    @property
    def path(self) -> str:
        """Relative to the root."""
        return self.source.path

    @property
    def text(self) -> bytes:
        """The text that offsets are places in."""
        return self.source.text

    @property
    def parents(self) -> Parents:
        """What stands around the nodes of the file."""
        return self.program.parents[self.path]

    @cached_property
    def uses(self) -> dict[str, list[Name]]:
        """By name, where it is read or bound."""
        found: dict[str, list[Name]] = defaultdict(list)
        for node in walk(self.module.body):
            if isinstance(node, Name):
                found[node.name].append(node)
        return found

    def need(self, module: str, name: str | None = None) -> None:
        """Ask for an import."""
        self.imports[module, name] = None


@dataclass
class Migration:
    """A migration while it is planned."""

    inference: Inference
    colours: Colours
    files: dict[str, FileChanges]
    worlds: Worlds = field(default_factory=Worlds)
    """What stays synchronous."""
    listenings: tuple[Listening, ...] = ()
    """What functions of the program listen to."""
    operations: list[FileOperation] = field(default_factory=list)
    """What is made, and is no Python."""
    other_edits: dict[str, list[Edit]] = field(default_factory=dict)
    """Edits of files that are no Python."""
    created: dict[str, FileOperation] = field(default_factory=dict)
    """Python files that are made, by path."""
    ties: list[tuple[str, str]] = field(default_factory=list)
    """Files of which the first uses the second once it is migrated."""
    test_requirements: set[str] = field(default_factory=set)
    """Distributions that the migrated tests need."""
    lifespans: set[str] = field(default_factory=set)
    """Files whose application gets a lifespan."""
    table_makers: list[tuple[str, str]] = field(default_factory=list)
    """Files with a function that makes tables, which the import of the file made, each with the application that calls it."""
    remarks: list[str] = field(default_factory=list)
    """For the report: what a person has to do elsewhere."""
    blockers: list[Blocker] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    """For the report: path, offset and one line."""
    bridges: list[tuple[str, int, str]] = field(default_factory=list)
    """What goes on with the synchronous session or engine inside: path, offset and the reason."""

    def kind(self, path: str, expression: Expression) -> Kind:
        """What an expression of a file is."""
        return self.inference.kind_of(path, expression)

    def kind_in(self, path: str) -> Callable[[Expression], Kind]:
        """`kind` for one file."""
        return lambda expression: self.inference.kind_of(path, expression)

    def is_kept(self, path: str, node: Node) -> bool:
        """Whether a node stays as it is: in a function of the synchronous world, or where something is made for it alone.

        The decorators of a function belong to what is around it.
        """
        kept, own = self.colours.kept, self.worlds.statements
        if path in kept:
            return True
        if not kept and not own:
            return False
        inner = node
        for around in (node, *self.files[path].parents.around(node)):
            if isinstance(around, Assign | Function) and (path, around.start) in own:
                return True
            if (
                isinstance(around, Function)
                and not any(inner is decorator for decorator in around.decorators)
                and self.inference.program.keys[path, around.start] in kept
            ):
                return True
            inner = around
        return False

    @cached_property
    def listened(self) -> frozenset[Resource]:
        """The session makers that functions listen to, whose sessions have to be told from others."""
        found = (
            self.worlds.resource(each.path, each.target)
            for each in self.listenings
            if isinstance(self.kind(each.path, each.target), Maker)
        )
        return frozenset(resource for resource in found if resource is not None)

    def functions_of(self, path: str) -> Iterator[FunctionInfo]:
        """The functions that a file defines."""
        return iter(self.inference.program.functions_of[path])

    def block(self, path: str, start: int, reason: str, hint: str = "", unit: str = "") -> None:
        """Note why the component cannot be migrated."""
        self.blockers.append(Blocker(unit or path, path, start, reason, hint))

    def accept(self, path: str, start: int, outcome: Outcome) -> bool:
        """Take over the edits of an outcome, or what stands in its way; whether there are edits."""
        changes = self.files[path]
        if isinstance(outcome, Refused):
            self.block(path, start, outcome.reason)
            return False
        changes.edits += outcome.edits
        if any(".run_sync(" in edit.replacement for edit in outcome.edits):
            self.bridges.append((path, start, "SQLAlchemy does this on a synchronous connection only"))
        for module, name in outcome.imports:
            changes.need(module, name)
        self.notes += [(path, start, note) for note in outcome.notes]
        if outcome.needs_url_helper:
            changes.url_calls.append(start)
        return True


def enclosing(parents: Parents, node: object, *kinds: type) -> object | None:
    """The nearest node of some kinds around a node."""
    return next((each for each in parents.around(node) if isinstance(each, kinds)), None)


def unique(edits: Iterable[Edit]) -> list[Edit]:
    """Without exact repetitions."""
    return list(dict.fromkeys(edits))
