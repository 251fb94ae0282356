"""Local names after a move: whether they can follow, and the places that must."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from autofix.fixers.python.moved_imports.facts import Facts
from autofix.fixers.python.moved_imports.modules import module_names
from autofix.fixers.python.moved_imports.occurrences import Binding, Occurrences, is_dynamic, scopes_of
from autofix.fixers.python.moved_imports.outline import import_nodes
from autofix.fixers.python.moved_imports.strings import SAFE, literals, position
from autofix.languages.python.syntax import root as tree
from autofix.project.project import Project
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|conftest)\.py")


class LocalNames:
    """The names that one file binds by imports."""

    def __init__(self, source: Source, project: Project, facts: Facts, packages: Sequence[str]) -> None:
        self.source = source
        self.project = project
        self.facts = facts
        self.packages = packages
        self.root = tree(source)
        self._known: dict[str, Occurrences] = {}

    def occurrences(self, name: str) -> Occurrences:
        """All that the file does with a name."""
        if name not in self._known:
            self._known[name] = Occurrences(self.source, self.root, name)
        return self._known[name]

    def binding(self, name: str, at: Node) -> Binding:
        """What the name means in the scope of an import."""
        return self.occurrences(name).of(scopes_of(at)[0])

    def rename(self, name: str, new: str, at: Node, same: bool) -> list[Edit] | None:
        """The edits that make every use of an imported name say `new`; None where the old name has to stay.

        `same` says that `new`, where it is bound, is bound to the very object.
        """
        scope = scopes_of(at)[0]
        binding = self.binding(name, at)
        if len(binding.binders) != 1 or is_dynamic(self.source) or self._class_scope_binds(name):
            return None
        if self.occurrences(new) and not same:
            return None
        if scope.id == self.root.id and (self._is_public(name) or self._is_fixture(binding)):
            return None
        return [replace(use.start, use.end, new) for use in binding.uses]

    def _class_scope_binds(self, name: str) -> bool:
        """A class body falls back to the module's name until it binds its own: no text tells which one a use means."""
        scopes = self.occurrences(name).scopes
        binders = [binder for binding in scopes.values() for binder in binding.binders]
        return any(chain.type == "class_definition" for binder in binders for chain in scopes_of(binder)[:1])

    def _is_public(self, name: str) -> bool:
        if self.source.path.endswith(("/__init__.py", ".pyi")) or self.source.path == "__init__.py":
            return True
        if not {name, "*"}.isdisjoint(self.facts.users.get(self.source.path, ())):
            return True
        if b"__all__" not in self.source.text:
            return False
        if re.search(rb"[\"']" + name.encode() + rb"[\"']", self.source.text):
            return True
        # A list that is computed may hold anything.
        return not re.search(rb"^__all__[^=\n]*=\s*[\[(][\w\s\"',#.-]*[\])]\s*$", self.source.text, re.MULTILINE)

    def _is_fixture(self, binding: Binding) -> bool:
        """Fixtures are handed to parameters of their name: an import that only serves this keeps it."""
        return not binding.uses and _TEST_FILE.fullmatch(self.source.path) is not None

    def followers(self, name: str, new: str) -> Mapping[str, list[Edit]] | None:
        """Edits of other files that patch a name of this file by a string; None where one of them cannot follow."""
        edits: dict[str, list[Edit]] = {}
        for own in module_names(self.source.path, self.packages):
            dotted = f"{own}.{name}"
            for path in self.facts.patched.get(dotted, ()):
                other = self.project.source(path)
                if other is None:
                    return None
                for literal in literals(other):
                    if literal.text != dotted and not literal.text.startswith(dotted + "."):
                        continue
                    stands = position(tree(other), literal)
                    if stands is None or stands.applicability is not SAFE or stands.refusal:
                        return None
                    start = literal.start + len(own.encode()) + 1
                    edits.setdefault(path, []).append(replace(start, start + len(name.encode()), new))
        return edits

    def is_import_of(self, name: str, modules: Sequence[str]) -> bool:
        """Whether a name is bound only by `from module import name` at module level, one of the modules being meant."""
        occurrences = self.occurrences(name)
        binders = [binder for binding in occurrences.scopes.values() for binder in binding.binders]
        if occurrences.free or not binders:
            return False
        found = {
            item.start
            for _, stmt in import_nodes(self.source)
            if stmt.module in modules
            for item in stmt.items
            if item.name == name and item.alias is None
        }
        return all(binder.start_byte in found for binder in binders)
