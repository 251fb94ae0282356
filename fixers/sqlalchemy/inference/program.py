"""The functions and classes of a program, by key. A key is `path:qualified.name`; a second definition of a name has `#2`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autofix.fixers.sqlalchemy.inference.shadows import Defined, shadows
from autofix.languages.python.code import (
    Block,
    Class,
    For,
    Function,
    If,
    Import,
    Match,
    Module,
    Statement,
    Try,
    While,
    With,
    Yield,
)
from autofix.languages.python.code_walk import Node, Parents, bindings, declared, own
from autofix.languages.python.modules import ModuleIndex


@dataclass(frozen=True)
class FunctionInfo:
    """A function of the program."""

    key: str
    path: str
    node: Function
    owner: str
    """The key of the class around it; empty for none."""
    parent: str
    """The key of the nearest function around it; empty for none."""

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Everything in its body that runs with it, see `own`."""
        return tuple(own(self.node.body))

    @cached_property
    def is_generator(self) -> bool:
        """Whether its own body yields."""
        return any(type(node) is Yield for node in self.nodes)

    @cached_property
    def bindings(self) -> Counter[str]:
        """How often each local name is bound; a parameter counts once."""
        names = Counter(bindings(self.nodes))
        names.update(parameter.name for parameter in self.node.parameters)
        for name in self.declared:
            del names[name]
        return names

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names that it takes from outside to bind them."""
        return declared(self.nodes)

    @cached_property
    def has_inner(self) -> bool:
        """Whether functions are defined in it, which see its names."""
        return any(type(node) is Function or type(node) is Class for node in self.nodes)


@dataclass(frozen=True)
class ClassInfo:
    """A class of the program."""

    key: str
    path: str
    node: Class
    parent: str
    """The key of the nearest function around it; empty for none."""
    methods: dict[str, str] = field(default_factory=dict)
    """The keys of the functions that its body defines, by name; the last one of a name."""


class Program:
    """All Python files of a repository, read."""

    def __init__(self, modules: Mapping[str, Module], paths: Iterable[str] = ()) -> None:
        """`modules` by path; `paths` are all files of the repository, which say where imports may lead."""
        self.modules = modules
        self.parents = _AllParents(modules)
        """What stands around the nodes of each file."""
        self.functions: dict[str, FunctionInfo] = {}
        self.classes: dict[str, ClassInfo] = {}
        self.classes_by_name: dict[str, list[str]] = defaultdict(list)
        self.keys: dict[tuple[str, int], str] = {}
        """The key of the function or class whose definition starts at an offset of a file."""
        self.bindings: dict[str, Counter[str]] = {}
        """How often each name is bound at the top level of a file."""
        self.stars: dict[str, tuple[Import, ...]] = {}
        """The star imports of a file."""
        self.imports: dict[str, list[Import]] = {}
        """All imports of a file, also those in functions."""
        self.functions_of: dict[str, list[FunctionInfo]] = {}
        """The functions that a file defines."""
        self.nodes: dict[str, tuple[Node, ...]] = {}
        """Everything that runs at the top level of a file, see `own`."""
        for path, module in sorted(modules.items()):
            self.imports[path], self.functions_of[path] = [], []
            self._define(path, module.body, "", "", "")
            nodes = self.nodes[path] = tuple(own(module.body))
            self.bindings[path] = Counter(bindings(nodes))
            self.stars[path] = tuple(
                node for node in nodes if type(node) is Import and any(item.name == "*" for item in node.names)
            )
        for function in self.functions.values():
            self.bindings[function.path].update(function.declared)
        absolute = {path: set(_absolute(imports)) for path, imports in self.imports.items()}
        files = frozenset((*paths, *modules))
        self.index = ModuleIndex(files, absolute)
        foreign = shadows(self.index, self.imports, Defined(self._gives, self._all_nodes))
        if foreign:
            self.index = ModuleIndex(files, absolute, foreign=foreign)

    def _define(self, path: str, block: Block, prefix: str, owner: str, parent: str) -> None:
        for statement in block:
            if isinstance(statement, Function):
                key = self._key(path, f"{prefix}{statement.name}")
                self.keys[path, statement.start] = key
                self.functions[key] = FunctionInfo(key, path, statement, owner, parent)
                self.functions_of[path].append(self.functions[key])
                if owner:
                    self.classes[owner].methods[statement.name] = key
                self._define(path, statement.body, f"{key.partition(':')[2]}.", "", key)
            elif isinstance(statement, Class):
                key = self._key(path, f"{prefix}{statement.name}")
                self.keys[path, statement.start] = key
                self.classes[key] = ClassInfo(key, path, statement, parent)
                self.classes_by_name[statement.name].append(key)
                self._define(path, statement.body, f"{key.partition(':')[2]}.", key, parent)
            elif isinstance(statement, Import):
                self.imports[path].append(statement)
            else:
                for inner in blocks(statement):
                    self._define(path, inner, prefix, owner, parent)

    def _key(self, path: str, name: str) -> str:
        key, number = f"{path}:{name}", 2
        while key in self.functions or key in self.classes:
            key, number = f"{path}:{name}#{number}", number + 1
        return key

    def _gives(self, path: str, name: str) -> bool:
        """Whether a file has something of a name; of one that is not read, nothing is known."""
        if path not in self.modules or self.stars[path] or name.startswith("__"):
            return True
        return name in self.bindings[path] or "__getattr__" in self.bindings[path]

    def _all_nodes(self, path: str) -> Iterator[Node]:
        yield from self.nodes[path]
        for function in self.functions_of[path]:
            yield from function.nodes

    def find_module(self, path: str, module: str | None, level: int) -> str | None:
        """The file that an import in `path` means, where it is one of the program's."""
        if level:
            found: object = self.index.find_relative(path, level, module or "")
        else:
            found = self.index.find(module or "", path)
        return found if isinstance(found, str) and found in self.modules else None

    @cached_property
    def imported_names(self) -> dict[str, set[str]]:
        """By file, the names that other files import from it; `*` among them for star imports."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, statement in self._all_imports():
            if statement.module is not None or statement.level:
                target = self.find_module(path, statement.module, statement.level)
                if target is not None and target != path:
                    found[target].update(item.name for item in statement.names)
        return found

    @cached_property
    def imported_files(self) -> dict[str, set[str]]:
        """By file, the files of the program that its imports load."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, statement in self._all_imports():
            for module in _modules(statement):
                target = self.find_module(path, module, statement.level)
                if target is not None and target != path:
                    found[path].add(target)
        return found

    def _all_imports(self) -> Iterator[tuple[str, Import]]:
        return ((path, statement) for path, statements in self.imports.items() for statement in statements)

    def find_relative(self, path: str, name: str) -> str | None:
        """The module `name` in the package that a file is the `__init__` of; or in the folder `path`, which ends with `/`."""
        if path.endswith("/"):
            return self.find_module("", f"{path[:-1]}.{name}", 0)
        found = self.index.find_relative(path, 1, name) if path.endswith("__init__.py") else None
        return found if found in self.modules else None


class _AllParents(dict[str, Parents]):
    """Made when they are asked for: nobody asks for those of most files."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        super().__init__()
        self._modules = modules

    def __missing__(self, path: str) -> Parents:
        self[path] = Parents(self._modules[path])
        return self[path]


def blocks(statement: Statement) -> Iterator[Block]:
    """The blocks in a compound statement that run in the same scope."""
    match statement:
        case If() | For() | While():
            yield statement.body
            yield statement.orelse
        case With():
            yield statement.body
        case Try():
            yield statement.body
            yield from (handler.body for handler in statement.handlers)
            yield statement.orelse
            yield statement.final
        case Match():
            yield from (case.body for case in statement.cases)
        case _:
            pass


def _modules(node: Import) -> Iterator[str | None]:
    """All modules that an import may load: `a` and `a.b` for `from a import b`."""
    if node.module is not None or node.level:
        yield node.module
    for item in node.names:
        yield f"{node.module}.{item.name}" if node.module else item.name


def _absolute(imports: Iterable[Import]) -> Iterator[str]:
    for node in imports:
        if not node.level:
            yield from (node.module,) if node.module is not None else (item.name for item in node.names)
