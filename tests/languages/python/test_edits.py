"""Arguments, await, blocks, renames: compared with the program that was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from autofix.languages.python.edits import (
    CannotEdit,
    add_keyword_argument,
    await_expression,
    indent_block,
    rename,
    wrap_expression,
    wrap_statements,
)
from autofix.languages.python.lines import statement_of
from autofix.languages.python.scopes import scopes
from autofix.languages.python.syntax import root, walk
from autofix.text.edit import Edit, apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Node


def source(text: str) -> Source:
    return Source("a.py", text.encode())


def edited(text: str, edits: list[Edit]) -> str:
    return apply_edits(text.encode(), edits).decode()


def nodes(src: Source, kind: str) -> Iterator[Node]:
    return (node for node in walk(root(src)) if node.type == kind)


def same(first: str, second: str) -> bool:
    return ast.dump(ast.parse(first)) == ast.dump(ast.parse(second))


# Arguments

SPACES = st.sampled_from(("", "", " ", "\n    ", "  # why, (\n    ", " \\\n  "))
ARGUMENTS = st.lists(
    st.sampled_from(
        ("a", "b.c(d, e=1)", "k=1", "k2=[x for x in y]", "*args", "**kwargs", "f'{x}'", "'('", "(z := 3)", "lambda: 0")
    ),
    max_size=4,
    unique=True,
)


@st.composite
def calls(draw: st.DrawFn) -> str:
    arguments = sorted(draw(ARGUMENTS), key=lambda text: text.startswith(("k", "**")))
    parts = []
    for number, argument in enumerate(arguments):
        comma = "," if number < len(arguments) - 1 or draw(st.booleans()) else ""
        parts.append(draw(SPACES) + argument + draw(SPACES) + comma)
    inside = "".join(parts) + (draw(SPACES) if parts else draw(st.sampled_from(("", " ", "\n", " # nothing\n"))))
    text = f"x = 1\nresult = target.f({inside})\n"
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(calls())
def test_a_keyword_more(text: str) -> None:
    src = source(text)
    call = next(node for node in nodes(src, "call") if node.parent is not None and node.parent.type == "assignment")
    result = edited(text, add_keyword_argument(src, call, "new", "value"))
    expected = ast.parse(text)
    assignment = expected.body[1]
    assert isinstance(assignment, ast.Assign)
    assert isinstance(assignment.value, ast.Call)
    keywords = assignment.value.keywords
    place = max((i + 1 for i, keyword in enumerate(keywords) if keyword.arg is not None), default=0)
    keywords.insert(place, ast.keyword("new", ast.Name("value", ast.Load())))
    assert ast.dump(ast.parse(result)) == ast.dump(expected)
    after = source(result)
    again = next(node for node in nodes(after, "call") if node.parent is not None and node.parent.type == "assignment")
    assert add_keyword_argument(after, again, "new", "value") == []
    if "\r\n" in text:
        assert result.count("\n") == result.count("\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(k=1)"),
        ("f(a)", "f(a, k=1)"),
        ("f(a,)", "f(a, k=1,)"),
        ("f(**d)", "f(k=1, **d)"),
        ("f(a, **d)", "f(a, k=1, **d)"),
        ("f(x for x in y)", "f((x for x in y), k=1)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    k=1,\n)"),
        ("f(\n    a,\n    b  # last\n)", "f(\n    a,\n    b,  # last\n    k=1\n)"),
        ("f(\n    a,\n    **d,\n)", "f(\n    a,\n    k=1,\n    **d,\n)"),
        ("f(\n    **d,\n)", "f(\n    k=1,\n    **d,\n)"),
        ("f(a,\n  b)", "f(a,\n  b, k=1)"),
        ("f(\n    a\n)", "f(\n    a,\n    k=1\n)"),
        ("f(\n    a, b\n)", "f(\n    a, b, k=1\n)"),
        ("class C(B): pass", "class C(B, k=1): pass"),
        ("f(k=2)", "f(k=2)"),
    ],
)
def test_the_place_of_a_keyword(before: str, after: str) -> None:
    src = source(before)
    node = next(node for node in walk(root(src)) if node.type in ("call", "class_definition"))
    assert edited(before, add_keyword_argument(src, node, "k", "1")) == after


def test_a_class_without_bases_has_no_place_for_a_keyword() -> None:
    src = source("class C: pass")
    with pytest.raises(CannotEdit):
        add_keyword_argument(src, next(nodes(src, "class_definition")), "k", "1")


# Await

CONTEXTS = (
    *("X", "y = X", "X.a", "X[0]", "X(1)", "X.a.b()[X]", "f(X, k=X)", "f(*X, **X)", "-X", "not X", "X ** 2", "2 ** X", "X + 1"),
    *(
        "a if X else b",
        "[X, X]",
        "{X: X}",
        "{**X}",
        "[*X]",
        "f'{X}'",
        "f'{X!r:>{X}}'",
        "return X",
        "return(X)",
        "yield X",
        "x = yield X",
    ),
    *(
        "await X",
        "(X)",
        "(X).a",
        "X, y",
        "for a in X: pass",
        "if X: pass",
        "while not X: pass",
        "assert X, X",
        "raise X from X",
    ),
    *(
        "with X as y: pass",
        "async with X: pass",
        "X if X else X",
        "lambda: 0 if X else 1",
        "x[X:X]",
        "x = (y := X)",
        "X; X",
        "del X.a",
    ),
    *(
        "X.a = 1",
        "X[0] += 1",
        "x in X",
        "x not in X",
        "x is X",
        "X < X < X",
        "X or X and X",
        "try:\n  X\nfinally:\n  X",
        "print(X)",
    ),
    *("match X:\n  case 1: pass", "x: int = X", "f(\n  X\n  .a\n)", "return-X", "x = [i for i in X]", "{X for i in j}"),
)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("callee", ["target()", "a.target(\n    1, # c\n)", "a().b.target()"])
def test_await_binds_to_the_expression_alone(context: str, callee: str) -> None:
    body = context.replace("X", callee)
    text = "async def f():\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    src = source(text)
    try:
        ast.parse(text)
    except SyntaxError:
        pytest.skip("not in this context")
    targets = [
        node
        for node in nodes(src, "call")
        if (name := node.child_by_field_name("function")) is not None and (name.text or b"").endswith(b"target")
    ]
    result = edited(text, [edit for node in targets for edit in await_expression(src, node)])

    class Await(ast.NodeTransformer):
        def visit_Await(self, node: ast.Await) -> ast.AST:
            return super().generic_visit(node) if not _is_target(node.value) else node

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            return ast.Await(node) if _is_target(node) else node

    assert ast.dump(ast.parse(result)) == ast.dump(Await().visit(ast.parse(text)))


def _is_target(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (
        getattr(node.func, "id", "") == "target" or getattr(node.func, "attr", "") == "target"
    )


def test_operands_of_await_get_brackets_where_they_need_them() -> None:
    src = source("x = a or b\n")
    assert edited("x = a or b\n", await_expression(src, next(nodes(src, "boolean_operator")))) == "x = await (a or b)\n"


def test_wrapping_does_not_glue_words() -> None:
    src = source("return(x)\n")
    node = next(nodes(src, "parenthesized_expression"))
    assert edited("return(x)\n", wrap_expression(src, node, "list(", ")")) == "return list((x))\n"


# Blocks

STATEMENTS = st.sampled_from(
    (
        *("a = 1\n", "b()  # comment\n", "# alone\n", "\n", "   \n", "c = '''\n  text\n'''\n", 'd = f"""\n{a\n}\n """ + x\n'),
        *(
            "if a:\n    b = '''\nx'''\n\n    c\nelse:\n    d\n",
            "e = [\n  1,\n\n  2,\n]\n",
            "f = 1 + \\\n  2\n",
            "'''\ndoc\n'''\n",
        ),
        *(
            "g = 'a' \\\n'b'\n",
            "def h():\n    '''\n    doc\n    '''\n    return 1\n",
            "@dec\nasync def i(): pass\n",
            "j = ('''\n''', # c\n'''\n''')\n",
        ),
    )
)


@given(st.lists(STATEMENTS, min_size=1, max_size=6), st.booleans(), st.booleans(), st.sampled_from(("    ", "\t", "  ")))
def test_a_header_over_statements(parts: list[str], crlf: bool, nested: bool, unit: str) -> None:
    text = "".join(parts)
    if nested:
        inside = source(text)
        lines = []
        for number in range(1, text.count("\n") + 1):
            start, end = inside.line_range(number)
            within = any(n.start_byte < start < n.end_byte for n in nodes(inside, "string"))
            lines.append(inside.slice(start, end) if within else unit + inside.slice(start, end))
        text = "def outer():\n" + unit + "first\n" + "".join(lines)
    text = text.replace("\n", "\r\n") if crlf else text
    src = source(text)
    block = root(src)
    if nested:
        block = next(nodes(src, "block"))
    statements = [node for node in block.named_children if node.type != "comment"][1 if nested else 0 :]
    if not statements:
        return
    result = edited(text, wrap_statements(src, statements, "with x:"))
    expected = ast.parse(text)
    body = expected.body[0].body if nested and isinstance(expected.body[0], ast.FunctionDef) else expected.body
    first = 1 if nested else 0
    body[first:] = [ast.With([ast.withitem(ast.Name("x", ast.Load()))], body[first:])]
    assert ast.dump(ast.parse(result)) == ast.dump(expected)
    if crlf:
        assert result.count("\n") == result.count("\r\n")


@pytest.mark.parametrize("text", ["if x: a()\n", "a(); b()\n", "b(); a(); c()\n"])
def test_statements_that_share_a_line_are_refused(text: str) -> None:
    src = source(text)
    node = next(node for node in nodes(src, "expression_statement") if node.text == b"a()")
    with pytest.raises(CannotEdit):
        indent_block(src, [node])


def test_clauses_are_no_statements() -> None:
    src = source("match x:\n    case 1 if y: pass\n")
    with pytest.raises(CannotEdit):
        indent_block(src, [next(nodes(src, "case_clause"))])
    name = next(node for node in nodes(src, "identifier") if node.text == b"y")
    assert statement_of(name).type == "match_statement"


# Renames

PROGRAMS = (
    "def old(): pass\nold()\nx = old.attr(old=1)\n",
    "from m import old\n\ndef f(a=old):\n    return [old for _ in old if old]\n",
    "from m import x as old\nclass C(old):\n    y: old = old\n    def old_(self): return old\n",
    "import old\nold.a.old\n",
    "def f():\n    global old\n    old = 1\n\ndef g(): return old\n",
    "def f(old, *, k=1):\n    def g():\n        nonlocal old\n        old += 1\n    return lambda: old\n",
    "for old, (b, *c) in x: print(f'{old} {old!r:>{old}}')\n",
    "with a as old, b as [c, old.d]: del old\n",
    "try: pass\nexcept E as old: raise old from old\n",
    "match x:\n    case C(old=1, k=old): old()\n    case [*old]: pass\n    case {'a': 1, **old}: pass\n",
    "if (old := 1): [y for z in x if (old := z)]\n",
    "old: int\nold: str = '1'\nold += 1\n",
    "é = 1; old = é; print('é', old)  # é old\n",
)


@pytest.mark.parametrize("text", PROGRAMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_rename_is_the_same_program_with_another_name(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    src = source(text)
    module = scopes(src)
    bindings = [binding for binding in module.bindings() if binding.name == "old" and binding.targets]
    edits = [edit for binding in bindings for edit in rename(src, module, binding, "new")]

    class Rename(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            for name in ("id", "arg", "asname", "rest", "name"):
                is_keyword = isinstance(node, ast.keyword) or (isinstance(node, ast.alias) and name == "name")
                if getattr(node, name, None) == "old" and not is_keyword:
                    setattr(node, name, "new")
            if isinstance(node, ast.alias) and node.name == "old" and node.asname is None:
                node.asname = "new"
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                node.names = ["new" if name == "old" else name for name in node.names]
            return super().generic_visit(node)

    result = edited(text, edits)
    assert ast.dump(ast.parse(result)) == ast.dump(Rename().visit(ast.parse(text)))


def test_strings_that_are_names_follow() -> None:
    text = '__all__ = ["old"]\nclass old: pass\ndef f(x: "old | None", y: "m.old") -> "list[old]": return "old"\n'
    src = source(text)
    module = scopes(src)
    expected = '__all__ = ["new"]\nclass new: pass\ndef f(x: "new | None", y: "m.old") -> "list[new]": return "old"\n'
    assert edited(text, rename(src, module, module.definitions["old"], "new")) == expected


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("old = 1\nnew = 2\n", "new"),
        ("old = 1\nprint(old)\n", "print"),
        ("old = 1\ndef f(new): return old\n", "new"),
        ("old = 1\nexec('old')\n", "new"),
        ("old = 1\nglobals()['old']\n", "new"),
        ("old = 1\nf'{old=}'\n", "new"),
        ("import old.a\n", "new"),
        ("old = 1\nclass C:\n    old = old\n", "new"),
        ("old = 1\nx: 'a' 'old'\n", "new"),
        ("old = 1\n", "class"),
        ("old = 1\n", "a b"),
        ("old = 1\nclass C: pass\n", "__new"),
    ],
)
def test_what_cannot_be_renamed_is_refused(text: str, new: str) -> None:
    src = source(text)
    module = scopes(src)
    with pytest.raises(CannotEdit):
        rename(src, module, module.definitions["old"], new)


def test_only_the_binding_is_renamed() -> None:
    text = "old = 1\ndef f(old): return old\ndef g(): return old\n"
    src = source(text)
    module = scopes(src)
    parameter = next(scope for scope in module.scopes if scope.name == "f").bindings["old"]
    assert edited(text, rename(src, module, parameter, "new")) == "old = 1\ndef f(new): return new\ndef g(): return old\n"
    outer = module.definitions["old"]
    assert edited(text, rename(src, module, outer, "new")) == "new = 1\ndef f(old): return old\ndef g(): return new\n"
