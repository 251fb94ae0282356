"""A Python file as plain data: statements and expressions with their places, small enough to be kept of a whole repository.

What `reading` makes of a syntax tree. Unlike the tree it can be pickled, and unlike `ast` it does not depend on the grammar of
the running Python and has exact places also within f-strings. All `start` and `end` are byte offsets into `Source.text`;
parentheses around an expression are not part of it. Within one file an expression is named by its `start` and `end`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self, dataclass_transform

    # Tuples are compared member by member: for types that hold each other, checking them takes minutes. By name it is quick.
    @dataclass_transform(frozen_default=True)
    class _Record:
        """A named tuple, as far as type checkers need to know."""

        def __iter__(self) -> Iterator[object]: ...

        def _replace(self, **changes: Any) -> Self: ...

else:
    _Record = NamedTuple

# Expressions.


class Name(_Record):
    """A name that is read, or bound where it stands in a target."""

    start: int
    end: int
    name: str


class Attribute(_Record):
    """`value.name`."""

    start: int
    end: int
    value: Expression
    name: str
    name_start: int


class Argument(_Record):
    """One argument of a call; `start` is that of the keyword or of the stars."""

    start: int
    end: int
    value: Expression
    keyword: str | None = None
    stars: int = 0


class Call(_Record):
    """`function(arguments)`. `open` is the offset of the parenthesis; that of a sole generator expression, too."""

    start: int
    end: int
    function: Expression
    arguments: tuple[Argument, ...]
    open: int


class Subscript(_Record):
    """`value[key]`; several keys are a tuple. `open` is the offset of the bracket."""

    start: int
    end: int
    value: Expression
    key: Expression
    open: int


class Slice(_Record):
    """`lower:upper:step` in a subscript."""

    start: int
    end: int
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class Constant(_Record):
    """A literal: its value where that is `None`, a truth value, a whole number or a plain string, else `...`."""

    start: int
    end: int
    value: object


class Text(_Record):
    """An f-string or joined strings; `parts` are the expressions in it."""

    start: int
    end: int
    parts: tuple[Expression, ...]


class Await(_Record):
    """`await value`."""

    start: int
    end: int
    value: Expression


class Yield(_Record):
    """`yield value` or `yield from value`."""

    start: int
    end: int
    value: Expression | None
    is_from: bool


class Lambda(_Record):
    """`lambda parameters: body`."""

    start: int
    end: int
    parameters: tuple[Parameter, ...]
    body: Expression


class Clause(_Record):
    """One `for target in iterable if condition` of a comprehension; the conditions stand behind it."""

    start: int
    end: int
    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]
    is_async: bool


class Comprehension(_Record):
    """`kind` is `list`, `set`, `dict` (then `elements` are key and value) or `generator`; brackets belong to it."""

    start: int
    end: int
    kind: str
    elements: tuple[Expression, ...]
    clauses: tuple[Clause, ...]


class Conditional(_Record):
    """`body if test else other`."""

    start: int
    end: int
    body: Expression
    test: Expression
    other: Expression


class Operation(_Record):
    """Operators with their operands: `a + b`, `not a`, `a and b`, `a < b < c`; `operators` as written, blanks as one space."""

    start: int
    end: int
    operators: tuple[str, ...]
    operands: tuple[Expression, ...]


class Collection(_Record):
    """A `list`, `tuple` or `set` display, also targets with several names."""

    start: int
    end: int
    kind: str
    elements: tuple[Expression, ...]


class Dictionary(_Record):
    """A dictionary display; the key of `**value` is None."""

    start: int
    end: int
    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


class Starred(_Record):
    """`*value`."""

    start: int
    end: int
    value: Expression


class Walrus(_Record):
    """`target := value`."""

    start: int
    end: int
    target: Expression
    value: Expression


class Opaque(_Record):
    """Anything else; `parts` are the expressions in it."""

    start: int
    end: int
    parts: tuple[Expression, ...]


Expression = (
    Name
    | Attribute
    | Call
    | Subscript
    | Slice
    | Constant
    | Text
    | Await
    | Yield
    | Lambda
    | Comprehension
    | Conditional
    | Operation
    | Collection
    | Dictionary
    | Starred
    | Walrus
    | Opaque
)

# Statements.


class Evaluate(_Record):
    """An expression as a statement."""

    start: int
    end: int
    value: Expression


class Assign(_Record):
    """`a = b = value`, `a: annotation = value`, `a += value` (then `operator` is `+=`), and annotations without a value."""

    start: int
    end: int
    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None = None
    operator: str = "="


class Return(_Record):
    """`return value`."""

    start: int
    end: int
    value: Expression | None


class Leave(_Record):
    """What ends the normal flow: `kind` is `raise`, `break` or `continue`."""

    start: int
    end: int
    kind: str
    parts: tuple[Expression, ...] = ()


class If(_Record):
    """`if`; an `elif` is an `If` in `orelse`."""

    start: int
    end: int
    test: Expression
    body: Block
    orelse: Block


class For(_Record):
    """`for target in iterable`."""

    start: int
    end: int
    target: Expression
    iterable: Expression
    body: Block
    orelse: Block
    is_async: bool


class While(_Record):
    """`while test`."""

    start: int
    end: int
    test: Expression
    body: Block
    orelse: Block


class WithItem(_Record):
    """`value as target`."""

    value: Expression
    target: Expression | None


class With(_Record):
    """`with items`."""

    start: int
    end: int
    items: tuple[WithItem, ...]
    body: Block
    is_async: bool


class Handler(_Record):
    """`except kind as name`."""

    start: int
    end: int
    kind: Expression | None
    name: str | None
    body: Block


class Try(_Record):
    """`try`."""

    start: int
    end: int
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block


class Case(_Record):
    """One `case`; `names` are those that the pattern binds."""

    names: tuple[str, ...]
    guard: Expression | None
    body: Block


class Match(_Record):
    """`match subject`."""

    start: int
    end: int
    subject: Expression
    cases: tuple[Case, ...]


class Parameter(_Record):
    """One parameter; `kind` is `positional` (only or also by position), `keyword`, `*` or `**`."""

    start: int
    end: int
    name: str
    annotation: Expression | None
    default: Expression | None
    kind: str


class Function(_Record):
    """`def`; `start` is that of `async` or `def`, decorators stand before it."""

    start: int
    end: int
    name: str
    name_start: int
    is_async: bool
    decorators: tuple[Expression, ...]
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    body: Block
    parameters_end: int
    """Behind the closing parenthesis."""


class Class(_Record):
    """`class`; `bases` holds keyword arguments, too."""

    start: int
    end: int
    name: str
    name_start: int
    decorators: tuple[Expression, ...]
    bases: tuple[Argument, ...]
    body: Block


class ImportedName(_Record):
    """One name of an import, with the name that it binds: `a` for `import a.b`."""

    name: str
    bound: str
    has_alias: bool


class Import(_Record):
    """`import a.b` (then `module` is None) or `from ..module import names`; `level` counts the dots."""

    start: int
    end: int
    module: str | None
    level: int
    names: tuple[ImportedName, ...]


class Declare(_Record):
    """`global` or `nonlocal`."""

    start: int
    end: int
    kind: str
    names: tuple[str, ...]


class Delete(_Record):
    """`del targets`."""

    start: int
    end: int
    targets: tuple[Expression, ...]


class Other(_Record):
    """`pass`, `assert`, `type` and whatever else; `parts` are the expressions in it."""

    start: int
    end: int
    parts: tuple[Expression, ...]


Statement = (
    Evaluate
    | Assign
    | Return
    | Leave
    | If
    | For
    | While
    | With
    | Try
    | Match
    | Function
    | Class
    | Import
    | Declare
    | Delete
    | Other
)
Block = tuple[Statement, ...]


class Module(NamedTuple):
    """A file."""

    body: Block
    has_errors: bool
