"""Coroutines that are made and dropped: awaited where that can be, run where a program starts."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from autofix.fixer import Applicability, Finding, Fix, Refusal
from autofix.fixers.python.unawaited_coroutine.calls import Site, main_guard
from autofix.fixers.python.unawaited_coroutine.colours import decorators, yields
from autofix.fixers.python.unawaited_coroutine.evaluate import Evaluator
from autofix.fixers.python.unawaited_coroutine.libraries import STARTUP_HOOKS
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import External, Value
from autofix.fixers.python.unawaited_coroutine.wording import called, evidence
from autofix.languages.python.edits import add_import, await_expression, wrap_expression
from autofix.languages.python.scopes import Scope, ScopeKind
from autofix.text.edit import insert

if TYPE_CHECKING:
    from tree_sitter import Node

_OTHER_LOOPS = frozenset(("anyio", "curio", "trio"))


class Dropped:
    """Judges the statements of one file that make a coroutine and drop it: `sites` are all of them."""

    def __init__(self, file: File, evaluator: Evaluator, sites: Collection[Site]) -> None:
        self._file = file
        self._evaluator = evaluator
        self._sites = sites

    def finding(self, site: Site, value: Value) -> Finding:
        """What to do about one of them."""
        message = f"{called(self._file, site)} makes a coroutine that nobody awaits: nothing runs"
        return Finding(site.call.start_byte, site.call.end_byte, message, self._outcome(site), evidence(value))

    def _outcome(self, site: Site) -> Fix | Refusal:
        function = site.function
        if function is None:
            return self._at_import(site)
        edits = await_expression(self._file.source, site.call)
        if function.is_async:
            return Fix(tuple(edits), Applicability.SAFE, "Await the coroutine")
        if self._is_startup_hook(function):
            head = insert(function.node.start_byte, "async ", shared=True)
            return Fix((head, *edits), Applicability.SAFE, "Await at start-up")
        name = self._file.text(function.node.child_by_field_name("name"))
        return Refusal(
            f"{name} is no coroutine function and cannot await",
            f"make {name} an `async def` with its callers, or hand the coroutine to the event loop",
        )

    def _at_import(self, site: Site) -> Fix | Refusal:
        guard = main_guard(self._file, site)
        if site.scope.kind is not ScopeKind.MODULE or guard is None:
            return Refusal(
                "it stands where the file is imported, perhaps while an event loop runs already",
                "await it at start-up (in the lifespan of the application), or use asyncio.run below a main guard",
            )
        reason = self._why_not_run(guard)
        if reason is not None:
            return Refusal(reason, "make one coroutine function of all that is to run, and hand that to asyncio.run")
        source = self._file.source
        edits = (*add_import(source, "asyncio"), *wrap_expression(source, site.call, "asyncio.run(", ")"))
        return Fix(edits, Applicability.SAFE, "Run the coroutine")

    def _why_not_run(self, guard: Node) -> str | None:
        """Why `asyncio.run` cannot be the way to run a coroutine below a main guard."""
        names = self._file.names
        for statement in names.imports:
            modules = [statement.module or ""] if statement.is_from else [item.name for item in statement.names]
            if any(module.partition(".")[0] in _OTHER_LOOPS for module in modules):
                return "the file may be written for another event loop than that of asyncio"
        bound = names.scope.bindings.get("asyncio")
        imported = bound.imports if bound is not None else []
        if bound is not None and len(bound.targets) != len(imported):
            return "asyncio means something else in this file"
        if any(statement.is_from or item.asname for statement, item in imported):
            return "asyncio means something else in this file"
        others = [site for site in self._sites if guard.start_byte <= site.call.start_byte < guard.end_byte]
        if len(others) > 1 or "asyncio.run(" in self._file.text(guard):
            return "what one event loop has made may not work in the next"
        return None

    def _is_startup_hook(self, function: Scope) -> bool:
        """Whether only a framework calls the function, which awaits it where that is needed."""
        found = decorators(function.node)
        if len(found) != 1 or found[0].type != "call" or yields(function.node):
            return False
        value = self._evaluator.evaluate(self._file, found[0].children[0])
        if not isinstance(value, External) or value.name not in STARTUP_HOOKS:
            return False
        name = function.node.child_by_field_name("name")
        binding = self._file.names.binding_at(name.start_byte) if name is not None else None
        return binding is not None and binding.sole is not None and not binding.references
