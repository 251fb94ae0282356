"""Which names a Python file can be imported by, and which file a module name means.

Nothing in a repository says what will be on `sys.path`. Packages with `__init__.py` say where a root cannot be; how the
repository's own imports are written says the rest. `src/core/db.py` may be `core.db` and `src.core.db` at the same time.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property

from autofix.languages.python.module_paths import (
    Endings,
    absolute_names,
    dotted_name,
    folder_of,
    folders_above,
    is_init,
    precedence,
    stem_of,
    with_parts,
)

_PROJECT_FILES = frozenset(("pyproject.toml", "setup.py", "setup.cfg"))
_ENDINGS = (".py", ".pyi", *_PROJECT_FILES)
# Folders that are put on the path rather than imported, by the habit of build tools.
_SOURCE_FOLDERS = frozenset(("src", "lib", "python"))
# What an index computes when it is first asked.
_LOOKED_UP = ("_files", "_folders")


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several files that a module name may mean, with nothing to decide between them."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    """How likely a folder is on the path of an importing file; larger is likelier."""

    relation: int
    """3: around the file. 2: a source folder or configured root beside it. 1: elsewhere, or inside a package. 0: not at all."""
    depth: int
    votes: int


@dataclass(frozen=True, slots=True)
class _Found:
    index: ModuleIndex
    near: str

    def __contains__(self, module: object) -> bool:
        return isinstance(module, str) and self.index.exists(module, self.near)


class ModuleIndex:
    """The modules of a repository. Paths are relative to its root, with `/`; the root itself is the folder `""`."""

    def __init__(
        self,
        paths: Iterable[str],
        imports: Mapping[str, Iterable[str]] | None = None,
        roots: Collection[str] = (),
        foreign: Collection[tuple[str, str]] = (),
    ) -> None:
        """Indexes the Python files among `paths`.

        `imports` are the modules that each file imports absolutely, as written: evidence for roots. `roots` are folders that
        a configuration puts on the path (`pythonpath`, `package-dir`). `foreign` are top-level names, as (root, name), that
        mean something from outside of the repository although a file or folder of that root is called so.
        """
        relevant = [path for path in paths if path.endswith(_ENDINGS)]
        self.paths = frozenset([path for path in relevant if path.endswith((".py", ".pyi"))])
        inits = [path for path in self.paths if path.endswith(("__init__.py", "__init__.pyi")) and is_init(path)]
        self.packages = frozenset(map(folder_of, inits)) - {""}
        """Folders with an `__init__` file; never the root, whose name is not known."""
        self.roots = frozenset(root.strip("/").removeprefix("./") if root != "." else "" for root in roots)
        self.foreign = frozenset(foreign)
        self.votes: Counter[tuple[str, str]] = Counter()
        """How many imports of the repository need a root for a top-level name, by (root, name)."""
        projects = [folder_of(path) for path in relevant if path.rpartition("/")[2] in _PROJECT_FILES]
        self._projects = frozenset(projects)
        """Folders with a project file."""
        self._imported_packages: set[str] = set()
        """Packages that some import of the repository names from above: nothing in them is imported as a top-level module."""
        if imports:
            self._vote(imports)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuleIndex) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def _state(self) -> tuple[object, ...]:
        return (
            self.paths,
            self.folders,
            self.packages,
            self.roots,
            self.foreign,
            self.votes,
            self._imported_packages,
            self._projects,
        )

    def __getstate__(self) -> dict[str, object]:
        """Without what can be looked up again."""
        return {name: value for name, value in self.__dict__.items() if name not in _LOOKED_UP}

    def about(self, words: Collection[str], tops: Collection[str] = ()) -> ModuleIndex:
        """A small index: of modules whose names have one of the words, and of the top-level modules `tops`."""
        view = copy(self)
        parts = {word + end for word in words for end in ("", ".py", ".pyi")}
        parts |= {top + end for top in tops for end in (".py", ".pyi")}
        view.paths = frozenset(with_parts(self.paths, parts))
        top_folders = [folder for folder in self.folders if folder.rpartition("/")[2] in tops]
        view.folders = frozenset((*with_parts(self.folders, parts), *top_folders))
        return view

    @cached_property
    def folders(self) -> frozenset[str]:
        """Folders that hold Python files at any depth."""
        found: set[str] = set()
        for path in set(map(folder_of, self.paths)):
            folder = path
            while folder and folder not in found:
                found.add(folder)
                folder = folder_of(folder)
        return frozenset(found)

    @cached_property
    def _files(self) -> Endings:
        return Endings((path, stem_of(path)) for path in self.paths)

    @cached_property
    def _folders(self) -> Endings:
        return Endings((folder, folder) for folder in self.folders)

    def _vote(self, imports: Mapping[str, Iterable[str]]) -> None:
        written = [(path, module) for path, modules in imports.items() for module in modules]
        for path, module in written:
            for found, _, rank in self._ranked(module, path):
                if rank.relation > 1 and "." in module:
                    self._imported_packages.add(folder_of(found))
        votes: Counter[tuple[str, str]] = Counter()
        for path, module in written:
            ranked = self._ranked(module, path)
            best = max((rank for _, _, rank in ranked), default=None)
            for root in {root for _, root, rank in ranked if rank == best and rank.relation}:
                votes[root, module.partition(".")[0]] += 1
        self.votes = votes

    # Names of files

    def names_of(self, path: str) -> tuple[str, ...]:
        """The dotted names by which a file is or can be imported, the best supported first; empty where none is possible.

        Those that imports of the repository use come first, by their number, then what the layout says. Of files below no
        package and no source folder the layout says little: they are modules of their own folder and of the repository's root.
        """
        stem = stem_of(path)
        supported: dict[str, tuple[int, int]] = {}
        layout = self._layout_roots(path)
        for depth, root in enumerate(folders_above(path)):
            name = dotted_name(stem, root)
            if name is None:
                continue
            votes = self.votes[root, name.partition(".")[0]]
            if votes or root in layout:
                supported[name] = (-votes, layout.index(root) if root in layout else len(layout) + depth)
        return tuple(sorted(supported, key=lambda name: supported[name]))

    def name_of(self, path: str) -> str | None:
        """The best supported name of a file."""
        return next(iter(self.names_of(path)), None)

    def _layout_roots(self, path: str) -> list[str]:
        """The roots that the folders suggest, the likeliest first."""
        outside = self._above_packages(path)
        above = [folder for folder in folders_above(path) if len(folder) <= len(outside)]
        configured = [folder for folder in above if folder in self.roots]
        sources = [folder for folder in above if folder.rpartition("/")[2] in _SOURCE_FOLDERS]
        projects = [folder for folder in above if folder and folder in self._projects]
        if outside != folder_of(path) or is_init(path):
            return list(dict.fromkeys([*configured, outside, *sources[:1], *projects[:1]]))
        return list(dict.fromkeys([*configured, *sources[:1], *projects[:1], outside, ""]))

    def _above_packages(self, path: str) -> str:
        """The nearest folder around a file that is no package."""
        folder = folder_of(path)
        while folder and folder in self.packages:
            folder = folder_of(folder)
        return folder

    # Files of names

    def find(self, module: str, near: str = "") -> str | Ambiguous | None:
        """The file that an absolute import of `module` in the file `near` means; None where it is none of the repository's.

        A folder without `__init__` is a package without a file: None, see `is_package`.
        """
        found = [(path, rank) for path, _, rank in self._ranked(module, near) if rank.relation]
        if not found:
            return None
        best = max(rank for _, rank in found)
        paths = [path for path, rank in found if rank == best]
        code = [path for path in paths if path.endswith(".py")] or paths
        if len(code) == 2 and stem_of(code[0]) == stem_of(code[1]):
            # `a/__init__.py` shadows `a.py` in the same folder.
            return next(path for path in code if is_init(path))
        if len(code) > 1:
            return Ambiguous(tuple(code))
        return code[0]

    def exists(self, module: str, near: str = "") -> bool:
        """Whether an absolute import of `module` finds a file or package of the repository."""
        return self.find(module, near) is not None or self.is_package(module, near)

    def found_from(self, near: str) -> Container[str]:
        """The names of modules that an absolute import in a file finds in the repository."""
        return _Found(self, near)

    def is_package(self, module: str, near: str = "") -> bool:
        """Whether the module is a folder, with or without `__init__`."""
        return any(self._rank(root, module, near).relation for _, root in self._folders.of(module))

    def nearest(self, module: str, near: str = "") -> str | None:
        """The file that an import of `module` in the file `near` most likely means, even where nothing says that it is found.

        Tests put folders on the path, and deployments do: whoever asks what may be meant asks this, not `find`.
        """
        return self._likeliest(module, near, self._files.of(module))

    def nearest_folder(self, module: str, near: str = "") -> str | None:
        """The same for the folder of a package, with or without `__init__`."""
        return self._likeliest(module, near, self._folders.of(module))

    def files_of(self, module: str) -> list[str]:
        """Every file that `module` may be, in whatever file it is imported."""
        return [path for path, _ in self._files.of(module)]

    def may_exist(self, module: str) -> bool:
        """Whether an import of `module`, in whatever file, may find anything of the repository."""
        return bool(self._files.of(module) or self._folders.of(module))

    def _likeliest(self, module: str, near: str, found: list[tuple[str, str]]) -> str | None:
        if len(found) < 2:
            return found[0][0] if found else None
        return max(found, key=lambda item: (self._rank(item[1], module, near), -len(item[1]), item[1], precedence(item[0])))[0]

    def is_beside(self, root: str, near: str) -> bool:
        """Whether a folder is on the path of a file by habit: around the file, or a source folder beside it."""
        if not root or near.startswith(f"{root}/"):
            return True
        beside = folder_of(root)
        is_source = root in self.roots or root.rpartition("/")[2] in _SOURCE_FOLDERS
        return is_source and (root in self.roots or not beside or near.startswith(f"{beside}/"))

    def nearest_root(self, roots: Iterable[str], near: str) -> str | None:
        """Of some folders the one that is most likely on the path of a file; None where none is by habit."""
        beside = [root for root in roots if self.is_beside(root, near)]
        return max(
            beside, key=lambda root: (not root or near.startswith(f"{root}/"), root.count("/") + bool(root)), default=None
        )

    def possible_names(self, path: str) -> tuple[str, ...]:
        """Every dotted name that a file can have, whatever is on the path: that below its outermost package, then longer ones.

        Of a file in no package, the shortest is its own.
        """
        stem = stem_of(path)
        sure = self._above_packages(path)
        depth = sure.count("/") + 1 if sure else 0
        parts = stem.split("/") if stem else []
        return tuple(".".join(parts[start:]) for start in range(depth, -1, -1) if start < len(parts))

    def possible_modules(self, path: str, level: int, module: str) -> Iterator[str]:
        """The absolute names that the module of a from-import may have, in the order of `possible_names`."""
        return iter((module,)) if not level else absolute_names(self.possible_names(path), is_init(path), level, module)

    def resolve_relative(self, path: str, level: int, module: str) -> tuple[str, ...]:
        """The absolute names that `from <level dots><module> import` means in a file, in the order of `names_of`."""
        return tuple(absolute_names(self.names_of(path), is_init(path), level, module))

    def find_relative(self, path: str, level: int, module: str) -> str | None:
        """The file that a relative import means: told by folders alone, whatever the package is called."""
        folder = folder_of(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = folder_of(folder)
        inner = module.replace(".", "/")
        stem = "/".join(part for part in (folder, inner) if part)
        candidates = [f"{stem}/__init__.py", f"{stem}/__init__.pyi"] if stem else ["__init__.py", "__init__.pyi"]
        if module:
            candidates[1:1] = [f"{stem}.py"]
            candidates.append(f"{stem}.pyi")
        return next((candidate for candidate in candidates if candidate in self.paths), None)

    def resolve(self, path: str, level: int, module: str) -> str | Ambiguous | None:
        """The file of the module of `from ... import` in a file, relative or not."""
        return self.find_relative(path, level, module) if level else self.find(module, path)

    def _ranked(self, module: str, near: str) -> list[tuple[str, str, _Rank]]:
        """Every file whose path ends like the module's name, with its root."""
        found = []
        for path, root in self._files.of(module):
            # `import redis` in `backends/redis.py` means another one.
            itself = path == near and root in self.packages
            found.append((path, root, _Rank(0, 0, 0) if itself else self._rank(root, module, near)))
        return found

    def _rank(self, root: str, module: str, near: str) -> _Rank:
        top = module.partition(".")[0]
        if (root, top) in self.foreign:
            return _Rank(0, 0, 0)
        votes = self.votes[root, top] if root in self.packages or not near else 0
        depth = root.count("/") + 1 if root else 0
        if root in self.packages:
            # A package's folder is on the path only of scripts in it; never instead of the standard library.
            inside = near.startswith(f"{root}/") and root not in self._imported_packages
            return _Rank(1 if inside and top not in sys.stdlib_module_names else 0, depth, votes)
        if not near:
            return _Rank(2, 0, self.votes[root, top])
        if not root or near.startswith(f"{root}/"):
            return _Rank(3, depth, votes)
        if self.is_beside(root, near):
            return _Rank(2, depth, votes)
        beside = folder_of(root)
        is_source = root in self.roots or root.rpartition("/")[2] in _SOURCE_FOLDERS
        # Elsewhere in the repository: installed, or put on the path by hand. Told from chance by a project or package there.
        is_known = root in self._projects or (is_source and beside in self._projects) or self._has_package(root, module)
        return _Rank(1 if is_known and top not in sys.stdlib_module_names else 0, 0, 0)

    def _has_package(self, root: str, module: str) -> bool:
        """Whether a folder on the way from the root to the module has an `__init__`."""
        folder = root
        for part in module.split("."):
            folder = f"{folder}/{part}" if folder else part
            if folder in self.packages:
                return True
        return False
