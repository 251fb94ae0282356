"""Which file a dotted name means, and which dotted names a file has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

# Folders that are put on the path rather than imported.
_SOURCE_FOLDERS = ("src", "lib", "python")


@dataclass(frozen=True)
class Modules:
    """The Python files of a repository, by the last component of their module name."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Folders that hold Python files at any depth, by name: packages without `__init__.py`."""

    @classmethod
    def of(cls, paths: Iterable[str], within: frozenset[str] | None = None, named: frozenset[str] = frozenset()) -> Modules:
        """Index paths; with `within`, only modules whose path holds one of these words, or that are called like `named`."""
        files: dict[str, list[str]] = {}
        folders: set[str] = set()
        for path in paths:
            if not path.endswith((".py", ".pyi")):
                continue
            folder, _, file = path.rpartition("/")
            stem = file.rpartition(".")[0]
            name = folder.rpartition("/")[2] if stem == "__init__" else stem
            if within is None or name in within or name in named or not within.isdisjoint(folder.split("/")):
                files.setdefault(name, []).append(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        by_name: dict[str, list[str]] = {}
        for folder in folders:
            name = folder.rpartition("/")[2]
            if within is None or name in named or not within.isdisjoint(folder.split("/")):
                by_name.setdefault(name, []).append(folder)
        return cls(_sorted(files), _sorted(by_name))

    def find(self, module: str, near: str) -> str | None:
        """The file that an absolute import of `module` in the file `near` means; None where there is none."""
        return _nearest(self._scanned(self._known_files, self.files, module), near)

    def folder(self, module: str, near: str) -> str | None:
        """The folder of a package, with or without `__init__.py`."""
        return _nearest(self._scanned(self._known_folders, self.folders, module), near)

    def _scanned(
        self, known: dict[str, Mapping[str, str]], paths: Mapping[str, tuple[str, ...]], module: str
    ) -> Mapping[str, str]:
        """What could be a module, by the folder that would have to be on the path; looked up once a module."""
        if module not in known:
            tail = "/" + module.replace(".", "/")
            found: dict[str, str] = {}
            for path in paths.get(module.rpartition(".")[2], ()):
                stem = "/" + (path.rpartition(".")[0].removesuffix("/__init__") if path.endswith((".py", ".pyi")) else path)
                if stem.endswith(tail):
                    root = stem[1 : -len(tail)]
                    found[root] = max(found.get(root, path), path, key=lambda path: (path.endswith(".py"), path))
            known[module] = found
        return known[module]

    @cached_property
    def _known_files(self) -> dict[str, Mapping[str, str]]:
        return {}

    @cached_property
    def _known_folders(self) -> dict[str, Mapping[str, str]]:
        return {}

    def exists(self, module: str, near: str) -> bool:
        """Whether an import of `module` finds anything in the repository."""
        return self.find(module, near) is not None or self.folder(module, near) is not None


def _nearest(found: Mapping[str, str], near: str) -> str | None:
    """Of several files of one name, that whose root is nearest around the importing file."""
    if len(found) < 2:
        return next(iter(found.values()), None)
    root = max(found, key=lambda root: (closeness(root, near), -len(root), root))
    return found[root]


def _sorted(groups: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(paths)) for name, paths in sorted(groups.items())}


def closeness(root: str, near: str) -> int:
    """How likely a folder is on the path of a file: the nearest folder around it first, then `src` beside one; 0 for others."""
    around = f"{root}/" if root else ""
    if near.startswith(around):
        return 2 * len(around) + 2
    parent, _, name = root.rpartition("/")
    around = f"{parent}/" if parent else ""
    return 2 * len(around) + 1 if name in _SOURCE_FOLDERS and near.startswith(around) else 0


def module_names(path: str, packages: Collection[str]) -> list[str]:
    """The dotted names by which a file may be imported, the likeliest first.

    `packages` are the folders with `__init__.py`: the folder above the outermost of them is on the path. Without any, every
    folder above the file may be.
    """
    stem = path.rpartition(".")[0].removesuffix("/__init__")
    folder = stem.rpartition("/")[0] if not path.endswith("__init__.py") else stem
    while folder and folder in packages:
        folder, _, _ = folder.rpartition("/")
    parts = stem.split("/")
    sure = len(folder.split("/")) if folder else 0
    return [".".join(parts[start:]) for start in range(sure, -1, -1) if start < len(parts)]


def absolute_names(path: str, written: str, packages: Collection[str]) -> Iterator[str]:
    """The absolute names that the module of a from-import, with its leading dots, may have in a file."""
    rest = written.lstrip(".")
    level = len(written) - len(rest)
    if level == 0:
        yield rest
        return
    is_package = path.endswith(("/__init__.py", "/__init__.pyi"))
    for own in module_names(path, packages):
        parts = own.split(".")
        above = parts[: len(parts) - level + (1 if is_package else 0)]
        if len(parts) - level + (1 if is_package else 0) > 0:
            yield ".".join([*above, rest] if rest else above)


def relative_name(own: str, is_package: bool, target: str) -> str | None:
    """`target` as a relative import of the module `own` writes it; None where they share no package."""
    package = own.split(".") if is_package else own.split(".")[:-1]
    parts = target.split(".")
    common = 0
    while common < min(len(package), len(parts)) and package[common] == parts[common]:
        common += 1
    if common == 0:
        return None
    return "." * (1 + len(package) - common) + ".".join(parts[common:])
