"""Loader options: those that a query has already, and the text of those that it gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.program import ClassInfo
from autofix.fixers.sqlalchemy.kinds import Alias, Model, ModuleObject, Origin, Query, Relationship, Select
from autofix.fixers.sqlalchemy.loading.index import Index, Place
from autofix.fixers.sqlalchemy.loading.relationships import Relationships
from autofix.fixers.sqlalchemy.queries.building import loader_steps
from autofix.languages.python.code import Attribute, Call, Constant, Expression, If, Import
from autofix.languages.python.code_walk import dotted

Relations = tuple[str, ...]
Span = tuple[str, int, int]
"""Path and offsets of an expression."""

_LOADING = frozenset(
    ("joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "eagerload", "noload", "raiseload")
)
_COLUMNS = frozenset(("load_only", "defer", "undefer", "undefer_group", "with_expression", "with_loader_criteria"))


class Existing(NamedTuple):
    """The options that a query has: the strategy of each path, and whether there are any that cannot be read."""

    strategies: dict[Relations, str]
    is_known: bool


class Options:
    """The options of the queries of a program."""

    def __init__(self, index: Index, relationships: Relationships) -> None:
        self._index = index
        self._relationships = relationships
        self._strategies: dict[Span, dict[Relations, str]] = defaultdict(dict)
        self._unknown: set[Span] = set()
        for place in index.calls:
            match place.node:
                case Call(function=Attribute(value=builder, name="options")):
                    self._read(place, place.node, builder)
                case _:
                    pass

    def _read(self, place: Place, node: Call, builder: Expression) -> None:
        kind = self._index.kind(place.path, builder)
        if not isinstance(kind, Query | Select):
            return
        for origin in kind.shape.origins:
            span = (origin.path, origin.start, origin.end)
            for argument in node.arguments:
                if argument.stars or not self._option(place.path, argument.value, (), self._strategies[span]):
                    self._unknown.add(span)

    def _option(self, path: str, option: Expression, before: Relations, found: dict[Relations, str]) -> bool:
        """Add what an option says; whether it could be read."""
        steps = list(loader_steps(option))
        if not steps:
            return False
        relations = before
        for name, call in reversed(steps):
            if name in _COLUMNS or name in ("Load", "load"):
                continue
            if name == "options":
                if not all(self._option(path, argument.value, relations, found) for argument in call.arguments):
                    return False
                continue
            for argument in call.arguments:
                if argument.keyword is not None:
                    continue
                step = self._relation(path, argument.value)
                if step is None:
                    return False
                relations = (*relations, *step)
                found[relations] = name
        return True

    def _relation(self, path: str, argument: Expression) -> Relations | None:
        """The relationships that an argument of an option names."""
        if isinstance(argument, Constant) and isinstance(argument.value, str):
            return tuple(argument.value.split("."))
        while isinstance(argument, Call) and isinstance(argument.function, Attribute):
            # `User.posts.and_(...)`, `User.posts.of_type(...)`.
            argument = argument.function.value
        kind = self._index.kind(path, argument)
        if isinstance(kind, Relationship):
            return (kind.name,)
        return (argument.name,) if isinstance(argument, Attribute) else None

    def of(self, origin: Origin) -> Existing:
        """The options of the query that begins at an origin."""
        span = (origin.path, origin.start, origin.end)
        return Existing(self._strategies.get(span, {}), span not in self._unknown)

    def is_loaded(self, origin: Origin, relations: Relations) -> bool:
        """Whether a query loads a path already, or is meant to fail there."""
        strategies = self.of(origin).strategies
        return all(strategies.get(relations[: length + 1]) in _LOADING for length in range(len(relations)))

    def root(self, origin: Origin, relations: Relations, model: str) -> tuple[str, str] | None:
        """How the entity is written that a path begins at, and its class; None where the query does not name one."""
        place = self._index.call_at(origin.path, origin.start, origin.end)
        if place is None or not isinstance(place.node, Call):
            return None
        found: dict[str, str] = {}
        for expression in _selected(place.node):
            kind = self._index.kind(origin.path, expression)
            cls = kind.key if isinstance(kind, Model) else kind.model if isinstance(kind, Alias) else ""
            if not cls or not dotted(expression):
                continue
            ends = self._relationships.ends(cls, relations)
            if ends is not None and (len(relations) > 1 or not model or self._is_same(cls, model)):
                found.setdefault(dotted(expression), cls)
        return next(iter(found.items())) if len(found) == 1 else None

    def _is_same(self, cls: str, model: str) -> bool:
        hierarchy = self._index.inference.hierarchy
        return cls in hierarchy.line(model) or model in hierarchy.line(cls)

    def text(self, origin: Origin, root: tuple[str, str], relations: Relations, names: Names) -> str | None:
        """`selectinload(User.posts).selectinload(Post.tags)`; None where it cannot be written."""
        strategies = self.of(origin).strategies
        named, model = root
        steps: list[str] = []
        needed = 0
        for length, known in enumerate(self._relationships.ends(model, relations) or ()):
            spelled = names.spell(origin.path, model, origin.start) if length else named
            strategy = strategies.get(relations[: length + 1])
            if spelled is None or (strategy is not None and strategy not in _LOADING):
                return None
            is_loaded = strategy is not None or known.is_eager
            steps.append(f"{'defaultload' if is_loaded else 'selectinload'}({spelled}.{relations[length]})")
            needed = needed if is_loaded else len(steps)
            model = known.target
        for step in steps[:needed]:
            names.need(origin.path, "sqlalchemy.orm", step.partition("(")[0])
        return ".".join(steps[:needed]) or None


def _selected(node: Call) -> Iterator[Expression]:
    for argument in node.arguments:
        elements = getattr(argument.value, "elements", None)
        if isinstance(elements, tuple) and getattr(argument.value, "kind", "") in ("list", "tuple"):
            yield from elements
        elif not argument.stars:
            yield argument.value


class Names:
    """How files can name mapped classes, and the imports that they need for it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.imports: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)

    def need(self, path: str, module: str, name: str) -> None:
        """Ask for an import."""
        self.imports[path][module, name] = None

    def spell(self, path: str, cls: str, offset: int) -> str | None:
        """How a class can be named at an offset of a file; None where it cannot."""
        info = self._index.program.classes.get(cls)
        if info is None:
            return None
        local = self._local_names(path, offset)
        found = self._named(path, cls, local) or self._in_module(path, cls, info.node.name, local)
        if found is not None or info.parent:
            return found
        if info.node.name in local or info.node.name in self._index.program.bindings[path]:
            return None
        module = self._module_of(path, info)
        if module is None:
            return None
        self.need(path, module, info.node.name)
        return info.node.name

    def _named(self, path: str, cls: str, local: set[str]) -> str | None:
        """A name of the file that is the class."""
        names = (name for name in self._index.program.bindings[path] if name not in local)
        return next((name for name in names if self._offers(path, name, cls)), None)

    def _in_module(self, path: str, cls: str, name: str, local: set[str]) -> str | None:
        """`models.User` where the file has imported the module."""
        for bound in self._index.program.bindings[path]:
            kind = self._index.inference.store.peek(("global", path, bound))
            if isinstance(kind, ModuleObject) and bound not in local and self._offers(kind.path, name, cls):
                return f"{bound}.{name}"
        return None

    def _module_of(self, path: str, info: ClassInfo) -> str | None:
        """Where the class can be imported from: a module that the file imports from already, else its own."""
        program = self._index.program
        for node in program.modules[path].body:
            if isinstance(node, Import) and (node.module is not None or node.level):
                target = program.find_module(path, node.module, node.level)
                if target not in (None, path) and self._offers(str(target), info.node.name, info.key):
                    return "." * node.level + (node.module or "")
        return None if self._imports(info.path, path) else program.index.name_of(info.path)

    def _imports(self, path: str, other: str) -> bool:
        """Whether a file imports another, however indirectly."""
        seen, waiting = {path}, [path]
        while waiting:
            for target in self._index.program.imported_files.get(waiting.pop(), ()):
                if target == other:
                    return True
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return False

    def _local_names(self, path: str, offset: int) -> set[str]:
        """The names that functions around an offset bind."""
        return {
            name
            for function in self._index.program.functions.values()
            if function.path == path and function.node.start <= offset < function.node.end
            for name in function.bindings
        }

    def _offers(self, path: str, name: str, cls: str) -> bool:
        if path.endswith("/") or name in self._only_checked(path):
            return False
        return self._index.inference.store.peek(("global", path, name)) == Model(cls)

    def _only_checked(self, path: str) -> set[str]:
        """The names that a file imports for type checkers only: they are not there when it runs."""
        return {
            item.bound
            for node in self._index.program.modules[path].body
            if isinstance(node, If) and dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"
            for statement in node.body
            if isinstance(statement, Import)
            for item in statement.names
        }
