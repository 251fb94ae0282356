"""Joins what the scopes of a file bind with what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autofix.languages.python.scopes import Binding, Kind, Module, Reference, Scope, ScopeKind, Target
from autofix.text.source import Source

if TYPE_CHECKING:
    from autofix.languages.python.scope_builder import Builder
    from tree_sitter import Node


def resolve(source: Source, builder: Builder) -> Module:
    """The module whose parts the builder has collected."""
    exported = builder.exports
    module = Module(
        source,
        builder.module,
        builder.scopes,
        sorted(builder.imports, key=lambda found: found.start),
        {},
        [Reference(start, end, builder.module, True) for start, end in exported.entries] if exported.exists else None,
        exported.complete,
        sorted(builder.dynamic, key=lambda found: found.start),
        sorted(builder.opaque),
        builder.holes,
    )
    for scope in module.scopes:
        _bind(scope, module.scope)
    for scope in module.scopes:
        _read(scope, module)
    for reference in module.all_names or ():
        name = source.slice(reference.start, reference.end)
        _add(reference, module.scope.bindings.get(name), name, module)
    for binding in module.bindings():
        binding.targets.sort(key=_start)
        binding.references.sort(key=_start)
    return module


def _start(place: Target | Reference) -> int:
    return place.start


def _bind(scope: Scope, module: Scope) -> None:
    """Gives each bound name its binding, in the scope that `global` and `nonlocal` name. Outer scopes come first."""
    for name, (is_global, start, end) in scope.declared.items():
        owner = module if is_global else _nonlocal_owner(scope, name)
        if owner is not None:
            _binding(owner, name).declarations.append((start, end))
    for name, targets in scope.stores.items():
        declared = scope.declared.get(name)
        owner = scope
        if declared is not None:
            owner = module if declared[0] else _nonlocal_owner(scope, name) or scope
        binding = _binding(owner, name)
        for target, imported in targets:
            binding.targets.append(target)
            if imported is not None:
                binding.imports.append(imported)


def _binding(scope: Scope, name: str) -> Binding:
    found = scope.bindings.get(name)
    if found is None:
        found = scope.bindings[name] = Binding(name, scope)
    return found


def _nonlocal_owner(scope: Scope, name: str) -> Scope | None:
    """The function around that binds the name. Whether it does is told by its stores: `nonlocal` only passes on."""
    outer = scope.parent
    while outer is not None:
        visible = outer.is_function_like or outer.kind is ScopeKind.TYPE_PARAMETERS
        if visible and name in outer.stores and name not in outer.declared:
            return outer
        outer = outer.parent
    return None


def _read(scope: Scope, module: Module) -> None:
    for name, references in scope.loads.items():
        found = scope.lookup(name)
        for reference in references:
            _add(reference, found, name, module)
            if found is not None and found.scope is scope and scope.kind is ScopeKind.CLASS:
                _add_outer(reference, found, scope, name, module)


def _add(reference: Reference, binding: Binding | None, name: str, module: Module) -> None:
    if binding is None:
        module.globals.setdefault(name, []).append(reference)
    else:
        binding.references.append(reference)


def _add_outer(reference: Reference, found: Binding, scope: Scope, name: str, module: Module) -> None:
    """A class body looks a name up in itself, then in the module: which one it finds depends on what has run by then."""
    for target in found.targets:
        if target.effective <= reference.start and target.kind is not Kind.DELETE and _always_runs(target.node, scope):
            return
    uncertain = reference._replace(uncertain=True)
    found.references[-1] = uncertain
    outer = module.scope.bindings.get(name) if scope.parent is not None else None
    if outer is not None:
        outer.references.append(uncertain)
    else:
        module.globals.setdefault(name, []).append(uncertain)


def _always_runs(node: Node, scope: Scope) -> bool:
    """Whether a binding stands directly in the class body, below no condition."""
    body = scope.node.child_by_field_name("body")
    current: Node | None = node
    while current is not None and current.type in _TRANSPARENT:
        if current.parent == body:
            return True
        current = current.parent
    return False


_TRANSPARENT = frozenset(
    (
        *("function_definition", "class_definition", "decorated_definition", "assignment", "augmented_assignment"),
        *("expression_statement", "import_statement", "import_from_statement", "type_alias_statement"),
    )
)
