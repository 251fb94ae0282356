"""The files of a repository, read where a name leads to them."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from autofix.fixer import Project, Source
from autofix.fixers.python.unawaited_coroutine.facts import Facts
from autofix.languages.python.module_paths import is_init
from autofix.languages.python.modules import Ambiguous
from autofix.languages.python.scopes import Module, Scope, ScopeKind, scopes

if TYPE_CHECKING:
    from tree_sitter import Node


class File:
    """One file."""

    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.source = source

    @cached_property
    def names(self) -> Module:
        """Its names."""
        return scopes(self.source)

    def text(self, node: Node | None) -> str:
        """What is written at a node."""
        return self.source.slice(node.start_byte, node.end_byte) if node is not None else ""

    @cached_property
    def _scopes(self) -> dict[int, Scope]:
        kinds = (ScopeKind.FUNCTION, ScopeKind.CLASS)
        return {scope.node.start_byte: scope for scope in self.names.scopes if scope.kind in kinds}

    def scope(self, definition: Node) -> Scope:
        """The scope of a function or class."""
        return self._scopes[definition.start_byte]


class Program:
    """The repository behind the file that is looked at."""

    def __init__(self, project: Project, facts: Facts, file: File) -> None:
        self.facts = facts
        self._project = project
        self._files: dict[str, File | None] = {file.path: file}

    def file(self, path: str) -> File | None:
        """A file of the repository; None where it cannot be read."""
        if path not in self._files:
            source = self._project.source(path)
            self._files[path] = File(source) if source is not None else None
        return self._files[path]

    def find(self, path: str, module: str, level: int) -> str | Ambiguous | None:
        """The file that a module means in the file `path`; None for one of another distribution."""
        index = self.facts.modules
        found = index.resolve(path, level, module)
        is_ours = level or (module.partition(".")[0] not in sys.stdlib_module_names and index.may_exist(module))
        if found is None and is_ours:
            # Of this repository, but nothing says which of its folders is on the path.
            return Ambiguous(())
        return found

    def submodule(self, path: str, name: str) -> str | None:
        """The file of the module `name` in the package that a file is the `__init__` of."""
        return self.facts.modules.find_relative(path, 1, name) if is_init(path) else None
