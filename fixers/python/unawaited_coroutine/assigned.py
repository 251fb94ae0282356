"""Coroutines that are kept in a name and used as if they were their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.fixer import Applicability, Finding, Fix
from autofix.fixers.python.unawaited_coroutine.calls import Site
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import Value
from autofix.fixers.python.unawaited_coroutine.wording import called, evidence
from autofix.languages.python.edits import await_expression
from autofix.languages.python.scopes import BUILTINS, Reference

if TYPE_CHECKING:
    from tree_sitter import Node

# What a coroutine has; names with two underscores at both ends are left out.
_OWN = frozenset(("send", "throw", "close", "cr_await", "cr_code", "cr_frame", "cr_origin", "cr_running", "cr_suspended"))
_ITERATING = frozenset(
    (
        *("all", "any", "dict", "enumerate", "filter", "frozenset", "iter", "len", "list", "map", "max", "min", "next", "set"),
        *("sorted", "sum", "tuple", "zip"),
    )
)
_CONVERTING = frozenset(["bytes", "float", "int"])
_ARITHMETIC = frozenset(("binary_operator", "unary_operator"))
_TESTS = frozenset(
    (
        *("not_operator", "if_statement", "elif_clause", "while_statement", "return_statement", "interpolation"),
        *("conditional_expression", "boolean_operator", "assert_statement"),
    )
)


class Assigned:
    """Judges the assignments of one file."""

    def __init__(self, file: File) -> None:
        self._file = file

    def fails(self, site: Site) -> bool:
        """Whether some use of the name must fail on a coroutine, and none is of one."""
        function = site.function
        target = site.statement.child_by_field_name("left")
        if function is None or not function.is_async or target is None:
            return False
        binding = self._file.names.binding_at(target.start_byte)
        if binding is None or binding.scope is not function or binding.sole is None or binding.declarations:
            return False
        uses = [self._fails(reference) if reference.scope.function is function else None for reference in binding.references]
        return any(uses) and None not in uses

    def finding(self, site: Site, value: Value) -> Finding:
        """What to do about one of them."""
        name = self._file.text(site.statement.child_by_field_name("left"))
        message = f"{name} is the coroutine that {called(self._file, site)} makes, and is used like its result"
        edits = await_expression(self._file.source, site.call)
        fix = Fix(tuple(edits), Applicability.UNSAFE, "Await the coroutine")
        return Finding(site.call.start_byte, site.call.end_byte, message, fix, evidence(value))

    def _fails(self, reference: Reference) -> bool | None:
        """Whether a use fails on a coroutine; None where it may be meant for one."""
        node = self._file.names.node(reference)
        parent = node.parent if node is not None else None
        while parent is not None and parent.type in ("parenthesized_expression", "expression_list"):
            node, parent = parent, parent.parent
        if node is None or parent is None:
            return None
        if parent.type == "attribute":
            name = self._file.text(parent.child_by_field_name("attribute"))
            return None if name in _OWN or name.startswith("__") else True
        if parent.type == "subscript":
            return True if parent.child_by_field_name("value") == node else None
        if parent.type in ("for_statement", "for_in_clause"):
            return True if parent.child_by_field_name("right") == node else None
        if parent.type in _ARITHMETIC:
            return True
        if parent.type == "comparison_operator":
            return self._is_compared(parent)
        if parent.type == "argument_list":
            return self._is_converted(parent)
        return False if parent.type in _TESTS else None

    def _is_compared(self, comparison: Node) -> bool:
        """An order or a membership fails, an identity or equality does not."""
        signs = {child.type for child in comparison.children if not child.is_named}
        operators = {sign for sign in signs if sign in ("<", ">", "<=", ">=")}
        return bool(operators)

    def _is_converted(self, arguments: Node) -> bool | None:
        """Builtins that need an iterable or a number fail; who else is given it may await it."""
        call = arguments.parent
        function = call.child_by_field_name("function") if call is not None else None
        if function is None or function.type != "identifier" or arguments.named_child_count != 1:
            return None
        name = self._file.text(function)
        is_builtin = name in BUILTINS and self._file.names.is_unbound(function.start_byte)
        return True if is_builtin and name in _ITERATING | _CONVERTING and not self._file.names.has_star_imports else None
