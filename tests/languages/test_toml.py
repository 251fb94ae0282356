"""TOML by place: everything tomllib reads is found where it stands, and every edit means what it says."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from autofix.languages import Language
from autofix.languages.comments import comments as comments_of
from autofix.languages.toml import (
    CannotEdit,
    TomlError,
    append_item,
    check,
    comments,
    insert_key,
    insert_table,
    load,
    parse,
    regressed,
    remove,
    rendered,
    replace_value,
)
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from hypothesis import given, settings
from hypothesis import strategies as st

PROJECT = """\
# the file

[build-system]
requires = ["hatchling"]  # back-end

[project]
name = "app"
readme = { file = "docs/README.md", content-type = "text/markdown" }
dependencies = [
    "sqlalchemy>=2",  # the database
    'psycopg2-binary',
    # none below
    "uvicorn[standard]" # last
]
# about extras
[project.optional-dependencies]
dev=["pytest"]

[[tool.mypy.overrides]]
module = ["a.*", "b"]
[[tool.mypy.overrides]]
module = "c"
"q.d" . 'x y' = 1979-05-27 07:32:00 # when
"""


def source(text: str) -> Source:
    return Source("pyproject.toml", text.encode())


def edited(text: str, edits) -> str:
    return apply_edits(text.encode(), edits).decode()


def at(text: str, *path):
    found = parse(source(text)).value(*path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "written", "key"),
    [
        (("build-system", "requires"), '["hatchling"]', "requires"),
        (("build-system", "requires", 0), '"hatchling"', None),
        (("project", "readme", "content-type"), '"text/markdown"', "content-type"),
        (("project", "dependencies", 1), "'psycopg2-binary'", None),
        (("tool", "mypy", "overrides", 0, "module", 1), '"b"', None),
        (("tool", "mypy", "overrides", 1, "module"), '"c"', "module"),
        (("tool", "mypy", "overrides", 1, "q.d", "x y"), "1979-05-27 07:32:00", "\"q.d\" . 'x y'"),
    ],
)
def test_places(path, written, key):
    for text in (PROJECT, PROJECT.replace("\n", "\r\n")):
        value = at(text, *path)
        assert text[value.start : value.end] == written
        assert (text[slice(*value.key)] if value.key else None) == key


def test_tables():
    document = parse(source(PROJECT))
    assert list(document.tables) == [
        (),
        ("build-system",),
        ("project",),
        ("project", "optional-dependencies"),
        ("tool", "mypy", "overrides", 0),
        ("tool", "mypy", "overrides", 1),
    ]
    table = document.table("project", "optional-dependencies")
    assert table is not None
    assert PROJECT[table.start : table.last] == '[project.optional-dependencies]\ndev=["pytest"]'
    assert document.table("tool") is None


@pytest.mark.parametrize(
    "string",
    [
        '"""a"""', '""""a"""', '"""a""""', '"""a"""""', '""""""', '"""\\""""', '"""a\n# no\n"""', '"""a\\\n   b"""',
        '"""""a"""',
        "'''a'''", "'''a''''", "'''a'''''", "''''''", "'''\\'''", "''''a'''", '"# no"', "'# no'", '"\\\\"', "'\\'",
        '"\\""', '""', "''",
    ],
)  # fmt: skip
def test_strings_end_where_they_end(string):
    text = f"[t]\na = {string}\nb = [{string}, {string}] # yes\nc = {{ d = {string} }}\n"
    data = tomllib.loads(text)
    for path in (("t", "a"), ("t", "b", 0), ("t", "b", 1), ("t", "c", "d")):
        value = at(text, *path)
        assert text[value.start : value.end] == string
    assert [text[start:end] for start, end in comments(source(text))] == ["# yes"]
    assert data["t"]["a"] == data["t"]["b"][1]


