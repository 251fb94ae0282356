"""Inference over a whole program, to the end: what every expression is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autofix.fixers.sqlalchemy.inference.calls import passed_for
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.inference.program import Program
from autofix.fixers.sqlalchemy.inference.statements import Statements
from autofix.fixers.sqlalchemy.kinds import Callable, ClassObject, Instance, Kind, Model, Never, OneOf
from autofix.languages.python.code import Argument, Call, Expression, Module


class Inference(Statements):
    """Follows all units until nothing more becomes known."""

    def run(self) -> None:
        """Follow the whole program."""
        self._enqueue_all()
        self._settle()
        self.is_closed = True
        self._enqueue_all()
        self._settle()
        self.is_recording = True
        for unit in (*self.program.modules, *self.program.functions):
            frame = self._frame(unit)
            self.follow(frame)
            known = self.kinds[frame.path]
            for place, kind in frame.kinds.items():
                if kind is not None and not isinstance(kind, Never):
                    known[place] = kind

    def _enqueue_all(self) -> None:
        for unit in (*self.program.modules, *self.program.functions):
            self.store.enqueue(unit)

    def _settle(self) -> None:
        unit = self.store.next()
        while unit is not None:
            self.follow(self._frame(unit))
            unit = self.store.next()

    def _frame(self, unit: str) -> Frame:
        function = self.program.functions.get(unit)
        return Frame(unit, function.path if function is not None else unit, function)

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


def infer(modules: Mapping[str, Module], paths: Iterable[str] = ()) -> Inference:
    """Follow a program, given as its files by path."""
    inference = Inference(Program(modules, paths))
    inference.run()
    return inference
