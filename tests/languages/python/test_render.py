"""One statement or expression rewritten by libcst, everything around it kept."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import pytest
from autofix.languages.python.lines import CannotEdit
from autofix.languages.python.render import rewrite_expression, rewrite_statement
from autofix.languages.python.syntax import node_end, root, walk
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from tree_sitter import Node


def source(text: str) -> Source:
    return Source("a.py", text.encode())


def first(src: Source, kind: str) -> Node:
    return next(node for node in walk(root(src)) if node.type == kind)


class _Rename(cst.CSTTransformer):
    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802
        return updated_node.with_changes(value="new") if updated_node.value == "old" else updated_node


def renamed(node: cst.CSTNode) -> cst.BaseExpression:
    result = node.visit(_Rename())
    assert isinstance(result, cst.BaseExpression)
    return result


def renamed_statement(node: cst.CSTNode) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    result = node.visit(_Rename())
    assert isinstance(result, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return result


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("call", "é = old (old,  # ü old\n    k = old)\n"),
        ("binary_operator", "f(old +\n  old)\n"),
        ("generator_expression", "f(old for old in old)\n"),
        ("tuple", "x = (old,\n)\n"),
        ("await", "async def f():\n  return (await\n   old)\n"),
        ("call", "[*old.old()]\n"),
        ("string", "f'{old} {old!r:>{old}}'\n"),
        ("named_expression", "f((y := old))\n"),
        ("lambda", "f(lambda a, *b: old)\n"),
        ("conditional_expression", "x = [old if\n  old else old]\n"),
    ],
)
def test_expressions(kind: str, text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    src = source(text)
    edit = rewrite_expression(src, first(src, kind), renamed)
    assert edit is not None
    node = first(src, kind)
    result = apply_edits(src.text, [edit]).decode()
    old, start = src.text.decode(), len(src.text[: node.start_byte].decode())
    end = len(src.text[: node.end_byte].decode())
    expected = old[start:end].replace("# ü old", "# ü OLD").replace("old", "new").replace("OLD", "old")
    assert result == old[:start] + expected + old[end:]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("expression_statement", "old  # old, kept\nold\n"),
        ("if_statement", "if old: # a\n    old\n\n    # b\n    old\nelif  old :\n\told\nelse: pass\n\n\n# after\nold\n"),
        (
            "if_statement",
            "class C:\n  def f(self):\n    if old:\n       old\n    # c\n    else:\n       '''\n old doc\n'''\n    old\n",
        ),
        ("return_statement", "def f():\n\treturn old(\n\n  old,\n\t)\n"),
        ("decorated_definition", "if x:\n    @old\n    # c\n    async def f(old): old\n"),
        ("for_statement", "for old in old:\n    old\n"),
        ("for_statement", "for old in old:\n    old  # last\n"),
        ("if_statement", "def f():\n    if old:\n        old  # last\n    old\n"),
        ("expression_statement", "def f():\n    old"),
        ("with_statement", "def f():\n    with (old as x,\n  old): old\n    # trailing\n"),
    ],
)
def test_statements(kind: str, text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    src = source(text)
    node = first(src, kind)
    edit = rewrite_statement(src, node, renamed_statement)
    assert edit is not None
    result = apply_edits(src.text, [edit]).decode()
    end = node_end(src, node)
    expected = src.slice(node.start_byte, end).replace("old doc", "OLD doc").replace("old", "new")
    expected = expected.replace("OLD", "old")
    assert result == src.slice(0, node.start_byte) + expected + src.slice(end, len(src.text))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_several_statements_take_the_place_of_one(newline: str, indent: str) -> None:
    head = f"if x:{newline}" if indent else ""
    src = source(f"{head}{indent}a = b()  # why{newline}")

    def split(statement: cst.CSTNode) -> Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement]:
        assert isinstance(statement, cst.SimpleStatementLine)
        loop = cst.parse_statement("for x in y:\n    z(x)\n")
        assert isinstance(loop, cst.For)
        return [statement, loop]

    edit = rewrite_statement(src, first(src, "assignment").parent or root(src), split)
    assert edit is not None
    unit = indent or "    "
    expected = f"{head}{indent}a = b(){newline}{indent}for x in y:{newline}{indent}{unit}z(x)  # why{newline}"
    assert apply_edits(src.text, [edit]).decode() == expected


def test_what_does_not_change_is_no_edit() -> None:
    src = source("x = f(1)\n")
    assert rewrite_expression(src, first(src, "call"), lambda node: node) is None
    assert rewrite_statement(src, first(src, "expression_statement"), lambda node: node) is None


@pytest.mark.parametrize(
    "text",
    [
        *("x = " + "(" * 3_000 + "1" + ")" * 3_000 + "\n", "x = " + "a + " * 900 + "a\n", "x = a" + ".f()" * 300 + "\n"),
        *("x = (" + "'a'\n" * 500 + ")\n", "x = " + "[" * 150 + "]" * 150 + "\n", "x = " + "-" * 1_000 + "1\n"),
    ],
)
def test_deep_code_is_refused_before_it_can_crash(text: str) -> None:
    src = source(text)
    with pytest.raises(CannotEdit):
        rewrite_statement(src, first(src, "expression_statement"), renamed_statement)


def test_a_long_chain_of_conditions_is_refused() -> None:
    src = source("if a: pass\n" + "elif b: old\n" * 500)
    with pytest.raises(CannotEdit):
        rewrite_statement(src, first(src, "if_statement"), renamed_statement)


def test_a_statement_that_shares_its_line_is_refused() -> None:
    src = source("a; old\n")
    node = [node for node in walk(root(src)) if node.type == "expression_statement"][1]
    with pytest.raises(CannotEdit):
        rewrite_statement(src, node, renamed_statement)
