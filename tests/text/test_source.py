"""Files as text and back, in every encoding and with every line ending."""

from __future__ import annotations

import codecs
import io
import tokenize

import pytest
from autofix.text.source import Position, Source, Undecodable
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

SAMPLES = {
    "utf-8": "é ü 漢字 한국 🎉",
    "latin-1": "é ü ß ©",
    "iso-8859-15": "é € Œ",
    "cp1252": "é “quoted” €",
    "shift_jis": "日本語テスト ｱｲｳ",
    "euc-jp": "日本語",
    "euc-kr": "한국어",
    "gb18030": "中文 🎉",
    "big5": "繁體中文",
    "koi8-r": "Привет",
    "cp1251": "Привет",
    "iso2022_jp": "日本語",
    "utf-7": "é 漢",
}
ENDINGS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


def python(encoding: str, sample: str, end: str) -> bytes:
    return f"# -*- coding: {encoding} -*-{end}x = '{sample}'{end}y = 1{end}".encode(encoding)


@pytest.mark.parametrize("last", [True, False], ids=["newline", "no newline"])
@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("encoding", SAMPLES)
def test_round_trip(encoding, end, last):
    sample = SAMPLES[encoding]
    data = python(encoding, sample, end)
    data = data if last else data.removesuffix(end.encode())
    source = Source.decode("a.py", data)
    assert source.encode(source.text) == data
    assert source.text.decode() == data.decode(encoding)
    assert codecs.lookup(source.encoding).name == codecs.lookup(encoding).name
    assert source.newline == end
    changed = source.text.replace(b"y = 1", f"y = '{sample}'".encode())
    assert source.encode(changed) == data.replace("y = 1".encode(encoding), f"y = '{sample}'".encode(encoding))


@pytest.mark.parametrize("path", ["a.py", "a.yml", "Dockerfile"])
@pytest.mark.parametrize("body", [b"", b"x = 1\r\n", "# é\n".encode(), b"# coding: utf-8\n"])
def test_byte_order_mark(path, body):
    source = Source.decode(path, codecs.BOM_UTF8 + body)
    assert source.bom
    assert source.text == body
    assert source.encode(body) == codecs.BOM_UTF8 + body
    assert source.with_text(b"new").encode(b"new") == codecs.BOM_UTF8 + b"new"


@pytest.mark.parametrize(("encoding", "bom"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)])
@pytest.mark.parametrize("text", ["", "a==1\r\nb==2\r\n", "# \U0001f40d Python\n"])
def test_utf_16_in_plain_text(encoding, bom, text):
    data = bom + text.encode(encoding)
    source = Source.decode("requirements.txt", data)
    assert source.text == text.encode()
    assert source.encode(source.text) == data
    assert source.with_text(b"x").encode(b"x") == bom + "x".encode(encoding)


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("a.txt", b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        ("a.txt", b"\xff\xfea", "not valid utf-16-le"),
        ("a.txt", b"\xff\xfe\0\xd8", "not valid utf-16-le"),
        ("a.txt", b"a\0b\0", "NUL"),
        ("a.py", b"\xff\xfea\0", "UTF-16"),
        ("a.py", b"\xfe\xff\0a", "UTF-16"),
        ("a.py", b"\0\0\xfe\xff", "UTF-16 or UTF-32"),
        ("a.py", b"a\0b", "NUL"),
        ("a.yml", b"a\n\nb: \xe9\n", r"not UTF-8 \(byte 0xe9 at line 3\)"),
        ("a.py", b"# coding: latin-1x\n\xe9", "unknown encoding 'latin-1x'"),
        ("a.py", b"# coding: ascii\n\xe9", "not valid ascii"),
        ("a.py", b"# coding: cp1252\n\x81", "not valid cp1252"),
        ("a.py", b"# coding: shift_jis\n'\x81'", "not valid shift_jis"),
        ("a.py", b"# coding: rot13\nk", "not valid rot"),
        ("a.py", b"# coding: hex\n6b", "not valid hex"),
        ("a.py", b"# coding: utf-16\nxx", "utf-16"),
        ("a.py", b"# coding: utf-8-sig\n", "round trip"),
        ("a.py", b"# coding: idna\n\xe9", "idna"),
        ("a.py", b"# coding: undefined\n", "not valid undefined"),
        ("a.py", b"# coding: unicode_escape\n'\\n'", "round trip"),
    ],
)
def test_what_is_no_text(path, data, said):
    with pytest.raises(Undecodable, match=said) as caught:
        Source.decode(path, data)
    assert "\n" not in str(caught.value)


