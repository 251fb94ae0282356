"""Uses of modules as objects: `config.get_db`, `database.config.get_db`, `patch.object(config, "get_db")`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixer import Refusal
from autofix.fixers.python.moved_imports.facts import Judge
from autofix.fixers.python.moved_imports.locals import LocalNames
from autofix.fixers.python.moved_imports.moves import Target
from autofix.fixers.python.moved_imports.plans import Plan
from autofix.fixers.python.moved_imports.statements import joined, line_of
from autofix.languages.python.imports import ImportedName, ImportStatement, runs_on_import
from autofix.text.edit import insert, replace

if TYPE_CHECKING:
    from autofix.languages.python.scopes import Binding, Chain, Reference

_BY_NAME = frozenset((b"object", b"setattr", b"getattr", b"delattr", b"hasattr"))
_HARMLESS = frozenset((b"print", b"repr", b"str", b"id", b"type"))


class ModuleUses(NamedTuple):
    """Follows the uses of an imported module, adding to a plan."""

    judge: Judge
    names: LocalNames
    plan: Plan
    stmt: ImportStatement

    def of_object(self, old: str, item: ImportedName, target: Target) -> None:
        """A module that is bound to one local name, which it keeps: its attributes may have other names now."""
        splits = self.judge.facts.moves.splits(old)
        if not splits and target.proof.configured:
            return
        binding = self.names.binding(item)
        if binding is None or binding.sole is None or self.names.is_dynamic:
            if splits:
                why = f"{item.bound} is bound more than once or reached by strings"
                self.plan.refuse(f"{why}: names of {old} went several ways")
            return
        extra: dict[str, None] = {}
        for use in binding.references:
            found = self.names.module.chain(use)
            if len(found.parts) == 1:
                self._by_string(use, old, splits)
            else:
                self._attribute(found, 1, old, item.bound, target, extra)
        self._import_too(extra)

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

    def _by_string(self, use: Reference, old: str, splits: bool) -> None:
        """The module handed on as an object: followed where a string beside it names the attribute."""
        node = self.names.module.node(use)
        while node is not None and node.parent is not None and node.parent.type == "attribute":
            node = node.parent
        arguments = node.parent if node is not None else None
        if node is None or arguments is None or arguments.type != "argument_list" or arguments.parent is None:
            self.plan.unsafe |= splits
            return
        function = arguments.parent.child_by_field_name("function")
        if function is not None and function.text in _HARMLESS:
            return
        values = arguments.named_children
        named = (
            function is not None
            and (function.text or b"").rpartition(b".")[2] in _BY_NAME
            and values[0] == node
            and len(values) > 1
        )
        if not named or values[1].type != "string":
            self.plan.unsafe |= splits
            return
        content = next((child for child in values[1].children if child.type == "string_content"), None)
        if content is None:
            return
        name = (content.text or b"").decode("utf-8")
        new = self.judge.name(old, name)
        if isinstance(new, Refusal):
            self.plan.refusals.append(new)
        elif new is not None and new.module != (moved.module if isinstance(moved := self.judge.module(old), Target) else ""):
            self.plan.refuse(f"{name} went from {old} to {new.module}, away from the object that is patched")
        elif new is not None and new.name != name:
            self.plan.edits.append(replace(content.start_byte, content.end_byte, new.name))

    def of_dotted(self, item: ImportedName, target: Target | None) -> list[str]:
        """`import a.b` binds `a`: every chain `a.b...` is rewritten. Returns the modules to import instead."""
        old, parts = item.name, tuple(item.name.split("."))
        binding = self.names.binding(item)
        others = list(_other_imports(binding, item))
        if binding is None or len(binding.targets) != 1 + len(others) or self.names.is_dynamic:
            self.plan.refuse(f"{item.bound} is bound in other ways too, or reached by strings")
            return []
        needed: dict[str, None] = {}
        for use in binding.references:
            found = self.names.module.chain(use)
            if any(len(other) > len(parts) and found.parts[: len(other)] == other for other in others):
                continue
            if found.parts[: len(parts)] == parts:
                needed |= dict.fromkeys(self._dotted_use(use, found, old, len(parts), target))
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

    def _dotted_use(self, use: Reference, found: Chain, old: str, length: int, target: Target | None) -> Iterator[str]:
        """Rewrites one chain; yields the module that it needs."""
        if len(found.parts) == length:
            if target is None:
                self.plan.refuse(f"{old} is used as an object, and only some of its names have moved")
                return
            self.plan.edits.append(replace(found.start, found.ends[-1], target.module))
            self._by_string(use, old, self.judge.facts.moves.splits(old))
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

    def of_package(self, item: ImportedName) -> None:
        """`import a` and `a.b.name`: a module that nothing here imports by its own name, reached through its package."""
        if not self.judge.facts.has_attributes(self.names.source):
            return
        binding = self.names.binding(item)
        explicit = {tuple(item.name.split(".")), *_other_imports(binding, item)}
        if binding is None or binding.targets[0].start != item.start or len(binding.targets) < len(explicit):
            return
        if self.names.is_dynamic:
            return
        needed: dict[str, None] = {}
        for use in binding.references:
            found = self.names.module.chain(use)
            for length in range(2, len(found.parts) + 1):
                if found.parts[:length] in explicit:
                    break
                if self._has_moved(".".join(found.parts[:length])):
                    needed |= dict.fromkeys(self._package_use(use, found, length))
                    break
        for module in needed:
            self._check_free(module)
        self._import_too(needed)

    def _has_moved(self, module: str) -> bool:
        moves = self.judge.facts.moves
        return module in moves.modules or moves.splits(module)

    def _package_use(self, use: Reference, found: Chain, length: int) -> Iterator[str]:
        module = ".".join(found.parts[:length])
        target = self.judge.module(module)
        if isinstance(target, Refusal):
            self.plan.refusals.append(target)
            return
        self.plan.old = self.plan.old or module
        if target is not None:
            self.plan.believe(target)
        for needed in self._dotted_use(use, found, module, length, target):
            if needed != module:
                yield needed

    def _check_free(self, module: str) -> None:
        """The first component of a new module must mean that package wherever it is written."""
        top = module.partition(".")[0]
        if not all(map(_is_package, self.names.all_of(top))):
            self.plan.refuse(f"{top} is already another name in this file")

    def _import_too(self, modules: Iterable[str]) -> None:
        """Import further modules on lines after the statement that is rewritten."""
        wanted = [module for module in modules if module not in self._imported]
        if not wanted:
            return
        source = self.names.source
        line = line_of(source, self.stmt)
        self.plan.edits += [insert(self.stmt.end, joined(source, line, ["", f"import {module}"])) for module in wanted]

    @property
    def _imported(self) -> set[str]:
        """What plain imports of the file name."""
        return {item.name for found in self.names.module.imports if not found.is_from for item in found.names}


def _other_imports(binding: Binding | None, item: ImportedName) -> Iterator[tuple[str, ...]]:
    """Further imports that bind the same first component in the same scope."""
    for stmt, other in binding.imports if binding is not None else ():
        if not stmt.is_from and other.asname is None and other.start != item.start:
            yield tuple(other.name.split("."))


def _is_package(binding: Binding) -> bool:
    """Whether a name is bound by `import a`, `import a.b` and the like alone."""
    imported = {item.start for stmt, item in binding.imports if not stmt.is_from and item.asname is None}
    return all(target.start in imported for target in binding.targets)


def _stays(used: tuple[str, ...], old: str, target: Target | None) -> bool:
    """Whether a chain through packages of the old path goes only through those that the new path has, too."""
    if target is None:
        return True
    parts, new = old.split("."), target.module.split(".")
    shared = next((at for at, (a, b) in enumerate(zip(parts, new, strict=False)) if a != b), min(len(parts), len(new)))
    through = next((at for at, (a, b) in enumerate(zip(parts, used, strict=False)) if a != b), min(len(parts), len(used)))
    return 0 < through <= shared


def check_circle(judge: Judge, plan: Plan, stmt: ImportStatement, old: str, target: Target) -> None:
    """Refuse an import that runs while its own file is loaded and needs that file, unless `old` is the same file."""
    if not runs_on_import(stmt.node):
        return
    path = judge.facts.modules.nearest(target.module, judge.path)
    if path == judge.path:
        plan.refuse(f"{target.module} is this very file: it would import itself")
    elif (
        path is not None
        and judge.path in judge.facts.reach.get(path, ())
        and path != judge.facts.modules.nearest(old, judge.path)
    ):
        plan.refuse(
            f"{target.module} imports this file while it is loaded: the import would close a circle",
            "import it inside of the function that needs it",
        )


class PlainImports(NamedTuple):
    """Rewrites `import old.module` and `import old.module as name`."""

    judge: Judge
    names: LocalNames

    def plan(self, stmt: ImportStatement) -> Plan | None:
        """What is to be done about a statement; None where it names nothing that moved."""
        plan = Plan(stmt.start, stmt.end, "")
        line = line_of(self.names.source, stmt)
        for item in stmt.names:
            target = self.judge.module(item.name)
            if item.asname is None and item.bound in self.judge.facts.tops:
                ModuleUses(self.judge, self.names, plan, stmt).of_package(item)
            if target is None and not self.judge.facts.moves.splits(item.name):
                continue
            plan.old = plan.old or item.name
            if isinstance(target, Refusal):
                plan.refusals.append(target)
                continue
            if target is not None:
                plan.believe(target)
                check_circle(self.judge, plan, stmt, item.name, target)
            self._item(plan, stmt, item, target, line.alone)
        return plan if plan.refusals or plan.edits else None

    def _item(self, plan: Plan, stmt: ImportStatement, item: ImportedName, target: Target | None, alone: bool) -> None:
        uses = ModuleUses(self.judge, self.names, plan, stmt)
        if item.asname is not None:
            if target is not None:
                plan.edits.append(replace(item.start, item.name_end, target.module))
                uses.of_object(item.name, item, target)
            return
        modules = uses.of_dotted(item, target)
        if modules == [item.name] or not modules:
            return
        if len(stmt.names) == 1 and alone:
            line = line_of(self.names.source, stmt)
            text = joined(self.names.source, line, [modules[0], *(f"import {module}" for module in modules[1:])])
        else:
            text = ", ".join(modules)
        plan.edits.append(replace(item.start, item.name_end, text))
