"""Trees, comments and verification."""

from __future__ import annotations

import subprocess
import sys

import pytest
from autofix.languages.python.syntax import check, comments, error_lines, expression_start, regressed, root, tree, walk
from autofix.text.source import Source


def source(text: str) -> Source:
    return Source("a.py", text.encode())


def test_a_text_is_parsed_once() -> None:
    text = source("x = 1\n")
    assert tree(text) is tree(text)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_are_no_strings(newline: str) -> None:
    text = "#!x\n# é\nx = '# no'  # yes\n'''\n# no\n'''\nf(  # in\n)\nf'{a # no\n}'\nif x:\n    # block\n    pass\n# end"
    text = text.replace("f'{a # no\n}'\n", "").replace("\n", newline)
    found = source(text)
    expected = ["#!x", "# é", "# yes", "# in", "# block", "# end"]
    assert [found.slice(*place) for place in comments(found)] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\n", None),
        ("", None),
        ("match x:\n    case [1, *_]: pass\n", None),
        ("def f[T](x: T) -> T: ...\ntype A = int\n", None),
        ("try: pass\nexcept* E: pass\n", None),
        ("f'{x!r:>{y}} {f'{z}'}'\n", None),
        ("x = 1\ndef f(:\n    pass\n", "syntax error at line 2"),
        ("x = (\n", "syntax error at line 1"),
        ("a\r\nb\r\n", None),
        ("# a\rb = 1\r", "has lone carriage returns as line endings"),
        ("a = '\\r'\n", None),
        ("x = 1\n\f\ndef f(): pass\n", None),
        ("if x:\n\ty\n", None),
    ],
)
def test_what_must_not_be_edited(text: str, reason: str | None) -> None:
    assert check(source(text)) == reason


def test_errors_have_lines() -> None:
    assert error_lines(source("x = 1\ny = = 2\nz = 3\nw = )\n")) == [2, 4]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("x = 1\n", "x = 2\n", None),
        ("x = 1\n", "x = (\n", "syntax error at line 1"),
        ("x = (\n", "y = (\n", None),
        ("x = = 1\ny = 1\n", "x = = 1\ny = )\n", "syntax error at line 2"),
        ("def f(): pass\n", "def f():\n    nonlocal x\n", "no binding for nonlocal 'x' found at line 2"),
        ("def f(): g()\n", "def f(): await g()\n", "'await' outside async function at line 1"),
        ("import a\nfrom __future__ import annotations\n", "import b\nfrom __future__ import annotations\n", None),
        ("from __future__ import annotations\n", "import b\nfrom __future__ import annotations\n", "from __future__"),
        ("x = '\\d'\n", "y = '\\d'\n", None),
        ("x is 1\n", "x is 2\n", None),
        ("def f(a): pass\n", "def f(a, a): pass\n", "duplicate argument 'a'"),
    ],
)
def test_a_result_that_python_rejects_is_taken_back(before: str, after: str, reason: str | None) -> None:
    found = regressed(source(before), source(after))
    assert found == reason if reason is None else reason in (found or "")


@pytest.mark.parametrize(
    "text", ["x = " + "-" * 100_000 + "1\n", "x = " + "a + " * 100_000 + "a\n", "x = " + "(" * 300 + ")" * 300]
)
def test_what_python_cannot_compile_says_nothing(text: str) -> None:
    assert regressed(source(text), source(text + "y = 1\n")) is None


def test_an_expression_begins_after_its_star() -> None:
    text = source("[*a.b()[0]]\n")
    node = next(node for node in walk(root(text)) if node.type == "subscript")
    assert expression_start(node) == 2


@pytest.mark.parametrize(
    "name", ["syntax", "scopes", "scope_builder", "modules", "summary", "outline", "edits", "render", "chains"]
)
def test_no_parser_is_imported_before_it_is_needed(name: str) -> None:
    heavy = "{'tree_sitter', 'tree_sitter_python', 'libcst'} & set(sys.modules)"
    program = f"import sys, autofix.languages.python.{name}; sys.exit(str({heavy}) if {heavy} else 0)"
    assert subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True).stderr == ""
