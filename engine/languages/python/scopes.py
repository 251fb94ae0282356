"""Names and what they stand for: the scopes, bindings and references of one Python file.

The rules are those of the language reference, "Naming and binding", with PEP 695 scopes: class scopes are invisible to
functions within, the first iterable of a comprehension is evaluated outside of it, a walrus binds outside of comprehensions.
`scope_builder` finds the names, this module resolves them. All ranges are byte offsets into `Source.text`.
"""

from __future__ import annotations

import builtins
import enum
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from autofix.text.source import Source

if TYPE_CHECKING:
    from autofix.languages.python.imports import Import, ImportedName
    from tree_sitter import Node

BUILTINS = frozenset(dir(builtins)) | {
    *("__name__", "__file__", "__doc__", "__package__", "__spec__", "__loader__", "__path__", "__builtins__", "__debug__"),
    *("__annotations__", "__dict__", "__cached__", "__class__", "__module__", "__qualname__", "__conditional_annotations__"),
    *("WindowsError", "PythonFinalizationError", "BaseExceptionGroup", "ExceptionGroup", "EncodingWarning", "reveal_type"),
}
"""Names that need no binding, on any supported Python: builtins and what modules, classes and methods are given."""


class ScopeKind(enum.Enum):
    """What a scope belongs to."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"


class Kind(enum.Enum):
    """How a name is bound at one place."""

    IMPORT = "import"
    FUNCTION = "def"
    CLASS = "class"
    ASSIGNMENT = "assignment"
    ANNOTATION = "annotation without a value"
    AUGMENTED = "augmented assignment"
    FOR = "for"
    WITH = "with"
    EXCEPT = "except"
    WALRUS = "walrus"
    CAPTURE = "match capture"
    DELETE = "del"
    PARAMETER = "parameter"
    TYPE_PARAMETER = "type parameter"
    TYPE_ALIAS = "type alias"


class Target(NamedTuple):
    """One place that binds (or deletes) a name: `start` to `end` is the name itself."""

    start: int
    end: int
    kind: Kind
    node: Node
    """What binds: the definition, assignment, import, loop, `with` item, clause or parameter."""
    scope: Scope
    """Where the place stands: another scope than the binding's for `global`, `nonlocal` and walrus."""

    @property
    def effective(self) -> int:
        """The offset from which on the name is bound: `x = x` reads the old one."""
        return self.node.end_byte if self.kind in _BOUND_AT_END else self.end


_BOUND_AT_END = frozenset(
    (Kind.FUNCTION, Kind.CLASS, Kind.ASSIGNMENT, Kind.AUGMENTED, Kind.WALRUS, Kind.IMPORT, Kind.ANNOTATION)
)


class Reference(NamedTuple):
    """One place that reads a name: the range of the name itself, without attributes."""

    start: int
    end: int
    scope: Scope
    in_string: bool = False
    """In a string annotation or `__all__`: the bytes are the name, the quotes are outside."""
    uncertain: bool = False
    """Read in a class body that may or may not have bound the name by then: listed under both bindings."""


@dataclass(eq=False, slots=True)
class Binding:
    """A name of one scope, with all places that bind and all that read it, in the order of the text."""

    name: str
    """As Python knows it: NFKC-normalised, private names of classes mangled."""
    scope: Scope = field(repr=False)
    targets: list[Target] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    declarations: list[tuple[int, int]] = field(default_factory=list)
    """The names in `global` and `nonlocal` statements."""
    imports: list[tuple[Import, ImportedName]] = field(default_factory=list)
    """The imports among the targets."""

    @property
    def sole(self) -> Target | None:
        """The place that binds the name, where there is exactly one."""
        return self.targets[0] if len(self.targets) == 1 else None

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """Every place where the name is written, in order: what a rename has to change."""
        places = {(target.start, target.end) for target in self.targets}
        places |= {(reference.start, reference.end) for reference in self.references}
        return sorted(places.union(self.declarations))


