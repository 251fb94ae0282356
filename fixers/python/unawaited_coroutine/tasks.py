"""Tasks that are started and forgotten: the event loop keeps only weak references to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

from autofix.fixer import Applicability, Edit, Finding, Fix, Refusal
from autofix.fixers.python.unawaited_coroutine.calls import Site
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.wording import called
from autofix.languages.python.edits import add_import
from autofix.languages.python.lines import is_first_on_line, is_last_on_line, line_indent, line_start
from autofix.languages.python.scopes import Scope
from autofix.languages.python.syntax import root
from autofix.text.edit import insert

if TYPE_CHECKING:
    from tree_sitter import Node

_SET = "_background_tasks"


class Tasks:
    """Judges the statements of one file that start a task and drop it."""

    def __init__(self, file: File) -> None:
        self._file = file

    def findings(self, sites: Sequence[Site]) -> Iterator[Finding]:
        """What to do about each of them."""
        started = [(site, site.function) for site in sites if site.function is not None]
        for site, function in started:
            message = f"the task of {called(self._file, site)} may be collected before it is done: nothing keeps it"
            outcome = self._outcome(site, function, started[0][0])
            yield Finding(site.call.start_byte, site.call.end_byte, message, outcome)

    def _outcome(self, site: Site, function: Scope, first: Site) -> Fix | Refusal:
        source, statement = self._file.source, site.statement
        start, end = statement.start_byte, statement.end_byte
        if not is_first_on_line(source, start) or not is_last_on_line(source, end):
            return Refusal("it shares its line with other code", "keep the task in a set until it is done")
        definition = self._definition(first)
        if definition is None:
            return Refusal(f"{_SET} is something else in this file", "keep the task in a set until it is done")
        name = self._free_name(function)
        newline = source.newline + line_indent(source, start)
        lines = f"{newline}{_SET}.add({name}){newline}{name}.add_done_callback({_SET}.discard)"
        edits = (*definition, insert(start, f"{name} = "), insert(self._line_end(site), lines))
        return Fix(edits, Applicability.UNSAFE, "Keep the task until it is done")

    def _line_end(self, site: Site) -> int:
        """Behind the statement and the comment that follows it."""
        following = site.statement.next_named_sibling
        row = site.statement.end_point.row
        is_comment = following is not None and following.type == "comment" and following.start_point.row == row
        end = following.end_byte if following is not None and is_comment else site.statement.end_byte
        return end - 1 if self._file.source.text[end - 1 : end] == b"\r" else end

    def _definition(self, first: Site) -> list[Edit] | None:
        """The edits that give the file its set of tasks; none where it has one, None where the name is taken."""
        source, names = self._file.source, self._file.names
        bound = [scope for scope in names.scopes if _SET in scope.bindings]
        if bound:
            sole = bound[0].bindings[_SET].sole
            known = len(bound) == 1 and bound[0] is names.scope and sole is not None
            value = sole.node.child_by_field_name("right") if known and sole is not None else None
            return [] if value is not None and self._file.text(value) == "set()" else None
        asyncio = names.scope.bindings.get("asyncio")
        if asyncio is not None and (asyncio.sole is None or not asyncio.imports):
            return None
        before = self._outermost(first.statement)
        blank = source.newline * (
            3 if before.type in ("decorated_definition", "function_definition", "class_definition") else 1
        )
        text = f"{_SET}: set[asyncio.Task] = set(){blank}"
        return [*add_import(source, "asyncio"), insert(self._above_comments(before), text, shared=True)]

    def _outermost(self, node: Node) -> Node:
        tree, current = root(self._file.source), node
        while current.parent is not None and current.parent != tree:
            current = current.parent
        return current

    def _above_comments(self, node: Node) -> int:
        """Where a statement starts, with the comments right above it."""
        source, before = self._file.source, node.prev_sibling
        start = node
        while before is not None and before.type == "comment" and before.start_point.row == start.start_point.row - 1:
            if not is_first_on_line(source, before.start_byte):
                break
            start, before = before, before.prev_sibling
        return line_start(source, start.start_byte)

    def _free_name(self, function: Scope) -> str:
        """A name that neither the function nor those around and in it know."""
        names = self._file.names
        for number in count():
            name = "task" if not number else f"background_task{number if number > 1 else ''}"
            scope: Scope | None = function
            while scope is not None and name not in scope.bindings and name not in scope.loads:
                scope = scope.parent
            if scope is None and name not in names.globals:
                return name
        raise AssertionError
