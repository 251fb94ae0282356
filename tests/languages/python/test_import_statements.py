"""Every import statement of a file, and those alone that have some words."""

from __future__ import annotations

import re

import pytest
from autofix.languages.python.imports import import_statements
from autofix.languages.python.scopes import scopes
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st

_NAME = st.sampled_from(["alpha", "beta", "gamma"])
_LAYOUTS = (
    "import {0}.{1} as x, {2}",
    "import {0}, \\\n    {1}, {2}",
    "from \\\n  {0} \\\n  import {1}, {2}",
    "from {0} import ({1}, {2})",
    "from {0} import (  # ) a comment\n    {1},  # )\n    {2} as y,\n)",
    "from {0} import \\\n    (\n  {1}\n)",
    "x = 1; import {0}; from {1} import {2}",
    "if x: from . import {0}",
    "def f():\n    from .. {0} import *\n    return {1}",
    "'import {0}'  # import {1}",
    "important = {0}.imports.{1}",
    "from __future__ import annotations",
)
_FILES = st.lists(st.tuples(st.sampled_from(_LAYOUTS), _NAME, _NAME, _NAME), max_size=6)


def source(parts: list[tuple[str, str, str, str]], newline: str) -> Source:
    text = "".join(layout.format(*names) + "\n" for layout, *names in parts)
    return Source("a.py", text.replace("\n", newline).encode())


@given(_FILES, st.sampled_from(["\n", "\r\n"]))
def test_all_statements_are_found_once_and_in_order(parts: list[tuple[str, str, str, str]], newline: str) -> None:
    text = source(parts, newline)
    assert [found.start for found in import_statements(text)] == [found.start for found in scopes(text).imports]


@given(_FILES, st.sampled_from(["\n", "\r\n"]), _NAME)
def test_none_that_has_a_word_is_missed(parts: list[tuple[str, str, str, str]], newline: str, word: str) -> None:
    text = source(parts, newline)
    everything = [(found.start, found.end) for found in import_statements(text)]
    found = [(found.start, found.end) for found in import_statements(text, re.compile(word.encode()))]
    assert found == [place for place in everything if place in found]
    assert {place for place in everything if word in text.slice(*place)} <= {*found}


@pytest.mark.parametrize("text", ["import a\nimport b\nb\n", "from x import (\n  a,\n)\nfrom x import b\n"])
def test_what_has_none_of_the_words_is_not_read(text: str) -> None:
    found = list(import_statements(Source("a.py", text.encode()), re.compile(rb"(?<!\w)b(?!\w)")))
    assert [[item.name for item in statement.names] for statement in found] == [["b"]]
