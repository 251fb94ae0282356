"""Adding and removing imports, whatever the head of the file looks like."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

import pytest
from autofix.languages.python.edits import add_import, remove_import_name, remove_import_names
from autofix.languages.python.scopes import scopes
from autofix.languages.python.syntax import error_lines
from autofix.text.edit import Edit, apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("alpha", "Beta", "gamma", "DELTA", "eps")
MODULES = ("os", "app.db", "app.models", ".local", "..up", "zlib", "fastapi", "zz.last")


def source(text: str) -> Source:
    return Source("a.py", text.encode())


def edited(text: str, edits: list[Edit]) -> str:
    return apply_edits(text.encode(), edits).decode()


def added(text: str, module: str, name: str | None = None, alias: str | None = None) -> str:
    return edited(text, add_import(source(text), module, name, alias))


def top_imports(text: str) -> Counter[tuple[str | None, int, str, str | None]]:
    found: Counter[tuple[str | None, int, str, str | None]] = Counter()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            found.update((None, 0, item.name, item.asname) for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update((node.module, node.level, item.name, item.asname) for item in node.names)
    return found


def other_code(text: str) -> list[str]:
    """Everything but the imports at the top level; nested ones stay with their statements."""
    return [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, (ast.Import, ast.ImportFrom))]


def comments(text: str) -> list[str]:
    return [token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT]


@st.composite
def from_imports(draw: st.DrawFn, module: str) -> str:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    items = [f"{name} as {name}_" if draw(st.booleans()) else name for name in names]
    style = draw(
        st.sampled_from(("plain", "commented", "brackets", "hugging", "lines", "lines commented", "backslash", "ragged"))
    )
    match style:
        case "plain":
            return f"from {module} import {', '.join(items)}"
        case "commented":
            return f"from  {module}  import {','.join(items)}  # noqa: F401"
        case "brackets":
            return f"from {module} import ({', '.join(items)}{draw(st.sampled_from(('', ',', ' ,')))})"
        case "hugging":
            return f"from {module} import ({', '.join(items)}\n)"
        case "backslash":
            return f"from {module} import {(', ' + chr(92) + chr(10) + '    ').join(items)}"
        case "ragged":
            return f"from {module} import (  # why\n  {items[0]}" + "".join(f", {item}\n" for item in items[1:]) + ")"
    last = draw(st.sampled_from(("", ",")))
    note = "  # about it" if style == "lines commented" else ""
    above = "    # above\n" if style == "lines commented" and draw(st.booleans()) else ""
    lines = [f"{above}    {item}{',' if item != items[-1] else last}{note}\n" for item in items]
    return f"from {module} import (\n{''.join(lines)})"


@st.composite
def heads(draw: st.DrawFn) -> str:
    """A file with whatever stands before, between and after imports."""
    parts = []
    if draw(st.booleans()):
        parts.append("#!/usr/bin/env python3\n")
    if draw(st.booleans()):
        parts.append("# -*- coding: utf-8 -*-\n")
    parts += draw(st.lists(st.sampled_from(("# a licence\n", "\n")), max_size=3))
    parts.append(
        draw(st.sampled_from(("", '"""Text."""\n', '"""\nimport nothing\n\nfrom app.db import alpha\n"""\n', "'a' 'b'  # c\n")))
    )
    parts += draw(st.lists(st.just("\n"), max_size=1))
    if draw(st.booleans()):
        parts.append("from __future__ import annotations\n")
    between = st.sampled_from(
        (
            *("\n", "# between\n", "import sys; sys.path.insert(0, '.')\n", "import a, b as c\n", "import os.path as p\n"),
            *(
                "if TYPE_CHECKING:\n    from app.models import User\n",
                "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
            ),
            *("__version__ = '1'\n", "import q; x = '''\n'''; y = 2\n", "import os\nimport sys\n", "load()\n", "É = 1  # ü\n"),
        )
    )
    statements = st.sampled_from(MODULES).flatmap(from_imports).map(lambda text: text + "\n")
    parts += draw(st.lists(st.one_of(statements, between), max_size=6))
    parts.append(
        draw(st.sampled_from(("", "x = 1\n", "\n\ndef f():\n    from app.db import alpha\n    return alpha\n", "# end\n")))
    )
    text = "".join(parts)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(heads(), st.sampled_from(MODULES), st.sampled_from((*NAMES, None)), st.sampled_from((None, "other")))
def test_one_import_more_and_nothing_else_changes(text: str, module: str, name: str | None, alias: str | None) -> None:
    if name is None and module.startswith("."):
        return
    edits = add_import(source(text), module, name, alias)
    assert all(edit.is_insertion and edit.shared for edit in edits)
    result = edited(text, edits)
    before, after = top_imports(text), top_imports(result)
    level = len(module) - len(module.lstrip("."))
    wanted = (None, 0, module, alias) if name is None else (module.lstrip(".") or None, level, name, alias)
    assert after - before == (Counter() if wanted in before else Counter([wanted]))
    assert not before - after
    assert other_code(result) == other_code(text)
    assert comments(result) == comments(text)
    assert ast.get_docstring(ast.parse(result)) == ast.get_docstring(ast.parse(text))
    compile(result, "a.py", "exec")  # a future import that is no longer first is an error
    assert not error_lines(source(result))
    assert add_import(source(result), module, name, alias) == []
    if "\r\n" in text:
        assert result.count("\n") == result.count("\r\n")


@given(heads(), st.data())
def test_names_go_and_nothing_else(text: str, data: st.DataObject) -> None:
    module = scopes(source(text))
    found = [(statement, name) for statement in module.imports for name in statement.names if not statement.is_future]
    if not found:
        return
    statement, name = data.draw(st.sampled_from(found))
    names = (
        data.draw(st.lists(st.sampled_from(statement.names), min_size=1, unique=True)) if len(statement.names) > 1 else [name]
    )
    result = edited(text, remove_import_names(module.source, statement, names))

    class Remove(ast.NodeTransformer):
        def generic(self, node: ast.Import | ast.ImportFrom) -> ast.AST | None:
            line = module.source.line_of(statement.start)
            if node.lineno != line or node.col_offset != module.source.position(statement.start).column - 1:
                return node
            gone = {(name.name, name.asname) for name in names}
            node.names = [item for item in node.names if (item.name, item.asname) not in gone]
            return node if node.names else None

        visit_Import = visit_ImportFrom = generic  # noqa: N815

        def generic_visit(self, node: ast.AST) -> ast.AST:
            super().generic_visit(node)
            if getattr(node, "body", None) == []:
                node.body = [ast.Pass()]  # type: ignore[attr-defined]
            return node

    expected = ast.dump(Remove().visit(ast.parse(text)))
    actual = ast.parse(result)
    if expected != ast.dump(actual) and "body=[Pass()]" in expected and not actual.body:
        return  # an empty module
    assert ast.dump(actual) == expected
    if "\r\n" in text:
        assert result.count("\n") == result.count("\r\n")


@pytest.mark.parametrize(
    ("text", "module", "name", "expected"),
    [
        ("", "m", "a", "from m import a\n"),
        ("x = 1\n", "m", "a", "from m import a\n\nx = 1\n"),
        ("# about x\nx = 1\n", "m", "a", "from m import a\n\n# about x\nx = 1\n"),
        ("#!/bin/x\nx = 1\n", "m", "a", "#!/bin/x\nfrom m import a\n\nx = 1\n"),
        ("# licence\n\nx = 1\n", "m", "a", "# licence\n\nfrom m import a\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', "m", "a", '"""Doc."""\n\nfrom m import a\n\nx = 1\n'),
        ('"""Doc."""', "m", "a", '"""Doc."""\n\nfrom m import a'),
        (
            "from __future__ import annotations\nx = 1\n",
            "m",
            "a",
            "from __future__ import annotations\n\nfrom m import a\n\nx = 1\n",
        ),
        ("import os\nimport sys\n\nimport b\n", "re", None, "import os\nimport re\nimport sys\n\nimport b\n"),
        ("import os\n\nimport b\n", "c", None, "import os\n\nimport b\nimport c\n"),
        (
            "import os\n\nfrom b import x\nfrom d import y\n",
            "c",
            "z",
            "import os\n\nfrom b import x\nfrom c import z\nfrom d import y\n",
        ),
        ("from d import y\nfrom b import x\n", "c", "z", "from d import y\nfrom b import x\nfrom c import z\n"),
        ("from a import x\nfrom b import y\n", "_a", "z", "from _a import z\nfrom a import x\nfrom b import y\n"),
        (
            "import x\n\nfrom app.a import y\n\nimport z\n",
            "app.b",
            "q",
            "import x\n\nfrom app.a import y\nfrom app.b import q\n\nimport z\n",
        ),
        ("import x\nfrom . import y\n", ".z", "q", "import x\nfrom . import y\nfrom .z import q\n"),
        ("from m import a, c\n", "m", "b", "from m import a, b, c\n"),
        ("from m import c, a\n", "m", "b", "from m import c, a, b\n"),
        ("from m import B, a\n", "m", "A", "from m import A, B, a\n"),
        ("from m import (\n    a,\n    c\n)\n", "m", "d", "from m import (\n    a,\n    c,\n    d,\n)\n"),
        ("from m import (\n\ta, # x\n\tc, # y\n)\n", "m", "b", "from m import (\n\ta, # x\n\tb,\n\tc, # y\n)\n"),
        ("from m import (\n    b,\n    c,\n)\n", "m", "a", "from m import (\n    a,\n    b,\n    c,\n)\n"),
        ("from m import a\n", "m", "a", "from m import a\n"),
        ("from m import a as a\n", "m", "a", "from m import a as a\n"),
        ("from m import a as b\n", "m", "a", "from m import a as b, a\n"),
        ("from m import *\n", "m", "a", "from m import *\nfrom m import a\n"),
        (
            "import sys\nsys.path.insert(0, '.')\nx = 1\n",
            "m",
            "a",
            "import sys\nsys.path.insert(0, '.')\nfrom m import a\nx = 1\n",
        ),
        (
            "import sys\nsys.path.insert(0, '.')\nimport b\nx = 1\n",
            "os",
            None,
            "import os\nimport sys\nsys.path.insert(0, '.')\nimport b\nx = 1\n",
        ),
        (
            "import a\nif TYPE_CHECKING:\n    from m import T\nx = 1\n",
            "m",
            "T",
            "import a\nfrom m import T\nif TYPE_CHECKING:\n    from m import T\nx = 1\n",
        ),
        ("import a\n\ndef f(): pass\n\nimport z\n", "b", None, "import a\nimport b\n\ndef f(): pass\n\nimport z\n"),
        ("import a; x = '''\n'''\n", "b", None, "import a; x = '''\n'''\nimport b\n"),
    ],
)
def test_the_place_of_a_new_import(text: str, module: str, name: str | None, expected: str) -> None:
    assert added(text, module, name) == expected
    if "\n" in text:
        assert added(text.replace("\n", "\r\n"), module, name) == expected.replace("\n", "\r\n")


def test_an_alias_is_part_of_what_is_wanted() -> None:
    assert added("import a\n", "a", None, "b") == "import a\nimport a as b\n"
    assert added("import a.b\n", "a.b", None, "c") == "import a.b\nimport a.b as c\n"
    assert added("from m import a\n", "m", "a", "a") == "from m import a\n"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("from m import a\n", "a", ""),
        ("from m import a  # noqa\nx = 1\n", "a", "x = 1\n"),
        ("x = 1\nimport a", "a", "x = 1\n"),
        ("import a, b\n", "a", "import b\n"),
        ("import a, b\n", "b", "import a\n"),
        ("from m import (a, b,)\n", "b", "from m import (a,)\n"),
        ("from m import (\n    a,  # x\n    b,  # y\n)\n", "a", "from m import (\n    b,  # y\n)\n"),
        ("from m import a, \\\n    b\n", "b", "from m import a\n"),
        ("def f():\n    import a\n", "a", "def f():\n    pass\n"),
        ("def f():\n    import a  # x\n    return 1\n", "a", "def f():\n    return 1\n"),
        ("if x: import a\n", "a", "if x: pass\n"),
        ("import a; b()\n", "a", "b()\n"),
        ("b(); import a\n", "a", "b()\n"),
        ("b(); import a; c()\n", "a", "b(); c()\n"),
        ("if x: b(); import a  # y\n", "a", "if x: b()  # y\n"),
    ],
)
def test_what_is_left(text: str, name: str, expected: str) -> None:
    module = scopes(source(text))
    ((statement, item),) = [(s, i) for s in module.imports for i in s.names if i.bound == name]
    assert edited(text, remove_import_name(module.source, statement, item)) == expected
