"""Edits on TypeScript: what is written, what is refused, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from autofix.languages.typescript.edits import CannotEdit, insert_statement_first, wrap_expression, wrap_statement
from autofix.languages.typescript.import_edits import add_import
from autofix.languages.typescript.imports import imports
from autofix.languages.typescript.precedence import level
from autofix.languages.typescript.style import indentation_unit, quote, semicolon
from autofix.languages.typescript.syntax import FUNCTIONS, code_end, descendants, errors, tree
from autofix.text.edit import Edit, apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tree_sitter import Node

GUARD = 'typeof window !== "undefined"'


def read(text: str, path: str = "a.tsx") -> Source:
    return Source(path, text.encode())


def node_of(source: Source, text: str, wanted: Callable[[Node], bool] = lambda node: True) -> Node:
    """The outermost node with this text."""
    found = [node for node in descendants(tree(source).root_node) if node.text == text.encode() and wanted(node)]
    assert found, text
    return found[0]


def apply(source: Source, edits: list[Edit]) -> str:
    return apply_edits(source.text, edits).decode()


def leaves(text: str) -> list[bytes]:
    """The tokens; white space counts within strings and templates alone."""
    found: list[bytes] = []
    pending = [tree(read(text)).root_node]
    while pending:
        node = pending.pop()
        if node.child_count == 0 or node.type == "string":
            token = node.text or b""
            found += [b" ".join(token.split()) if node.type in ("jsx_text", "comment") else token]
        else:
            pending += reversed(node.children)
    return [token for token in found if token]


def shape(node: Node) -> object:
    """The tree without parentheses and semicolons."""
    while node.type == "parenthesized_expression":
        node = next(child for child in node.named_children if child.type != "comment")
    if node.child_count == 0:
        return node.type, node.text
    left_out = (";", "empty_statement", "comment")
    return node.type, [shape(child) for child in node.children if child.type not in left_out]


# Statements


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("a();\nb();\n", "b();", "a();\nif (c) {\n  b();\n}\n"),
        ("b(); // why\na();\n", "b();", "if (c) {\n  b(); // why\n}\na();\n"),
        ("// above\nb(); /* x */ // why\n", "b();", "// above\nif (c) {\n  b(); /* x */ // why\n}\n"),
        ("b()", "b()", "if (c) {\n  b()\n}"),
        ("b(); /* x\n y */\n", "b();", "if (c) { b(); } /* x\n y */\n"),
        ("a(); b(); // why\n", "b();", "a(); if (c) { b(); } // why\n"),
        ("b(); a();\n", "b();", "if (c) { b(); } a();\n"),
        ("if (a) b();\nelse d();\n", "b();", "if (a) { if (c) { b(); } }\nelse d();\n"),
        ("if (a) b(); else d();\n", "d();", "if (a) b(); else { if (c) { d(); } }\n"),
        ("for (;;) b();", "b();", "for (;;) { if (c) { b(); } }"),
        ("f(() => { b(); });\n", "b();", "f(() => { if (c) { b(); } });\n"),
        ("switch (x) {\n  case 1:\n    b();\n}\n", "b();", "switch (x) {\n  case 1:\n    if (c) {\n      b();\n    }\n}\n"),
        ("switch (x) { case 1: b(); }\n", "b();", "switch (x) { case 1: if (c) { b(); } }\n"),
        (
            "function f() {\n\tb({\n\t\tx,\n\n\t});\n}\n",
            "b({\n\t\tx,\n\n\t});",
            "function f() {\n\tif (c) {\n\t\tb({\n\t\t\tx,\n\n\t\t});\n\t}\n}\n",
        ),
        ("if (a) {\n    b();\n}\n", "b();", "if (a) {\n    if (c) {\n        b();\n    }\n}\n"),
        (";[1].b()\na()\n", "[1].b()", ";if (c) { [1].b() }\na()\n"),
        # white space in literals is part of the value
        ("b(`x\n  y ${\n  z\n} w\n`);\n", "b(`x\n  y ${\n  z\n} w\n`);", "if (c) {\n  b(`x\n  y ${\n    z\n  } w\n`);\n}\n"),
        ("b(`\n${x}\n`);\n", "b(`\n${x}\n`);", "if (c) {\n  b(`\n${x}\n`);\n}\n"),
        ("b('x\\\n  y');\n", "b('x\\\n  y');", "if (c) {\n  b('x\\\n  y');\n}\n"),
        ("b(<p a='x\n y'>\n  x\n</p>);\n", "b(<p a='x\n y'>\n  x\n</p>);", "if (c) {\n  b(<p a='x\n y'>\n    x\n  </p>);\n}\n"),
        ("b(/* x\n * y */ 1);\n", "b(/* x\n * y */ 1);", "if (c) {\n  b(/* x\n   * y */ 1);\n}\n"),
    ],
)
def test_wrap_statement(before: str, statement: str, after: str) -> None:
    for newline in ("\n", "\r\n") if "\n" in before else ("\n",):
        source = read(before.replace("\n", newline))
        node = node_of(source, statement.replace("\n", newline), lambda found: found.type.endswith("statement"))
        assert apply(source, wrap_statement(source, node, "c")) == after.replace("\n", newline)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("const a = 1;", "const a = 1;"),
        ("var a = 1;", "var a = 1;"),
        ("function f() {}", "function f() {}"),
        ("class C {}", "class C {}"),
        ("enum E {}", "enum E {}"),
        ("export const a = 1;", "export const a = 1;"),
        ("import 'a';", "import 'a';"),
        ("'use client';\na();", "'use client';"),
        ("function f() {\n  // x\n  'use strict';\n}", "'use strict';"),
        ("a: for (;;) { break a; }", "for (;;) { break a; }"),
        ("try { a(); } catch {}", "{ a(); }"),
        ("type A = 1;", "type A = 1;"),
        ("a(;\nb();", "a(;"),
    ],
)
def test_statements_that_cannot_be_wrapped(text: str, statement: str) -> None:
    source = read(text, "a.ts")
    nodes = [node for node in descendants(tree(source).root_node) if node.text == statement.encode() and node.type != "program"]
    for node in nodes or tree(source).root_node.named_children[:1]:
        with pytest.raises(CannotEdit):
            wrap_statement(source, node, "c")


# Expressions


@pytest.mark.parametrize(
    ("text", "expression", "after"),
    [
        ("x = a;", "a", "x = G ? a : 0;"),
        ("x = a + 1;", "a", "x = (G ? a : 0) + 1;"),
        ("x = a.b;", "a", "x = (G ? a : 0).b;"),
        ("x = !a;", "a", "x = !(G ? a : 0);"),
        ("x = a ? 1 : 2;", "a", "x = (G ? a : 0) ? 1 : 2;"),
        ("x = b ? a : 2;", "a", "x = b ? G ? a : 0 : 2;"),
        ("x = (a, b);", "a, b", "x = (G ? (a, b) : 0);"),
        ("x = () => a;", "a", "x = () => G ? a : 0;"),
        ("f(a, ...b);", "a", "f(G ? a : 0, ...b);"),
        ("f(a, ...b);", "b", "f(a, ...G ? b : 0);"),
        ("x = { b: a, [c]: d };", "a", "x = { b: G ? a : 0, [c]: d };"),
        ("x = { a };", "a", "x = { a: G ? a : 0 };"),
        ("x = `y${a}`;", "a", "x = `y${G ? a : 0}`;"),
        ("x = b ?? a;", "a", "x = b ?? (G ? a : 0);"),
        ("await a;", "a", "await (G ? a : 0);"),
        ("new a();", "a", "new (G ? a : 0)();"),
        ("a();", "a", "(G ? a : 0)();"),
        ("a.b();", "a", "(G ? a : 0).b();"),
        ("class A extends a {}", "a", "class A extends (G ? a : 0) {}"),
        ("x = a as B;", "a", "x = (G ? a : 0) as B;"),
        ("x = a!;", "a", "x = (G ? a : 0)!;"),
        ("x = <b c={a} />;", "a", "x = <b c={G ? a : 0} />;"),
        ("function f(b = a) { return a.c; }", "a.c", "function f(b = a) { return G ? a.c : 0; }"),
        ("x = b => c;", "b => c", "x = G ? b => c : 0;"),
        ("x = y = z;", "y = z", "x = G ? y = z : 0;"),
        ("export default a;", "a", "export default G ? a : 0;"),
        ("b\n;(a).c()", "a", "b\n;(G ? a : 0).c()"),
        ("b\na.c()\n", "a", "b\n;(G ? a : 0).c()\n"),
        ("b;\na.c()\n", "a", "b;\n(G ? a : 0).c()\n"),
        ("if (b) {}\na.c()\n", "a", "if (b) {}\n;(G ? a : 0).c()\n"),
        ("if (b)\n  a.c()\n", "a", "if (b)\n  (G ? a : 0).c()\n"),
        ("a.c()\n", "a", "(G ? a : 0).c()\n"),
        ("for (const b of a);", "a", "for (const b of G ? a : 0);"),
    ],
)
def test_wrap_expression(text: str, expression: str, after: str) -> None:
    source = read(text)
    node = node_of(source, expression, lambda found: level(found) is not None or found.type == "shorthand_property_identifier")
    assert apply(source, wrap_expression(source, node, "G ? ", " : 0")) == after


@pytest.mark.parametrize(
    ("text", "expression", "before", "after", "expected"),
    [
        ("x = a || b;", "a", "G && ", "", "x = G && a || b;"),
        ("x = a || b;", "b", "G && ", "", "x = a || G && b;"),
        ("x = a ?? b;", "a", "G && ", "", "x = (G && a) ?? b;"),
        ("x = a ?? b;", "b", "G && ", "", "x = a ?? (G && b);"),
        ("x = a ?? b;", "a ?? b", "G && ", "", "x = G && (a ?? b);"),
        ("x = a || b;", "a || b", "G && ", "", "x = G && (a || b);"),
        ("x = a && b;", "a && b", "G && ", "", "x = G && (a && b);"),
        ("x = a === b;", "a === b", "G && ", "", "x = G && a === b;"),
        ("x = a === b;", "a", "G && ", "", "x = (G && a) === b;"),
        ("x = a as T;", "a as T", "G && ", "", "x = G && (a as T);"),
        ("x = a;", "a", "", " ?? 0", "x = a ?? 0;"),
        ("x = a || b;", "a || b", "", " ?? 0", "x = (a || b) ?? 0;"),
        ("x = a ** b;", "a", "-", "", "x = (-a) ** b;"),
        ("x = a ** b;", "b", "-", "", "x = a ** -b;"),
        ("x = a + b;", "a + b", "f(", ")", "x = f(a + b);"),
        ("x = (a, b);", "a, b", "f(", ")", "x = (f((a, b)));"),
        ("x = y => z;", "y => z", "await ", "", "x = await (y => z);"),
        ("new a.b();", "a.b", "f(", ")", "new (f(a.b))();"),
        ("x = 1;", "1", "", ".c", "x = (1).c;"),
    ],
)
def test_other_wrappings(text: str, expression: str, before: str, after: str, expected: str) -> None:
    source = read(text, "a.ts")
    node = node_of(source, expression, lambda found: level(found) is not None)
    assert apply(source, wrap_expression(source, node, before, after)) == expected


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a.b();", "a.b"),
        ("a[b]();", "a[b]"),
        ("a.b`c`;", "a.b"),
        ("a = 1;", "a"),
        ("a.b = 1;", "a.b"),
        ("a++;", "a"),
        ("(a) = 1;", "a"),
        ("(a as any) = 1;", "a"),
        ("[a] = b;", "a"),
        ("({ c: a } = b);", "a"),
        ("for (a of b);", "a"),
        ("delete a.b;", "a.b"),
        ("const a = 1;", "a"),
        ("function f(a) {}", "a"),
        ("function a() {}", "a"),
        ("a => 1;", "a"),
        ("import { a } from 'b';", "a"),
        ("export { a };", "a"),
        ("export * from 'a';", "'a'"),
        ("let x: typeof a;", "a"),
        ("let x: typeof a.b;", "a"),
        ("a?.b.c;", "a?.b"),
        ("a?.b();", "a?.b"),
        ("a?.b.c.d;", "a?.b.c"),
        ("@a class C {}", "a"),
        ("@a() class C {}", "a"),
        ("@a.b() class C {}", "a"),
        ("x = { 'a': 1 };", "'a'"),
        ("try {} catch (a) {}", "a"),
        ("enum a {}", "a"),
        # The grammar groups these otherwise than the language.
        ("x = a && b!;", "a && b"),
        ("x = c || b!.d;", "b"),
        ("x = c || (a && b!.d);", "a"),
        ("x(a;", "a"),
    ],
)
def test_expressions_that_cannot_be_replaced(text: str, expression: str) -> None:
    source = read(text, "a.ts")
    with pytest.raises(CannotEdit):
        wrap_expression(source, node_of(source, expression), "G ? ", " : 0")


def test_tags_cannot_be_replaced() -> None:
    for text in ("<a.b />;", "<a.b></a.b>;", "<A />;"):
        source = read(text)
        for node in descendants(tree(source).root_node):
            if node.type in ("identifier", "member_expression"):
                with pytest.raises(CannotEdit):
                    wrap_expression(source, node, "G ? ", " : 0")


def test_wrapping_must_make_an_expression() -> None:
    source = read("x = a;")
    for before, after in (("if (", ") {}"), ("G ? ", ""), ("", " b"), ("a; ", "")):
        with pytest.raises(ValueError, match="make no expression"):
            wrap_expression(source, node_of(source, "a"), before, after)


names = st.sampled_from(["a", "b", "window", "é"])
expressions = st.recursive(
    names
    | st.sampled_from(
        [
            *("1", "'s'", "`t`", "this", "/r/", "[]", "() => 1", "async x => x", "function () {}", "<p>{a}</p>"),
            *("(() => {} // c\n)", "f(function () {} /* d */, async () => { a } // e\n)"),
        ]
    ),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "**", "===", "&&", "||", "??", "in", ",", "<", "|"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        )
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]}) ? {parts[1]} : ({parts[2]})".replace("? (", "? ("))
        | inner.map(lambda one: f"!({one})")
        | inner.map(lambda one: f"await ({one})")
        | inner.map(lambda one: f"({one}).m")
        | inner.map(lambda one: f"({one})?.m[a].n")
        | inner.map(lambda one: f"f({one}, ...b)")
        | inner.map(lambda one: f"new (f({one}))(b)")
        | inner.map(lambda one: f"[{one}]".replace("[(a) , ", "[("))
        | inner.map(lambda one: f"({{ k: ({one}), a, ...b }})")
        | inner.map(lambda one: f"`x${{{one}}}\n y`")
        | inner.map(lambda one: f"x => ({one})")
        | inner.map(lambda one: f"x => {{ return {one}; }}")
        | inner.map(lambda one: f"y = ({one})")
        | inner.map(lambda one: f"({one} as T)")
    ),
    max_leaves=8,
)
templates = st.sampled_from(
    [
        ("G ? ", " : 0"),
        ("G && ", ""),
        ("G || ", ""),
        ("", " ?? 0"),
        ("f(", ")"),
        ("await ", ""),
        ("G, ", ""),
        ("-", ""),
        ("x = ", ""),
    ]
)


@given(
    text=expressions,
    template=templates,
    pick=st.integers(0, 40),
    shell=st.sampled_from(["x = {};", "f({})\n", "{}\n", "g\nf({})"]),
)
def test_parentheses_are_right_and_none_too_many(text: str, template: tuple[str, str], pick: int, shell: str) -> None:
    source = read(shell.replace("{}", text))
    nodes = [node for node in descendants(tree(source).root_node) if level(node) is not None]
    if errors(source) or not nodes or (" as " in text and template[0] in ("await ", "-")):
        return  # the grammar reads `await a as T` as `await (a as T)`
    node = nodes[pick % len(nodes)]
    try:
        edits = wrap_expression(source, node, *template)
    except CannotEdit:
        return
    result = apply(source, edits)
    opening, closing = edits[0].replacement, edits[-1].replacement
    full = [
        Edit(node.start_byte, node.start_byte, f"(({template[0]}("),
        Edit(code_end(node), code_end(node), f"){template[1]}))"),
    ]
    if opening.startswith(";"):
        full[0] = Edit(node.start_byte, node.start_byte, f";{full[0].replacement}")
    spelled_out = apply(source, full)
    if errors(read(spelled_out)):
        return
    if "\n((" not in spelled_out and not shell.startswith("g"):
        assert shape(tree(read(result)).root_node) == shape(tree(read(spelled_out)).root_node)
    assert not errors(read(result))
    # Each pair that was added is needed.
    if opening.startswith("(") and closing.endswith(")") and template[1] != ")" and template[0] not in ("x = ", "G, "):
        bare = apply(
            source, [Edit(edits[0].start, edits[0].start, opening[1:]), Edit(edits[-1].start, edits[-1].start, closing[:-1])]
        )
        wrong = errors(read(bare)) or shape(tree(read(bare)).root_node) != shape(tree(read(result)).root_node)
        assert wrong or " ?? " in bare or "**" in bare or " as " in bare


# Function bodies


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("function f() {\n  a();\n}", "function f() {\n  S;\n  a();\n}"),
        ("function f() { // why\n\ta();\n}", "function f() { // why\n\tS;\n\ta();\n}"),
        ("function f() {}", "function f() {\n  S;\n}"),
        ("function f() { }", "function f() {\n  S;\n}"),
        ("function f() {\n}", "function f() {\n  S;\n}"),
        ("function f() { return 1 }", "function f() {\n  S;\n  return 1\n}"),
        ("function f() { /* x */ }", "function f() {\n  S;\n  /* x */\n}"),
        ("function f() {\n  'use strict';\n  a();\n}", "function f() {\n  'use strict';\n  S;\n  a();\n}"),
        ("function f() { 'use server'; a(); }", "function f() { 'use server';\n  S;\n  a();\n}"),
        ("function f() { a();\n  b();\n}", "function f() {\n  S;\n  a();\n  b();\n}"),
        ("function f() {\n  // about a\n  a();\n}", "function f() {\n  S;\n  // about a\n  a();\n}"),
        ("class C {\n  m() {\n    a();\n  }\n}", "class C {\n  m() {\n    S;\n    a();\n  }\n}"),
        ("const f = () => a;", "const f = () => {\n  S;\n  return a;\n};"),
        ("const f = () =>\n  a;", "const f = () => {\n  S;\n  return a;\n};"),
        ("const f = () => ({ a });", "const f = () => {\n  S;\n  return ({ a });\n};"),
        ("const f = () => /* x */ a;", "const f = () => /* x */ {\n  S;\n  return a;\n};"),
        ("const f = () => a\n", "const f = () => {\n  S;\n  return a\n}\n"),
        ("f(x => `\n${x}\n`, b);", "f(x => {\n  S;\n  return `\n${x}\n`;\n}, b);"),
    ],
)
def test_insert_statement_first(before: str, after: str) -> None:
    for newline in ("\n", "\r\n") if "\n" in before else ("\n",):
        source = read(before.replace("\n", newline))
        function = next(node for node in descendants(tree(source).root_node) if node.type in FUNCTIONS)
        assert apply(source, insert_statement_first(source, function, "S;")) == after.replace("\n", newline)


def test_several_lines_are_set_apart() -> None:
    source = read("function f() {\n    a();\n}\n")
    function = tree(source).root_node.named_children[0]
    text = "if (x) {\n    return;\n}"
    after = "function f() {\n    if (x) {\n        return;\n    }\n\n    a();\n}\n"
    assert apply(source, insert_statement_first(source, function, text)) == after
    source = read(after.replace("    if (x) {\n        return;\n    }\n", ""))
    function = tree(source).root_node.named_children[0]
    assert apply(source, insert_statement_first(source, function, text)) == after


def test_no_body_no_statement() -> None:
    for text in ("declare function f(): void;", "abstract class C { abstract m(): void }", "class C {}"):
        source = read(text, "a.ts")
        for node in descendants(tree(source).root_node):
            with pytest.raises(CannotEdit):
                insert_statement_first(source, node, "S;")


statements = st.recursive(
    st.sampled_from(
        ["a();", "b", "`x\n  ${y}\nz`;", "f(`\n`)", "// c", "/* d\n */", "return;", "x = <p>\n  t\n</p>;", "'s\\\n t';", ""]
    ),
    lambda inner: (
        inner.map(lambda one: f"if (q) {{\n  {one}\n}}")
        | inner.map(lambda one: f"f(() => {{ {one}\n}});")
        | inner.map(lambda one: f"for (;;) {{\n\t{one}\n}} // e")
        | st.tuples(inner, inner).map("\n".join)
        | inner.map(lambda one: f"const g = () => {{\n{one}\n}}")
        | inner.map(lambda one: f"switch (s) {{ case 1:\n    {one}\n}}")
    ),
    max_leaves=6,
)


@given(text=statements, pick=st.integers(0, 30), newline=st.sampled_from(["\n", "\r\n"]))
def test_wrapping_a_statement_adds_the_condition_alone(text: str, pick: int, newline: str) -> None:
    source = read(text.replace("\n", newline))
    nodes = [node for node in descendants(tree(source).root_node) if node.type.endswith("statement")]
    if errors(source) or not nodes:
        return
    node = nodes[pick % len(nodes)]
    try:
        result = apply(source, wrap_statement(source, node, "G"))
    except CannotEdit:
        return
    assert not errors(read(result))
    assert source.newline == "\n" or result.count("\n") == result.count("\r\n")
    old, new = leaves(source.text.decode()), leaves(result)
    opening = [b"if", b"(", b"G", b")", b"{"]
    at = next(index for index in range(len(new)) if new[index : index + 5] == opening)
    braced = at > 0 and old[: at - 1] == new[: at - 1] and len(new) == len(old) + 8
    rest = new[: at - 1] + new[at + 5 :] if braced else new[:at] + new[at + 5 :]
    for _ in range(2 if braced else 1):
        first = next(index for index in range(len(rest)) if index >= len(old) or rest[index] != old[index])
        assert rest.pop(first) == b"}"
    assert rest == old


@given(text=statements, pick=st.integers(0, 30), newline=st.sampled_from(["\n", "\r\n"]), several=st.booleans())
def test_inserting_a_statement_adds_it_alone(text: str, pick: int, newline: str, several: bool) -> None:
    source = read(f"function h() {{{text}\n}}".replace("\n", newline))
    nodes = [node for node in descendants(tree(source).root_node) if node.type in FUNCTIONS]
    if errors(source) or not nodes:
        return
    statement = "if (G) {\n  S;\n}" if several else "S;"
    result = apply(source, insert_statement_first(source, nodes[pick % len(nodes)], statement))
    assert not errors(read(result))
    assert source.newline == "\n" or result.count("\n") == result.count("\r\n")
    old, new = leaves(source.text.decode()), leaves(result)
    added = leaves(statement)
    at = next(index for index in range(len(new)) if new[index : index + len(added)] == added)
    assert new[:at] + new[at + len(added) :] == old


# Imports


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import { a } from 'm';\n", "import { a, n } from 'm';\n"),
        ("import {a} from 'm'\n", "import {a, n} from 'm'\n"),
        ("import { a, } from 'm'\n", "import { a, n, } from 'm'\n"),
        ("import {} from 'm'\n", "import { n } from 'm'\n"),
        ("import a from 'm'\n", "import a, { n } from 'm'\n"),
        ("import {\n  a,\n  b\n} from 'm'\n", "import {\n  a,\n  b,\n  n\n} from 'm'\n"),
        ("import {\n\ta, // why\n} from 'm'\n", "import {\n\ta, // why\n\tn,\n} from 'm'\n"),
        ("import {\n  a // why\n} from 'm'\n", "import {\n  a, // why\n  n\n} from 'm'\n"),
        ("import {\n  a /* x\n y */\n} from 'm'\n", "import {\n  a,\n  n /* x\n y */\n} from 'm'\n"),
        ("import {\n  a, b } from 'm'\n", "import {\n  a, b, n } from 'm'\n"),
        ("import { type n } from 'm'\n", "import { n } from 'm'\n"),
        ("import { n } from 'm'\n", "import { n } from 'm'\n"),
        # a statement of its own
        ("import type { A } from 'm'\n", "import type { A } from 'm'\nimport { n } from 'm'\n"),
        ("import * as m from 'm'\n", "import * as m from 'm'\nimport { n } from 'm'\n"),
        ("import 'm'\n", "import 'm'\nimport { n } from 'm'\n"),
        ("import { n as o } from 'm'\n", "import { n as o, n } from 'm'\n"),
        ('import {a} from "x"; // why\n\nb;', 'import {a} from "x"; // why\nimport {n} from "m";\n\nb;'),
        ("import a from 'x'; b();\n", "import a from 'x'; import { n } from 'm'; b();\n"),
        ("import a from 'x' /* y\n z */\nb()\n", "import a from 'x'; import { n } from 'm'; /* y\n z */\nb()\n"),
        (
            "import a from 'x';\na();\nimport b from 'y';\n",
            "import a from 'x';\nimport { n } from 'm';\na();\nimport b from 'y';\n",
        ),
        ("export const a = 1;\n", 'import { n } from "m";\n\nexport const a = 1;\n'),
        ("export const a = '1'", "import { n } from 'm'\n\nexport const a = '1'"),
        (
            "export * from './a';\n",
            "import { n } from './a';\n".replace("./a", "m").replace('"', "'") + "\nexport * from './a';\n",
        ),
        # what has to stay first
        ("'use client';\n\nexport {};\n", "'use client';\n\nimport { n } from 'm';\n\nexport {};\n"),
        ("'use client'\nexport {}\n", "'use client'\n\nimport { n } from 'm'\n\nexport {}\n"),
        ("'use client'; export {};\n", "'use client'; import { n } from 'm'; export {};\n"),
        (
            "'use strict';\n'use client'; // x\nexport {};\n",
            "'use strict';\n'use client'; // x\n\nimport { n } from 'm';\n\nexport {};\n",
        ),
        ("#!/usr/bin/env node\nexport {}\n", '#!/usr/bin/env node\n\nimport { n } from "m";\n\nexport {}\n'),
        ("// @ts-nocheck\nexport {};\n", '// @ts-nocheck\n\nimport { n } from "m";\n\nexport {};\n'),
        (
            "/* eslint-disable */\n/** doc */\nexport {};\n",
            '/* eslint-disable */\n\nimport { n } from "m";\n\n/** doc */\nexport {};\n',
        ),
        (
            "// about the file\n\n// about a\nexport {};\n",
            '// about the file\n\nimport { n } from "m";\n\n// about a\nexport {};\n',
        ),
        ("/** doc */\nexport {};\n", 'import { n } from "m";\n\n/** doc */\nexport {};\n'),
    ],
)
def test_add_import(before: str, after: str) -> None:
    for newline in ("\n", "\r\n") if "\n" in before else ("\n",):
        source = read(before.replace("\n", newline))
        result = apply(source, add_import(source, "m", "n"))
        assert result == after.replace("\n", newline)
        assert not errors(read(result))
        assert add_import(read(result), "m", "n") == []


@pytest.mark.parametrize(
    ("before", "name", "local", "type_only", "after"),
    [
        ("import { a } from 'm';", "default", "n", False, "import n, { a } from 'm';"),
        ("import b, { a } from 'm';", "default", "n", False, "import b, { a } from 'm';\nimport n from 'm';"),
        ("import { a } from 'm';", "*", "n", False, "import { a } from 'm';\nimport * as n from 'm';"),
        ("import { a } from 'm';", "b", "n", False, "import { a, b as n } from 'm';"),
        ("import { a } from 'm';", "n", "", True, "import { a } from 'm';\nimport type { n } from 'm';"),
        ("import type { a } from 'm';", "n", "", True, "import type { a, n } from 'm';"),
        ("import type a from 'm';", "n", "", True, "import type a from 'm';\nimport type { n } from 'm';"),
        ("import type { a } from 'm';", "default", "n", True, "import type { a } from 'm';\nimport type n from 'm';"),
        ("import { n } from 'm';", "n", "", True, "import { n } from 'm';"),
        ("import n from 'm';", "default", "n", False, "import n from 'm';"),
    ],
)
def test_add_other_imports(before: str, name: str, local: str, type_only: bool, after: str) -> None:
    source = read(before)
    assert apply(source, add_import(source, "m", name, local=local, type_only=type_only)) == after


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("import n from 'x';", "a.ts"),
        ("const n = 1; export {}", "a.ts"),
        ("import type { n } from 'm';", "a.ts"),
        ("const a = require('m');", "a.js"),
        ("a();", "a.ts"),
        ("import a from 'm';", "a.cjs"),
        ("export declare const a: 1;", "a.d.ts"),
        ("import { a from 'm';", "a.ts"),
    ],
)
def test_imports_that_cannot_be_added(text: str, path: str) -> None:
    with pytest.raises(CannotEdit):
        add_import(read(text, path), "m", "n")


def test_a_module_as_a_whole_needs_a_name() -> None:
    for name in ("default", "*"):
        with pytest.raises(ValueError, match="needs a local name"):
            add_import(read("export {}"), "m", name)


heads = st.lists(
    st.sampled_from(["// c", "/** d */", "'use client'", "'use strict';", "/* e\n */", "", "// @ts-check"]), max_size=4
)
import_lines = st.lists(
    st.sampled_from(
        [
            "import 'x'",
            "import a from 'm';",
            "import { b } from 'm'",
            "import {\n  c,\n  d, // e\n} from 'm';",
            "import type { F } from 'm'",
            "import * as g from 'm' // h",
            'import { i, type J } from "m";',
            "import k, { l } from 'm';",
            "",
        ]
    ),
    unique=True,
    max_size=5,
)


@given(
    head=heads,
    lines=import_lines,
    tail=st.sampled_from(["", "a();", "export const z = 1", "// t\nexport {};"]),
    name=st.sampled_from(["n", "default", "*"]),
    type_only=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_an_import_is_added_and_nothing_else(
    head: list[str], lines: list[str], tail: str, name: str, type_only: bool, newline: str
) -> None:
    source = read("\n".join([*head, *lines, tail]).replace("\n", newline))
    try:
        edits = add_import(source, "m", name, local="n", type_only=type_only)
    except CannotEdit:
        return
    result = apply(source, edits)
    changed = read(result)
    assert not errors(changed)
    found = [
        (one.specifier, name.imported, name.type_only) for one in imports(changed) for name in one.names if name.local == "n"
    ]
    assert found == [("m", name, type_only)]
    assert source.newline == "\n" or result.count("\n") == result.count("\r\n")
    remaining = iter(leaves(result))
    assert all(any(token == old for token in remaining) for old in leaves(source.text.decode()))
    directives = [token for token in leaves(source.text.decode()) if token.startswith(b"'use")]
    assert [token for token in leaves(result)[: len(leaves(source.text.decode()))] if token.startswith(b"'use")] == directives
    assert add_import(changed, "m", name, local="n", type_only=type_only) == []


def test_style_of_the_file() -> None:
    assert indentation_unit(read("a\n")) == "  "
    assert indentation_unit(read("{\n\ta\n}\n")) == "\t"
    assert indentation_unit(read("{\n    a\n    {\n        b\n    }\n}\n")) == "    "
    assert indentation_unit(read("/**\n * a\n * b\n */\n{\n   a\n}\n")) == "   "
    assert semicolon(read("a()\nb()\nc();\n")) == ""
    assert semicolon(read("a();\nb();\nc()\n")) == ";"
    assert semicolon(read("")) == ";"
    assert quote(read('import a from \'a\';\nb("x", "y")')) == "'"
    assert quote(read("b('x', 'y', \"z\")")) == "'"
    assert quote(read("<a b='c' d='e' />; x(\"z\")")) == '"'
    assert quote(read("")) == '"'
