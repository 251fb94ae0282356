"""A small stand-in for inference: the kinds of expressions in straight-line programs about the models of the tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Column,
    Coroutine,
    External,
    Kind,
    Literal,
    Many,
    Model,
    Query,
    Relationship,
    Select,
    Session,
    Statement,
)
from autofix.fixers.sqlalchemy.queries.methods import (
    attribute_of,
    element_of,
    executed,
    query_of,
    result_of,
    select_of,
    slice_of,
)
from autofix.fixers.sqlalchemy.queries.shapes import merged, written
from autofix.languages.python import code

MODELS: Mapping[str, Mapping[str, Kind]] = {
    "User": {
        **{name: Column("User", name) for name in ("id", "name", "age", "team_id")},
        "posts": Relationship("User", "posts", "Post"),
        "team": Relationship("User", "team", "Team", is_collection=False),
    },
    "Post": {
        **{name: Column("Post", name) for name in ("id", "title", "views", "author_id")},
        "author": Relationship("Post", "author", "User", is_collection=False),
        "tags": Relationship("Post", "tags", "Tag"),
    },
    "Tag": {"id": Column("Tag", "id"), "name": Column("Tag", "name"), "posts": Relationship("Tag", "posts", "Post")},
    "Team": {"id": Column("Team", "id"), "name": Column("Team", "name"), "users": Relationship("Team", "users", "User")},
    "Key": {"a": Column("Key", "a"), "b": Column("Key", "b"), "value": Column("Key", "value")},
    "Doc": {"id": Column("Doc", "id"), "body": Column("Doc", "body"), "size": Column("Doc", "size")},
}
"""By name, which is also the key; the tables are those of `query_models`."""

SESSIONS = {"Session": Session(), "AsyncSession": Session(is_async=True), "SQLModelSession": Session(is_sqlmodel=True)}
_STATEMENTS = ("insert", "update", "delete", "text")


class StraightLine:
    """Kinds by evaluation in order: branches are merged, loops run once, functions are read where they are defined."""

    def __init__(self, module: code.Module) -> None:
        self._env: dict[str, Kind] = {**{name: Model(name) for name in MODELS}}
        self._found: dict[tuple[int, int, str], Kind] = {}
        self._block(module.body)

    def kind_of(self, expression: code.Expression) -> Kind:
        """What inference is asked for."""
        return self._found.get((expression.start, expression.end, type(expression).__name__))

    # Statements

    def _block(self, block: Iterable[code.Statement]) -> None:
        for statement in block:
            self._statement(statement)

    def _statement(self, statement: code.Statement) -> None:  # noqa: C901
        match statement:
            case code.Import(names=names, module=module):
                for name in names:
                    dotted = f"{module}.{name.name}" if module else name.name
                    self._env[name.bound] = Model(name.name) if name.name in MODELS else External(dotted)
            case code.Assign(targets=targets, value=value) if value is not None:
                kind = self._read(value)
                for target in targets:
                    self._bind(target, kind)
            case code.If(test=test, body=body, orelse=orelse):
                self._read(test)
                self._branches((body, orelse))
            case code.For(target=target, iterable=iterable, body=body, orelse=orelse):
                self._bind(target, element_of(self._read(iterable)))
                self._branches((body, ()))
                self._block(orelse)
            case code.While(test=test, body=body, orelse=orelse):
                self._read(test)
                self._branches((body, orelse))
            case code.With(items=items, body=body):
                for item in items:
                    kind = self._read(item.value)
                    if item.target is not None:
                        self._bind(item.target, kind)
                self._block(body)
            case code.Try(body=body, handlers=handlers, orelse=orelse, final=final):
                self._branches((body, *(handler.body for handler in handlers)))
                self._block(orelse)
                self._block(final)
            case code.Function():
                self._function(statement)
            case code.Class(body=body):
                self._block(body)
            case _:
                for part in _expressions(statement):
                    self._read(part)

    def _branches(self, blocks: Iterable[code.Block]) -> None:
        before = dict(self._env)
        ends = []
        for block in blocks:
            self._env = dict(before)
            self._block(block)
            if not (block and isinstance(block[-1], code.Return | code.Leave)):
                ends.append(self._env)
        if ends:
            self._env = {name: _merge([end.get(name) for end in ends]) for end in ends for name in end}

    def _function(self, function: code.Function) -> None:
        for parameter in function.parameters:
            if parameter.default is not None:
                self._read(parameter.default)
        outer = dict(self._env)
        for parameter in function.parameters:
            name = written(parameter.annotation) if parameter.annotation is not None else ""
            self._env[parameter.name] = SESSIONS.get(name)
        self._block(function.body)
        self._env = outer

    def _bind(self, target: code.Expression, kind: Kind) -> None:
        if isinstance(target, code.Name):
            self._env[target.name] = kind
            self._found[target.start, target.end, "Name"] = kind
        elif isinstance(target, code.Collection):
            for part in target.elements:
                self._bind(part, None)

    # Expressions

    def _read(self, expression: code.Expression) -> Kind:
        kind = self._evaluate(expression)
        self._found[expression.start, expression.end, type(expression).__name__] = kind
        return kind

    def _evaluate(self, expression: code.Expression) -> Kind:  # noqa: C901
        match expression:
            case code.Name(name=name):
                return self._env.get(name)
            case code.Constant(value=value):
                return Literal(value)
            case code.Attribute(value=value, name=name):
                return self._attribute(self._read(value), name)
            case code.Call():
                return self._call(expression)
            case code.Subscript(value=value, key=key):
                receiver = self._read(value)
                self._read(key)
                return slice_of(receiver, expression) if isinstance(receiver, Query) else element_of(receiver)
            case code.Await(value=value):
                kind = self._read(value)
                return kind.of if isinstance(kind, Coroutine) else kind
            case code.Walrus(target=target, value=value):
                kind = self._read(value)
                self._bind(target, kind)
                return kind
            case code.Conditional(body=body, test=test, other=other):
                self._read(test)
                return _merge([self._read(body), self._read(other)])
            case code.Lambda(body=body):
                self._read(body)
                return None
            case code.Comprehension():
                return self._comprehension(expression)
            case code.Operation(operands=operands):
                kinds = [self._read(part) for part in operands]
                return Column() if any(isinstance(kind, Column | Relationship) for kind in kinds) else None
            case _:
                for part in _expressions(expression):
                    self._read(part)
                return None

    def _attribute(self, receiver: Kind, name: str) -> Kind:
        if isinstance(receiver, Model):
            return MODELS[receiver.key].get(name)
        if isinstance(receiver, Alias):
            return MODELS[receiver.model].get(name)
        if isinstance(receiver, External):
            return External(f"{receiver.name}.{name}")
        if isinstance(receiver, Column):
            return Column()
        return attribute_of(receiver, name)

    def _call(self, call: code.Call) -> Kind:
        function = self._read(call.function)
        for argument in call.arguments:
            self._read(argument.value)
        if isinstance(function, External):
            return self._external(function.name.rpartition(".")[2], function.name, call)
        if not isinstance(call.function, code.Attribute):
            return Literal() if function is None and written(call.function) in ("len", "list", "str") else None
        receiver, method = self.kind_of(call.function.value), call.function.name
        if isinstance(receiver, Session) and method == "query":
            return query_of(receiver, written(call.function.value), call, self.kind_of)
        if isinstance(receiver, Session):
            return executed(receiver, method, call, self.kind_of)
        if isinstance(receiver, Column | Relationship):
            return Column()
        return result_of(receiver, method, call, self.kind_of)

    def _external(self, last: str, name: str, call: code.Call) -> Kind:
        if name.startswith("sqlalchemy.func."):
            return Column()
        if last == "select":
            return select_of(call, self.kind_of)
        if last == "aliased":
            of = self.kind_of(call.arguments[0].value)
            return Alias(of.key) if isinstance(of, Model) else None
        if last in _STATEMENTS:
            return Statement()
        return (
            Column()
            if last in ("and_", "or_", "not_", "literal", "distinct", "case", "cast", "exists", "literal_column")
            else None
        )

    def _comprehension(self, expression: code.Comprehension) -> Kind:
        for clause in expression.clauses:
            self._bind(clause.target, element_of(self._read(clause.iterable)))
            for condition in clause.conditions:
                self._read(condition)
        kinds = [self._read(element) for element in expression.elements]
        return Many(kinds[0])


def _merge(kinds: list[Kind]) -> Kind:
    first, *rest = kinds
    for kind in rest:
        if isinstance(first, Query) and isinstance(kind, Query):
            first = Query(
                merged(first.shape, kind.shape), first.session if first.session == kind.session else "", first.is_async
            )
        elif isinstance(first, Select) and isinstance(kind, Select):
            first = Select(merged(first.shape, kind.shape), first.is_sqlmodel)
        elif first != kind:
            return None
    return first


def _expressions(node: object) -> Iterator[code.Expression]:
    """The expressions directly in a statement or expression."""
    for value in node if isinstance(node, tuple) else ():
        if isinstance(value, code.Argument):
            yield value.value
        elif isinstance(value, code.Expression):
            yield value
        elif isinstance(value, tuple):
            yield from _expressions(value)
