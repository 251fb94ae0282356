"""Uses of modules as objects: `config.get_db`, `database.config.get_db`, `patch.object(config, "get_db")`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.fixer import Refusal
from autofix.fixers.python.moved_imports.facts import Judge
from autofix.fixers.python.moved_imports.locals import LocalNames
from autofix.fixers.python.moved_imports.moves import Target
from autofix.fixers.python.moved_imports.occurrences import Use, is_dynamic, scopes_of
from autofix.fixers.python.moved_imports.outline import import_nodes, runs_on_import
from autofix.fixers.python.moved_imports.plans import Plan
from autofix.fixers.python.moved_imports.statements import Item, Statement, joined, line_of, statement
from autofix.text.edit import insert, replace

if TYPE_CHECKING:
    from tree_sitter import Node

_BY_NAME = re.compile(rb"(?:.*\.)?(?:object|setattr|getattr|delattr|hasattr)")
_HARMLESS = frozenset((b"print", b"repr", b"str", b"id", b"type"))
_DOTTED = re.compile(r"\w+(?:\.\w+)*")


@dataclass(frozen=True, slots=True)
class Chain:
    """Attributes of a name as far as they are plain: the parts, and the byte offset where each ends."""

    start: int
    parts: tuple[str, ...]
    ends: tuple[int, ...]
    node: Node | None
    """The last attribute; None inside a string annotation."""


def chain(source_text: bytes, use: Use) -> Chain:
    """The longest plain attribute chain that starts at a use of a name."""
    if use.node is None:
        match = _DOTTED.match(source_text[use.start :].decode("utf-8", "replace"))
        parts = tuple(match.group().split(".")) if match is not None else ()
        ends, at = [], use.start
        for part in parts:
            at += len(part.encode())
            ends.append(at)
            at += 1
        return Chain(use.start, parts, tuple(ends), None)
    node = use.node
    names, name_ends = [_text(node)], [node.end_byte]
    while node.parent is not None and node.parent.type == "attribute" and node.parent.child_by_field_name("object") == node:
        node = node.parent
        names.append(_text(node.child_by_field_name("attribute")))
        name_ends.append(node.end_byte)
    return Chain(use.start, tuple(names), tuple(name_ends), node)


@dataclass(frozen=True)
class ModuleUses:
    """Follows the uses of an imported module, adding to a plan."""

    judge: Judge
    names: LocalNames
    plan: Plan

    def of_object(self, old: str, local: str, node: Node, target: Target) -> None:
        """A module that is bound to one local name, which it keeps: its attributes may have other names now."""
        binding = self.names.binding(local, node)
        splits = self.judge.facts.moves.splits(old)
        if not splits and target.proof.configured:
            return
        if len(binding.binders) != 1 or is_dynamic(self.names.source):
            if splits:
                self.plan.refuse(f"{local} is bound more than once or reached by strings: names of {old} went several ways")
            return
        extra: dict[str, None] = {}
        for use in binding.uses:
            found = chain(self.names.source.text, use)
            if len(found.parts) == 1:
                self._by_string(found, old, splits)
            else:
                self._attribute(found, 1, old, local, target, extra)
        self._import_too(extra, node)

    def _attribute(self, found: Chain, at: int, old: str, kept: str, target: Target, extra: dict[str, None]) -> None:
        """`found.parts[:at]` is the module, spelled `kept` from now on."""
        name = found.parts[at]
        new = self.judge.name(old, name)
        if isinstance(new, Refusal):
            self.plan.refusals.append(new)
            return
        if new is None:
            return
        self.plan.believe(new)
        base = kept
        if new.module != target.module and new.name:
            base = new.module
            extra[new.module] = None
            self._check_free(new.module)
        text = f"{base}.{new.name}" if new.name else new.module
        written = self.names.source.slice(found.start, found.ends[at])
        if text == written:
            return
        if base == ".".join(found.parts[:at]):
            start = found.ends[at] - len(name.encode())
            self.plan.edits.append(replace(start, found.ends[at], new.name))
        else:
            self.plan.edits.append(replace(found.start, found.ends[at], text))

    def _by_string(self, found: Chain, old: str, splits: bool) -> None:
        """The module handed on as an object: followed where a string beside it names the attribute."""
        node = found.node
        arguments = node.parent if node is not None else None
        if node is None or arguments is None or arguments.type != "argument_list" or arguments.parent is None:
            self.plan.unsafe |= splits
            return
        function = arguments.parent.child_by_field_name("function")
        if function is not None and function.text in _HARMLESS:
            return
        values = arguments.named_children
        named = function is not None and _BY_NAME.fullmatch(function.text or b"") and values[0] == node and len(values) > 1
        if not named or values[1].type != "string":
            self.plan.unsafe |= splits
            return
        content = next((child for child in values[1].children if child.type == "string_content"), None)
        if content is None:
            return
        new = self.judge.name(old, _text(content))
        if isinstance(new, Refusal):
            self.plan.refusals.append(new)
        elif new is not None and new.module != (moved.module if isinstance(moved := self.judge.module(old), Target) else ""):
            self.plan.refuse(f"{_text(content)} went from {old} to {new.module}, away from the object that is patched")
        elif new is not None and new.name != _text(content):
            self.plan.edits.append(replace(content.start_byte, content.end_byte, new.name))

    def of_dotted(self, item: Item, stmt: Statement, node: Node, target: Target | None) -> list[str]:
        """`import a.b` binds `a`: every chain `a.b...` is rewritten. Returns the modules to import instead."""
        old, parts = item.name, tuple(item.name.split("."))
        binding = self.names.binding(item.bound, node)
        others = list(self._other_imports(item, stmt, node))
        if len(binding.binders) != 1 + len(others) or is_dynamic(self.names.source):
            self.plan.refuse(f"{item.bound} is bound in other ways too, or reached by strings")
            return []
        needed: dict[str, None] = {}
        for use in binding.uses:
            found = chain(self.names.source.text, use)
            if any(len(other) > len(parts) and found.parts[: len(other)] == other for other in others):
                continue
            if found.parts[: len(parts)] == parts:
                needed |= dict.fromkeys(self._dotted_use(found, old, len(parts), target))
            elif not any(found.parts[: len(other)] == other for other in others) and not _stays(found.parts, old, target):
                self.plan.refuse(f"{'.'.join(found.parts)} is used here, and only {old} is imported: it would lose its package")
        if not needed:
            needed[old if target is None else target.module] = None
        if target is not None and target.module in needed:
            needed = {target.module: None} | needed
        for module in needed:
            if module != old:
                self._check_free(module)
        return list(needed)

    def _dotted_use(self, found: Chain, old: str, length: int, target: Target | None) -> Iterator[str]:
        """Rewrites one chain; yields the module that it needs."""
        if len(found.parts) == length:
            if target is None:
                self.plan.refuse(f"{old} is used as an object, and only some of its names have moved")
                return
            self.plan.edits.append(replace(found.start, found.ends[-1], target.module))
            self._by_string(found, old, self.judge.facts.moves.splits(old))
            yield target.module
            return
        new = self.judge.name(old, found.parts[length])
        if isinstance(new, Refusal):
            self.plan.refusals.append(new)
        elif new is None:
            yield old
        else:
            self.plan.believe(new)
            self.plan.edits.append(replace(found.start, found.ends[length], new.dotted))
            yield new.module

    def of_package(self, item: Item, stmt: Statement, node: Node) -> None:
        """`import a` and `a.b.name`: a module that nothing here imports by its own name, reached through its package."""
        binding = self.names.binding(item.bound, node)
        explicit = {tuple(item.name.split(".")), *self._other_imports(item, stmt, node)}
        first = min((binder.start_byte for binder in binding.binders), default=-1)
        if first != item.start or len(binding.binders) < len(explicit) or is_dynamic(self.names.source):
            return
        needed: dict[str, None] = {}
        for use in binding.uses:
            found = chain(self.names.source.text, use)
            for length in range(2, len(found.parts) + 1):
                if found.parts[:length] in explicit:
                    break
                if self._has_moved(".".join(found.parts[:length])):
                    needed |= dict.fromkeys(self._package_use(found, length))
                    break
        for module in needed:
            self._check_free(module)
        self._import_too(needed, node)

    def _has_moved(self, module: str) -> bool:
        moves = self.judge.facts.moves
        return module in moves.modules or moves.splits(module)

    def _package_use(self, found: Chain, length: int) -> Iterator[str]:
        module = ".".join(found.parts[:length])
        target = self.judge.module(module)
        if isinstance(target, Refusal):
            self.plan.refusals.append(target)
            return
        self.plan.old = self.plan.old or module
        if target is not None:
            self.plan.believe(target)
        for needed in self._dotted_use(found, module, length, target):
            if needed != module:
                yield needed

    def _other_imports(self, item: Item, stmt: Statement, node: Node) -> Iterator[tuple[str, ...]]:
        """Further imports that bind the same first component in the same scope."""
        scope = scopes_of(node)[0]
        for other_node, other in import_nodes(self.names.source):
            if other.module is None and scopes_of(other_node)[0].id == scope.id:
                for candidate in other.items:
                    if candidate.start != item.start and candidate.alias is None and candidate.bound == item.bound:
                        yield tuple(candidate.name.split("."))

    def _check_free(self, module: str) -> None:
        """The first component of a new module must mean that package wherever it is written."""
        top = module.partition(".")[0]
        occurrences = self.names.occurrences(top)
        imported = {
            item.start
            for _, stmt in import_nodes(self.names.source)
            if stmt.module is None
            for item in stmt.items
            if item.alias is None and item.bound == top
        }
        binders = [binder for binding in occurrences.scopes.values() for binder in binding.binders]
        if any(binder.start_byte not in imported for binder in binders):
            self.plan.refuse(f"{top} is already another name in this file")

    def _import_too(self, modules: Iterable[str], node: Node) -> None:
        """Import further modules on lines after the statement that is rewritten."""
        present = {item.name for _, stmt in import_nodes(self.names.source) if stmt.module is None for item in stmt.items}
        stmt = statement(node)
        if stmt is None:
            return
        line = line_of(self.names.source, stmt)
        for module in modules:
            if module not in present:
                self.plan.edits.append(insert(stmt.end, joined(self.names.source, line, ["", f"import {module}"])))


def _stays(used: tuple[str, ...], old: str, target: Target | None) -> bool:
    """Whether a chain through packages of the old path goes only through those that the new path has, too."""
    if target is None:
        return True
    parts, new = old.split("."), target.module.split(".")
    shared = next((at for at, (a, b) in enumerate(zip(parts, new, strict=False)) if a != b), min(len(parts), len(new)))
    through = next((at for at, (a, b) in enumerate(zip(parts, used, strict=False)) if a != b), min(len(parts), len(used)))
    return 0 < through <= shared


def check_circle(judge: Judge, plan: Plan, node: Node, target: Target) -> None:
    """Refuse an import that runs while its own file is loaded and needs that file."""
    if not runs_on_import(node):
        return
    path = judge.facts.modules.find(target.module, judge.path)
    if path == judge.path:
        plan.refuse(f"{target.module} is this very file: it would import itself")
    elif path is not None and judge.path in judge.facts.reach.get(path, ()):
        plan.refuse(
            f"{target.module} imports this file while it is loaded: the import would close a circle",
            "import it inside of the function that needs it",
        )


@dataclass(frozen=True)
class PlainImports:
    """Rewrites `import old.module` and `import old.module as name`."""

    judge: Judge
    names: LocalNames

    def plan(self, node: Node, stmt: Statement) -> Plan | None:
        """What is to be done about a statement; None where it names nothing that moved."""
        plan = Plan(stmt.start, stmt.end, "")
        line = line_of(self.names.source, stmt)
        tops = {module.partition(".")[0] for module in self.judge.facts.moves.old_modules()}
        for item in stmt.items:
            target = self.judge.module(item.name)
            if item.alias is None and item.bound in tops:
                ModuleUses(self.judge, self.names, plan).of_package(item, stmt, node)
            if target is None and not self.judge.facts.moves.splits(item.name):
                continue
            plan.old = plan.old or item.name
            if isinstance(target, Refusal):
                plan.refusals.append(target)
                continue
            if target is not None:
                plan.believe(target)
                check_circle(self.judge, plan, node, target)
            self._item(plan, node, stmt, item, target, line.alone)
        return plan if plan.refusals or plan.edits else None

    def _item(self, plan: Plan, node: Node, stmt: Statement, item: Item, target: Target | None, alone: bool) -> None:
        uses = ModuleUses(self.judge, self.names, plan)
        if item.alias is not None:
            if target is not None:
                plan.edits.append(replace(item.start, item.name_end, target.module))
                uses.of_object(item.name, item.alias, node, target)
            return
        modules = uses.of_dotted(item, stmt, node, target)
        if modules == [item.name] or not modules:
            return
        if len(stmt.items) == 1 and alone:
            line = line_of(self.names.source, stmt)
            text = joined(self.names.source, line, [modules[0], *(f"import {module}" for module in modules[1:])])
        else:
            text = ", ".join(modules)
        plan.edits.append(replace(item.start, item.name_end, text))


def _text(node: Node | None) -> str:
    return "" if node is None else (node.text or b"").decode("utf-8")