def test_comments():
    found = [PROJECT[start:end] for start, end in comments(source(PROJECT))]
    expected = ["# the file", "# back-end", "# the database", "# none below", "# last", "# about extras", "# when"]
    assert found == expected
    crlf = PROJECT.replace("\n", "\r\n")
    assert [crlf[start:end] for start, end in comments_of(source(crlf), Language.TOML)] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = \n", "line 2: invalid value"),
        ("a = 1\r\na = 2\r\n", "line 2: cannot overwrite a value"),
        ("a = [1,\n", "line 2: "),
        ("a = 1\rb = 2", "line 1: "),
        ("[a]\n[a]\n", "line 2: cannot declare"),
        ("a = 2020-02-30", "line 1: "),
        ("a = " + "[" * 20_000, "line 1: nested too deeply"),
        ("<<<<<<< HEAD\na = 1\n=======\n", "line 1: "),
    ],
)
def test_what_is_no_toml(text, said):
    problem = check(source(text))
    assert problem is not None
    assert problem.startswith(said)
    assert "\n" not in problem
    with pytest.raises(TomlError):
        parse(source(text))
    assert regressed(source("a = 1\n"), source(text)) == problem
    assert regressed(source("a = "), source(text)) is None


def test_what_is_toml():
    assert check(source(PROJECT)) is None
    assert regressed(source(PROJECT), source("")) is None


class TestReplace:
    def test_quotes_are_kept(self):
        found = edited(PROJECT, replace_value(source(PROJECT), at(PROJECT, "project", "dependencies", 1), "asyncpg>=0.30"))
        assert found == PROJECT.replace("'psycopg2-binary'", "'asyncpg>=0.30'")

    def test_a_string_that_single_quotes_cannot_hold(self):
        assert edited("a = 'x'", replace_value(source("a = 'x'"), at("a = 'x'", "a"), "it's")) == 'a = "it\'s"'

    def test_an_array_of_tables_is_not_touched_by_a_replacement_of_the_first(self):
        found = edited(PROJECT, replace_value(source(PROJECT), at(PROJECT, "tool", "mypy", "overrides", 0, "module", 0), "z"))
        assert found == PROJECT.replace('"a.*"', '"z"')


class TestInsertKey:
    @pytest.mark.parametrize(
        ("text", "path", "expected"),
        [
            ("[a]\nb = 1 # c\n\n[d]\n", ("a", "x"), '[a]\nb = 1 # c\nx = "v"\n\n[d]\n'),
            ("[a]\n  b = 1\n", ("a", "x"), '[a]\n  b = 1\n  x = "v"\n'),
            ("[a]\nb=1", ("a", "x"), '[a]\nb=1\nx="v"'),
            ("[a] # c\n[d]\n", ("a", "x"), '[a] # c\nx = "v"\n[d]\n'),
            ("[a]", ("a", "x"), '[a]\nx = "v"'),
            ("", ("x",), 'x = "v"\n'),
            ("[a]\n", ("x",), 'x = "v"\n\n[a]\n'),
            ("# licence\n\n# about a\n[a]\n", ("x",), '# licence\n\nx = "v"\n\n# about a\n[a]\n'),
            ("b = 1\n[a]\n", ("x",), 'b = 1\nx = "v"\n[a]\n'),
            ("a = {}\n", ("a", "x"), 'a = { x = "v" }\n'),
            ("a = { b = 1 }\n", ("a", "x y"), 'a = { b = 1, "x y" = "v" }\n'),
            ("a = {b.c = [1, 2]}\n", ("a", "x"), 'a = {b.c = [1, 2], x = "v"}\n'),
            ("[[a]]\nb = 1\n[[a]]\nb = 2\n", ("a", 0, "x"), '[[a]]\nb = 1\nx = "v"\n[[a]]\nb = 2\n'),
            ("a = [{ b = 1 }]\n", ("a", 0, "x"), 'a = [{ b = 1, x = "v" }]\n'),
            ('[a]\nb = """\n]\n"""\n[c]\n', ("a", "x"), '[a]\nb = """\n]\n"""\nx = "v"\n[c]\n'),
            ("[a]\nb = 1\n[a.c]\nd = 1\n", ("a", "x"), '[a]\nb = 1\nx = "v"\n[a.c]\nd = 1\n'),
        ],
    )
    def test_where(self, text, path, expected):
        assert edited(text, insert_key(source(text), path, "v")) == expected
        crlf = text.replace("\n", "\r\n")
        if "\n" in text:
            assert edited(crlf, insert_key(source(crlf), path, "v")) == expected.replace("\n", "\r\n")

    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("[a]\nx = 1\n", ("a", "x")),
            ("[a.x]\ny = 1\n", ("a", "x")),
            ("[a.b]\n", ("a", "x")),
            ("a = 1\n", ("a", "x")),
            ("a = [1]\n", ("a", 0)),
            ("[a.x]\ny = 1\n[a]\n", ("a", "x")),
            ("x.y = 1\n", ("x",)),
            ("[[a]]\n", ("a", "x")),
        ],
    )
    def test_where_not(self, text, path):
        with pytest.raises(CannotEdit):
            insert_key(source(text), path, "v")


