"""Arguments and entries that go and come, in every layout: the call is made and what it was given compared."""

from __future__ import annotations

import re
import tokenize
from io import StringIO

import pytest
from autofix.fixers.sqlalchemy.engines.lists import with_arguments, with_entries
from autofix.languages.python.code import Call, Dictionary
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st

SEPARATORS = st.sampled_from([", ", ",\n    ", ",  # note\n    ", " ,", "\n    , "])
OPENINGS = st.sampled_from(["", " ", "\n    ", "  # first\n    "])
CLOSINGS = st.sampled_from(["", " ", ",", ",\n", "\n", ",  # last\n", "  # last\n"])
VALUES = st.sampled_from(["1", "(2)", "'x, y'", "[3,\n 4]", "{'a': (5)}", "g(6)"])


def arranged(items: list[str], data: st.DataObject, brackets: str) -> str:
    separators = [data.draw(SEPARATORS) for _ in items[1:]]
    parts = [item for pair in zip(items, [*separators, ""][: len(items)], strict=True) for item in pair]
    text = data.draw(OPENINGS) + "".join(parts) + (data.draw(CLOSINGS) if items else "")
    return brackets[0] + text + brackets[1]


def comments(text: str) -> list[str]:
    return [token.string for token in tokenize.generate_tokens(StringIO(text).readline) if token.type == tokenize.COMMENT]


def seen(*positional, **named):
    return positional, named


def value_of(text: str):
    return eval(text, {"f": seen, "g": lambda value: value, "more": {"z": 26}})


class TestArguments:
    @given(st.data(), st.lists(VALUES, max_size=4), st.booleans(), st.lists(st.sampled_from(["new=7", "other=8"]), unique=True))
    def test_any_layout(self, data, values, has_more, add):
        items = [value if number == 0 else f"n{number}={value}" for number, value in enumerate(values)]
        items += ["**more"] * has_more
        text = "f" + arranged(items, data, "()")
        source = Source("a.py", text.encode())
        call = next(node for node in walk(read(source).body) if isinstance(node, Call))
        drop = data.draw(st.sets(st.sampled_from(call.arguments))) if call.arguments else set()
        changed = apply_edits(source.text, with_arguments(source, call, drop, add)).decode()
        kept = [item for item, argument in zip(items, call.arguments, strict=True) if argument not in drop]
        assert value_of(changed) == value_of(
            f"f({', '.join([*[k for k in kept if k != '**more'], *add, *(['**more'] * ('**more' in kept))])})"
        )
        if not drop:
            assert comments(changed) == comments(text)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("f(\n    1,\n    a=2,\n)", "f(\n    1,\n    a=2,\n    new=7,\n)"),
            ("f(\n    1,\n    a=2\n)", "f(\n    1,\n    a=2,\n    new=7\n)"),
            ("f(\n    1,\n    a=2,  # two\n)", "f(\n    1,\n    a=2,  # two\n    new=7,\n)"),
            ("f(1, a=2)", "f(1, a=2, new=7)"),
            ("f(1, **more)", "f(1, new=7, **more)"),
            ("f(**more)", "f(new=7, **more)"),
            ("f()", "f(new=7)"),
            ("f(\n    1,\n    **more,\n)", "f(\n    1,\n    new=7,\n    **more,\n)"),
        ],
    )
    def test_a_new_one_looks_like_the_others(self, before, after):
        source = Source("a.py", before.encode())
        call = next(node for node in walk(read(source).body) if isinstance(node, Call))
        assert apply_edits(source.text, with_arguments(source, call, (), ["new=7"])).decode() == after

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("f(\n    a=1,\n    gone=2,\n    b=3,\n)", "f(\n    a=1,\n    b=3,\n)"),
            ("f(\n    a=1,\n    gone=2,  # why\n    b=3,\n)", "f(\n    a=1,\n    # why\n    b=3,\n)"),
            ("f(\n    a=1,\n    gone=2\n)", "f(\n    a=1,\n)"),
            ("f(a=1, gone=2, b=3)", "f(a=1, b=3)"),
            ("f(a=1, gone=2)", "f(a=1)"),
            ("f(gone=2, a=1)", "f(a=1)"),
            ("f(gone=2)", "f()"),
        ],
    )
    def test_one_that_goes_takes_its_line_with_it(self, before, after):
        source = Source("a.py", before.encode())
        call = next(node for node in walk(read(source).body) if isinstance(node, Call))
        gone = [argument for argument in call.arguments if argument.keyword == "gone"]
        assert apply_edits(source.text, with_arguments(source, call, gone, ())).decode() == after


@given(st.data(), st.lists(VALUES, max_size=4), st.booleans(), st.booleans())
def test_entries_in_any_layout(data, values, has_more, adds):
    items = [f"'k{number}': {value}" for number, value in enumerate(values)] + ["**more"] * has_more
    text = arranged(items, data, "{}")
    source = Source("a.py", text.encode())
    display = next(node for node in walk(read(source).body) if isinstance(node, Dictionary))
    drop = data.draw(st.sets(st.integers(0, len(items) - 1))) if items else set()
    changed = apply_edits(source.text, with_entries(source, display, drop, ["'new': 7"] * adds)).decode()
    kept = [item for number, item in enumerate(items) if number not in drop] + ["'new': 7"] * adds
    assert value_of(changed) == value_of("{" + ", ".join(kept) + "}")
    assert not re.search(r",\s*,", changed)