class Scope:
    """One scope: `start` to `end` is where names are looked up in it (bodies, not defaults, decorators or base classes)."""

    __slots__ = ("bindings", "class_name", "declared", "end", "kind", "loads", "name", "node", "parent", "start", "stores")

    def __init__(self, kind: ScopeKind, name: str, node: Node, parent: Scope | None, span: tuple[int, int]) -> None:
        self.kind = kind
        self.name = name
        """Of the function or class; empty for other scopes."""
        self.node = node
        self.parent = parent
        self.start, self.end = span
        self.class_name: str = name if kind is ScopeKind.CLASS else parent.class_name if parent is not None else ""
        """The class whose private names are mangled here."""
        self.bindings: dict[str, Binding] = {}
        self.declared: dict[str, tuple[bool, int, int]] = {}
        """Names in `global` (True) and `nonlocal` (False) statements of this scope, with the range of the name there."""
        self.loads: defaultdict[str, list[Reference]] = defaultdict(list)
        self.stores: defaultdict[str, list[tuple[Target, tuple[Import, ImportedName] | None]]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<Scope {self.kind.value} {self.qualified_name or self.name}>"

    @property
    def is_function_like(self) -> bool:
        """Whether its names are local variables."""
        return self.kind in (ScopeKind.FUNCTION, ScopeKind.LAMBDA, ScopeKind.COMPREHENSION)

    @property
    def is_async(self) -> bool:
        """Whether it is the scope of an `async def`."""
        return self.kind is ScopeKind.FUNCTION and self.node.children[0].type == "async"

    @property
    def function(self) -> Scope | None:
        """The function, lambda or None (module or class) whose frame runs the code of this scope's expressions."""
        scope: Scope | None = self
        while scope is not None and scope.kind in (ScopeKind.COMPREHENSION, ScopeKind.TYPE_PARAMETERS):
            scope = scope.parent
        return scope if scope is not None and scope.is_function_like else None

    @property
    def is_deferred(self) -> bool:
        """Whether its code runs when a function is called, not when the module is imported."""
        scope: Scope | None = self
        while scope is not None and scope.kind not in (ScopeKind.FUNCTION, ScopeKind.LAMBDA):
            scope = scope.parent
        return scope is not None

    @property
    def qualified_name(self) -> str:
        """`Class.method`, `outer.<locals>.inner`; empty for the module."""
        parts: list[str] = []
        scope: Scope | None = self
        while scope is not None and scope.kind is not ScopeKind.MODULE:
            if scope.kind in (ScopeKind.FUNCTION, ScopeKind.CLASS):
                if parts and scope.kind is ScopeKind.FUNCTION:
                    parts.append("<locals>")
                parts.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(parts))

    def lookup(self, name: str) -> Binding | None:
        """What a read of `name` in this scope finds (for a class body: its own name first); None where no scope of the file
        binds it. `name` as in `Binding.name`.
        """
        scope, sees_class = self, True
        while True:
            declared = scope.declared.get(name)
            if declared is not None and declared[0]:
                return _outermost(scope).bindings.get(name)
            if scope.kind is not ScopeKind.CLASS or sees_class:
                found = scope.bindings.get(name)
                if found is not None:
                    return found
            if scope.parent is None:
                return None
            # Only the scopes of type parameters see the names of the class around them.
            sees_class = sees_class and scope.kind is ScopeKind.TYPE_PARAMETERS
            scope = scope.parent