class TestInsertTable:
    @pytest.mark.parametrize(
        ("text", "before"), [("", ""), ("a = 1\n", "a = 1\n\n"), ("a = 1", "a = 1\n\n"), ("[b]\n\n", "[b]\n\n"), ("\n", "\n")]
    )
    def test_where(self, text, before):
        expected = before + '[tool."x.y"]\nkey = true\nlist = ["v"]\n'
        assert edited(text, insert_table(source(text), ("tool", "x.y"), {"key": True, "list": ["v"]})) == expected

    @pytest.mark.parametrize(
        ("text", "path"), [("[a]\n", ("a",)), ("a = 1", ("a",)), ("a.b = 1", ("a",)), ("[[a]]", ("a", 0)), ("", ())]
    )
    def test_where_not(self, text, path):
        with pytest.raises(CannotEdit):
            insert_table(source(text), path, {"x": 1})


class TestItems:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a = []", 'a = ["v"]'),
            ("a = [ ]", 'a = ["v"]'),
            ("a = ['x']", "a = ['x', 'v']"),
            ('a = ["x",]', 'a = ["x", "v",]'),
            ('a = [\n  "x", # c\n  "y" # d\n] # e', 'a = [\n  "x", # c\n  "y", # d\n  "v"\n] # e'),
            ('a = [\n\t"x",\n\t"y", # d\n]', 'a = [\n\t"x",\n\t"y", # d\n\t"v",\n]'),
            ('a = [\n  "x"\n  , # c\n]', 'a = [\n  "x"\n  , # c\n  "v",\n]'),
            ('a = ["x",\n     "y"]', 'a = ["x",\n     "y", "v"]'),
            ("a = [[1], [2]]", 'a = [[1], [2], "v"]'),
            ('a = [\n  "x",\n  # trailing\n]', 'a = [\n  "x",\n  "v",\n  # trailing\n]'),
        ],
    )
    def test_append(self, text, expected):
        assert edited(text, append_item(source(text), at(text, "a"), "v")) == expected
        crlf = text.replace("\n", "\r\n")
        assert edited(crlf, append_item(source(crlf), at(crlf, "a"), "v")) == expected.replace("\n", "\r\n")

    def test_append_where_not(self):
        for text in ("a = 1", "a = {}", "a = [ # why\n]"):
            with pytest.raises(CannotEdit):
                append_item(source(text), at(text, "a"), "v")

    @pytest.mark.parametrize(
        ("text", "path", "expected"),
        [
            ("a = 1 # c\nb = 2\n", ("a",), "b = 2\n"),
            ("b = 2\n  a = [\n1,\n]", ("a",), "b = 2\n"),
            ("a = [1, 2, 3]", ("a", 0), "a = [2, 3]"),
            ("a = [1, 2, 3]", ("a", 1), "a = [1, 3]"),
            ("a = [1, 2, 3]", ("a", 2), "a = [1, 2]"),
            ("a = [1, 2 ,]", ("a", 1), "a = [1 ,]"),
            ("a = [1]", ("a", 0), "a = []"),
            ("a = [ 1, ]", ("a", 0), "a = []"),
            ("a = [\n  1, # one\n  2, # two\n]", ("a", 0), "a = [\n  2, # two\n]"),
            ("a = [\n  1, # one\n  2 # two\n]", ("a", 1), "a = [\n  1, # one\n]"),
            ("a = [\n  1,\n  2]", ("a", 1), "a = [\n  1]"),
            ("a = { b = 1, c = 2 }", ("a", "b"), "a = { c = 2 }"),
            ("a = { b = 1, c = 2 }", ("a", "c"), "a = { b = 1 }"),
            ("a = { b = 1 }", ("a", "b"), "a = {}"),
        ],
    )
    def test_remove(self, text, path, expected):
        assert edited(text, remove(source(text), at(text, *path))) == expected

    def test_remove_where_not(self):
        text = "a = [1, # one\n 2]"
        with pytest.raises(CannotEdit):
            remove(source(text), at(text, "a", 0))


