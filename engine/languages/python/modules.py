"""Which names a Python file can be imported by, and which file a module name means.

Nothing in a repository says what will be on `sys.path`. Packages with `__init__.py` say where a root cannot be; how the
repository's own imports are written says the rest. `src/core/db.py` may be `core.db` and `src.core.db` at the same time.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

_PROJECT_FILES = frozenset(("pyproject.toml", "setup.py", "setup.cfg"))
# Folders that are put on the path rather than imported, by the habit of build tools.
_SOURCE_FOLDERS = frozenset(("src", "lib", "python"))


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


class ModuleIndex:
    """The modules of a repository. Paths are relative to its root, with `/`; the root itself is the folder `""`."""

    def __init__(
        self, paths: Iterable[str], imports: Mapping[str, Iterable[str]] | None = None, roots: Collection[str] = ()
    ) -> None:
        """Indexes the Python files among `paths`.

        `imports` are the modules that each file imports absolutely, as written: evidence for roots. `roots` are folders that
        a configuration puts on the path (`pythonpath`, `package-dir`).
        """
        every = frozenset(paths)
        self.paths = frozenset(path for path in every if path.endswith((".py", ".pyi")))
        self.packages = frozenset(_folder(path) for path in self.paths if _is_init(path)) - {""}
        """Folders with an `__init__` file; never the root, whose name is not known."""
        self._projects = frozenset(_folder(path) for path in every if path.rpartition("/")[2] in _PROJECT_FILES)
        self.roots = frozenset(root.strip("/").removeprefix("./") if root != "." else "" for root in roots)
        self._by_stem: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        self._index()
        self.votes: Counter[tuple[str, str]] = Counter()
        """How many imports of the repository need a root for a top-level name, by (root, name)."""
        self._imported_packages: set[str] = set()
        """Packages that some import of the repository names from above: nothing in them is imported as a top-level module."""
        self._vote(imports or {})

    def _index(self) -> None:
        folders: set[str] = set()
        for path in sorted(self.paths):
            stem = _stem(path)
            self._by_stem.setdefault(stem.rpartition("/")[2], []).append(path)
            folder = _folder(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = _folder(folder)
        for folder in sorted(folders):
            self._folders.setdefault(folder.rpartition("/")[2], []).append(folder)

    def _vote(self, imports: Mapping[str, Iterable[str]]) -> None:
        written = [(path, module) for path, modules in imports.items() for module in modules]
        for path, module in written:
            for found, _, rank in self._ranked(module, path):
                if rank.relation > 1 and "." in module:
                    self._imported_packages.add(_folder(found))
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
        stem = _stem(path)
        supported: dict[str, tuple[int, int]] = {}
        layout = self._layout_roots(path)
        for depth, root in enumerate(_folders_above(path)):
            name = _dotted(stem, root)
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
        above = [folder for folder in _folders_above(path) if len(folder) <= len(outside)]
        configured = [folder for folder in above if folder in self.roots]
        sources = [folder for folder in above if folder.rpartition("/")[2] in _SOURCE_FOLDERS]
        projects = [folder for folder in above if folder and folder in self._projects]
        if outside != _folder(path) or _is_init(path):
            return list(dict.fromkeys([*configured, outside, *sources[:1], *projects[:1]]))
        return list(dict.fromkeys([*configured, *sources[:1], *projects[:1], outside, ""]))

    def _above_packages(self, path: str) -> str:
        """The nearest folder around a file that is no package."""
        folder = _folder(path)
        while folder and folder in self.packages:
            folder = _folder(folder)
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
        if len(code) == 2 and _stem(code[0]) == _stem(code[1]):
            # `a/__init__.py` shadows `a.py` in the same folder.
            return next(path for path in code if _is_init(path))
        if len(code) > 1:
            return Ambiguous(tuple(code))
        return code[0]

    def exists(self, module: str, near: str = "") -> bool:
        """Whether an absolute import of `module` finds a file or package of the repository."""
        return self.find(module, near) is not None or self.is_package(module, near)

    def is_package(self, module: str, near: str = "") -> bool:
        """Whether the module is a folder, with or without `__init__`."""
        tail = module.replace(".", "/")
        for folder in self._folders.get(module.rpartition(".")[2], ()):
            root = _root_of(folder, tail)
            if root is not None and self._rank(root, module, near).relation:
                return True
        return False

    def resolve_relative(self, path: str, level: int, module: str) -> tuple[str, ...]:
        """The absolute names that `from <level dots><module> import` means in a file, in the order of `names_of`."""
        names = []
        for own in self.names_of(path):
            package = own.split(".") if _is_init(path) else own.split(".")[:-1]
            above = len(package) - (level - 1)
            if package and above > 0:
                names.append(".".join([*package[:above], *([module] if module else [])]))
        return tuple(names)

    def find_relative(self, path: str, level: int, module: str) -> str | None:
        """The file that a relative import means: told by folders alone, whatever the package is called."""
        folder = _folder(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
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
        tail = module.replace(".", "/")
        found = []
        for path in self._by_stem.get(module.rpartition(".")[2], ()):
            root = _root_of(_stem(path), tail)
            if root is not None:
                rank = self._rank(root, module, near)
                # `import redis` in `backends/redis.py` means another one.
                itself = path == near and root in self.packages
                found.append((path, root, _Rank(0, 0, 0) if itself else rank))
        return found

    def _rank(self, root: str, module: str, near: str) -> _Rank:
        top = module.partition(".")[0]
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
        beside = _folder(root)
        is_source = root in self.roots or root.rpartition("/")[2] in _SOURCE_FOLDERS
        if is_source and (root in self.roots or not beside or near.startswith(f"{beside}/")):
            return _Rank(2, depth, votes)
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


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_init(path: str) -> bool:
    return path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")


def _stem(path: str) -> str:
    """The path without its suffix; of a package the folder."""
    return _folder(path) if _is_init(path) else path.rpartition(".")[0]


def _folders_above(path: str) -> list[str]:
    """The folders that may be roots of a file, the innermost first."""
    folder = _folder(_folder(path)) if _is_init(path) else _folder(path)
    folders = [folder]
    while folder:
        folder = _folder(folder)
        folders.append(folder)
    return folders


def _root_of(stem: str, tail: str) -> str | None:
    """The folder that has to be on the path for `stem` to be the module `tail`."""
    if stem == tail:
        return ""
    return stem[: -len(tail) - 1] if stem.endswith("/" + tail) else None


def _dotted(stem: str, root: str) -> str | None:
    parts = (stem[len(root) + 1 :] if root else stem).split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None
