"""Follows statements: what names stand for after each, over branches, loops and exceptions."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.inference.definitions import Definitions
from autofix.fixers.sqlalchemy.inference.externals import CLIENTS, POOLS
from autofix.fixers.sqlalchemy.inference.joins import NEVER, join
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.kinds import (
    Connection,
    Context,
    Coroutine,
    Foreign,
    Instance,
    Kind,
    Literal,
    Many,
    Session,
    Transaction,
)
from autofix.languages.python.code import (
    Assign,
    Block,
    Class,
    Delete,
    Evaluate,
    Expression,
    For,
    Function,
    If,
    Import,
    Leave,
    Match,
    Other,
    Return,
    Statement,
    Try,
    While,
    With,
    WithItem,
)

Env = dict[str, Kind]
_MOST_ROUNDS = 4


class Statements(Definitions):
    """Follows the statements of a unit."""

    def block(self, block: Block, frame: Frame) -> bool:
        """Follow a block; whether its end is reached."""
        return all(self.statement(statement, frame) for statement in block)

    def statement(self, statement: Statement, frame: Frame) -> bool:  # noqa: C901 one case for each sort
        """Follow one statement; whether what comes behind it runs."""
        match statement:
            case Evaluate(value=value):
                self.evaluate(value, frame)
                return True
            case Assign():
                self._assign(statement, frame)
                return True
            case Return(value=value):
                self._return(value, frame)
                return False
            case Leave(parts=parts):
                for part in parts:
                    self.evaluate(part, frame)
                return False
            case If():
                self.evaluate(statement.test, frame)
                return self._branches((statement.body, statement.orelse), frame)
            case For():
                return self._for(statement, frame)
            case While():
                self.evaluate(statement.test, frame)
                self._loop(statement.body, frame)
                return self.block(statement.orelse, frame)
            case With():
                for item in statement.items:
                    self._enter(item, frame)
                return self.block(statement.body, frame)
            case Try():
                return self._try(statement, frame)
            case Match():
                return self._match(statement, frame)
            case Function():
                self.bind_name(statement.name, self.define(statement, frame), frame)
                return True
            case Class():
                self.bind_name(statement.name, self.define_class(statement, frame), frame)
                return True
            case Import():
                for name, kind in self.imported(statement, frame).items():
                    self.bind_name(name, kind, frame)
                return True
            case Delete(targets=targets):
                for target in targets:
                    self.evaluate(target, frame)
                return True
            case Other(parts=parts):
                for part in parts:
                    self.evaluate(part, frame)
                return True
            case _:
                return True

    def _assign(self, statement: Assign, frame: Frame) -> None:
        if statement.value is None:
            kind = self.annotated(statement.annotation, frame)
            if frame.cls:
                for target in statement.targets:
                    self.bind(target, kind, frame)
            return
        kind = self.evaluate(statement.value, frame)
        if statement.annotation is not None:
            declared = self.annotated(statement.annotation, frame)
            kind = declared if kind is None or _is_nothing(kind) else kind
        for target in statement.targets:
            if statement.operator != "=":
                kind = join(self.evaluate(target, frame), kind, self.hierarchy.common)
            self.bind(target, kind, frame)

    def _return(self, value: Expression | None, frame: Frame) -> None:
        kind = self.evaluate(value, frame) if value is not None else Literal(None)
        if frame.function is not None:
            self.store.write(("return", frame.function.key), kind)

    def _branches(self, branches: tuple[Block, ...], frame: Frame) -> bool:
        """Follow several blocks of which one runs; whether any reaches its end."""
        before, ends = dict(frame.env), list[Env]()
        for branch in branches:
            frame.env = dict(before)
            if self.block(branch, frame):
                ends.append(frame.env)
        frame.env = self.merged(ends) if ends else before
        return bool(ends)

    def merged(self, environments: list[Env]) -> Env:
        """What names stand for where several ways meet."""
        first, *others = environments
        merged = dict(first)
        for other in others:
            for name, kind in other.items():
                merged[name] = join(merged[name], kind, self.hierarchy.common) if name in merged else kind
        return merged

    def _for(self, statement: For, frame: Frame) -> bool:
        iterable = self.evaluate(statement.iterable, frame)
        item = self.element(iterable, frame)
        self.bind(statement.target, item, frame)
        self._loop(statement.body, frame, statement.target, item)
        return self.block(statement.orelse, frame)

    def _loop(self, body: Block, frame: Frame, target: Expression | None = None, item: Kind = None) -> None:
        for _ in range(_MOST_ROUNDS):
            before = dict(frame.env)
            if target is not None:
                self.bind(target, item, frame)
            # What a `break` or `continue` leaves behind is among what the body binds.
            frame.attempts.append({})
            self.block(body, frame)
            bound = frame.attempts.pop()
            frame.env = self.merged([before, frame.env, {**before, **bound}])
            if frame.env == before:
                return

    def _enter(self, item: WithItem, frame: Frame) -> None:
        manager = self.evaluate(item.value, frame)
        if item.target is not None:
            self.bind(item.target, self.entered(manager, frame), frame)

    def entered(self, manager: Kind, frame: Frame) -> Kind:
        """What `with` binds."""
        match manager:
            case Session() | Connection():
                return manager
            case Transaction(of=of) | Context(of=of):
                return of
            case Foreign(name=name) if name in CLIENTS or name in POOLS:
                return manager
            case Instance(cls=cls) if cls:
                for name in ("__enter__", "__aenter__"):
                    made = self.invoked(self.member(cls, name, manager, frame), frame)
                    if made is not None and made != NEVER:
                        return made.of if isinstance(made, Coroutine) else made
                return None
            case _:
                return NEVER if manager == NEVER else None

    def _try(self, statement: Try, frame: Frame) -> bool:
        before = dict(frame.env)
        frame.attempts.append({})
        reached = self.block(statement.body, frame) and self.block(statement.orelse, frame)
        bound = frame.attempts.pop()
        ends = [frame.env] if reached else []
        for handler in statement.handlers:
            frame.env = self.merged([before, bound])
            if handler.kind is not None:
                self.evaluate(handler.kind, frame)
            if handler.name is not None:
                frame.env[handler.name] = Literal()
            if self.block(handler.body, frame):
                ends.append(frame.env)
        frame.env = self.merged(ends) if ends else self.merged([before, bound])
        return self.block(statement.final, frame) and bool(ends)

    def _match(self, statement: Match, frame: Frame) -> bool:
        self.evaluate(statement.subject, frame)
        before, ends = dict(frame.env), [dict(frame.env)]
        for case in statement.cases:
            frame.env = {**before, **dict.fromkeys(case.names)}
            if case.guard is not None:
                self.evaluate(case.guard, frame)
            if self.block(case.body, frame):
                ends.append(frame.env)
        frame.env = self.merged(ends)
        return True

    def enter_function(self, frame: Frame) -> None:
        """Bind the parameters of a function."""
        function = frame.function
        if function is None:
            return
        for index, parameter in enumerate(function.node.parameters):
            frame.env[parameter.name] = self.parameter(function, index, frame)
            if function.has_inner:
                self.store.write(("closure", function.key, parameter.name), frame.env[parameter.name])

    def follow(self, frame: Frame) -> None:
        """Follow a whole unit."""
        if frame.function is None:
            self.block(self.program.modules[frame.path].body, frame)
            for name, kind in frame.env.items():
                self.store.write(("global", frame.path, name), kind)
            return
        self.enter_function(frame)
        self.annotated(frame.function.node.returns, self.outside(frame.function, frame.unit))
        if self.block(frame.function.node.body, frame) and not frame.function.is_generator:
            self.store.write(("return", frame.function.key), Literal(None))


def _is_nothing(kind: Kind) -> bool:
    return kind == NEVER or (isinstance(kind, Literal) and kind.value is None) or (isinstance(kind, Many) and kind.of == NEVER)
