"""The whole of a Python file as `code`: statements, with the expressions that `code_expressions` reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from autofix.languages import Language
from autofix.languages.python.code import (
    Assign,
    Block,
    Case,
    Class,
    Declare,
    Delete,
    Evaluate,
    Expression,
    For,
    Function,
    Handler,
    If,
    Import,
    ImportedName,
    Leave,
    Match,
    Module,
    Other,
    Return,
    Statement,
    Try,
    While,
    With,
    WithItem,
)
from autofix.languages.python.code_expressions import Expressions, parts
from autofix.languages.python.imports import read_import
from autofix.languages.python.syntax import root
from autofix.languages.summarizer import Summarizer
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def read(source: Source) -> Module:
    """The code of a file; with syntax errors, of what could be read."""
    return source.once(_read)


def _read(source: Source) -> Module:
    tree = root(source)
    return Module(_Statements(source.text).block(tree), tree.has_error)


class _Statements(Expressions):
    """Reads the statements of one text."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self._statements: dict[str, Callable[[Node], Statement]] = {
            "expression_statement": self._expression_statement,
            "return_statement": self._return,
            "if_statement": self._if,
            "for_statement": self._for,
            "while_statement": self._while,
            "with_statement": self._with,
            "try_statement": self._try,
            "match_statement": self._match,
            "function_definition": self._function,
            "class_definition": self._class,
            "decorated_definition": self._decorated,
            "import_statement": self._import,
            "import_from_statement": self._import,
            "future_import_statement": self._import,
            "delete_statement": self._delete,
            **dict.fromkeys(("raise_statement", "break_statement", "continue_statement"), self._leave),
            **dict.fromkeys(("global_statement", "nonlocal_statement"), self._declare),
        }

    def block(self, node: Node | None) -> Block:
        """The statements of a block or module."""
        return () if node is None else tuple(self._statement(child) for child in parts(node))

    def _statement(self, node: Node) -> Statement:
        reader = self._statements.get(node.type)
        return reader(node) if reader is not None else Other(node.start_byte, node.end_byte, self.many(parts(node)))

    def _expression_statement(self, node: Node) -> Statement:
        children = parts(node)
        if len(children) != 1:
            value = self._index(children)
            return Evaluate(node.start_byte, node.end_byte, value)
        child = children[0]
        if child.type == "assignment":
            return self._assignment(child)
        if child.type == "augmented_assignment":
            return self._augmented(child)
        return Evaluate(node.start_byte, node.end_byte, self.read(child))

    def _assignment(self, node: Node) -> Statement:
        targets: list[Expression] = []
        annotation = node.child_by_field_name("type")
        current: Node | None = node
        while current is not None and current.type == "assignment":
            left = current.child_by_field_name("left")
            if left is not None:
                targets.append(self.read(left))
            current = current.child_by_field_name("right")
        value = self.optional(current)
        return Assign(node.start_byte, node.end_byte, tuple(targets), value, self.optional(annotation))

    def _augmented(self, node: Node) -> Statement:
        left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        targets = (self.read(left),) if left is not None else ()
        sign = self.slice(operator) if operator is not None else "="
        return Assign(node.start_byte, node.end_byte, targets, self.optional(value), None, sign)

    def _return(self, node: Node) -> Statement:
        value = parts(node)
        return Return(node.start_byte, node.end_byte, self.read(value[0]) if value else None)

    def _leave(self, node: Node) -> Statement:
        return Leave(node.start_byte, node.end_byte, node.type.partition("_")[0], self.many(parts(node)))

    def _if(self, node: Node) -> Statement:
        alternatives = [child for child in parts(node) if child.type in ("elif_clause", "else_clause")]
        return self._branch(node, alternatives, _end(node))

    def _branch(self, node: Node, alternatives: list[Node], end: int) -> If:
        test, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        orelse: Block = ()
        if alternatives:
            first, *rest = alternatives
            is_elif = first.type == "elif_clause"
            orelse = (self._branch(first, rest, end),) if is_elif else self.block(first.child_by_field_name("body"))
        condition = self.read(test) if test is not None else self._opaque(node)
        return If(node.start_byte, end, condition, self.block(body), orelse)

    def _for(self, node: Node) -> Statement:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return For(
            node.start_byte,
            _end(node),
            self.read(left) if left is not None else self._opaque(node),
            self.read(right) if right is not None else self._opaque(node),
            self.block(node.child_by_field_name("body")),
            self._else(node),
            _is_async(node),
        )

    def _while(self, node: Node) -> Statement:
        test = node.child_by_field_name("condition")
        condition = self.read(test) if test is not None else self._opaque(node)
        body = self.block(node.child_by_field_name("body"))
        return While(node.start_byte, _end(node), condition, body, self._else(node))

    def _else(self, node: Node) -> Block:
        found = next((child for child in parts(node) if child.type == "else_clause"), None)
        return self.block(found.child_by_field_name("body")) if found is not None else ()

    def _with(self, node: Node) -> Statement:
        clause = next((child for child in parts(node) if child.type == "with_clause"), None)
        items = tuple(self._items(parts(clause) if clause is not None else []))
        return With(node.start_byte, _end(node), items, self.block(node.child_by_field_name("body")), _is_async(node))

    def _items(self, nodes: Iterable[Node]) -> Iterator[WithItem]:
        for node in nodes:
            if node.type == "with_item":
                yield from self._items(parts(node))
            elif node.type == "as_pattern":
                value, *target = parts(node)
                yield WithItem(self.read(value), self.read(target[0]) if target else None)
            elif node.type in ("tuple", "parenthesized_expression") and any(p.type == "as_pattern" for p in parts(node)):
                yield from self._items(parts(node))
            else:
                yield WithItem(self.read(node), None)

    def _try(self, node: Node) -> Statement:
        children = parts(node)
        handlers = tuple(self._handler(child) for child in children if child.type in ("except_clause", "except_group_clause"))
        final = next((child for child in children if child.type == "finally_clause"), None)
        return Try(
            node.start_byte,
            _end(node),
            self.block(node.child_by_field_name("body")),
            handlers,
            self._else(node),
            self.block(next(iter(parts(final)[-1:]), None)) if final is not None else (),
        )

    def _handler(self, node: Node) -> Handler:
        *head, body = parts(node)
        names = [child for child in head if child.type == "identifier"] if len(head) > 1 else []
        kind: Node | None = head[0] if head else None
        name = self.slice(names[-1]) if names else None
        if kind is not None and kind.type == "as_pattern":
            kind, *target = parts(kind)
            name = self.slice(target[0]) if target else None
        return Handler(node.start_byte, _end(node), self.optional(kind), name, self.block(body))

    def _match(self, node: Node) -> Statement:
        subjects = node.children_by_field_name("subject")
        body = node.child_by_field_name("body")
        cases = tuple(self._case(child) for child in parts(body)) if body is not None else ()
        return Match(node.start_byte, _end(node), self._index(subjects), cases)

    def _case(self, node: Node) -> Case:
        guard = node.child_by_field_name("guard")
        condition = self.read(parts(guard)[0]) if guard is not None else None
        patterns = [child for child in parts(node) if child.type == "case_pattern"]
        names = tuple(name for pattern in patterns for name in self._captures(pattern))
        return Case(names, condition, self.block(node.child_by_field_name("consequence")))

    def _captures(self, node: Node) -> Iterator[str]:
        children = parts(node)
        if node.type == "dotted_name" or node.type == "identifier":
            if len(children) <= 1 and self.slice(node) != "_":
                yield self.slice(node)
            return
        for child in children[1:] if node.type in ("class_pattern", "keyword_pattern") else children:
            yield from self._captures(child)

    def _function(self, node: Node, decorators: tuple[Expression, ...] = ()) -> Statement:
        name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
        return Function(
            node.start_byte,
            _end(node),
            self.slice(name) if name is not None else "",
            name.start_byte if name is not None else node.start_byte,
            _is_async(node),
            decorators,
            self.parameters(parameters),
            self.optional(node.child_by_field_name("return_type")),
            self.block(node.child_by_field_name("body")),
            parameters.end_byte if parameters is not None else node.start_byte,
        )

    def _class(self, node: Node, decorators: tuple[Expression, ...] = ()) -> Statement:
        name = node.child_by_field_name("name")
        return Class(
            node.start_byte,
            _end(node),
            self.slice(name) if name is not None else "",
            name.start_byte if name is not None else node.start_byte,
            decorators,
            self.arguments(node.child_by_field_name("superclasses")),
            self.block(node.child_by_field_name("body")),
        )

    def _decorated(self, node: Node) -> Statement:
        *before, definition = parts(node)
        decorators = tuple(self.read(parts(child)[0]) for child in before if child.type == "decorator" and parts(child))
        if definition.type == "class_definition":
            return self._class(definition, decorators)
        if definition.type == "function_definition":
            return self._function(definition, decorators)
        return Other(node.start_byte, node.end_byte, decorators)

    def _import(self, node: Node) -> Statement:
        found = read_import(node, self.text)
        names = tuple(ImportedName(item.name, item.bound, item.asname is not None) for item in found.names)
        return Import(node.start_byte, node.end_byte, found.module, found.level, names)

    def _declare(self, node: Node) -> Statement:
        names = tuple(self.slice(child) for child in parts(node))
        return Declare(node.start_byte, node.end_byte, node.type.partition("_")[0], names)

    def _delete(self, node: Node) -> Statement:
        targets = tuple(self.read(child) for child in parts(node))
        return Delete(node.start_byte, node.end_byte, targets)


def _end(node: Node) -> int:
    """Where the last statement in a compound statement ends: the grammar counts comments behind it in."""
    while node.type in _COMPOUND and (children := parts(node)):
        node = children[-1]
    return node.end_byte


_COMPOUND = frozenset(
    (
        *("if_statement", "elif_clause", "else_clause", "for_statement", "while_statement", "with_statement", "try_statement"),
        *("except_clause", "except_group_clause", "finally_clause", "match_statement", "case_clause", "block"),
        *("function_definition", "class_definition", "decorated_definition"),
    )
)


def _is_async(node: Node) -> bool:
    return bool(node.children) and node.children[0].type == "async"


PYTHON_CODE: Summarizer[Module] = Summarizer("python-code", 1, frozenset((Language.PYTHON,)), read)
"""The code of every Python file, for whole-program fixers that follow values."""
