"""Queries that are iterated over, unpacked or tested where they stand; and where `await` may stand at all."""

from __future__ import annotations

from dataclasses import replace

from autofix.fixers.sqlalchemy.kinds import Query
from autofix.fixers.sqlalchemy.parents import below, key
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap
from autofix.fixers.sqlalchemy.queries.layout import Execution, execute_operand
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context, Rewritten, session_of
from autofix.fixers.sqlalchemy.queries.positions import Position
from autofix.fixers.sqlalchemy.queries.terminals import execution_of
from autofix.languages.python import code

# They take all of what a generator expression yields, in order, before anything else happens.
_EXHAUSTING = frozenset(
    ("list", "set", "tuple", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all", "join", "extend")
)


def place(expression: code.Expression, query: Query, position: Position, context: Context) -> Rewritten:
    """A query in a position that is no chain, as a select there.

    Raises:
        CannotRewrite: there is no exact form.
    """
    if position is Position.ITERATED or position is Position.MAPPED:
        return Rewritten(tuple(_iterated(expression, query, position, context)))
    if position is Position.TESTED:
        return Rewritten(tuple(tested(expression, context)))
    if position is Position.SHOWN:
        raise CannotRewrite("the SQL text of a select has other labels than that of a query")
    if position is Position.UNKNOWN:
        raise CannotRewrite("the query is handed to something that is not known")
    return Rewritten()


def _iterated(expression: code.Expression, query: Query, position: Position, context: Context) -> list[Piece]:
    shape, session = query.shape, session_of(query, context)
    loop = context.parents.of(expression)
    if shape.streams and context.is_async and isinstance(loop, code.For):
        execution_of(replace(shape, streams=False, is_joined=False), context, session)
        method = "stream_scalars" if shape.is_entity else "stream"
        return [Wrap(loop.start, loop.start, "", "async "), *execute_operand(expression, Execution(session, method), context)]
    execution = execution_of(shape, context, session)
    if position is Position.MAPPED:
        execution = replace(execution, tail=execution.tail + ".all()")
    return execute_operand(expression, execution, context)


def tested(expression: code.Expression, context: Context) -> list[Piece]:
    """The truth of a query, which is never false, as a comparison with None."""
    if not isinstance(expression, code.Name | code.Attribute | code.Call):
        raise CannotRewrite("the truth of a query is asked for in an expression that cannot be rewritten")
    parent = context.parents.of(expression)
    if not isinstance(parent, code.Operation):
        return [Wrap(expression.start, expression.end, "", " is not None")]
    if parent.operators == ("not",):
        return [Replace(parent.start, expression.start, ""), Wrap(expression.start, expression.end, "", " is None")]
    if not _only_tested(parent, context):
        raise CannotRewrite("a query is chosen by its truth")
    return [Wrap(expression.start, expression.end, "", " is not None")]


def _only_tested(operation: code.Operation, context: Context) -> bool:
    """Whether nothing but the truth of `a and b` is asked for."""
    parent = context.parents.of(operation)
    if isinstance(parent, code.Operation):
        return parent.operators == ("not",) or (set(parent.operators) <= {"and", "or"} and _only_tested(parent, context))
    is_test = isinstance(parent, code.If | code.While | code.Conditional)
    return is_test and isinstance(parent, code.If | code.While | code.Conditional) and key(parent.test) == key(operation)


# Where await may stand


def room_for_await(node: code.Expression, context: Context) -> list[Piece]:
    """What has to change around an expression so that `await` may stand in it: a generator expression becomes a list.

    Raises:
        CannotRewrite: `await` cannot stand there.
    """
    pieces: list[Piece] = []
    inner: object = node
    for outer in context.parents.around(node):
        if isinstance(outer, code.Lambda):
            raise CannotRewrite("await cannot stand in a lambda")
        if isinstance(outer, code.Class):
            raise CannotRewrite("await cannot stand in the body of a class")
        if isinstance(outer, code.Comprehension) and outer.kind == "generator" and not _is_outermost(outer, node):
            pieces.append(_as_list(outer, context))
        if isinstance(outer, code.Parameter) and outer.annotation is not None and key(outer.annotation) == key(inner):
            raise CannotRewrite("await cannot stand in an annotation")
        if isinstance(outer, code.Function) and any(key(inner) == key(statement) for statement in outer.body):
            return pieces
        inner = outer
    raise CannotRewrite("await cannot stand outside of functions")


def _is_outermost(comprehension: code.Comprehension, node: code.Expression) -> bool:
    """Whether a node is in what the first `for` iterates over, which is evaluated outside of the generator."""
    first = comprehension.clauses[0].iterable
    return first.start <= node.start and node.end <= first.end


def _as_list(generator: code.Comprehension, context: Context) -> Piece:
    argument = context.parents.of(generator)
    call = context.parents.of(argument)
    function = call.function if isinstance(call, code.Call) else None
    name = function.name if isinstance(function, code.Name | code.Attribute) else ""
    if not isinstance(argument, code.Argument) or name not in _EXHAUSTING:
        raise CannotRewrite("await in a generator expression would make it an asynchronous generator")
    if any(isinstance(part, code.Await | code.Yield) for part in below(generator)):
        raise CannotRewrite("the generator expression is asynchronous already")
    return Wrap(generator.start + 1, generator.end - 1, "[", "]")
