"""`from old import name`: to the new module, split over several, merged into an import that is there already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixer import Refusal
from autofix.fixers.python.moved_imports.chains import ModuleUses, check_circle
from autofix.fixers.python.moved_imports.facts import Judge
from autofix.fixers.python.moved_imports.locals import LocalNames
from autofix.fixers.python.moved_imports.moves import Target
from autofix.fixers.python.moved_imports.plans import Plan
from autofix.fixers.python.moved_imports.statements import (
    Group,
    NewName,
    append_names,
    delete_statement,
    has_comments,
    joined,
    line_of,
    rewrite,
)
from autofix.languages.python.imports import ImportedName, ImportStatement, import_statements, runs_on_import
from autofix.languages.python.module_paths import relative_module
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# An import of the package around a file does not name it.
_BARE_RELATIVE = rb"from[ \t\\]*\.[ \t.]*import"


class FromImports(NamedTuple):
    """Rewrites the from-imports of one file."""

    judge: Judge
    names: LocalNames

    def plan(self, stmt: ImportStatement) -> Plan | None:
        """What is to be done about a statement; None where it names nothing that moved."""
        for module in self.judge.facts.modules.possible_modules(self.judge.path, stmt.level, stmt.module or ""):
            if stmt.is_star:
                plan = self._star(stmt, module)
            else:
                decided = {item: self.judge.name(module, item.name) for item in stmt.names}
                plan = self._listed(stmt, module, decided) if any(decided.values()) else None
            if plan is not None:
                return plan
        return None

    def _listed(self, stmt: ImportStatement, module: str, decided: dict[ImportedName, Target | Refusal | None]) -> Plan:
        plan = Plan(stmt.start, stmt.end, module)
        grouped: dict[str | None, list[NewName]] = {}
        for item, target in decided.items():
            if isinstance(target, Refusal):
                plan.refusals.append(target)
            elif target is None:
                grouped.setdefault(stmt.dotted, []).append(NewName(item, item.name, item.asname))
            else:
                plan.believe(target)
                check_circle(self.judge, plan, stmt, module, target)
                head, new = self._placed(plan, stmt, module, item, target)
                grouped.setdefault(head, []).append(new)
        if plan.refusals:
            return plan
        groups = [Group(head, tuple(names)) for head, names in grouped.items()]
        plan.edits += self._merged(stmt, groups) or rewrite(self.names.source, stmt, groups)
        return plan

    def _placed(
        self, plan: Plan, stmt: ImportStatement, module: str, item: ImportedName, target: Target
    ) -> tuple[str | None, NewName]:
        """The module that an item is imported from, and how."""
        if not target.name:
            parent, _, leaf = target.module.rpartition(".")
            ModuleUses(self.judge, self.names, plan, stmt).of_object(f"{module}.{item.name}", item, target)
            alias = item.asname or (item.name if leaf != item.name else None)
            return (self._spelled(stmt, parent) if parent else None), NewName(item, leaf, alias)
        alias = item.asname
        head = self._spelled(stmt, target.module)
        if alias is None and target.name != item.name:
            same = self.names.is_import_of(target.name, (head, target.module))
            edits = self.names.rename(item, target.name, same)
            elsewhere = self.names.followers(item.name, target.name) if edits is not None and runs_on_import(stmt.node) else {}
            if edits is None or elsewhere is None:
                alias = item.name
            else:
                plan.edits += edits
                plan.follow(dict(elsewhere))
        return head, NewName(item, target.name, alias)

    def _spelled(self, stmt: ImportStatement, module: str) -> str:
        """The module as the statement would write it: relative imports stay relative inside of their package."""
        if not stmt.level:
            return module
        is_package = self.judge.path.endswith(("/__init__.py", "/__init__.pyi"))
        for own in self.judge.facts.modules.possible_names(self.judge.path):
            written = relative_module(own, is_package, module)
            if written is not None:
                return written
        return module

    def _merged(self, stmt: ImportStatement, groups: list[Group]) -> list[Edit] | None:
        """Edits that add the names to imports of the same modules in the same block; None where there are none."""
        source = self.names.source
        found = {}
        for group in groups:
            # Names that get other names where they are stay in their statement.
            other = self._existing(stmt, group) if group.module != stmt.dotted else None
            if other is None:
                return None
            found[group.module] = other
        if has_comments(stmt) or (removal := delete_statement(source, stmt)) is None:
            return None
        edits = [removal]
        for group in groups:
            other = found[group.module]
            present = {(item.name, item.asname) for item in other.names}
            new = [name.text for name in group.names if (name.name, _alias(name)) not in present]
            edits += append_names(source, other, new) if new else []
        return edits

    def _existing(self, stmt: ImportStatement, group: Group) -> ImportStatement | None:
        """An import of the same module in the same block, before the statement or after it with only imports between."""
        if group.module is None:
            return None
        last = group.module.rpartition(".")[2]
        words = [re.escape(last.encode())]
        if last in self.judge.path.split("/"):
            words.append(_BARE_RELATIVE)
        meant = self._absolute(group.module)
        for other in import_statements(self.names.source, re.compile(b"|".join(words))):
            if other.node.parent != stmt.node.parent or other.start == stmt.start or other.is_star or not other.is_from:
                continue
            if self._absolute(other.dotted) == meant:
                return other if other.end <= stmt.start or _only_imports_between(stmt.node, other.node) else None
        return None

    def _absolute(self, written: str) -> str:
        module = written.lstrip(".")
        return next(self.judge.facts.modules.possible_modules(self.judge.path, len(written) - len(module), module), written)

    def _star(self, stmt: ImportStatement, module: str) -> Plan | None:
        """Where names went several ways, a star becomes the names that the file uses and only the star can have brought."""
        target = self.judge.module(module)
        if target is None and not self.judge.facts.moves.splits(module):
            return None
        plan = Plan(stmt.start, stmt.end, module)
        if isinstance(target, Refusal):
            plan.refusals.append(target)
            return plan
        if target is not None and not self.judge.facts.moves.splits(module):
            # All that the old star brought the new one brings.
            plan.believe(target)
            check_circle(self.judge, plan, stmt, module, target)
            plan.edits.append(replace(stmt.module_start, stmt.module_end, self._spelled(stmt, target.module)))
            return plan
        plan.unsafe = True
        used = dict(self._used_of_star(module))
        if self._is_opaque(stmt):
            plan.refuse(f"what the star brings from {module} cannot be told here", "list the names")
        elif not used:
            plan.refuse(f"no name that the star could bring from {module} is used here", "remove the import")
        grouped: dict[str, list[str]] = {}
        for name, new in used.items():
            if isinstance(new, Refusal):
                plan.refusals.append(new)
                continue
            plan.believe(new)
            check_circle(self.judge, plan, stmt, module, new)
            text = new.name
            if new.name != name:
                if self.names.is_used(new.name):
                    text = f"{new.name} as {name}"
                else:
                    plan.edits += [replace(use.start, use.end, new.name) for use in self.names.module.globals.get(name, ())]
            grouped.setdefault(self._spelled(stmt, new.module), []).append(text)
        if not plan.refusals:
            plan.edits += _listed_instead(self.names.source, stmt, grouped)
        return plan

    def _is_opaque(self, stmt: ImportStatement) -> bool:
        source = self.names.source
        stars = [other.start for other in self.names.module.imports if other.is_star]
        reexports = source.path.endswith("__init__.py") or b"__all__" in source.text
        taken = "*" in self.judge.facts.users.get(source.path, ())
        return stars != [stmt.start] or self.names.is_dynamic or reexports or taken

    def _used_of_star(self, module: str) -> Iterator[tuple[str, Target | Refusal]]:
        """The free names of the file, in the order of their first use, that the old module is known to have had."""
        facts = self.judge.facts
        candidates = {name for old, name in facts.moves.names if old == module}
        target = facts.moves.module(module)
        new_path = facts.modules.nearest(target.module, self.judge.path) if target is not None else None
        offer = self.judge.offer(new_path) if new_path is not None else None
        if offer is not None:
            candidates |= {name for name in offer.own | offer.imported if not name.startswith("_")}
        free = self.names.module.globals
        first = {name: min(use.start for use in free[name]) for name in candidates if name in free}
        for name in sorted(first, key=lambda name: first[name]):
            found = self.judge.name(module, name)
            if found is not None:
                yield name, found


def _only_imports_between(first: Node, last: Node) -> bool:
    """No statement between two of a block could use what the first of them imports."""
    node = first.next_named_sibling
    while node is not None and node != last:
        if node.type not in ("import_statement", "import_from_statement", "comment"):
            return False
        node = node.next_named_sibling
    return node is not None


def _listed_instead(source: Source, stmt: ImportStatement, grouped: dict[str, list[str]]) -> list[Edit]:
    """The statement, star and all, replaced by lists of names."""
    line = line_of(source, stmt)
    texts = [f"from {module} import {', '.join(names)}" for module, names in grouped.items()]
    return [replace(stmt.start, stmt.end, joined(source, line, texts))]


def _alias(name: NewName) -> str | None:
    return name.alias if name.alias != name.name else None
