"""Which uses of queries belong together: they are rewritten all or kept all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from autofix.fixers.sqlalchemy.kinds import Query
from autofix.fixers.sqlalchemy.parents import Key, below, key
from autofix.fixers.sqlalchemy.queries.chains import makes_query
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Context, Refused, Rewritten, joined
from autofix.fixers.sqlalchemy.queries.positions import Position, position_of
from autofix.fixers.sqlalchemy.queries.rewrite import bridge, rewrite
from autofix.fixers.sqlalchemy.queries.table import COMPOUNDS
from autofix.languages.python import code

Outcome = Rewritten | Bridge | Refused


@dataclass(frozen=True, slots=True)
class Group:
    """Uses of queries that meet in variables, chains and branches of one function."""

    uses: tuple[code.Expression, ...]
    selected: Rewritten | Refused
    """All of them in 2.0 style."""
    bridged: Rewritten | Refused
    """All of them behind the bridge."""
    crossings: tuple[code.Expression, ...]
    """Queries that come from elsewhere or go there: parameters, results and arguments of other functions, attributes. What is
    decided for this group has to be decided for the groups there, too.
    """

    @property
    def outcome(self) -> Outcome:
        """What is best for the group by itself: 2.0 style, else the bridge."""
        if isinstance(self.selected, Rewritten):
            return self.selected
        if isinstance(self.bridged, Rewritten):
            return Bridge(self.bridged.pieces, self.selected.reason)
        return Refused(self.bridged.reason)


def groups(roots: Sequence[code.Statement], context: Context) -> tuple[Group, ...]:
    """The groups in some statements: a function with all that is defined in it. `context.parents` must cover them."""
    links = _Links()
    found: dict[Key, code.Expression] = {}
    names: dict[str, list[code.Name]] = {}
    crossings: list[code.Expression] = []
    for node in (part for root in roots for part in below(root)):
        if not isinstance(node, code.Expression):
            continue
        if isinstance(node, code.Name):
            names.setdefault(node.name, []).append(node)
        if not _is_use(node, context):
            continue
        found[key(node)] = node
        _link(node, links, context)
        if isinstance(context.kind_of(node), Query) and _crosses(node, context):
            crossings.append(node)
    members: dict[object, list[code.Expression]] = {}
    for place, node in found.items():
        members.setdefault(links.find(place), []).append(node)
    return tuple(_group(uses, crossings, names, context) for uses in members.values())


def _group(
    uses: Sequence[code.Expression],
    crossings: Iterable[code.Expression],
    names: dict[str, list[code.Name]],
    context: Context,
) -> Group:
    places = {key(use) for use in uses}
    lost = next((name for name in _variables(uses, context) if _is_lost(names[name], context)), "")
    if lost:
        refused = Refused(f"it is not known what {lost} is everywhere")
        selected: Rewritten | Refused = refused
        bridged: Rewritten | Refused = refused
    else:
        selected = _all(uses, context, rewrite)
        bridged = _all(uses, context, bridge) if context.is_async else Rewritten()
    crossing = tuple(node for node in crossings if key(node) in places)
    return Group(tuple(uses), selected, bridged, crossing)


def _all(
    uses: Iterable[code.Expression],
    context: Context,
    write: Callable[[code.Expression, Context], Rewritten | Refused],
) -> Rewritten | Refused:
    done: list[Rewritten] = []
    for use in uses:
        outcome = write(use, context)
        if isinstance(outcome, Refused):
            return outcome
        done.append(outcome)
    return joined(done)


def _variables(uses: Iterable[code.Expression], context: Context) -> Iterator[str]:
    return (use.name for use in uses if isinstance(use, code.Name) and isinstance(context.kind_of(use), Query))


def _is_lost(names: Iterable[code.Name], context: Context) -> bool:
    """Whether a variable that holds a query is read somewhere where it is not known what it holds."""
    return any(context.kind_of(name) is None and not _is_target(name, context) for name in names)


def _is_target(name: code.Name, context: Context) -> bool:
    inner: object = name
    for outer in context.parents.around(name):
        if isinstance(outer, code.Assign):
            return any(key(inner) == key(target) for target in outer.targets) and outer.operator == "="
        if isinstance(outer, code.For | code.Clause | code.Walrus):
            return key(inner) == key(outer.target)
        if isinstance(outer, code.With | code.Delete):
            return True
        if not isinstance(outer, code.Collection | code.Starred):
            return False
        inner = outer
    return False


def _is_use(node: code.Expression, context: Context) -> bool:
    """Whether something may have to change at an expression: a query, a method, attribute or subscript of one."""
    if isinstance(context.kind_of(node), Query):
        return True
    if isinstance(node, code.Call) and isinstance(node.function, code.Attribute):
        return isinstance(context.kind_of(node.function.value), Query)
    return isinstance(node, code.Subscript | code.Attribute) and isinstance(context.kind_of(node.value), Query)


def _link(node: code.Expression, links: _Links, context: Context) -> None:
    """Join a use with what it is a use of, and with the variables that hold it."""
    for other in _meeting(node):
        if isinstance(context.kind_of(other), Query):
            links.join(key(node), key(other))
    if not isinstance(context.kind_of(node), Query):
        return
    if isinstance(node, code.Name):
        links.join(key(node), node.name)
    statement = context.parents.of(node)
    if isinstance(statement, code.Assign) and position_of(node, context) is Position.STORED:
        for target in statement.targets:
            if isinstance(target, code.Name):
                links.join(key(node), target.name)


def _meeting(node: code.Expression) -> tuple[code.Expression, ...]:
    """The expressions in a node that may be queries of the same group: what a method is called of, branches, compounds."""
    if isinstance(node, code.Call) and isinstance(node.function, code.Attribute):
        others = [argument.value for argument in node.arguments] if node.function.name in COMPOUNDS else []
        return (node.function.value, *others)
    if isinstance(node, code.Subscript | code.Attribute):
        return (node.value,)
    if isinstance(node, code.Conditional):
        return (node.body, node.other)
    if isinstance(node, code.Walrus):
        return (node.target, node.value)
    return node.operands if isinstance(node, code.Operation) else ()


def _crosses(node: code.Expression, context: Context) -> bool:
    """Whether a query leaves the statements at an expression, or comes into them."""
    if position_of(node, context) is Position.CROSSING:
        return True
    if isinstance(node, code.Call):
        function = node.function
        is_method = isinstance(function, code.Attribute) and isinstance(context.kind_of(function.value), Query)
        return not is_method and not makes_query(node, context.kind_of)
    if isinstance(node, code.Attribute):
        return True
    return isinstance(node, code.Name) and _is_parameter(node, context)


def _is_parameter(name: code.Name, context: Context) -> bool:
    functions = (outer for outer in context.parents.around(name) if isinstance(outer, code.Function | code.Lambda))
    return any(parameter.name == name.name for function in functions for parameter in function.parameters)


class _Links:
    """Which keys belong together."""

    def __init__(self) -> None:
        self._parents: dict[object, object] = {}

    def find(self, item: object) -> object:
        """What stands for all that an item belongs together with."""
        while (parent := self._parents.get(item, item)) != item:
            item = parent
        return item

    def join(self, one: object, other: object) -> None:
        """Say that two belong together."""
        self._parents[self.find(one)] = self.find(other)