def _outermost(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


class Chain(NamedTuple):
    """A name with the plain attributes after it: `database.config.get_db`."""

    parts: tuple[str, ...]
    start: int
    ends: tuple[int, ...]
    """Where each part ends."""

    @property
    def end(self) -> int:
        """Where the last part ends."""
        return self.ends[-1]

    @property
    def dotted(self) -> str:
        """The parts joined, without blanks or comments between them."""
        return ".".join(self.parts)


class Dynamic(NamedTuple):
    """Something that reaches names in ways that no reading of the text can follow."""

    reason: str
    start: int
    scope: Scope


@dataclass(eq=False)
class Module:
    """What `scopes` found in one file."""

    source: Source
    scope: Scope
    scopes: list[Scope]
    """All scopes, the module's first, outer ones before inner ones."""
    imports: list[Import]
    globals: dict[str, list[Reference]]
    """Names that no scope of the file binds: builtins, names of star imports, undefined names."""
    all_names: list[Reference] | None
    """The entries of `__all__` that are plain strings; None where the module has none."""
    all_is_complete: bool
    """Whether `__all__` holds nothing but `all_names`."""
    dynamic: list[Dynamic]
    opaque_strings: list[tuple[int, int]]
    """Strings in annotation positions that could not be read: parts joined, escapes, no expression."""
    _holes: list[tuple[int, int, Scope]] = field(repr=False, default_factory=list)

    @property
    def definitions(self) -> dict[str, Binding]:
        """The names of the module itself."""
        return self.scope.bindings

    @property
    def is_dynamic(self) -> bool:
        """Whether names may be used in ways that are not listed: `exec`, `globals()`, star imports and the like."""
        return bool(self.dynamic)

    @property
    def undefined(self) -> dict[str, list[Reference]]:
        """`globals` without builtins; with a star import any of them may come from there."""
        return {name: places for name, places in self.globals.items() if name not in BUILTINS}

    def bindings(self) -> Iterator[Binding]:
        """Every binding of every scope."""
        for scope in self.scopes:
            yield from scope.bindings.values()

    def is_bound(self, name: str) -> bool:
        """Whether any scope of the file binds `name`."""
        return any(name in scope.bindings for scope in self.scopes)

    def scope_at(self, offset: int) -> Scope:
        """The scope in which an expression at `offset` is evaluated."""
        at = bisect_right(self._regions[0], offset) - 1
        return self._regions[1][at]

    @cached_property
    def _regions(self) -> tuple[list[int], list[Scope]]:
        """Offsets where the scope changes, and the scope from there on."""
        spans = [(scope.start, -scope.end, scope) for scope in self.scopes[1:]]
        spans += [(start, -end, scope) for start, end, scope in self._holes]
        spans.sort(key=lambda span: span[:2])
        starts, scopes, open_spans = [0], [self.scope], [(len(self.source.text) + 1, self.scope)]
        for start, negative_end, scope in spans:
            while open_spans[-1][0] <= start:
                starts.append(open_spans.pop()[0])
                scopes.append(open_spans[-1][1])
            starts.append(start)
            scopes.append(scope)
            open_spans.append((-negative_end, scope))
        while len(open_spans) > 1:
            starts.append(open_spans.pop()[0])
            scopes.append(open_spans[-1][1])
        return starts, scopes

    def binding_at(self, offset: int) -> Binding | None:
        """What the name that begins at `offset` is bound to; None for names nobody binds, and where no name begins.

        A read in a class body that may mean the class's name or the module's is taken for the class's.
        """
        return self._by_offset.get(offset)

    def is_unbound(self, offset: int) -> bool:
        """Whether a name that no scope of the file binds is read at `offset`."""
        return offset in self._unbound

    @cached_property
    def _unbound(self) -> frozenset[int]:
        return frozenset(reference.start for references in self.globals.values() for reference in references)

    @property
    def has_star_imports(self) -> bool:
        """Whether names may come from `from ... import *`."""
        return any(found.is_star for found in self.imports)

    @cached_property
    def _by_offset(self) -> dict[int, Binding]:
        found: dict[int, Binding] = {}
        for binding in self.bindings():
            for start, _ in binding.ranges:
                known = found.setdefault(start, binding)
                if known.scope.parent is None:
                    found[start] = binding
        return found

    def qualified(self, expression: Node | Reference) -> tuple[str, ...]:
        """Where a name or attribute chain comes from, as dotted names: `sa.orm.Session` after `import sqlalchemy as sa` is
        `sqlalchemy.orm.Session`, a builtin is `builtins.name`, relative imports begin with dots.

        Several where branches import several; empty for what is no chain or is not only imported. Of a reference all that
        follows the name counts, of a node the node alone.
        """
        from autofix.languages.python.chains import qualified

        return qualified(self, expression)

    def node(self, reference: Reference | Target) -> Node | None:
        """The identifier at a reference or target; None inside of strings."""
        from autofix.languages.python.syntax import root

        found = root(self.source).descendant_for_byte_range(reference.start, reference.end)
        return found if found is not None and found.type == "identifier" else None

    def chain(self, reference: Reference) -> Chain:
        """The reference with the attributes that follow it."""
        from autofix.languages.python.chains import chain

        return chain(self.source, reference)

    def references_to(self, binding: Binding, dotted: str) -> Iterator[tuple[Reference, Chain]]:
        """The references of a binding whose attribute chain begins with `dotted`, the binding's own name included."""
        parts = tuple(dotted.split("."))
        for reference in binding.references:
            found = self.chain(reference)
            if found.parts[: len(parts)] == parts:
                yield reference, found


def scopes(source: Source) -> Module:
    """The names of a file, resolved once for each text. A file with syntax errors gives what could be read."""
    return source.once(_build)


def _build(source: Source) -> Module:
    from autofix.languages.python.scope_builder import build

    return build(source)