def test_rendered():
    assert rendered('a"\\\n\x00é') == '"a\\"\\\\\\n\\u0000é"'
    assert rendered({"a b": [1, 2.5, True], "c": {}}) == '{ "a b" = [1, 2.5, true], c = {} }'


# Random TOML: data first, then one of the many ways to write it.
names = st.sampled_from(["a", "b", "a-b", "1", "é", "a.b", "x y", '"', "#", "'", "\\", "", "\n", "tool"])
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
    | st.sampled_from(['"""', "'''", '""', "# no", "]", "}", "a\nb", "1979-05-27"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def blank(draw: Any) -> str:
    return draw(st.sampled_from(["", " ", "\t "]))


def space(draw: Any) -> str:
    return draw(st.sampled_from(["", " ", "\n", " # c ]\n", "\n\t", '# "\n']))


def written_key(draw: Any, name: str) -> str:
    ways = [rendered(name)]
    if name.isascii() and name.replace("-", "").isalnum():
        ways.append(name)
    if not set(name) & set("'\n"):
        ways.append(f"'{name}'")
    return draw(st.sampled_from(ways))


def written(draw: Any, value: Any) -> str:
    if value is None:
        return draw(st.sampled_from(["1979-05-27", "07:32:00", "1979-05-27 07:32:00Z", "0xff", "1_000", "inf", "-nan", "1e3"]))
    if isinstance(value, list):
        items = "".join(f"{space(draw)}{written(draw, item)}{space(draw)}," for item in value)
        return "[" + (items if draw(st.booleans()) else items.removesuffix(",")) + space(draw) + "]"
    if isinstance(value, dict):
        entries = (f"{blank(draw)}{pair(draw, name, item)}{blank(draw)}" for name, item in value.items())
        return "{" + ",".join(entries) + "}"
    ways = [rendered(value)]
    if isinstance(value, str):
        ways.append(f'"""{rendered(value)[1:-1]}"""')
        ways += [f"'''{value}'''"] if "'''" not in value and value.isprintable() else []
        ways.append(rendered(value, literal=True))
    return draw(st.sampled_from(ways))


def pair(draw: Any, name: str, value: Any) -> str:
    key = written_key(draw, name)
    if isinstance(value, dict) and len(value) == 1 and draw(st.booleans()):
        ((inner, item),) = value.items()
        return f"{key}{blank(draw)}.{blank(draw)}{pair(draw, inner, item)}"
    return f"{key}{blank(draw)}={blank(draw)}{written(draw, value)}"


@st.composite
def documents(draw: Any) -> str:
    lines = [pair(draw, name, value) for name, value in draw(st.dictionaries(names, plain, max_size=3)).items()]
    for _ in range(draw(st.integers(0, 4))):
        path = draw(st.lists(names, min_size=1, max_size=3))
        brackets = draw(st.integers(1, 2))
        header = f"{blank(draw)}.{blank(draw)}".join(written_key(draw, name) for name in path)
        lines += ["", "[" * brackets + blank(draw) + header + blank(draw) + "]" * brackets]
        lines += [pair(draw, name, value) for name, value in draw(st.dictionaries(names, plain, max_size=3)).items()]
    lines = [blank(draw) + line + draw(st.sampled_from(["", " # c", '#"'])) for line in lines]
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def leaves(data: Any, path: tuple[str | int, ...] = ()):
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    yield path, data
    for key, value in items:
        yield from leaves(value, (*path, key))


@settings(max_examples=200, deadline=None)
@given(documents())
def test_all_that_tomllib_reads_is_found_where_it_stands(text):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert check(source(text)) is not None
        return
    document = parse(source(text))
    raw = text.encode()
    found = dict(leaves(data))
    for path, value in document.values.items():
        read = tomllib.loads("x = " + raw[value.start : value.end].decode())["x"]
        assert repr(read) == repr(found[path])
        if value.key is not None:
            written = tomllib.loads(raw[slice(*value.key)].decode() + " = 0")
            assert [path for path, leaf in leaves(written) if leaf == 0][-1] == path[-len(list(leaves(written))) + 1 :]
    for path, value in found.items():
        if not isinstance(value, (dict, list)):
            assert path in document.values
    for path, table in document.tables.items():
        if path:
            header = raw[table.start : table.end].decode()
            assert header.startswith("[")
            assert path in found
    # Without its comments it still says the same.
    bare = raw
    for start, end in reversed(comments(source(text))):
        bare = bare[:start] + bare[end:]
    assert repr(tomllib.loads(bare.decode())) == repr(data)


@settings(max_examples=200, deadline=None)
@given(documents(), st.data())
def test_every_edit_changes_what_it_says_and_nothing_else(text, data):
    if check(source(text)) is not None:
        return
    where = source(text)
    document = parse(where)
    before = load(where)
    new = data.draw(plain.filter(lambda value: value is not None and "None" not in repr(value)))
    values = list(document.values.values())
    tables = list(document.tables)
    kind = data.draw(st.sampled_from(["replace", "remove", "append", "key", "table"]))
    try:
        if kind in ("key", "table"):
            path = (*data.draw(st.sampled_from(tables)), data.draw(names))
            edits = insert_key(where, path, new) if kind == "key" else insert_table(where, path, {"k": new})
        elif not values:
            return
        else:
            value = data.draw(st.sampled_from(values))
            path = value.path
            if kind == "append":
                path = (*path, len(value.children))
                edits = append_item(where, value, new)
            else:
                edits = replace_value(where, value, new) if kind == "replace" else remove(where, value)
    except CannotEdit:
        return
    after = tomllib.loads(apply_edits(where.text, edits).decode())
    kept = [
        (place, value) for place, value in leaves(before) if not isinstance(value, (dict, list)) and place[: len(path)] != path
    ]
    found = dict(leaves(after))
    if kind != "remove":
        for place, value in kept:
            assert repr(found[place]) == repr(value)
        assert repr(found[path]) == repr({"k": new} if kind == "table" else new)
    if "\r\n" in text:
        assert "\n" not in apply_edits(where.text, edits).decode().replace("\r\n", "")


def test_common_edits_are_never_refused():
    """The proof must not turn down what is asked for every day."""
    for text in (PROJECT, PROJECT.replace("\n", "\r\n"), PROJECT.removesuffix("\n")):
        for value in parse(source(text)).values.values():
            assert replace_value(source(text), value, "x")
            if value.kind == "array":
                assert append_item(source(text), value, "x")
            if value.path[:2] != ("project", "readme"):
                assert remove(source(text), value)
        for path in parse(source(text)).tables:
            assert insert_key(source(text), (*path, "fresh"), "x")
