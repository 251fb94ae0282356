"""What the synchronous world reaches: all that its entries may call, however indirectly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from autofix.fixers.sqlalchemy.colours.graph import overrides
from autofix.fixers.sqlalchemy.colours.sites import Site
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.kinds import Instance
from autofix.languages.python.code import With


def reached(inference: Inference, sites: Mapping[str, tuple[Site, ...]], entries: Iterable[str]) -> frozenset[str]:
    """The units that `entries` may run, themselves among them; `sites` by unit."""
    inner: dict[str, list[str]] = defaultdict(list)
    for function in inference.program.functions.values():
        inner[function.parent].append(function.key)
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        unit = waiting.pop()
        if unit in found:
            continue
        found.add(unit)
        waiting += inner.get(unit, ())
        waiting += (target for site in sites.get(unit, ()) for target in site.targets)
        waiting += _entered(inference, unit)
        waiting += overrides(inference, unit)
    return frozenset(found)


def _entered(inference: Inference, unit: str) -> Iterator[str]:
    """The methods that `with` calls of objects of the program."""
    function = inference.program.functions.get(unit)
    if function is None:
        return
    for node in function.nodes:
        for item in node.items if isinstance(node, With) else ():
            kind = inference.kind_of(function.path, item.value)
            for cls in inference.hierarchy.line(kind.cls) if isinstance(kind, Instance) and kind.cls else ():
                methods = inference.program.classes[cls].methods
                yield from (methods[name] for name in ("__enter__", "__exit__") if name in methods)
