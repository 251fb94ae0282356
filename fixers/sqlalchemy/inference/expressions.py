"""What an expression is: the abstract value of each, by what it is made of."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.inference.joins import NEVER, join, shape_of, stamped
from autofix.fixers.sqlalchemy.inference.libraries import Libraries
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.kinds import (
    ClassObject,
    Column,
    Coroutine,
    External,
    Form,
    Items,
    Kind,
    Literal,
    Many,
    Mapping,
    Method,
    Model,
    Never,
    Query,
    Relationship,
)
from autofix.fixers.sqlalchemy.queries.methods import element_of, slice_of
from autofix.languages.python.code import (
    Attribute,
    Await,
    Call,
    Collection,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expression,
    Lambda,
    Name,
    Opaque,
    Operation,
    Slice,
    Starred,
    Subscript,
    Text,
    Walrus,
    Yield,
)

# Functions that call a lambda with each item of an iterable.
_ITEMWISE = frozenset(f"builtins.{name}" for name in ("max", "min", "sorted", "map", "filter"))


class Expressions(Libraries):
    """Evaluates expressions, and remembers the value of each in the frame."""

    def evaluate(self, expression: Expression, frame: Frame) -> Kind:
        """The value of an expression."""
        kind = self._value(expression, frame)
        frame.kinds[expression.start, expression.end] = kind
        return kind

    def _value(self, expression: Expression, frame: Frame) -> Kind:  # noqa: C901 one line for each sort of expression
        match expression:
            case Name(name=name):
                return self.name(name, frame)
            case Attribute(value=value, name=name):
                return self.attribute(self.evaluate(value, frame), name, frame)
            case Call():
                return self._call(expression, frame)
            case Constant(value=value):
                return Literal(value)
            case Await(value=value):
                awaited = self.evaluate(value, frame)
                return awaited.of if isinstance(awaited, Coroutine) else NEVER if isinstance(awaited, Never) else None
            case Subscript():
                return self._subscript(expression, frame)
            case Collection(kind=kind, elements=elements):
                return self._collection(kind, elements, frame)
            case Dictionary(keys=keys, values=values):
                for key in keys:
                    if key is not None:
                        self.evaluate(key, frame)
                return Mapping(self._joined_values(values, frame))
            case Conditional(body=body, test=test, other=other):
                self.evaluate(test, frame)
                return self._joined_values((body, other), frame)
            case Operation():
                return self._operation(expression, frame)
            case Comprehension():
                return self._comprehension(expression, frame)
            case Lambda():
                self._lambda(expression, frame, None)
                return None
            case Walrus(target=target, value=value):
                bound = self.evaluate(value, frame)
                self.bind(target, bound, frame)
                return bound
            case Yield(value=value, is_from=is_from):
                self._yield(value, is_from, frame)
                return None
            case Starred(value=value):
                return self.evaluate(value, frame)
            case Text(parts=parts):
                self._joined_values(parts, frame)
                return Literal()
            case Slice(lower=lower, upper=upper, step=step):
                self._joined_values(tuple(part for part in (lower, upper, step) if part is not None), frame)
                return Literal()
            case Opaque(parts=parts):
                self._joined_values(parts, frame)
                return None

    def _call(self, node: Call, frame: Frame) -> Kind:
        callee = self.evaluate(node.function, frame)
        for argument in node.arguments:
            if not isinstance(argument.value, Lambda):
                self.evaluate(argument.value, frame)
        for argument in node.arguments:
            if isinstance(argument.value, Lambda):
                self._lambda(argument.value, frame, self._handed(callee, node, frame))
        self._add_to_collection(node, frame)
        return self.call(callee, node, frame)

    def _handed(self, callee: Kind, node: Call, frame: Frame) -> Kind:
        """What a function of a library hands to a lambda that it is given: the items of the other argument."""
        items = [argument.value for argument in node.arguments if not isinstance(argument.value, Lambda)]
        match callee:
            case External(name=name) if name in _ITEMWISE and items:
                return self.element(frame.kinds.get((items[0].start, items[0].end)), frame)
            case Method(receiver=Many(of=of), name="sort"):
                return of
            case _:
                return None

    def _lambda(self, node: Lambda, frame: Frame, first: Kind) -> None:
        names: dict[str, Kind] = dict.fromkeys(parameter.name for parameter in node.parameters)
        if node.parameters:
            names[node.parameters[0].name] = first
        frame.kinds[node.start, node.end] = None
        self.evaluate(node.body, frame.inner({**frame.env, **names}))

    def _add_to_collection(self, node: Call, frame: Frame) -> None:
        """`items.append(x)`: what a list that is known by name holds."""
        match node.function:
            case Attribute(value=Name(name=name), name="append" | "add" | "insert" | "appendleft") if node.arguments:
                known = frame.env.get(name)
                if isinstance(known, Many):
                    added = frame.kinds.get((node.arguments[-1].value.start, node.arguments[-1].value.end))
                    self.bind_name(name, Many(join(known.of, added, self.hierarchy.common)), frame)
            case _:
                pass

    def _subscript(self, node: Subscript, frame: Frame) -> Kind:
        value, key = self.evaluate(node.value, frame), self.evaluate(node.key, frame)
        match value:
            case Never():
                return NEVER
            case External() | ClassObject() | Model():
                return self.generic(value, node, frame)
            case Query():
                return stamped(slice_of(value, node), value.shape.origins)
            case Many(of=of):
                return value if isinstance(node.key, Slice) else of
            case Mapping(of=of):
                return of
            case Items(of=items) if isinstance(key, Literal) and isinstance(key.value, int):
                return items[key.value] if -len(items) <= key.value < len(items) else None
            case Literal():
                return Literal()
            case _:
                return None

    def _collection(self, kind: str, elements: tuple[Expression, ...], frame: Frame) -> Kind:
        values = [self.evaluate(element, frame) for element in elements]
        if kind == "tuple" and not any(isinstance(element, Starred) for element in elements):
            return Items(tuple(values))
        of: Kind = NEVER
        for element, value in zip(elements, values, strict=True):
            of = join(of, element_of(value) if isinstance(element, Starred) else value, self.hierarchy.common)
        return Many(of)

    def _joined_values(self, expressions: tuple[Expression, ...], frame: Frame) -> Kind:
        kind: Kind = NEVER
        for expression in expressions:
            kind = join(kind, self.evaluate(expression, frame), self.hierarchy.common)
        return kind

    def _operation(self, node: Operation, frame: Frame) -> Kind:
        values = [self.evaluate(operand, frame) for operand in node.operands]
        first = node.operators[0] if node.operators else ""
        if first in ("and", "or"):
            kind: Kind = NEVER
            for value in values:
                kind = join(kind, value, self.hierarchy.common)
            return kind
        if any(isinstance(value, Column | Relationship) for value in values):
            return Column()
        if first == "|":
            return self.union(values)
        if first == "+" and any(isinstance(value, Many) for value in values):
            return join(values[0], values[-1], self.hierarchy.common)
        return NEVER if any(isinstance(value, Never) for value in values) else Literal()

    def _comprehension(self, node: Comprehension, frame: Frame) -> Kind:
        inner = frame.inner(dict(frame.env))
        for clause in node.clauses:
            iterable = self.evaluate(clause.iterable, inner)
            self.bind(clause.target, self.element(iterable, inner), inner)
            for condition in clause.conditions:
                self.evaluate(condition, inner)
        values = [self.evaluate(element, inner) for element in node.elements]
        return Mapping(values[-1]) if node.kind == "dict" else Many(values[0])

    def element(self, kind: Kind, frame: Frame) -> Kind:
        """What iterating over a value gives."""
        match kind:
            case Never():
                return NEVER
            case Many(of=of):
                return of
            case Items(of=items):
                of = NEVER
                for item in items:
                    of = join(of, item, self.hierarchy.common)
                return of
            case Mapping() | Literal():
                return Literal()
            case External() | Form() | ClassObject() | Model():
                return None
            case _:
                shape = shape_of(kind)
                return stamped(element_of(kind), shape.origins) if shape is not None else element_of(kind)

    def _yield(self, value: Expression | None, is_from: bool, frame: Frame) -> None:
        kind = self.evaluate(value, frame) if value is not None else Literal(None)
        if frame.function is not None:
            self.store.write(("yield", frame.function.key), self.element(kind, frame) if is_from else kind)

    def bind(self, target: Expression, kind: Kind, frame: Frame) -> None:
        """Assign a value to a target."""
        raise NotImplementedError

    def bind_name(self, name: str, kind: Kind, frame: Frame) -> None:
        """Assign a value to a name."""
        raise NotImplementedError
