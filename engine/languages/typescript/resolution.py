"""Which file of the repository an import specifier means.

The rules are those of TypeScript's `bundler` resolution as bundlers apply them to source files: extensions, index files,
`paths` and `baseUrl` of the nearest tsconfig.json or jsconfig.json with what it extends
(https://www.typescriptlang.org/docs/handbook/modules/reference.html), names of workspace packages, and Docusaurus' `@site`.
Only source modules are found: styles, images and data, declaration files and packages from a registry resolve to nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from autofix.languages import jsonc

_SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
# An import may name the file that the compiler will write.
_WRITTEN_AS = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_CONFIGS = ("tsconfig.json", "jsconfig.json")
_SITE_CONFIGS = ("docusaurus.config.ts", "docusaurus.config.js", "docusaurus.config.mjs", "docusaurus.config.cjs")
_CONDITIONS = ("source", "development", "browser", "import", "module", "default", "require", "node", "types")
_ENTRY_FIELDS = ("source", "module", "main", "types")
# A chain of `extends` longer than this is a loop.
_MAX_EXTENDS = 16


@dataclass(frozen=True)
class _Paths:
    """`paths` of a configuration: pattern to targets, relative to the folder `base`; `root` is `baseUrl` if given."""

    patterns: Mapping[str, tuple[str, ...]]
    base: str
    root: str | None


class Modules:
    """The modules of one repository.

    `paths` are all its files relative to the root, with `/`; `read` gives the bytes of one of them. Neither is looked at
    before it is needed. A configuration that cannot be parsed counts as empty.
    """

    def __init__(self, paths: Collection[str], read: Callable[[str], bytes | None]) -> None:
        self._files = paths if isinstance(paths, set | frozenset) else frozenset(paths)
        self._read = read
        self._paths_in = cache(self._compute_paths_in)
        self._packages = cache(self._compute_packages)
        self._site_above = cache(self._compute_site_above)
        self._json = cache(self._compute_json)

    def resolve(self, importer: str, specifier: str) -> str | None:
        """The path of the module that `importer` (a path) gets for `specifier`; None where it is no source of ours."""
        specifier = specifier.partition("?")[0]
        if not specifier or "!" in specifier or specifier.startswith("/"):
            return None
        folder = posixpath.dirname(importer)
        if specifier in (".", "..") or specifier.startswith(("./", "../")):
            path = _join(folder, specifier)
            is_folder = specifier.rpartition("/")[2] in ("", ".", "..")
            return self._folder(path) if is_folder and path is not None else self._module(path)
        if specifier.startswith("@site/"):
            site = self._site_above(folder)
            return self._module(_join(site, specifier[len("@site/") :])) if site is not None else None
        return self._mapped(folder, specifier) or self._package(specifier)

    # Files

    def _module(self, path: str | None) -> str | None:
        """The module that a path without or with its extension names, or the index or entry of a folder."""
        if path is None:
            return None
        stem, suffix = posixpath.splitext(path)
        for written in _WRITTEN_AS.get(suffix, ()):
            if stem + written in self._files:
                return stem + written
        if path in self._files:
            return path if suffix in _SUFFIXES and not stem.endswith(".d") else None
        for known in _SUFFIXES:
            if path + known in self._files:
                return path + known
        return self._folder(path)

    def _folder(self, path: str) -> str | None:
        entry = self._entry(path) if _join(path, "package.json") in self._files else None
        return entry or self._index(path)

    def _index(self, folder: str) -> str | None:
        candidates = (_join(folder, "index" + suffix) for suffix in _SUFFIXES)
        return next((path for path in candidates if path in self._files), None)

    # Packages of this repository

    def _package(self, specifier: str) -> str | None:
        parts = specifier.split("/")
        name = "/".join(parts[:2] if specifier.startswith("@") else parts[:1])
        folder = self._packages().get(name)
        if folder is None:
            return None
        rest = specifier[len(name) + 1 :]
        if not rest:
            return self._entry(folder) or self._module(_join(folder, "src/index")) or self._index(folder)
        exported = self._exported(folder, "./" + rest)
        return exported or self._module(_join(folder, rest)) or self._module(_join(folder, "src/" + rest))

    def _compute_packages(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in sorted(self._files):
            if posixpath.basename(path) == "package.json" and "node_modules/" not in path:
                name = self._json(path).get("name")
                if isinstance(name, str) and name:
                    found.setdefault(name, posixpath.dirname(path))
        return found

    def _entry(self, folder: str) -> str | None:
        manifest = self._json(_join(folder, "package.json") or "")
        exported = self._exported(folder, ".")
        if exported is not None:
            return exported
        for field in _ENTRY_FIELDS:
            target = manifest.get(field)
            if isinstance(target, str) and posixpath.normpath(target) != "." and (found := self._source_of(folder, target)):
                return found
        return None

    def _exported(self, folder: str, subpath: str) -> str | None:
        exports = self._json(_join(folder, "package.json") or "").get("exports")
        if exports is None:
            return None
        if not isinstance(exports, dict) or not any(key.startswith(".") for key in exports):
            exports = {".": exports}
        for key, target in exports.items():
            middle = _match(key, subpath)
            if middle is not None:
                for path in _targets(target):
                    if found := self._source_of(folder, path.replace("*", middle)):
                        return found
        return None

    def _source_of(self, folder: str, target: str) -> str | None:
        """A file that a manifest names; where that is build output, the source it is built from."""
        path = _join(folder, target)
        if path is not None and (found := self._module(path)):
            return found
        inside = posixpath.normpath(target)
        if inside.endswith((".d.ts", ".d.mts", ".d.cts")):
            inside = inside.rpartition(".d.")[0]
        head, _, rest = inside.partition("/")
        if head not in ("dist", "lib", "build", "out", "es", "esm", "cjs") or not rest:
            return None
        stem = posixpath.splitext(rest)[0] if posixpath.splitext(rest)[1] in _SUFFIXES else rest
        return self._module(_join(folder, "src/" + stem)) or self._module(_join(folder, "src/" + posixpath.basename(stem)))

    # tsconfig.json

    def _mapped(self, folder: str, specifier: str) -> str | None:
        for paths in self._paths_in(folder):
            best = sorted(paths.patterns, key=lambda pattern: ("*" in pattern, -len(pattern.partition("*")[0])))
            for pattern in best:
                middle = _match(pattern, specifier)
                if middle is None:
                    continue
                for target in paths.patterns[pattern]:
                    if found := self._module(_join(paths.base, target.replace("*", middle, 1))):
                        return found
                break
            if paths.root is not None and (found := self._module(_join(paths.root, specifier))):
                return found
        return None

    def _compute_paths_in(self, folder: str) -> tuple[_Paths, ...]:
        """What the nearest configuration maps: its own paths, else those of the projects it refers to."""
        for above in _upwards(folder):
            for name in _CONFIGS:
                path = _join(above, name)
                if path in self._files and path is not None:
                    return tuple(self._paths_of(path))
        return ()

    def _paths_of(self, config: str) -> Iterator[_Paths]:
        own = self._own_paths(config, _MAX_EXTENDS)
        if own is not None:
            yield own
        references = self._json(config).get("references")
        for reference in references if isinstance(references, list) else ():
            target = reference.get("path") if isinstance(reference, dict) else None
            path = _join(posixpath.dirname(config), target) if isinstance(target, str) else None
            if path is not None and not path.endswith(".json"):
                path = _join(path, "tsconfig.json")
            if path is not None and path in self._files and (referred := self._own_paths(path, _MAX_EXTENDS)):
                yield referred

    def _own_paths(self, config: str, depth: int) -> _Paths | None:
        content = self._json(config)
        options = content.get("compilerOptions")
        options = options if isinstance(options, dict) else {}
        folder = posixpath.dirname(config)
        root, patterns = options.get("baseUrl"), options.get("paths")
        inherited = self._inherited(content.get("extends"), folder, depth)
        base_url = _join(folder, root) if isinstance(root, str) else (inherited.root if inherited else None)
        if isinstance(patterns, dict):
            strings = {key: tuple(t for t in value if isinstance(t, str)) for key, value in patterns.items() if _is_list(value)}
            return _Paths(strings, base_url if base_url is not None else folder, base_url)
        if inherited is not None:
            return _Paths(inherited.patterns, inherited.base if base_url is None else base_url, base_url)
        return _Paths({}, folder, base_url) if base_url is not None else None

    def _inherited(self, extends: object, folder: str, depth: int) -> _Paths | None:
        found: _Paths | None = None
        for one in extends if isinstance(extends, list) else [extends]:
            if not isinstance(one, str) or not one.startswith(".") or depth == 0:
                continue
            path = _join(folder, one)
            candidates = [path, f"{path}.json", f"{path}/tsconfig.json"]
            known = next((candidate for candidate in candidates if candidate in self._files), None)
            found = (self._own_paths(known, depth - 1) if known else None) or found
        return found

    # Docusaurus

    def _compute_site_above(self, folder: str) -> str | None:
        for above in _upwards(folder):
            if any(_join(above, name) in self._files for name in _SITE_CONFIGS):
                return above
        return None

    def _compute_json(self, path: str) -> Mapping[str, object]:
        data = self._read(path) if path in self._files else None
        try:
            content = jsonc.parse(data) if data is not None else {}
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}


def _join(folder: str, path: str) -> str | None:
    """A path relative to the root; None where it leads out of the repository."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined.startswith(("../", "/")) or joined == "..":
        return None
    return "" if joined == "." else joined


def _upwards(folder: str) -> Iterator[str]:
    """A folder and those that hold it, up to the root, which is ``."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _match(pattern: str, specifier: str) -> str | None:
    """What `*` stands for when a pattern fits; empty for a pattern without one, None where it does not fit."""
    if pattern == specifier:
        return ""
    before, star, after = pattern.partition("*")
    fits = star and len(specifier) >= len(before) + len(after) and specifier.startswith(before) and specifier.endswith(after)
    return specifier[len(before) : len(specifier) - len(after)] if fits else None


def _targets(target: object) -> Iterator[str]:
    """The files that an `exports` entry may mean, sources first."""
    if isinstance(target, str):
        yield target
    elif isinstance(target, list):
        for one in target:
            yield from _targets(one)
    elif isinstance(target, dict):
        for condition in sorted(target, key=lambda name: _CONDITIONS.index(name) if name in _CONDITIONS else -1):
            yield from _targets(target[condition])


def _is_list(value: object) -> bool:
    return isinstance(value, list)
