"""Local names after a move: whether they can follow, and the places that must."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from autofix.fixers.python.moved_imports.facts import Facts
from autofix.fixers.python.moved_imports.strings import SAFE, literals, position
from autofix.languages.python.imports import ImportedName
from autofix.languages.python.lines import CannotEdit
from autofix.languages.python.syntax import root
from autofix.project.project import Project
from autofix.text.edit import Edit, replace
from autofix.text.source import Source

if TYPE_CHECKING:
    # Most files have imports to change and no names.
    from autofix.languages.python.scopes import Binding, Module

_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|conftest)\.py")


class LocalNames:
    """The names that one file binds by imports."""

    def __init__(self, source: Source, project: Project, facts: Facts) -> None:
        self.source = source
        self.project = project
        self.facts = facts

    @cached_property
    def module(self) -> Module:
        """All names of the file."""
        from autofix.languages.python.scopes import scopes

        return scopes(self.source)

    @property
    def is_dynamic(self) -> bool:
        """Whether the file may reach names by strings."""
        from autofix.languages.python.renaming import reads_names

        return reads_names(self.module) is not None

    def binding(self, item: ImportedName) -> Binding | None:
        """What the name that an import binds means in the scope of that import."""
        return self.module.binding_at(item.bound_range[0])

    def all_of(self, name: str) -> Iterator[Binding]:
        """What a name means in each scope that binds it."""
        return (scope.bindings[name] for scope in self.module.scopes if name in scope.bindings)

    def is_used(self, name: str) -> bool:
        """Whether the file binds or reads a name anywhere."""
        return self.module.is_bound(name) or name in self.module.globals

    def rename(self, item: ImportedName, new: str, same: bool) -> list[Edit] | None:
        """The edits that make every use of an imported name say `new`; None where the old name has to stay.

        `same` says that `new`, where it is bound, is bound to the very object.
        """
        from autofix.languages.python.renaming import rename_uses

        binding = self.binding(item)
        if binding is None or binding.sole is None or (self.is_used(new) and not same):
            return None
        if binding.scope is self.module.scope and (self._is_public(item.bound) or self._is_fixture(binding)):
            return None
        try:
            return rename_uses(self.source, self.module, binding, new)
        except CannotEdit:
            return None

    def _is_public(self, name: str) -> bool:
        if self.source.path.endswith(("/__init__.py", ".pyi")) or self.source.path == "__init__.py":
            return True
        if not {name, "*"}.isdisjoint(self.facts.users.get(self.source.path, ())):
            return True
        exported = self.module.all_names
        if exported is None:
            return False
        # A list that is computed may hold anything.
        return not self.module.all_is_complete or any(self.source.slice(*entry[:2]) == name for entry in exported)

    def _is_fixture(self, binding: Binding) -> bool:
        """Fixtures are handed to parameters of their name: an import that only serves this keeps it."""
        return not binding.references and _TEST_FILE.fullmatch(self.source.path) is not None

    def followers(self, name: str, new: str) -> Mapping[str, list[Edit]] | None:
        """Edits of other files that patch a name of this file by a string; None where one of them cannot follow."""
        edits: dict[str, list[Edit]] = {}
        for own in self.facts.modules.possible_names(self.source.path):
            dotted = f"{own}.{name}"
            for path in self.facts.patched.get(dotted, ()):
                other = self.project.source(path)
                if other is None:
                    return None
                for literal in literals(other):
                    if literal.text != dotted and not literal.text.startswith(dotted + "."):
                        continue
                    stands = position(root(other), literal)
                    if stands is None or stands.applicability is not SAFE or stands.refusal:
                        return None
                    start = literal.start + len(own.encode()) + 1
                    edits.setdefault(path, []).append(replace(start, start + len(name.encode()), new))
        return edits

    def is_import_of(self, name: str, modules: Sequence[str]) -> bool:
        """Whether a name is bound only by `from module import name`, one of the modules being meant, and never unbound."""
        found = list(self.all_of(name))
        return bool(found) and name not in self.module.globals and all(_only_imports(binding, modules) for binding in found)


def _only_imports(binding: Binding, modules: Sequence[str]) -> bool:
    return len(binding.imports) == len(binding.targets) and all(
        stmt.is_from and stmt.dotted in modules and item.name == binding.name and item.asname is None
        for stmt, item in binding.imports
    )
