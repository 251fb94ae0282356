"""What `symtable` says of a text and what the project's own resolver says, in one form."""

from __future__ import annotations

import re
import symtable
import warnings
from collections import Counter

from autofix.languages.python.scopes import Module, Scope, ScopeKind, scopes
from autofix.text.source import Source

# Kind, name and line of a scope; then each name with what it is there.
Facts = Counter[tuple[str, str, int, frozenset[tuple[str, str]]]]

_SCOPES = {1: "local", 2: "global", 3: "global", 4: "free", 5: "local"}
_IMPLICIT = frozenset((".0", "__class__", "__classdict__", ".type_params", ".generic_base", ".defaults"))
_NAMES = {"lambda": "lambda", "genexpr": "comp", "listcomp": "comp", "setcomp": "comp", "dictcomp": "comp"}
_FUTURE = re.compile(rb"(from\s+__future__\s+import\s[^\n;]*?)\bannotations\b")


def neutral(text: bytes) -> bytes:
    """The text with annotations that are evaluated: `symtable` forgets the names of the others."""
    return _FUTURE.sub(rb"\1division   ", text)


def differences(text: bytes) -> list[str]:
    """Where the two disagree.

    Raises:
        SyntaxError: the running Python does not compile the text.
    """
    expected, found = by_symtable(neutral(text)), by_scopes(neutral(text))
    lines = []
    for fact in set(expected - found):
        kind, name, line, names = fact
        rival = next((other for other in (found - expected) if other[:3] == (kind, name, line)), None)
        lines.append(f"{line}: {kind} {name}: symtable only {sorted(names - (rival[3] if rival else frozenset()))}")
    for fact in set(found - expected):
        kind, name, line, names = fact
        rival = next((other for other in (expected - found) if other[:3] == (kind, name, line)), None)
        lines.append(f"{line}: {kind} {name}: own only {sorted(names - (rival[3] if rival else frozenset()))}")
    return lines


def by_symtable(text: bytes) -> Facts:
    """The facts of the standard library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(text.decode(), "<text>", "exec")
    module_names = _module_names(top)
    facts: Facts = Counter()
    todo = [top]
    while todo:
        table = todo.pop()
        todo.extend(table.get_children())
        names = set()
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if name in _IMPLICIT or not (symbol.is_referenced() or symbol.is_assigned() or symbol.is_parameter()
                                         or symbol.is_imported() or symbol.is_declared_global() or symbol.is_annotated()
                                         or symbol.is_nonlocal()):  # fmt: skip
                continue
            what = _SCOPES[symbol._Symbol__scope]  # type: ignore[attr-defined]
            if what == "global" or table is top:
                what = "module" if name in module_names else "unbound"
            names.add((name, what + _flags(symbol)))
        kind = str(table.get_type())
        name = table.get_name()
        if name == "lambda" or (name in _NAMES and ".0" in table.get_identifiers()):
            kind, name = _NAMES[name], ""
        if kind == "module":
            name = ""
        facts[kind, name, table.get_lineno() if kind != "module" else 0, frozenset(names)] += 1
    return facts


def _flags(symbol: symtable.Symbol) -> str:
    return (" parameter" if symbol.is_parameter() else "") + (" imported" if symbol.is_imported() else "")


def _module_names(top: symtable.SymbolTable) -> set[str]:
    names = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_annotated()}
    todo = list(top.get_children())
    while todo:
        table = todo.pop()
        todo.extend(table.get_children())
        names |= {s.get_name() for s in table.get_symbols() if s.is_declared_global()}
    return names


def by_scopes(text: bytes) -> Facts:
    """The facts of the project's resolver."""
    module = scopes(Source("text.py", text))
    facts: Facts = Counter()
    for scope in module.scopes:
        if scope.kind is ScopeKind.TYPE_PARAMETERS:
            continue
        names = frozenset((name, _what(name, scope, module)) for name in _names(scope) if name not in _IMPLICIT)
        kind = {ScopeKind.COMPREHENSION: "comp", ScopeKind.LAMBDA: "lambda"}.get(scope.kind, scope.kind.value)
        line = 0 if kind == "module" else scope.node.start_point.row + 1
        facts[kind, scope.name, line, names] += 1
    return facts


def _names(scope: Scope) -> set[str]:
    read = {name for name, places in scope.loads.items() if any(not place.in_string for place in places)}
    # What functions declare global counts as the module's.
    declared = {name for name, found in scope.bindings.items() if found.declarations and scope.parent is None}
    if scope.kind is ScopeKind.COMPREHENSION:
        # A walrus binds outside; `symtable` lists its name inside, too.
        outer = scope.parent
        while outer is not None and outer.kind is ScopeKind.COMPREHENSION:
            outer = outer.parent
        stores = outer.stores if outer is not None else {}
        declared |= {name for name, places in stores.items() if any(target.scope is scope for target, _ in places)}
    return read | scope.stores.keys() | scope.declared.keys() | declared


def _what(name: str, scope: Scope, module: Module) -> str:
    binding = scope.lookup(name)
    own = scope.stores.get(name, ())
    flags = (" parameter" if any(target.kind.value == "parameter" for target, _ in own) else "") + (
        " imported" if any(target.kind.value == "import" for target, _ in own) else ""
    )
    if binding is None:
        return "unbound" + flags
    if binding.scope is module.scope:
        return "module" + flags
    return ("local" if binding.scope is scope else "free") + flags