def test_a_cookie_counts_for_python_only():
    assert Source.decode("a.yml", b"# coding: latin-1\na: b\n").encoding == "utf-8"
    with pytest.raises(Undecodable):
        Source.decode("a.sh", b"# coding: latin-1\n\xe9")
    assert Source.decode("a.pyi", b"# coding: latin-1\n\xe9").encoding == "iso8859-1"


def test_a_character_that_the_encoding_lacks():
    source = Source.decode("a.py", b"# coding: latin-1\nx = '\xe9'\n")
    with pytest.raises(Undecodable, match="cannot write '€'"):
        source.encode(source.text + "y = '€'\n".encode())


@pytest.mark.parametrize(("encoding", "char"), [("shift_jis", "¥"), ("shift_jis", "‾"), ("euc-jp", "¥")])
def test_a_character_that_would_come_back_as_another(encoding, char):
    """Some codecs write a yen sign as a backslash."""
    assert char.encode(encoding).decode(encoding) != char
    source = Source.decode("a.py", python(encoding, "x", "\n"))
    with pytest.raises(Undecodable, match=f"cannot write '{char}'"):
        source.encode(source.text + f"z = '{char}'\n".encode())


COOKIES = [
    "# coding: latin-1",
    "# vim: set fileencoding=koi8-r :",
    "#coding=cp1252",
    "\t# -*- coding:\tutf8 -*-",
    "\f# coding: ascii",
]
LINES = [
    *COOKIES,
    "",
    "#",
    "#!/usr/bin/env python3",
    "import x",
    "'''",
    "# encoding latin-1",
    "x = 1 # coding: latin-1",
    " ",
    "# " + "x" * 600,
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(LINES), max_size=4), st.sampled_from(["\n", "\r\n"]))
@example([COOKIES[0], COOKIES[1]], "\n")
@example([LINES[-1], COOKIES[1]], "\n")
def test_the_cookie_is_found_as_python_finds_it(lines, end):
    data = end.join([*lines, ""]).encode()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    assert codecs.lookup(Source.decode("a.py", data).encoding).name == codecs.lookup(encoding).name


endings = st.sampled_from(["\n", "\r\n", "\r", ""])
characters = st.characters(codec="utf-8", exclude_characters="\r\n\0")


@settings(max_examples=200)
@given(st.lists(st.tuples(st.text(characters, max_size=5), endings), max_size=8), st.booleans())
def test_any_text_comes_back(parts, bom):
    text = "".join(line + end for line, end in parts)
    assume(not text.startswith("\ufeff"))
    data = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    source = Source.decode("a.md", data)
    assert source.encode(source.text) == data
    starts = source.line_starts
    assert [text.encode()[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)] == _lines(text)
    for offset in range(len(source.text) + 1):
        line = source.line_of(offset)
        start, end = source.line_range(line)
        assert start <= offset <= end
        assert offset < end or line == len(starts)
    everywhere = [source.position(len(text[:i].encode())) for i in range(len(text) + 1)]
    assert everywhere[0] == Position(1, 1)
    assert len(set(everywhere)) == len(everywhere)
    assert everywhere == sorted(everywhere)


def _lines(text: str) -> list[bytes]:
    found = [line.encode() for line in io.StringIO(text, newline="")]
    return found if found and not found[-1].endswith((b"\n", b"\r")) else [*found, b""]


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("a", "\n"),
        ("a\r\nb\nc\n", "\n"),
        ("a\r\nb\r\nc\n", "\r\n"),
        ("a\r\nb\n", "\r\n"),
        ("a\rb\r", "\r"),
        ("a\rb\r\n", "\r\n"),
    ],
)
def test_the_line_ending_for_new_lines(text, newline):
    assert Source("a", text.encode()).newline == newline


def test_once():
    source = Source("a", b"text")
    calls = []

    def compute(given):
        calls.append(given)
        return [1]

    assert source.once(compute) is source.once(compute)
    assert calls == [source]
    assert source.with_text(b"x").once(compute) == [1]
    assert len(calls) == 2
