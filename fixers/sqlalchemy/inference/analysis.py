"""Inference over a whole program, to the end: what every expression is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autofix.fixers.sqlalchemy.inference.calls import passed_for
from autofix.fixers.sqlalchemy.inference.names import Frame, Place
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.inference.statements import Statements
from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    External,
    Foreign,
    Instance,
    Kind,
    Method,
    Model,
    Never,
    OneOf,
)
from autofix.languages.python.code import Argument, Call, Expression, Module

# A class in a loop may get other bases every time; else the second round finds nothing new.
_MOST_ROUNDS = 4


class Inference(Statements):
    """Follows all units until nothing more becomes known."""

    def __init__(self, program: Program) -> None:
        """What is found in a program; `run` finds it."""
        super().__init__(program)
        self._found: dict[str, dict[Place, Kind]] = {}
        """By unit, what its expressions were when it was followed last."""
        self._followed_at: dict[str, int] = {}
        """By unit, how far the hierarchy of classes was known when it was followed last."""
        self.foreign_names: dict[str, frozenset[str]] = {}
        """By file, the dotted names of what its expressions have from outside of the program; objects by their classes."""

    def run(self) -> None:
        """Follow the whole program."""
        units = (*self.program.modules, *self.program.functions)
        for unit in units:
            self.store.enqueue(unit)
        self._settle(units)
        self.close()
        self._settle(units)
        for unit in units:
            self.kinds[self._path(unit)].update(self._found.pop(unit))
        self.foreign_names = {path: frozenset(_foreign_names(kinds.values())) for path, kinds in self.kinds.items()}

    def _settle(self, units: Iterable[str]) -> None:
        """Follow what has to be followed, until all that units read is as it was when they were followed last."""
        for _ in range(_MOST_ROUNDS):
            while (unit := self.store.next()) is not None:
                self._follow(unit)
            stale = [unit for unit in units if self._followed_at[unit] != self.hierarchy.version]
            for unit in stale:
                self.store.enqueue(unit)
            if not stale:
                break

    def _follow(self, unit: str) -> None:
        frame = self._frame(unit)
        self._followed_at[unit] = self.hierarchy.version
        self.follow(frame)
        self._found[unit] = {
            place: kind for place, kind in frame.kinds.items() if kind is not None and not isinstance(kind, Never)
        }

    def _path(self, unit: str) -> str:
        function = self.program.functions.get(unit)
        return function.path if function is not None else unit

    def _frame(self, unit: str) -> Frame:
        return Frame(unit, self._path(unit), self.program.functions.get(unit))

    def kind_of(self, path: str, expression: Expression) -> Kind:
        """What an expression of a file is."""
        return self.kinds[path].get((expression.start, expression.end))

    def received(self, path: str, call: Call, argument: Argument) -> Iterator[Kind]:
        """What the parameters are that an argument of a call is passed for, whatever others pass; None for unknown ones."""
        callee = self.kind_of(path, call.function)
        if isinstance(callee, ClassObject | Model):
            initializer = next(
                (
                    found
                    for cls in self.hierarchy.line(callee.key)
                    if (found := self.program.classes[cls].methods.get("__init__"))
                ),
                None,
            )
            callee = Callable(initializer, Instance(callee.key)) if initializer is not None else None
        if not isinstance(callee, Callable | OneOf):
            yield None
            return
        for target in self.targets(callee):
            name = passed_for(self.program.functions[target.key].node, target.receiver is not None, call, argument)
            yield self.store.peek(("parameter", target.key, name)) if name else None


def _foreign_names(kinds: Iterable[Kind]) -> Iterator[str]:
    for kind in kinds:
        made = kind.receiver if type(kind) is Method else kind
        if type(made) is External or type(made) is Foreign:
            yield made.name


def infer(modules: Mapping[str, Module], paths: Iterable[str] = ()) -> Inference:
    """Follow a program, given as its files by path."""
    inference = Inference(Program(modules, paths))
    inference.run()
    return inference
