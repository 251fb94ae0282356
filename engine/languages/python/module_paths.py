"""Paths of files as modules: stems, folders, and how both end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


def folder_of(path: str) -> str:
    """The folder that a path lies in."""
    return path.rpartition("/")[0]


def is_init(path: str) -> bool:
    """Whether a file makes its folder a package."""
    return path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")


def stem_of(path: str) -> str:
    """The path without its suffix; of a package the folder."""
    return folder_of(path) if is_init(path) else path.rpartition(".")[0]


def folders_above(path: str) -> list[str]:
    """The folders that may be roots of a file, the innermost first."""
    folder = folder_of(folder_of(path)) if is_init(path) else folder_of(path)
    folders = [folder]
    while folder:
        folder = folder_of(folder)
        folders.append(folder)
    return folders


def root_of(stem: str, tail: str) -> str | None:
    """The folder that has to be on the path for `stem` to be the module `tail`."""
    if stem == tail:
        return ""
    return stem[: -len(tail) - 1] if stem.endswith("/" + tail) else None


class Endings:
    """Files or folders by how their paths end, which is how modules are found in them."""

    def __init__(self, stems: Iterable[tuple[str, str]]) -> None:
        """Takes paths with their stems: what a module's name would have to be the end of."""
        self._by_tail: dict[str, list[tuple[str, str]]] = {}
        self._known: dict[str, list[tuple[str, str]]] = {}
        add = self._by_tail.setdefault
        for item in stems:
            parts = item[1].rsplit("/", 2)
            add(parts[-1], []).append(item)
            if len(parts) > 1:
                # Some last names, as `const` or `models`, hundreds of modules share.
                add(f"{parts[-2]}/{parts[-1]}", []).append(item)

    def of(self, module: str) -> list[tuple[str, str]]:
        """Those that the module may be, each with the folder that would have to be on the path."""
        found = self._known.get(module)
        if found is None:
            tail = module.replace(".", "/")
            stems = self._by_tail.get("/".join(tail.rsplit("/", 2)[-2:]), ())
            found = sorted((path, root) for path, stem in stems if (root := root_of(stem, tail)) is not None)
            self._known[module] = found
        return found


def with_parts(paths: Collection[str], parts: Collection[str]) -> Iterator[str]:
    """Those of the paths with one of the parts between their slashes."""
    likely = {path for part in parts for path in paths if part in path}
    return (path for path in likely if not set(path.split("/")).isdisjoint(parts))


def precedence(path: str) -> tuple[bool, bool]:
    """Of files of one name in one folder: code goes before stubs, packages before modules."""
    return path.endswith(".py"), is_init(path)


def absolute_names(names: Iterable[str], is_package: bool, level: int, module: str) -> Iterator[str]:
    """What a relative import means in a module of these names."""
    for own in names:
        package = own.split(".") if is_package else own.split(".")[:-1]
        above = len(package) - (level - 1)
        if package and above > 0:
            yield ".".join([*package[:above], *([module] if module else [])])


def relative_module(own: str, is_package: bool, target: str) -> str | None:
    """`target` as a relative import of the module `own` writes it; None where they share no package."""
    package = own.split(".") if is_package else own.split(".")[:-1]
    parts = target.split(".")
    common = 0
    while common < min(len(package), len(parts)) and package[common] == parts[common]:
        common += 1
    if common == 0:
        return None
    return "." * (1 + len(package) - common) + ".".join(parts[common:])


def dotted_name(stem: str, root: str) -> str | None:
    """The name of a module with a folder on the path; None where some part is no identifier."""
    parts = (stem[len(root) + 1 :] if root else stem).split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None
