"""Finds the scopes, bindings and reads of names in a syntax tree, without recursion: depth costs no stack."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from autofix.languages.python.annotations import Annotations
from autofix.languages.python.exports import Exports
from autofix.languages.python.imports import Import, ImportedName, read_import
from autofix.languages.python.resolution import resolve
from autofix.languages.python.scopes import Dynamic, Kind, Module, Reference, Scope, ScopeKind, Target
from autofix.languages.python.syntax import kinds, parse, root
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Calls that read or write names by strings. `vars()` and `dir()` only look at names, but at all of them.
_DYNAMIC_CALLS = frozenset((b"exec", b"eval", b"globals", b"locals", b"vars", b"__import__"))
_LEAVES = (
    *("comment", "integer", "float", "true", "false", "none", "ellipsis", "string_start", "string_content", "string_end"),
    *("pass_statement", "break_statement", "continue_statement", "escape_sequence", "type_conversion", "line_continuation"),
    *("import_prefix", "positional_separator", "keyword_separator", "escape_interpolation"),
)
_TARGET_LISTS = frozenset(
    (
        *(
            "pattern_list",
            "tuple_pattern",
            "list_pattern",
            "list_splat_pattern",
            "tuple",
            "list",
            "list_splat",
            "expression_list",
        ),
        *("parenthesized_expression", "as_pattern_target", "parenthesized_list_splat"),
    )
)


def build(source: Source) -> Module:
    """The module of a file."""
    tree = root(source)
    scope = Scope(ScopeKind.MODULE, "", tree, None, (0, len(source.text)))
    builder = Builder(source.text, scope)
    builder.walk(tree, scope)
    return resolve(source, builder)


@cache
def _handlers() -> tuple[int, list[Callable[[Builder, Node, Scope], None] | None]]:
    """What to do at each kind of node, by its number: None looks at the children. First the number of identifiers."""
    handlers: dict[str, Callable[[Builder, Node, Scope], None]] = dict.fromkeys(_LEAVES, Builder.skip)
    handlers |= {name: getattr(Builder, f"on_{name}") for name in kinds() if hasattr(Builder, f"on_{name}")}
    for name in ("list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"):
        handlers[name] = Builder.on_comprehension
    for name in ("import_statement", "import_from_statement", "future_import_statement"):
        handlers[name] = Builder.on_import
    for name in ("global_statement", "nonlocal_statement"):
        handlers[name] = Builder.on_declaration
    table: list[Callable[[Builder, Node, Scope], None] | None] = [None] * (max(max(ids) for ids in kinds().values()) + 1)
    for name, handler in handlers.items():
        for number in kinds().get(name, ()):
            table[number] = handler
    return kinds()["identifier"][0], table


class Builder(Annotations):
    """Collects what each scope binds and reads; `resolve` joins it."""

    def __init__(self, text: bytes, scope: Scope) -> None:
        super().__init__()
        self.text = text
        self.module = scope
        self.scopes = [scope]
        self.imports: list[Import] = []
        self.dynamic: list[Dynamic] = []
        self.exports = Exports()
        self.holes: list[tuple[int, int, Scope]] = []
        self.regions: list[tuple[int, int, bool]] = []
        """Where imports are for type checkers only (True) or guarded by `try` (False)."""
        self._stack: list[tuple[Node, Scope]] = []
        self._names: dict[bytes, str] = {}

    def walk(self, start: Node, scope: Scope) -> None:
        """Visits a tree, in the order of the text as far as scopes allow."""
        identifier, table = _handlers()
        outer, self._stack = self._stack, [(start, scope)]
        stack, read = self._stack, self.read
        # Errors are reported with a kind beyond the table.
        count = len(table)
        while stack:
            node, scope = stack.pop()
            kind = node.kind_id
            if kind == identifier:
                read(node, scope)
                continue
            handler = table[kind] if kind < count else None
            if handler is not None:
                handler(self, node, scope)
            else:
                children = node.named_children
                children.reverse()
                for child in children:
                    stack.append((child, scope))
        self._stack = outer

    def push(self, node: Node | None, scope: Scope) -> None:
        """Visits an expression later."""
        if node is not None:
            self._stack.append((node, scope))

    def fragment(self, text: bytes, start: int, scope: Scope) -> bool:
        """Reads an annotation that stands in a string at offset `start`; False where it is no expression."""
        tree = parse(b"(" + text + b")").root_node
        statement = tree.named_child(0)
        if tree.has_error or tree.named_child_count != 1 or statement is None or statement.type != "expression_statement":
            return False
        outer_base, self.base = self.base, start - 1
        outer_stack, self._stack = self._stack, []
        self.depth += 1
        self.annotation(statement.named_children[0], scope)
        pending, self._stack = self._stack, outer_stack
        for node, inner in pending:
            self.walk(node, inner)
        self.depth -= 1
        self.base = outer_base
        return True

    def skip(self, node: Node, scope: Scope) -> None:
        """Nothing to see."""

    # Reading and binding

    def name(self, start: int, end: int, scope: Scope) -> str:
        """The name at a range as Python knows it."""
        raw = self.text[start:end]
        name = self._names.get(raw)
        if name is None:
            decoded = raw.decode("utf-8", "replace")
            name = self._names[raw] = decoded if decoded.isascii() else unicodedata.normalize("NFKC", decoded)
        if name.startswith("__") and scope.class_name and not name.endswith("__") and scope.class_name.strip("_"):
            return f"_{scope.class_name.lstrip('_')}{name}"
        return name

    def read(self, node: Node, scope: Scope) -> None:
        """The identifier is read."""
        start, end = node.start_byte + self.base, node.end_byte + self.base
        if start < end:
            scope.loads[self.name(start, end, scope)].append(Reference(start, end, scope, self.depth > 0))

    def bind(self, name: Node, scope: Scope, kind: Kind, node: Node) -> None:
        """The identifier is bound in a scope, or in the one that a walrus means."""
        owner = scope
        if kind is Kind.WALRUS:
            while owner.kind is ScopeKind.COMPREHENSION and owner.parent is not None:
                owner = owner.parent
        start, end = name.start_byte + self.base, name.end_byte + self.base
        if start < end:
            owner.stores[self.name(start, end, owner)].append((Target(start, end, kind, node, scope), None))

    def targets(self, node: Node | None, scope: Scope, kind: Kind, by: Node) -> None:
        """What stands left of `=`: names are bound, the parts of attributes and subscripts are read."""
        todo = [node] if node is not None else []
        while todo:
            target = todo.pop()
            if target.type == "identifier":
                self.bind(target, scope, kind, by)
            elif target.type in _TARGET_LISTS or target.is_error:
                todo.extend(reversed(target.named_children))
            else:
                self.push(target, scope)

    def open_scope(self, kind: ScopeKind, name: str, node: Node, parent: Scope, start: int, end: int) -> Scope:
        """A scope whose names are looked up from `start` to `end`."""
        scope = Scope(kind, name, node, parent, (start + self.base, end + self.base))
        self.scopes.append(scope)
        return scope

    # Expressions

    def on_attribute(self, node: Node, scope: Scope) -> None:
        """Only the object is a name; long chains are common, so they are followed at once."""
        inner = node.children[0]
        while inner.type == "attribute":
            inner = inner.children[0]
        self._stack.append((inner, scope))

    def on_keyword_argument(self, node: Node, scope: Scope) -> None:
        """The keyword is no name."""
        self.push(node.child_by_field_name("value"), scope)

    def on_string(self, node: Node, scope: Scope) -> None:
        """Only f-strings and t-strings hold expressions."""
        if node.named_child_count > 2:
            self._stack.extend((child, scope) for child in reversed(node.named_children) if child.type == "interpolation")

    def on_call(self, node: Node, scope: Scope) -> None:
        """Calls that reach names by strings are noted; strings that `typing` reads as types are read."""
        children = node.children
        function, arguments = children[0], children[-1]
        if function.kind_id == _handlers()[0]:
            name = self.text[function.start_byte + self.base : function.end_byte + self.base]
            if name in _DYNAMIC_CALLS and not (name == b"vars" and arguments.named_child_count):
                self.dynamic.append(Dynamic(f"{name.decode()}()", node.start_byte + self.base, scope))
        elif scope is self.module and (called := self._text(function)).startswith(b"__all__."):
            self.exports.call(called[len(b"__all__.") :], arguments)
        self._stack.append((arguments, scope))
        self._stack.append((function, scope))
        if (self.typing_names or self.typing_modules) and arguments.named_child_count:
            self.typing_call(function, arguments, scope)

    def on_subscript(self, node: Node, scope: Scope) -> None:
        """`Optional["User"]` outside of annotations; other subscripts are expressions."""
        if (self.typing_names or self.typing_modules) and self.typing_subscript(node, scope):
            return
        self._stack.extend((child, scope) for child in reversed(node.named_children))

    def on_type(self, node: Node, scope: Scope) -> None:
        """An annotation."""
        self.annotation(node, scope)

    def on_named_expression(self, node: Node, scope: Scope) -> None:
        """`name := value`."""
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, scope, Kind.WALRUS, node)
        self.push(node.child_by_field_name("value"), scope)

    def on_lambda(self, node: Node, scope: Scope) -> None:
        """Defaults are evaluated outside."""
        body = node.child_by_field_name("body")
        if body is None:
            return
        inner = self.open_scope(ScopeKind.LAMBDA, "", node, scope, body.start_byte, node.end_byte)
        self.push(body, inner)
        self._parameters(node.child_by_field_name("parameters"), scope, scope, inner)

    def on_comprehension(self, node: Node, scope: Scope) -> None:
        """The first iterable is evaluated outside, all else inside."""
        inner = self.open_scope(ScopeKind.COMPREHENSION, "", node, scope, node.start_byte, node.end_byte)
        children = node.named_children
        first = next((child for child in children if child.type == "for_in_clause"), None)
        self._stack.extend((child, inner) for child in reversed(children) if child != first)
        if first is not None:
            self.targets(first.child_by_field_name("left"), inner, Kind.FOR, first)
            for iterable in first.children_by_field_name("right"):
                self.push(iterable, scope)
                self.holes.append((iterable.start_byte + self.base, iterable.end_byte + self.base, scope))

    def on_for_in_clause(self, node: Node, scope: Scope) -> None:
        """A further clause of a comprehension."""
        for iterable in node.children_by_field_name("right"):
            self.push(iterable, scope)
        self.targets(node.child_by_field_name("left"), scope, Kind.FOR, node)

    # Statements

    def on_assignment(self, node: Node, scope: Scope) -> None:
        """`a = b`, `a: T`, `a: T = b`."""
        left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        annotation = node.child_by_field_name("type")
        self.push(value, scope)
        if annotation is not None:
            self.annotation(annotation, scope, alias=True, value=value)
        if left is None:
            return
        if left.type == "identifier" and scope is self.module and self._text(left) == b"__all__":
            self.exports.assign(value)
        if left.type == "subscript" and self._text(left).startswith(b"sys.modules["):
            self.dynamic.append(Dynamic("sys.modules", left.start_byte, scope))
        if value is None and left.type != "identifier":
            self.push(left, scope)  # `(a): int` and `a.b: int` bind nothing
        else:
            self.targets(left, scope, Kind.ANNOTATION if value is None else Kind.ASSIGNMENT, node)

    def on_augmented_assignment(self, node: Node, scope: Scope) -> None:
        """`a += b` binds and reads."""
        left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        self.push(value, scope)
        if left is not None and left.type == "identifier":
            if scope is self.module and self._text(left) == b"__all__":
                self.exports.add(value)
            self.bind(left, scope, Kind.AUGMENTED, node)
        else:
            self.push(left, scope)

    def on_for_statement(self, node: Node, scope: Scope) -> None:
        """The targets are bound, then all else is visited."""
        left = node.child_by_field_name("left")
        self._stack.extend((child, scope) for child in reversed(node.named_children) if child != left)
        self.targets(left, scope, Kind.FOR, node)

    def on_as_pattern(self, node: Node, scope: Scope) -> None:
        """`with x as y`, `except E as e`."""
        target = node.child_by_field_name("alias")
        self._stack.extend((child, scope) for child in reversed(node.named_children) if child != target)
        clause = node.parent
        kind = Kind.EXCEPT if clause is not None and clause.type == "except_clause" else Kind.WITH
        self.targets(target, scope, kind, clause if clause is not None else node)

    def on_delete_statement(self, node: Node, scope: Scope) -> None:
        """`del a` makes `a` a name of the scope."""
        for child in node.named_children:
            self.targets(child, scope, Kind.DELETE, node)

    def on_declaration(self, node: Node, scope: Scope) -> None:
        """`global a, b` and `nonlocal a, b`."""
        for child in node.named_children:
            start, end = child.start_byte, child.end_byte
            scope.declared[self.name(start, end, scope)] = (node.type == "global_statement", start, end)

    def on_exec_statement(self, node: Node, scope: Scope) -> None:
        """Python 2."""
        self.dynamic.append(Dynamic("exec", node.start_byte, scope))

    def on_import(self, node: Node, scope: Scope) -> None:
        """All three import statements."""
        around = {type_checking for start, end, type_checking in self.regions if start <= node.start_byte < end}
        found = Import.of(read_import(node, self.text), scope, True in around, False in around)
        self.imports.append(found)
        if found.is_star:
            self.dynamic.append(Dynamic(f"from {found.dotted} import *", found.start, scope))
        for item in found.names:
            if item.bound:
                self._bind_import(found, item, scope)
        self.note_typing(found)

    def _bind_import(self, found: Import, item: ImportedName, scope: Scope) -> None:
        start, end = item.bound_range
        scope.stores[self.name(start, end, scope)].append((Target(start, end, Kind.IMPORT, found.node, scope), (found, item)))

    def on_if_statement(self, node: Node, scope: Scope) -> None:
        """Imports below `if TYPE_CHECKING` are marked."""
        self._stack.extend((child, scope) for child in reversed(node.named_children))
        condition = node.child_by_field_name("condition")
        if condition is None or b"TYPE_CHECKING" not in (text := self._text(condition)):
            return
        if text.strip(b"() \t").startswith(b"not"):
            branches = [child for child in node.named_children if child.type == "else_clause"]
        else:
            branches = [child for child in (node.child_by_field_name("consequence"),) if child is not None]
        self.regions += [(branch.start_byte, branch.end_byte, True) for branch in branches]

    def on_try_statement(self, node: Node, scope: Scope) -> None:
        """Imports in a `try` that survives a failing import are marked."""
        self._stack.extend((child, scope) for child in reversed(node.named_children))
        if any(child.type == "except_clause" and self._catches_import_errors(child) for child in node.named_children):
            self.regions.append((node.start_byte, node.end_byte, False))

    def _catches_import_errors(self, clause: Node) -> bool:
        body = next((child for child in clause.named_children if child.type == "block"), None)
        header = self.text[clause.start_byte : body.start_byte if body is not None else clause.end_byte]
        bare = header.replace(b"except", b"").strip(b"* \t\r\n:") == b""
        return bare or any(name in header for name in (b"ImportError", b"ModuleNotFoundError", b"Exception"))

    # Definitions

    def on_function_definition(self, node: Node, scope: Scope) -> None:
        """The name is bound outside; defaults and annotations are evaluated outside; the body is a scope."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return
        self.bind(name, scope, Kind.FUNCTION, node)
        if scope is self.module and self._text(name) == b"__getattr__":
            self.dynamic.append(Dynamic("__getattr__ of the module", node.start_byte, scope))
        outside = self._type_parameters(node, scope)
        start = body.start_byte if body is not None else node.end_byte
        inner = self.open_scope(ScopeKind.FUNCTION, _decoded(self._text(name)), node, outside, start, node.end_byte)
        self.push(body, inner)
        self.push(node.child_by_field_name("return_type"), outside)
        self._parameters(node.child_by_field_name("parameters"), scope, outside, inner)

    def on_class_definition(self, node: Node, scope: Scope) -> None:
        """The name is bound outside; base classes are evaluated outside; the body is a scope."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return
        self.bind(name, scope, Kind.CLASS, node)
        outside = self._type_parameters(node, scope, _decoded(self._text(name)))
        start = body.start_byte if body is not None else node.end_byte
        inner = self.open_scope(ScopeKind.CLASS, _decoded(self._text(name)), node, outside, start, node.end_byte)
        self.push(body, inner)
        self.push(node.child_by_field_name("superclasses"), outside)

    def on_type_alias_statement(self, node: Node, scope: Scope) -> None:
        """`type Name[T] = value`, evaluated in a scope of its own."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = [left] if left is not None else []
        while names and names[0].type in ("type", "generic_type"):
            names = names[0].named_children
        if not names:
            return
        if names[0].type != "identifier":
            self._assignment_to_type(node, names, scope)
            return
        self.bind(names[0], scope, Kind.TYPE_ALIAS, node)
        inner = self.open_scope(ScopeKind.TYPE_PARAMETERS, "", node, scope, names[0].end_byte, node.end_byte)
        for parameters in names[1:]:
            self._bind_type_parameters(parameters, inner)
        if right is not None:
            self.annotation(right, inner)

    def _assignment_to_type(self, node: Node, targets: list[Node], scope: Scope) -> None:
        """`type(x).y = z` and `type[x] = z`, which the grammar takes for a type alias."""
        word = node.children[0]
        start, end = word.start_byte + self.base, word.end_byte + self.base
        scope.loads["type"].append(Reference(start, end, scope, self.depth > 0))
        right = node.child_by_field_name("right")
        if right is not None:
            self.untyped(right, scope)
        for target in targets:
            self.untyped(target, scope)

    def _type_parameters(self, node: Node, scope: Scope, class_name: str = "") -> Scope:
        parameters = node.child_by_field_name("type_parameters")
        if parameters is None:
            return scope
        inner = self.open_scope(ScopeKind.TYPE_PARAMETERS, "", node, scope, parameters.start_byte, node.end_byte)
        inner.class_name = class_name or inner.class_name
        self._bind_type_parameters(parameters, inner)
        return inner

    def _bind_type_parameters(self, parameters: Node, scope: Scope) -> None:
        for parameter in parameters.named_children:
            part = parameter
            bounds: list[Node] = []
            while part.type in ("type", "constrained_type", "splat_type") and part.named_children:
                part, *more = part.named_children
                bounds += more
            if part.type == "identifier":
                self.bind(part, scope, Kind.TYPE_PARAMETER, parameter)
            for bound in bounds:
                self.annotation(bound, scope)

    def _parameters(self, parameters: Node | None, defaults: Scope, annotations: Scope, inner: Scope) -> None:
        """Defaults belong to the scope around, annotations to that of the type parameters, names to the function."""
        for parameter in reversed(parameters.named_children if parameters is not None else []):
            kind = parameter.type
            if kind == "identifier":
                self.bind(parameter, inner, Kind.PARAMETER, parameter)
                continue
            default, annotation = parameter.child_by_field_name("value"), parameter.child_by_field_name("type")
            if default is not None:
                self.push(default, defaults)
                if defaults is not annotations:
                    self.holes.append((default.start_byte, default.end_byte, defaults))
            self.push(annotation, annotations)
            name = parameter.child_by_field_name("name") or next(iter(parameter.named_children), None)
            if kind not in ("comment", "keyword_separator", "positional_separator") and name is not None:
                # `*args`, `**kwargs`; Python 2 unpacked tuples here.
                while name.type in ("list_splat_pattern", "dictionary_splat_pattern") and name.named_children:
                    name = name.named_children[0]
                self.targets(name, inner, Kind.PARAMETER, parameter)

    # Patterns

    def on_case_pattern(self, node: Node, scope: Scope) -> None:
        """Bare names capture, dotted names and classes are read."""
        todo = [node]
        while todo:
            pattern = todo.pop()
            kind, children = pattern.type, pattern.named_children
            if kind == "dotted_name":
                self._value_or_capture(pattern, scope)
            elif kind == "identifier":
                self._capture(pattern, scope)
            elif kind == "class_pattern":
                self.push(children[0].named_child(0), scope)
                todo.extend(reversed(children[1:]))
            elif kind == "keyword_pattern":
                todo.extend(reversed(children[1:]))
            elif kind == "union_pattern" or kind.endswith("_pattern") or pattern.is_error:
                todo.extend(reversed(children))
            else:
                self.push(pattern, scope)

    def _value_or_capture(self, dotted: Node, scope: Scope) -> None:
        names = dotted.named_children
        if len(names) == 1:
            self._capture(names[0], scope)
        elif names:
            self.push(names[0], scope)

    def _capture(self, name: Node, scope: Scope) -> None:
        if self._text(name) != b"_":
            self.bind(name, scope, Kind.CAPTURE, name)

    def _text(self, node: Node) -> bytes:
        return self.text[node.start_byte + self.base : node.end_byte + self.base]


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "replace")
