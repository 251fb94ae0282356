"""Case c: `$X.query($Y).all()` to `$X.execute(select($Y)).scalars().all()`, by shape alone. Only for measuring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from autofix.fixer import Edit, Finding, Fix, Fixer, Language, NoOptions, Project, Source
from autofix.languages.python.syntax import root


class QueryAll(Fixer[NoOptions]):
    """Rewrite the calls."""

    id = "bench-query-all"
    title = "Legacy queries to select"
    group = "bench"
    default = False
    languages = frozenset({Language.PYTHON})
    needles: ClassVar = ((b".query(",), (b".all()",))

    def fix(self, source: Source, project: Project) -> Iterator[Finding]:
        """Yield a finding for each call."""
        pending = [root(source)]
        while pending:
            node = pending.pop()
            pending += node.children
            if node.type != "call" or node.child_by_field_name("arguments").named_child_count:
                continue
            outer = node.child_by_field_name("function")
            if outer.type != "attribute" or outer.child_by_field_name("attribute").text != b"all":
                continue
            inner = outer.child_by_field_name("object")
            if inner.type != "call" or inner.child_by_field_name("function").type != "attribute":
                continue
            method = inner.child_by_field_name("function").child_by_field_name("attribute")
            arguments = inner.child_by_field_name("arguments")
            if method.text != b"query" or arguments.named_child_count != 1:
                continue
            edits = [
                Edit(method.start_byte, method.end_byte, "execute"),
                Edit(arguments.start_byte + 1, arguments.start_byte + 1, "select("),
                Edit(arguments.end_byte, arguments.end_byte, ").scalars()"),
            ]
            yield Finding(node.start_byte, node.end_byte, "a legacy query", Fix(edits))
