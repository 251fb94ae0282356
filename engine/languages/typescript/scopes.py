"""Names and what they stand for: scopes, bindings and references of one file.

The rules are those of ECMAScript (sloppy-mode functions in blocks stay in their block) and of TypeScript's three meanings
of a name: value, type and namespace. `scope_builder` finds the names, this module resolves them.
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


class Meaning:
    """What a name can be used as, combined with `|`. Numbers: an enumeration of flags would double the cost of a file."""

    VALUE = 1
    TYPE = 2
    NAMESPACE = 4
    ANY = VALUE | TYPE | NAMESPACE


class Kind(enum.Enum):
    """How a name is declared."""

    VAR = "var"
    LEXICAL = "let, const or using"
    FUNCTION = "function"
    CLASS = "class"
    PARAMETER = "parameter"
    CATCH = "catch"
    IMPORT = "import"
    ENUM = "enum"
    ENUM_MEMBER = "enum member"
    NAMESPACE = "namespace"
    SELF = "the name of a function or class expression, within it"
    INTERFACE = "interface"
    TYPE_ALIAS = "type"
    TYPE_PARAMETER = "type parameter"


_MEANINGS = {
    Kind.CLASS: Meaning.VALUE | Meaning.TYPE,
    Kind.SELF: Meaning.VALUE | Meaning.TYPE,
    Kind.IMPORT: Meaning.ANY,
    Kind.ENUM: Meaning.ANY,
    Kind.ENUM_MEMBER: Meaning.VALUE | Meaning.TYPE,
    Kind.NAMESPACE: Meaning.VALUE | Meaning.NAMESPACE,
    Kind.INTERFACE: Meaning.TYPE,
    Kind.TYPE_ALIAS: Meaning.TYPE,
    Kind.TYPE_PARAMETER: Meaning.TYPE,
}


class Role(enum.Enum):
    """What a reference does with the name."""

    READ = "read"
    WRITE = "write"
    UPDATE = "read and write"
    TYPEOF = "operand of typeof: read, but never an error where nothing has that name"
    TYPE = "type"
    TYPE_QUERY = "value named in a type"
    EXPORT = "export clause"

    @property
    def erased(self) -> bool:
        """Whether nothing of it is left at run time."""
        return self in (Role.TYPE, Role.TYPE_QUERY)


class ScopeKind(enum.Enum):
    """What a scope belongs to."""

    FILE = "file"
    MODULE = "declare module"
    GLOBAL = "declare global"
    NAMESPACE = "namespace"
    MEMBERS = "exported members of a namespace or members of an enum"
    FUNCTION = "parameters"
    ARROW = "parameters of an arrow function"
    BODY = "function body"
    STATIC_BLOCK = "static block"
    CLASS = "class"
    CATCH = "catch"
    BLOCK = "block, loop or switch"
    TYPE = "type"


@dataclass(eq=False, slots=True)
class Declaration:
    """One place that declares a name: `name` is the name's node, `node` what declares it (a declarator, parameter,
    function, class, import specifier ..).
    """

    kind: Kind
    name: Node
    node: Node


@dataclass(eq=False, slots=True)
class Binding:
    """A name of one scope with its declarations (several for `var`, overloads, merged interfaces) and its uses."""

    name: str
    scope: Scope = field(repr=False)
    ambient: bool
    """Only described (`declare`): at run time the name means whatever the surroundings offer."""
    meaning: int
    declarations: list[Declaration] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    members: Scope | None = None

    @property
    def kind(self) -> Kind:
        """How it is declared first."""
        return self.declarations[0].kind


@dataclass(eq=False, slots=True)
class Reference:
    """One use of a name; `binding` is None where no scope of the file declares it (a global, or a mistake)."""

    name: str
    node: Node
    scope: Scope = field(repr=False)
    role: Role
    meaning: int
    start: int
    """The offset of its first byte."""
    binding: Binding | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """A region of text and the names declared for it."""

    kind: ScopeKind
    node: Node
    parent: Scope | None = field(repr=False)
    bindings: dict[str, Binding] = field(default_factory=dict, repr=False)
    members: Scope | None = field(default=None, repr=False)
    """Of a namespace: what all its blocks export."""

    def declare(self, declaration: Declaration, name: str, ambient: bool) -> Binding:
        """Add a declaration; one name of a scope is one binding."""
        meaning = _MEANINGS.get(declaration.kind, Meaning.VALUE)
        binding = self.bindings.get(name)
        if binding is None or (binding.kind is Kind.SELF and declaration.kind is not Kind.SELF):
            binding = self.bindings[name] = Binding(name, self, ambient, meaning)
        binding.declarations.append(declaration)
        binding.meaning |= meaning
        binding.ambient = binding.ambient and ambient
        return binding

    def lookup(self, name: str, meaning: int = Meaning.VALUE) -> Binding | None:
        """What a name stands for here, looking outwards."""
        scope: Scope | None = self
        while scope is not None:
            binding = scope.bindings.get(name)
            if binding is not None and binding.meaning & meaning:
                return binding
            scope = scope.parent
        return None

    @property
    def above(self) -> Iterator[Scope]:
        """The scope itself and those around it, outwards."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(eq=False, slots=True)
class Scopes:
    """All scopes of a file, outer before inner, and all references in document order."""

    all: list[Scope]
    references: list[Reference]
    _starts: list[int]

    @property
    def file(self) -> Scope:
        """The outermost scope."""
        return self.all[0]

    @property
    def unresolved(self) -> Iterator[Reference]:
        """The references that nothing in the file declares."""
        return (reference for reference in self.references if reference.binding is None)

    @property
    def bindings(self) -> Iterator[Binding]:
        """Everything declared, scope by scope."""
        return (binding for scope in self.all for binding in scope.bindings.values() if binding.scope is scope)

    def reference_at(self, start: int) -> Reference | None:
        """The reference whose name begins at a byte offset."""
        at = bisect_left(self._starts, start)
        return self.references[at] if at < len(self._starts) and self._starts[at] == start else None

    def references_in(self, start: int, end: int) -> list[Reference]:
        """The references that begin within a range of bytes."""
        return self.references[bisect_left(self._starts, start) : bisect_left(self._starts, end)]


def scopes(source: Source) -> Scopes:
    """The scopes of a file, shared by all who ask for them."""
    return source.once(_resolve)


def _resolve(source: Source) -> Scopes:
    from autofix.languages.typescript.scope_builder import Builder

    builder = Builder(source)
    builder.run()
    references = sorted((found for found in builder.references if _bind(found)), key=attrgetter("start"))
    return Scopes(builder.scopes, references, [found.start for found in references])


def _bind(reference: Reference) -> bool:
    """Resolve one reference; False for `arguments`, which every function has without declaring it."""
    scope: Scope | None = reference.scope
    while scope is not None:
        binding = scope.bindings.get(reference.name)
        if binding is not None and binding.meaning & reference.meaning:
            reference.binding = binding
            binding.references.append(reference)
            return True
        if reference.name == "arguments" and scope.kind is ScopeKind.FUNCTION:
            return False
        scope = scope.parent
    return True
