"""Pieces nest, whatever they stand around."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, awaited, compose
from autofix.languages.python import code
from autofix.languages.python.code_reading import read
from autofix.text.edit import Overlap, apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st


def made(text: str, *pieces: Piece) -> str:
    return apply_edits(text.encode(), compose(pieces)).decode()


def test_the_outer_span_is_outside_at_both_ends() -> None:
    assert made("a.b()", Wrap(0, 5, "(", ")"), Wrap(0, 1, "[", "]")) == "([a].b())"
    assert made("f(a)", Wrap(0, 4, "(", ")"), Wrap(2, 3, "[", "]"), Wrap(0, 1, "<", ">")) == "(<f>([a]))"
    assert made("ab", Wrap(0, 1, "(", ")"), Wrap(1, 2, "[", "]")) == "(a)[b]"


def test_of_equal_spans_the_first_is_inside() -> None:
    assert made("a", Wrap(0, 1, "(", ")"), Wrap(0, 1, "[", "]")) == "[(a)]"


def test_equal_pieces_are_made_once() -> None:
    assert made("a", Wrap(0, 1, "(", ")"), Wrap(0, 1, "(", ")")) == "(a)"


def test_what_is_replaced_is_wrapped() -> None:
    assert made("a.b", Replace(0, 1, "x"), Wrap(0, 3, "(", ")"), Replace(1, 3, ".y")) == "(x.y)"


def test_nothing_may_change_inside_of_what_is_replaced() -> None:
    with pytest.raises(Overlap):
        compose([Replace(0, 3, "x"), Wrap(1, 2, "(", ")")])


@st.composite
def nested(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Distinct spans of a text of 12 letters that nest or are apart."""
    spans: list[tuple[int, int]] = []
    for start, length in draw(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12)), max_size=8)):
        end = min(start + length, 12)
        apart = all(end <= a or b <= start or (a <= start and end <= b) or (start <= a and b <= end) for a, b in spans)
        if apart and (start, end) not in spans:
            spans.append((start, end))
    return spans


@given(nested(), st.randoms())
def test_brackets_of_spans_that_nest_are_balanced_in_any_order(spans: list[tuple[int, int]], random: object) -> None:
    wraps = [Wrap(start, end, f"<{number}:", f":{number}>") for number, (start, end) in enumerate(spans)]
    expected = made("abcdefghijkl", *wraps)
    random.shuffle(wraps)  # type: ignore[attr-defined]
    assert made("abcdefghijkl", *wraps) == expected
    stack: list[str] = []
    at = 0
    while at < len(expected):
        if expected[at] == "<":
            stack.append(expected[at + 1 : expected.index(":", at)])
            at = expected.index(":", at) + 1
        elif expected[at] == ":":
            end = expected.index(">", at)
            assert stack.pop() == expected[at + 1 : end]
            at = end + 1
        else:
            at += 1
    assert not stack


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f()", "await f()"),
        ("f().a", "(await f()).a"),
        ("f()[0]", "(await f())[0]"),
        ("f()()", "(await f())()"),
        ("g(f())", "g(await f())"),
        ("x[f()]", "x[await f()]"),
        ("-f()", "-await f()"),
    ],
)
def test_await_has_brackets_where_something_follows(text: str, expected: str) -> None:
    from autofix.fixers.sqlalchemy.parents import Parents, below

    module = read(Source("a.py", text.encode()))
    call = next(
        node
        for node in below(module)
        if isinstance(node, code.Call) and isinstance(node.function, code.Name) and node.function.name == "f"
    )
    assert made(text, awaited(call, Parents(module.body).of(call))) == expected
