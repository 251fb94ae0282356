from __future__ import annotations

import pytest
from autofix.text.excerpt import Excerpt
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def excerpts(draw: st.DrawFn) -> tuple[bytes, Excerpt]:
    source = draw(st.binary(min_size=1, max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(source)), min_size=2, max_size=8)))
    return source, Excerpt.of(source, list(zip(cuts[::2], cuts[1::2], strict=False)))


@given(excerpts())
def test_every_byte_knows_where_it_came_from(drawn: tuple[bytes, Excerpt]) -> None:
    source, excerpt = drawn
    for at in range(len(excerpt.text)):
        assert source[excerpt.offset(at)] == excerpt.text[at]
        start, end = excerpt.range(at, at + 1)
        assert source[start:end] == excerpt.text[at : at + 1]


@given(excerpts(), st.integers(0, 40), st.integers(0, 40))
def test_a_part_of_an_excerpt_is_one(drawn: tuple[bytes, Excerpt], one: int, other: int) -> None:
    _, excerpt = drawn
    start, end = sorted((min(one, len(excerpt.text)), min(other, len(excerpt.text))))
    part = excerpt.part(start, end)
    assert part.text == excerpt.text[start:end]
    assert [part.offset(at) for at in range(len(part.text))] == [excerpt.offset(at) for at in range(start, end)]


def test_the_end_is_behind_the_last_byte() -> None:
    excerpt = Excerpt.of(b"abcdef", [(0, 2), (4, 5)])
    assert (excerpt.text, excerpt.offset(3), excerpt.range(1, 3)) == (b"abe", 5, (1, 5))
    with pytest.raises(IndexError):
        excerpt.offset(4)
    with pytest.raises(IndexError):
        Excerpt(b"", ()).offset(0)
