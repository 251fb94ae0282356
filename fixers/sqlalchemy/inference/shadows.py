"""Files that are called like something from outside, as a package `fastapi` of examples, and are not what imports mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from autofix.languages.python.code import Attribute, Import, Name
from autofix.languages.python.code_walk import Node
from autofix.languages.python.module_paths import root_of, stem_of
from autofix.languages.python.modules import ModuleIndex


class Defined(NamedTuple):
    """What is asked of the files of a program."""

    gives: Callable[[str, str], bool]
    """Whether a file, by its path, has something of a name."""
    nodes: Callable[[str], Iterable[Node]]
    """Everything in a file."""


def shadows(index: ModuleIndex, imports: Mapping[str, Iterable[Import]], defined: Defined) -> set[tuple[str, str]]:
    """The top-level names, each with its root, whose files give nothing of what is imported from them anywhere.

    Were they meant, all these imports would fail. One import that is answered proves the opposite: others are only mistakes.
    """
    answers: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for path, statements in imports.items():
        for statement in statements:
            if statement.level:
                continue
            for module, names in _asked(statement, path, defined):
                found = index.find(module, path)
                root = root_of(stem_of(found), module.replace(".", "/")) if isinstance(found, str) else None
                if isinstance(found, str) and root is not None and "*" not in names:
                    is_met = any(defined.gives(found, name) or index.exists(f"{module}.{name}", path) for name in names)
                    answers[root, module.partition(".")[0]].add(is_met)
    return {place for place, found in answers.items() if True not in found}


def _asked(statement: Import, path: str, defined: Defined) -> Iterator[tuple[str, list[str]]]:
    """The modules that a statement imports, and what is used of each, where anything is."""
    if statement.module is not None:
        yield statement.module, [item.name for item in statement.names]
        return
    for item in statement.names:
        # Of `import a.b` the file of `a.b` is the answer.
        names = _attributes(item.bound, path, defined) if item.has_alias or "." not in item.name else ["__name__"]
        if names:
            yield item.name, names


def _attributes(name: str, path: str, defined: Defined) -> list[str]:
    return [
        node.name
        for node in defined.nodes(path)
        if isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.name == name
    ]
