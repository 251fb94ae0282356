"""Relationships of mapped classes: how they are loaded, where they lead, where they are declared."""

from __future__ import annotations

from typing import NamedTuple

from autofix.fixers.sqlalchemy.inference.analysis import Inference

_EAGER = frozenset(("joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql", "noload"))

_STOPPING = frozenset(("joined", "selectin", "subquery", "immediate"))


class Declared(NamedTuple):
    """A relationship, by the class and name that declare it; `is_back` for what its `backref` makes on the other side."""

    cls: str
    name: str
    is_back: bool = False


class Known(NamedTuple):
    """What is known of a relationship of a class."""

    declared: Declared
    target: str
    lazy: str
    is_met: bool = False
    """Declared eager, which does not help on a path that has met its class before."""

    @property
    def is_eager(self) -> bool:
        """Whether nothing has to be done to read it, or it is meant to fail."""
        return self.lazy in _EAGER


class Relationships:
    """Finds relationships by class and name, also inherited ones."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self.declared: set[Declared] = set()
        """Those that are going to be declared eager."""
        self._back = {(target, name): Declared(cls, own, is_back=True) for target, name, cls, own in inference.backrefs}

    def find(self, model: str, name: str) -> Known | None:
        """The relationship `name` of objects of a mapped class."""
        if not model:
            return None
        for cls in self._inference.hierarchy.line(model):
            field = self._inference.fields.get((cls, name))
            if field is not None:
                target = self._inference.targets_of_fields.get((cls, name), "")
                return self._known(Declared(cls, name), cls, target, field.lazy)
            back = self._back.get((cls, name))
            if back is not None:
                lazy = self._inference.fields[back.cls, back.name].back_lazy
                return self._known(back, cls, back.cls, lazy)
        return None

    def _known(self, declared: Declared, cls: str, target: str, lazy: str) -> Known:
        """A relationship: one that leads back to its class is not loaded eagerly by its declaration alone.

        SQLAlchemy 2.0 and 2.1 stop where a path meets the same mapper again, unless `join_depth` is given.
        """
        if declared in self.declared:
            return Known(declared, target, "selectin")
        return Known(declared, target, "select" if lazy in _STOPPING and self.is_self_referential(cls, target) else lazy)

    def is_self_referential(self, cls: str, target: str) -> bool:
        """Whether a relationship from a class leads to the same class."""
        hierarchy = self._inference.hierarchy
        return bool(target) and (target in hierarchy.line(cls) or cls in hierarchy.line(target))

    def names(self, model: str) -> list[str]:
        """All relationships of a mapped class."""
        line = self._inference.hierarchy.line(model)
        own = [name for cls, name in self._inference.fields if cls in line]
        return own + [name for cls, name in self._back if cls in line]

    def are_eager(self, name: str) -> bool:
        """Whether all relationships of a name, of whatever class, are loaded without anything being done."""
        fields = [(cls, own) for cls, own in self._inference.fields if own == name]
        fields += [(target, own) for target, own in self._back if own == name]
        return all(known is not None and known.is_eager for known in (self.find(*field) for field in fields))

    def ends(self, model: str, path: tuple[str, ...]) -> list[Known] | None:
        """The relationships along a path that begins at a mapped class, as they are loaded there; None where one is not known.

        What is declared eager is not loaded where the path has met its class before: see `_known`.
        """
        found: list[Known] = []
        passed = [model]
        for name in path:
            known = self.find(passed[-1], name)
            if known is None:
                return None
            if known.lazy in _STOPPING and any(self.is_self_referential(cls, known.target) for cls in passed):
                known = known._replace(lazy="select", is_met=True)
            found.append(known)
            passed.append(known.target)
        return found

    def is_collection(self, declared: Declared) -> bool:
        """Whether a relationship leads to several objects."""
        field = self._inference.fields[declared.cls, declared.name]
        return field.back_is_collection if declared.is_back else field.is_collection
