"""Type parameters with defaults, which the grammar does not know."""

from __future__ import annotations

import pytest
from autofix.languages.python.syntax import check, root, walk
from autofix.text.source import Source


@pytest.mark.parametrize(
    "text",
    [
        "class A[T = int]: pass\n",
        "class A[T: Base = Base[int, str], U = dict[str, T]](Base): pass\n",
        "def f[\n    T: Base = Base[\n        int\n    ],\n](x: T = 1) -> T: return x\n",
        "type A[T = int] = list[T]\n",
    ],
)
def test_defaults_of_type_parameters(text: str) -> None:
    source = Source("a.py", text.encode())
    assert check(source) is None
    names = {text[node.start_byte : node.end_byte] for node in walk(root(source)) if node.type == "identifier"}
    assert "int" in names


def test_errors_elsewhere_stay_errors() -> None:
    assert check(Source("a.py", b"class A[T = int]: pass\ndef f(:\n")) == "syntax error at line 2"
