"""What happens to a query other than calls of its methods: loops, tests, and where it goes on to."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from autofix.fixers.sqlalchemy.kinds import (
    Callable,
    ClassObject,
    Column,
    External,
    Instance,
    Kind,
    Literal,
    Method,
    Model,
    OneOf,
    Query,
    Select,
)
from autofix.fixers.sqlalchemy.queries.outcome import Place
from autofix.languages.python.code import (
    Argument,
    Assign,
    Attribute,
    Call,
    Clause,
    Collection,
    Conditional,
    Constant,
    Evaluate,
    Expression,
    For,
    Function,
    If,
    Name,
    Operation,
    Return,
    Starred,
    Subscript,
    Walrus,
    While,
    Yield,
)
from autofix.languages.python.code_walk import Node, own


class Use(enum.Enum):
    """What is done with a query."""

    METHOD = "a method is called"
    ATTRIBUTE = "an attribute is read"
    SUBSCRIPT = "a part is taken"
    ITERATED = "it is read in a loop"
    TESTED = "its truth is tested"
    FLOWS = "it goes on to where it is known"
    COMPARED = "it is compared with None"
    EXPRESSION = "it is part of a statement"
    UNKNOWN = "it goes on to where it is not known"
    TEXT = "it is shown"


_READERS = frozenset(
    (
        *("list", "tuple", "set", "frozenset", "sorted", "enumerate", "iter", "sum", "any", "all", "min", "max", "dict"),
        *("zip", "map", "filter", "next"),
    )
)
_SHOWN = frozenset(("str", "repr", "print", "isinstance", "type", "id", "hasattr", "getattr"))
_CLAUSES = frozenset(("in_", "not_in", "notin_"))


def use_of(node: Expression, place: Place) -> Use:
    """What is done with the value of an expression that is a query."""
    parent = place.parents.of(node)
    match parent:
        case Attribute():
            call = place.parents.of(parent)
            return Use.METHOD if isinstance(call, Call) and call.function is parent else Use.ATTRIBUTE
        case Subscript(value=value) if value is node:
            return Use.SUBSCRIPT
        case For(iterable=value, is_async=is_async) | Clause(iterable=value, is_async=is_async) if value is node:
            return Use.UNKNOWN if is_async else Use.ITERATED
        case Starred() | Yield(is_from=True):
            return Use.ITERATED
        case If() | While():
            return Use.TESTED
        case Conditional() | Walrus():
            return Use.TESTED if isinstance(parent, Conditional) and parent.test is node else _flows_through(parent, place)
        case Operation():
            return _operand(node, parent, place)
        case Assign():
            return _assigned(node, parent, place)
        case Return() | Evaluate():
            return Use.FLOWS if isinstance(parent, Evaluate) or _returns_queries(node, place) else Use.UNKNOWN
        case Argument():
            return _passed(parent, place)
        case _:
            return Use.UNKNOWN


def _flows_through(parent: Expression, place: Place) -> Use:
    return Use.FLOWS if isinstance(place.kind_of(parent), Query) else Use.UNKNOWN


def _operand(node: Expression, parent: Operation, place: Place) -> Use:
    operators = set(parent.operators)
    if operators <= {"in", "not in"} and len(parent.operands) == 2:
        return Use.ITERATED if parent.operands[1] is node else Use.UNKNOWN
    if operators <= {"is", "is not"}:
        return Use.COMPARED
    if operators == {"not"}:
        return Use.TESTED
    if operators <= {"and", "or"}:
        if is_test(parent, place):
            return Use.TESTED
        return _flows_through(parent, place) if parent.operands[-1] is node else Use.TEXT
    return Use.UNKNOWN


def is_test(node: Expression, place: Place) -> bool:
    """Whether nothing but the truth of an expression matters."""
    parent = place.parents.of(node)
    match parent:
        case If() | While():
            return True
        case Conditional(test=test):
            return test is node
        case Operation(operators=("not",)):
            return True
        case Operation(operators=operators) if set(operators) <= {"and", "or"}:
            return is_test(parent, place)
        case _:
            return False


def _assigned(node: Expression, parent: Assign, place: Place) -> Use:
    if parent.value is not node or parent.operator != "=":
        return Use.UNKNOWN
    for target in parent.targets:
        if isinstance(target, Collection):
            return Use.ITERATED if len(parent.targets) == 1 else Use.UNKNOWN
        if isinstance(target, Name):
            if not _is_followed(target.name, node, place):
                return Use.UNKNOWN
        elif not (isinstance(target, Attribute) and isinstance(place.kind_of(target.value), Instance | ClassObject | Model)):
            return Use.UNKNOWN
    return Use.FLOWS


def _is_followed(name: str, node: Expression, place: Place) -> bool:
    """Whether it is known of all that read a name what they read: it may have other values on other ways."""
    function = _function_around(node, place)
    if function is None:
        return False
    stored = {id(part) for part in own(function.body) for target in _targets(part) for part in _names(target)}
    return not any(
        isinstance(part, Name) and part.name == name and id(part) not in stored and place.kind_of(part) is None
        for part in own(function.body)
    )


def _targets(node: Node) -> Iterator[Expression]:
    match node:
        case Assign(targets=targets):
            yield from targets
        case For(target=target) | Clause(target=target) | Walrus(target=target):
            yield target
        case _:
            pass


def _names(target: Expression) -> Iterator[Expression]:
    if isinstance(target, Name):
        yield target
    elif isinstance(target, Collection):
        for element in target.elements:
            yield from _names(element)


def _function_around(node: Expression, place: Place) -> Function | None:
    return next((each for each in place.parents.around(node) if isinstance(each, Function)), None)


def _returns_queries(node: Expression, place: Place) -> bool:
    """Whether all that the function around returns are queries or nothing: else its callers cannot know what they get."""
    function = _function_around(node, place)
    if function is None or function.decorators:
        return function is not None and all(_keeps_result(decorator, place) for decorator in function.decorators)
    values = [part.value for part in own(function.body) if isinstance(part, Return)]
    return all(value is None or isinstance(place.kind_of(value), Query) or _is_nothing(value) for value in values)


def _keeps_result(decorator: Expression, place: Place) -> bool:
    kind = place.kind_of(decorator)
    return isinstance(kind, External) and kind.name in ("builtins.staticmethod", "builtins.classmethod", "builtins.property")


def _is_nothing(value: Expression) -> bool:
    return isinstance(value, Constant) and value.value is None


def _passed(argument: Argument, place: Place) -> Use:
    call = place.parents.of(argument)
    if not isinstance(call, Call) or argument.stars:
        return Use.ITERATED if isinstance(call, Call) and argument.stars == 1 else Use.UNKNOWN
    return _use_by(place.kind_of(call.function), call, argument, place)


def _use_by(callee: Kind, call: Call, argument: Argument, place: Place) -> Use:
    match callee:
        case Callable() | OneOf() | ClassObject():
            received = place.received(call, argument)
            return Use.FLOWS if all(isinstance(kind, Query) for kind in received) else Use.UNKNOWN
        case External(name=name) if name.startswith("builtins."):
            short = name.removeprefix("builtins.")
            return Use.ITERATED if short in _READERS else Use.TESTED if short == "bool" else _shown(short)
        case Method(receiver=Column(), name=name):
            return Use.EXPRESSION if name in _CLAUSES else Use.UNKNOWN
        case Method(receiver=Literal(), name="join"):
            return Use.ITERATED
        case Method(receiver=Query() | Select()):
            return Use.TEXT
        case _:
            name = call.function.name if isinstance(call.function, Attribute) else ""
            return Use.EXPRESSION if name in _CLAUSES else Use.UNKNOWN


def _shown(name: str) -> Use:
    return Use.TEXT if name in _SHOWN else Use.UNKNOWN
