"""Classes of the repository: what they inherit, define and assign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from autofix.fixers.python.unawaited_coroutine.colours import Colours, decorators
from autofix.fixers.python.unawaited_coroutine.libraries import PLAIN_CLASSES
from autofix.fixers.python.unawaited_coroutine.program import File
from autofix.fixers.python.unawaited_coroutine.values import ClassObject, External, Value
from autofix.languages.python.scopes import Kind, Scope, ScopeKind
from autofix.languages.python.syntax import root

if TYPE_CHECKING:
    from tree_sitter import Node

_TARGETS = frozenset(("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "expression_list"))


class Classes(Colours):
    """Looks up what objects have."""

    def class_around(self, file: File, scope: Scope) -> ClassObject | None:
        """The class that a method belongs to."""
        around = scope.parent
        while around is not None and around.kind is ScopeKind.TYPE_PARAMETERS:
            around = around.parent
        return ClassObject(file, around.node) if around is not None and around.kind is ScopeKind.CLASS else None

    def class_name(self, cls: ClassObject) -> str:
        """Its last name."""
        return cls.file.text(cls.node.child_by_field_name("name"))

    def _bases(self, cls: ClassObject) -> list[Value]:
        arguments = cls.node.child_by_field_name("superclasses")
        nodes = arguments.named_children if arguments is not None else []
        found = []
        for node in nodes:
            if node.type in ("keyword_argument", "comment", "dictionary_splat"):
                continue
            found.append(self.evaluate(cls.file, node.child_by_field_name("value") if node.type == "subscript" else node))
        return found

    def line(self, cls: ClassObject) -> Sequence[ClassObject] | None:
        """The class and what it inherits from, in the order in which attributes are looked up; None where a part is unknown.

        Classes of other distributions are left out. Where a class is inherited on two ways, the later place counts.
        """
        if cls not in self._lines:
            self._lines[cls] = None
            self._lines[cls] = self._line(cls)
        return self._lines[cls]

    def _line(self, cls: ClassObject) -> Sequence[ClassObject] | None:
        found = [cls]
        for base in self._bases(cls):
            if isinstance(base, ClassObject):
                line = self.line(base)
                if line is None:
                    return None
                found += line
            elif not isinstance(base, External):
                return None
        return [item for at, item in enumerate(found) if item not in found[at + 1 :]]

    def lookup_definition(self, cls: ClassObject, name: str) -> ClassObject | None:
        """The class of the line that has something of a name in its body, apart from mere annotations."""
        for item in self.line(cls) or ():
            binding = item.file.scope(item.node).bindings.get(name)
            if binding is not None and any(target.kind is not Kind.ANNOTATION for target in binding.targets):
                return item
        return None

    def lookup(self, cls: ClassObject, name: str, *, above: bool = False) -> Value:
        """What a class has under a name; with `above` what the classes have that it inherits from."""
        line = self.line(cls)
        for item in (line or ())[1 if above else 0 :]:
            binding = item.file.scope(item.node).bindings.get(name)
            if binding is not None:
                return self.bound(item.file, binding)
        return None

    def declared_attribute(self, cls: ClassObject, name: str) -> tuple[File, Node | None] | None:
        """The annotation in a body of the line that gives an attribute its type."""
        for item in self.line(cls) or ():
            binding = item.file.scope(item.node).bindings.get(name)
            for target in binding.targets if binding is not None else ():
                annotation = target.node.child_by_field_name("type")
                if annotation is not None and target.kind in (Kind.ANNOTATION, Kind.ASSIGNMENT):
                    return item.file, annotation
        return None

    def is_assigned_to_instances(self, cls: ClassObject, name: str) -> bool:
        """Whether a method of the line assigns the attribute, or the line is unknown."""
        return self.line(cls) is None or next(self.attribute_assignments(cls, name), None) is not None

    def attribute_assignments(self, cls: ClassObject, name: str) -> Iterator[tuple[File, Node]]:
        """What binds `self.name` in the methods of a class and of those it inherits from."""
        for item in self.line(cls) or ():
            for node in self._assignments(item, name):
                yield item.file, node

    def _assignments(self, cls: ClassObject, name: str) -> list[Node]:
        known = self._attributes.setdefault(cls, {})
        if name not in known:
            # In the text a private name stands without the name of its class.
            private = f"_{self.class_name(cls).lstrip('_')}__"
            written = name[len(private) - 2 :] if name.startswith(private) else name
            text, start, end = cls.file.source.text, cls.node.start_byte, cls.node.end_byte
            places = re.compile(rb"\b(?:self|cls)\.%s\b" % re.escape(written.encode())).finditer(text, start, end)
            tree = root(cls.file.source)
            found = (_binding_of(tree.descendant_for_byte_range(place.start(), place.end())) for place in places)
            known[name] = [node for node in found if node is not None]
        return known[name]

    def makes_instances(self, cls: ClassObject) -> bool:
        """Whether calling the class makes an object of just that class."""
        line = self.line(cls)
        if line is None:
            return False
        for item in line:
            arguments = item.node.child_by_field_name("superclasses")
            if any(node.type == "keyword_argument" for node in (arguments.named_children if arguments is not None else ())):
                return False
            if "__new__" in item.file.scope(item.node).bindings:
                return False
        return all(self._is_plain(cls.file, decorator) for decorator in decorators(cls.node))

    def _is_plain(self, file: File, decorator: Node) -> bool:
        called = decorator.child_by_field_name("function") if decorator.type == "call" else decorator
        value = self.evaluate(file, called)
        return isinstance(value, External) and value.name in PLAIN_CLASSES


def _binding_of(node: Node | None) -> Node | None:
    """The statement that binds an attribute; None where it is only read."""
    while node is not None and (parent := node.parent) is not None:
        if parent.type in ("assignment", "augmented_assignment", "for_statement", "for_in_clause"):
            return parent if parent.child_by_field_name("left") == node else None
        if parent.type in ("delete_statement", "as_pattern_target", "as_pattern"):
            return parent
        if node.type == "attribute" or parent.type in _TARGETS:
            node = parent if parent.type in _TARGETS else None
            continue
        return None
    return None
