"""Fields of mapped classes, as their bodies declare them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autofix.fixers.sqlalchemy.inference.externals import is_sqlalchemy, last
from autofix.fixers.sqlalchemy.kinds import External, Kind
from autofix.languages.python.code import Assign, Call, Constant, Dictionary, Expression, Subscript
from autofix.languages.python.code_walk import dotted, walk

_COLUMNS = frozenset(
    ("Column", "mapped_column", "column_property", "Field", "synonym", "composite", "query_expression", "deferred")
)
_RELATIONSHIPS = frozenset(("relationship", "Relationship", "relation", "dynamic_loader", "backref"))
_COLLECTIONS = frozenset(
    ("list", "List", "set", "Set", "Sequence", "Collection", "dict", "Dict", "WriteOnlyMapped", "DynamicMapped")
)
_UNHASHABLE = frozenset(("JSON", "JSONB", "ARRAY", "HSTORE", "PickleType"))


@dataclass(frozen=True, slots=True)
class Field:
    """A column or relationship."""

    is_relationship: bool
    is_explicit: bool
    """Made by a call that says so, rather than by an annotation alone."""
    is_collection: bool = False
    target: Expression | None = None
    target_name: str = ""
    """The class that a relationship leads to, as a string names it."""
    lazy: str = "select"
    """`?` where it is not written as a string."""
    backref: str = ""
    back_is_collection: bool = True
    back_lazy: str = "select"
    is_self_referential: bool = False
    is_deferred: bool = False
    has_default: bool = False
    """A default or `onupdate` that the database computes."""
    is_unhashable: bool = False
    is_primary_key: bool = False


def read_field(statement: Assign, kind_of: Callable[[Expression], Kind]) -> Field | None:
    """The field that an assignment in the body of a class declares; None where it declares none."""
    value, annotation = statement.value, statement.annotation
    if isinstance(value, Call):
        callee = kind_of(value.function)
        if not isinstance(callee, External) or not is_sqlalchemy(callee.name):
            return None
        short = last(callee.name)
        if short in _RELATIONSHIPS:
            return _relationship(value, annotation)
        if short in _COLUMNS:
            return _column(value, short)
        return None
    if annotation is None or not is_mapped_annotation(annotation, kind_of):
        return None
    return Field(is_relationship=False, is_explicit=False)


def is_mapped_annotation(annotation: Expression, kind_of: Callable[[Expression], Kind]) -> bool:
    """Whether an annotation alone declares a column: `Mapped[int]`; in SQLModel any annotation does."""
    if isinstance(annotation, Subscript):
        kind = kind_of(annotation.value)
        if isinstance(kind, External) and last(kind.name) == "ClassVar":
            return False
    return True


def _column(call: Call, short: str) -> Field:
    arguments = {argument.keyword: argument.value for argument in call.arguments if argument.keyword is not None}
    written = {name.rpartition(".")[2] for node in walk(call) if (name := _dotted(node))}
    return Field(
        is_relationship=False,
        is_explicit=True,
        is_deferred=short == "deferred" or _is_true(arguments.get("deferred")),
        has_default="server_onupdate" in arguments or "onupdate" in arguments,
        is_unhashable=bool(written & _UNHASHABLE),
        is_primary_key=_is_true(arguments.get("primary_key")),
    )


def _dotted(node: object) -> str:
    return dotted(node) if isinstance(node, tuple) and hasattr(node, "start") else ""  # type: ignore[arg-type]


def _is_true(expression: Expression | None) -> bool:
    return isinstance(expression, Constant) and expression.value is True


def _relationship(call: Call, annotation: Expression | None) -> Field:
    arguments = {argument.keyword: argument.value for argument in call.arguments if argument.keyword is not None}
    positional = [argument for argument in call.arguments if argument.keyword is None and not argument.stars]
    target = positional[0].value if positional else arguments.get("argument")
    nested = arguments.get("sa_relationship_kwargs")
    name = target.value if isinstance(target, Constant) and isinstance(target.value, str) else ""
    name = name or _annotated_name(annotation)
    uses_list = arguments.get("uselist")
    is_collection = _annotated_collection(annotation)
    if is_collection is None:
        is_collection = _is_collection(arguments)
    if isinstance(uses_list, Constant) and isinstance(uses_list.value, bool):
        is_collection = uses_list.value
    backref, back_lazy, back_collection = _backref(arguments.get("backref"), is_collection or "secondary" not in arguments)
    return Field(
        is_relationship=True,
        is_explicit=True,
        is_collection=is_collection,
        target=target,
        target_name=name,
        lazy=_text(arguments.get("lazy"), "select") if nested is None else _nested_lazy(nested),
        backref=backref,
        back_is_collection=back_collection,
        back_lazy=back_lazy,
    )


def _is_collection(arguments: dict[str, Expression]) -> bool:
    """Without an annotation only the foreign keys tell; `remote_side` is written on the many-to-one side."""
    return "remote_side" not in arguments


def _annotated_collection(annotation: Expression | None) -> bool | None:
    if annotation is None:
        return None
    names = {part for node in walk(annotation) if (part := _dotted(node).rpartition(".")[2])}
    for node in walk(annotation):
        if isinstance(node, Constant) and isinstance(node.value, str):
            names |= {node.value.partition("[")[0].strip()}
    return bool(names & _COLLECTIONS)


def _annotated_name(annotation: Expression | None) -> str:
    """The class in `Mapped["User"]`, `list["Post"]` or `Optional["User"]` where it is written as a string."""
    if annotation is None:
        return ""
    for node in walk(annotation):
        if isinstance(node, Constant) and isinstance(node.value, str):
            inner = node.value.rpartition("[")[2].strip("] \"'").partition("|")[0].strip()
            if inner.replace(".", "").replace("_", "").isalnum():
                return inner
    return ""


def _backref(value: Expression | None, back_is_collection: bool) -> tuple[str, str, bool]:
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value, "select", back_is_collection
    if isinstance(value, Call) and value.arguments:
        arguments = {item.keyword: item.value for item in value.arguments if item.keyword is not None}
        first = value.arguments[0].value
        uses_list = arguments.get("uselist")
        if isinstance(uses_list, Constant) and isinstance(uses_list.value, bool):
            back_is_collection = uses_list.value
        if isinstance(first, Constant) and isinstance(first.value, str):
            return first.value, _text(arguments.get("lazy"), "select"), back_is_collection
    return "", "select", back_is_collection


def _text(expression: Expression | None, default: str) -> str:
    if expression is None:
        return default
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        return expression.value
    if isinstance(expression, Constant) and expression.value is True:
        return "select"
    return "joined" if isinstance(expression, Constant) and expression.value is False else "?"


def _nested_lazy(arguments: Expression) -> str:
    if isinstance(arguments, Dictionary):
        for key, value in zip(arguments.keys, arguments.values, strict=True):
            if isinstance(key, Constant) and key.value == "lazy":
                return _text(value, "select")
        return "select"
    return "?"
