"""Which mapped class objects are of that code shared by several classes returns: what the class or call says it is for."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixers.sqlalchemy.kinds import Instance, Literal, Model, Super
from autofix.fixers.sqlalchemy.loading.flow import bindings_of, bound_around
from autofix.fixers.sqlalchemy.loading.index import Index, Place
from autofix.languages.python.code import Assign, Attribute, Await, Call, Expression, Name, Subscript

# Names that are assigned to each other are followed this far.
_DEEPEST = 4


def generic_model(index: Index, place: Place, *, is_declared: bool = False, depth: int = 0) -> str:
    """The only mapped class that an expression is meant to give objects of; empty where nothing says so.

    For a call the class of the method's object tells, `class Users(Repository[User])`, or the only mapped class among the
    arguments, `find(session, User, 1)`; for a name what is assigned to it. `is_declared` leaves arguments out.
    """
    node = place.node
    match node:
        case Await(value=value):
            return generic_model(index, place._replace(node=value), is_declared=is_declared, depth=depth)
        case Call():
            return _of_owner(index, place, node) or ("" if is_declared else _of_arguments(index, place, node))
        case Name() if depth < _DEEPEST:
            parts = (place._replace(node=each) for each in values_of(index, place, node))
            return _only(generic_model(index, part, is_declared=is_declared, depth=depth + 1) for part in parts)
        case _:
            return ""


def values_of(index: Index, place: Place, node: Name) -> list[Expression]:
    """What is assigned to a local name, or iterated over for it, but for None; nothing where that is not all."""
    around = bound_around(node, index.parents(place.path))
    if around is None or around is True:
        return []
    if around is not False:
        return [around]
    function = index.function_of(place.path, node)
    if function is None or function.node.name == node.name or any(p.name == node.name for p in function.node.parameters):
        return []
    bindings = list(bindings_of(node.name, function.node.body, index.parents(place.path)))
    values = [binding.value for binding in bindings if binding.value is not None]
    if len(values) < len(bindings):
        return []
    return [value for value in values if index.kind(place.path, value) != Literal(None)]


def _only(models: Iterator[str]) -> str:
    found = set(models)
    return found.pop() if len(found) == 1 else ""


def _of_arguments(index: Index, place: Place, node: Call) -> str:
    kinds = (index.kind(place.path, argument.value) for argument in node.arguments if not argument.stars)
    models = {kind.key for kind in kinds if isinstance(kind, Model) and kind.key}
    return models.pop() if len(models) == 1 else ""


def _of_owner(index: Index, place: Place, node: Call) -> str:
    """The only class among the arguments of the generic bases of a method's object, or in what its attributes hold."""
    if not isinstance(node.function, Attribute):
        return ""
    owner = index.kind(place.path, node.function.value)
    if not isinstance(owner, Instance | Super) or not owner.cls:
        return ""
    for cls in index.inference.hierarchy.line(owner.cls):
        info = index.program.classes[cls]
        written = [
            index.kind(info.path, part)
            for base in info.node.bases
            if isinstance(base.value, Subscript)
            for part in (getattr(base.value.key, "elements", None) or (base.value.key,))
        ]
        written += [
            index.inference.store.peek(("attribute", cls, target.name))
            for statement in info.node.body
            if isinstance(statement, Assign)
            for target in statement.targets
            if isinstance(target, Name)
        ]
        models = {kind.key for kind in written if isinstance(kind, Model) and kind.key}
        if len(models) == 1:
            return models.pop()
    return ""
