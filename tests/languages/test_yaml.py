"""YAML by place: marks, comments, comparison, and edits against a re-load."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from autofix.languages import yaml
from autofix.text.edit import Edit, apply_edits
from autofix.text.source import Source
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML


def source_of(text: str) -> Source:
    return Source("x.yml", text.encode())


def root_of(source: Source) -> yaml.Node:
    [root] = yaml.documents(source)
    return root


def at(source: Source, *path: str | int) -> yaml.Node:
    return next(node for found, node in yaml.walk(root_of(source)) if found == path)


def edited(text: str, edit: Callable[[Source, yaml.Node], list[Edit]], *path: str | int) -> str:
    source = source_of(text)
    return apply_edits(source.text, edit(source, at(source, *path))).decode()


STYLES = """\
é: &x !!str [b, 🤖]
b: | # c
  text # no

# trailing
c: 'é' # q
d:
- 1
- k: v
  l: w
# z
e: "x"\t# tab
? a b
: c
f: &a
g: !!str
h: plain
  more
i: >+
  keep


# c
k: &b !!map # x
  &k k: v
l: !<tag:x> y
n: *b
o:
# below
p: -
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "properties", "content"),
    [
        (("é",), "&x !!str ", "[b, 🤖]"),
        (("é", 1), "", "🤖"),
        (("b",), "", "| # c\n  text # no"),
        (("c",), "", "'é'"),
        (("d",), "", "- 1\n- k: v\n  l: w"),
        (("d", 1), "", "k: v\n  l: w"),
        (("e",), "", '"x"'),
        (("a b",), "", "c"),
        (("f",), "&a", ""),
        (("g",), "!!str", ""),
        (("h",), "", "plain\n  more"),
        (("i",), "", ">+\n  keep\n\n\n"),
        (("k",), "&b !!map # x\n  ", "&k k: v"),
        (("l",), "!<tag:x> ", "y"),
        (("n",), "", "*b"),
    ],
)
def test_places(newline: str, path: tuple[str | int, ...], properties: str, content: str) -> None:
    source = source_of(STYLES.replace("p: -\n", "").replace("\n", newline))
    node = at(source, *path)
    assert source.slice(node.start, node.content) == properties.replace("\n", newline)
    assert source.slice(node.content, node.end) == content.replace("\n", newline)


def test_empty_value_stands_behind_its_colon() -> None:
    source = source_of("a:  # c\n\nb:\n  - \n  -\nc : \n")
    ends = [node.end for path, node in yaml.walk(root_of(source)) if isinstance(node, yaml.ScalarNode)]
    assert ends == [2, 15, 20, 24]


def test_comments() -> None:
    source = source_of(STYLES.replace("p: -\n", ""))
    assert [source.slice(*span) for span in yaml.comments(source)] == [
        "# c", "# trailing", "# q", "# z", "# tab", "# c", "# x", "# below",
    ]  # fmt: skip


def test_block_in_a_file() -> None:
    text = "---\ntitle: é\n---\n# T\n".encode()
    [root] = yaml.compose(text[4:14], offset=4)
    node = yaml.mapping_get(root, "title")
    assert isinstance(node, yaml.ScalarNode)
    assert text[slice(*yaml.scalar_range(node))] == "é".encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ x }}: 1", "template"),
        ("a: {{ x }}", "template"),
        ("a:\n  {{- if .x }}\n  b: 1\n  {{- end }}\n", "template"),
        ("{% if x %}\na: 1\n{% endif %}\n", "template"),
        ("a:\n\tb: 1\n", "tab"),
        ("a: *x\n", "alias"),
        ("a: 'x\n", "not valid YAML"),
        ("a: [1\n", "not valid YAML"),
        ("a: b: c\n", "not valid YAML"),
        ("a: \x07\n", "not valid YAML"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    assert reason in (yaml.check(source_of(text)) or "")
    with pytest.raises(yaml.YamlError):
        yaml.documents(source_of(text))


@pytest.mark.parametrize(
    "text", ["", "# only\n", "a: ${{ x }}\n", "a: 'x {{ y }}'\n", "a: b\t\nc:\td\t# x\n", "a: x {{ y }} z\n", "{a: 1}"]
)
def test_no_reason(text: str) -> None:
    assert yaml.check(source_of(text)) is None


def test_tab_inside_a_value_is_kept() -> None:
    source = source_of("a: 'x\ty'\t# c\nb: |\n  x\t# no\n")
    assert yaml.load(root_of(source)) == {"a": "x\ty", "b": "x\t# no\n"}


def test_depth_is_no_limit() -> None:
    source = source_of("[" * 200 + "]" * 200)
    assert sum(1 for _ in yaml.walk(root_of(source))) == 200


def test_merges_aliases_and_duplicates() -> None:
    source = source_of("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\nb: 4\nb: 5\n")
    root = root_of(source)
    y = yaml.mapping_get(root, "y")
    assert [yaml.load(yaml.mapping_get(y, key) or root) for key in ("a", "b")] == [1, 3]
    assert yaml.mapping_get(root, "z") is yaml.mapping_get(root, "x")
    assert yaml.load(yaml.mapping_get(root, "b") or root) == 5
    assert [yaml.key_text(key) for key in yaml.duplicate_keys(root)] == ["b"]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("a: [x, z]", "a:\n- x\n- 'z'\n", True),
        ("a: 1", "a: '1'", False),
        ("a: no", "a: 'no'", False),
        ("a: x # c", "a: x", True),
        ("a: {b: 1, c: 2}", "a: {c: 2, b: 1}", True),
        ("a: 1\na: 2", "a: 2", False),
        ("a: [x]", "a: [x, y]", False),
        ("a: &b x\nc: *b", "a: x\nc: x", False),
        ("a: 1\n---\nb: 1", "a: 1\n---\nb: 2", False),
        ("a: 1\n---\nb: 1", "a: 1\n", False),
        ("a: 1", "a: [", False),
    ],
)
def test_same(before: str, after: str, same: bool) -> None:
    assert yaml.same_except(before.encode(), after.encode()) is same


def test_same_except() -> None:
    before, after = b"a: {b: 1, c: 2}\n---\na: 1", b"a: {b: 9, c: 2, d: 3}\n---\na: 1"
    assert yaml.same_except(before, after, ("a", "b"), ("a", "d"))
    assert yaml.same_except(before, after, ("a",))
    assert not yaml.same_except(before, after, ("a", "b"))
    assert not yaml.same_except(before, after, ("a",), document=1)


def test_regressed() -> None:
    assert yaml.regressed(source_of("a: 1"), source_of("a: [")) is not None
    assert yaml.regressed(source_of("a: ["), source_of("a: ]")) is None
    assert yaml.regressed(source_of("a: ["), source_of("a: []")) is None
    assert yaml.regressed(source_of("a: 1"), source_of("a: 1\na: 2")) is not None
    assert yaml.regressed(source_of("b: 1\nb: 2"), source_of("b: 1\nb: 3")) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: b # c", "a: b # c\nk: v"),
        ("a:\n  b: |+\n    x\n\n", "a:\n  b: |+\n    x\n\nk: v\n"),
        ("{b: 1,} # c\n", "{b: 1, k: v,} # c\n"),
        ("{\n  b: 1, # c\n  d: 1 # d\n}\n", "{\n  b: 1, # c\n  d: 1, # d\n  k: v\n}\n"),
        ("{}\n", "{k: v}\n"),
        ("a:\n- b\n# trailing\n", "a:\n- b\nk: v\n# trailing\n"),
        ("a:\n", "a:\nk: v\n"),
        ("--- # doc\na: 1\n...\n", "--- # doc\na: 1\nk: v\n...\n"),
    ],
)
def test_insert_key(text: str, after: str) -> None:
    assert edited(text, lambda source, node: yaml.insert_key(source, node, "k", "v")) == after
    crlf = edited(text.replace("\n", "\r\n"), lambda source, node: yaml.insert_key(source, node, "k", "v"))
    assert crlf == after.replace("\n", "\r\n") or "\n" not in text


def test_insert_key_after_another() -> None:
    text = "- x: 1 # c\n  y: 2\n- z\n"
    assert edited(text, lambda source, node: yaml.insert_key(source, node, "k", "\n  - a", after="x"), 0) == (
        "- x: 1 # c\n  k:\n    - a\n  y: 2\n- z\n"
    )


@pytest.mark.parametrize("text", ["a:\n- b: |\n    x", "a:\n- b:\n  - >-\n    x"])
def test_a_block_scalar_gets_no_line_break(text: str) -> None:
    with pytest.raises(yaml.CannotEdit):
        edited(text, lambda source, node: yaml.insert_key(source, node, "k", "v"), "a", 0)
    with pytest.raises(yaml.CannotEdit):
        edited(text, lambda source, node: yaml.append_item(source, node, "k"), "a")


@pytest.mark.parametrize("text", ["a: [b: c]", "a: [x]\n"])
def test_insert_key_refuses(text: str) -> None:
    with pytest.raises(yaml.CannotEdit):
        edited(text, lambda source, node: yaml.insert_key(source, node, "k", "v"), "a", 0)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a:\n-   b:  1\n    c: 2\n-   d\n", "a:\n-   b:  1\n    c: 2\n-   d\n-   k\n"),
        ("a: [ b ] # c\n", "a: [ b, k ] # c\n"),
        ("a: []", "a: [k]"),
        ("a: [\n  b,\n  c, # d\n]\n", "a: [\n  b,\n  c, # d\n  k,\n]\n"),
        ("a:\n  - b # c", "a:\n  - b # c\n  - k"),
        ("a:\n  - |\n    b\n\n\nc: 1\n", "a:\n  - |\n    b\n  - k\n\n\nc: 1\n"),
    ],
)
def test_append_item(text: str, after: str) -> None:
    assert edited(text, lambda source, node: yaml.append_item(source, node, "k"), "a") == after


@pytest.mark.parametrize(
    ("text", "number", "after"),
    [
        ("a:\n- b # c\n- d\n", 0, "a:\n- d\n"),
        ("a:\n- b\n# of d\n- d", 1, "a:\n- b\n# of d"),
        ("a: [b, c, d]", 1, "a: [b, d]"),
        ("a: [ b, c, ]", 1, "a: [ b, ]"),
        ("a: [\n  b,\n  c\n]\n", 0, "a: [\n  c\n]\n"),
        ("a:\n  - b: 1\n    c: |\n      x\n  - d\n", 0, "a:\n  - d\n"),
        ("a:\n-\n  b: 1\n-\n  c: 1\n", 1, "a:\n-\n  b: 1\n"),
    ],
)
def test_remove_item(text: str, number: int, after: str) -> None:
    def remove(source: Source, node: yaml.Node) -> list[Edit]:
        assert isinstance(node, yaml.SequenceNode)
        return yaml.remove_item(source, node, node.items[number])

    assert edited(text, remove, "a") == after


@pytest.mark.parametrize(("text", "number"), [("a: [b]", 0), ("a:\n- b\n", 0), ("a: [b, # c\n d]", 0)])
def test_remove_item_refuses(text: str, number: int) -> None:
    with pytest.raises(yaml.CannotEdit):
        test_remove_item(text, number, "")


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("a: 'x' # c", "it's", "a: 'it''s' # c"),
        ('a: "x"', 'q"\\', 'a: "q\\"\\\\"'),
        ("a: x", "x: y", 'a: "x: y"'),
        ("a: x", "3.10", 'a: "3.10"'),
        ("a: x", 7860, "a: 7860"),
        ("a: 'x'", True, "a: true"),
        ("a: &b !!str x", "z", "a: &b !!str z"),
        ("a:\nb: 1", "x", "a: x\nb: 1"),
        ("a: x\n  y # c\n", "z", "a: z # c\n"),
        ("a: x", "line\nline", 'a: "line\\nline"'),
    ],
)
def test_replace_scalar(text: str, value: str | int, after: str) -> None:
    assert edited(text, lambda source, node: yaml.replace_scalar(source, node, value), "a") == after


def test_replace_scalar_refuses_a_key_alone() -> None:
    with pytest.raises(yaml.CannotEdit):
        edited("a: {b, c}", lambda source, node: yaml.replace_scalar(source, node, "y"), "a", "b")


@pytest.mark.parametrize("text", ["a: |\n  x\n", "b: &b x\na: *b\n", "a: [x]\n"])
def test_replace_scalar_refuses(text: str) -> None:
    with pytest.raises(yaml.CannotEdit):
        edited(text, lambda source, node: yaml.replace_scalar(source, node, "y"), "a")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: x == 'main' # main\n", "a: x == 'next' # main\n"),
        ("a: 'x ''main'''\n", "a: 'x ''next'''\n"),
        ("a: |\n  é\n  main\n", "a: |\n  é\n  next\n"),
        ("a: >-\n  é\n\n  main\n", "a: >-\n  é\n\n  next\n"),
        ('a: "é \\t main"\r\n', 'a: "é \\t next"\r\n'),
        ("a: x\n  main\n", "a: x\n  next\n"),
        ('a: "\\x6dain main"\n', None),
        ("a: | # main\n  main\n", None),
        ('a: "\\x6dain"\n', None),
    ],
)
def test_replace_part(text: str, after: str | None) -> None:
    source = source_of(text)
    node = at(source, "a")
    assert isinstance(node, yaml.ScalarNode)
    start = node.value.rindex("main")
    if after is None:
        with pytest.raises(yaml.CannotEdit):
            yaml.replace_part(source, node, start, start + 4, "next")
        return
    assert apply_edits(source.text, yaml.replace_part(source, node, start, start + 4, "next")).decode() == after
    with pytest.raises(yaml.CannotEdit):
        yaml.replace_part(source, node, start, start + 4, "it's")


# Properties: whatever is edited, a second reader (ruamel's own loader) sees what was meant and nothing else.

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
SCALARS = st.one_of(
    TEXTS, st.sampled_from(["no", "3.10", "null", "~", "a: b", "a #b", "- a", "[x", "1_000", "12:30:45", "=", "<<"])
)
SHAPES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text("abcé🤖 ", max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4),
        st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)


def dumped(data: object, *, flow: bool, newline: str, final: bool) -> str:
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.width = 40
    writer.allow_unicode = True
    stream = io.StringIO()
    writer.dump(data, stream)
    text = stream.getvalue().removesuffix("...\n")
    text = text if final else text.rstrip("\n")
    return text.replace("\n", newline)


def loaded(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


def put(data: object, path: tuple[str | int, ...], change: Callable[[object], object]) -> object:
    if not path:
        return change(data)
    if isinstance(data, dict):
        return {key: put(value, path[1:], change) if key == path[0] else value for key, value in data.items()}
    assert isinstance(data, list)
    return [put(item, path[1:], change) if number == path[0] else item for number, item in enumerate(data)]


FILES = st.tuples(
    st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), SHAPES, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def pick(data: st.DataObject, source: Source, kind: type[yaml.Node]) -> tuple[tuple[str | int, ...], yaml.Node]:
    places = [(path, node) for path, node in yaml.walk(root_of(source)) if isinstance(node, kind)]
    assume(places)
    return data.draw(st.sampled_from(places))


@given(FILES, SCALARS, st.data())
@settings(max_examples=150, deadline=None)
def test_replacing_changes_one_value(file: tuple[object, bool, str, bool], value: str, data: st.DataObject) -> None:
    shape, flow, newline, final = file
    text = dumped(shape, flow=flow, newline=newline, final=final)
    source = source_of(text)
    path, node = pick(data, source, yaml.ScalarNode)
    assert isinstance(node, yaml.ScalarNode)
    assume(not node.is_block)
    result = apply_edits(source.text, yaml.replace_scalar(source, node, value))
    assert loaded(result.decode()) == put(shape, path, lambda _: value)
    assert yaml.same_except(source.text, result, path)


@given(FILES, SCALARS, st.data())
@settings(max_examples=120, deadline=None)
def test_inserting_adds_one_key(file: tuple[object, bool, str, bool], value: str, data: st.DataObject) -> None:
    shape, flow, newline, final = file
    source = source_of(dumped(shape, flow=flow, newline=newline, final=final))
    path, node = pick(data, source, yaml.MappingNode)
    assume(source.slice(node.content, node.content + 1) == "{" or not (isinstance(node, yaml.MappingNode) and node.flow))
    edits = yaml.insert_key(source, node, "new-key", yaml.rendered(value, flow=True))
    result = apply_edits(source.text, edits)
    assert loaded(result.decode()) == put(shape, path, lambda old: {**old, "new-key": value} if isinstance(old, dict) else old)
    assert yaml.same_except(source.text, result, (*path, "new-key"))


@given(FILES, SCALARS, st.data())
@settings(max_examples=120, deadline=None)
def test_items_come_and_go(file: tuple[object, bool, str, bool], value: str, data: st.DataObject) -> None:
    shape, flow, newline, final = file
    source = source_of(dumped(shape, flow=flow, newline=newline, final=final))
    path, node = pick(data, source, yaml.SequenceNode)
    assert isinstance(node, yaml.SequenceNode)
    result = apply_edits(source.text, yaml.append_item(source, node, yaml.rendered(value, flow=True)))
    assert loaded(result.decode()) == put(shape, path, lambda old: [*old, value] if isinstance(old, list) else old)
    number = data.draw(st.integers(0, len(node.items) - 1))
    try:
        shorter = apply_edits(source.text, yaml.remove_item(source, node, node.items[number]))
    except yaml.CannotEdit:
        return
    expected = put(shape, path, lambda old: [*old[:number], *old[number + 1 :]] if isinstance(old, list) else old)
    assert loaded(shorter.decode()) == expected


@given(SCALARS, st.booleans())
@settings(max_examples=250, deadline=None)
def test_rendered_strings_are_read_as_that_string(value: str, flow: bool) -> None:
    text = yaml.rendered(value, flow=flow)
    written = f"[{text}, x]" if flow else f"- {text}\n- x"
    assert loaded(written) == [value, "x"]
    assert yaml.load(root_of(source_of(written))) == [value, "x"]


@given(st.text(st.sampled_from("ab:- \n\t#'\"[]{},&*!|>?%é\r"), max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_places_within_it_or_a_reason(text: str) -> None:
    source = source_of(text)
    try:
        roots = yaml.documents(source)
        spans = yaml.comments(source)
    except yaml.YamlError as error:
        assert 0 <= error.offset <= len(source.text)  # noqa: PT017
        return
    for root in roots:
        for _, node in yaml.walk(root):
            assert 0 <= node.start <= node.content <= node.end <= len(source.text)
    assert all(source.text[start : start + 1] == b"#" for start, _ in spans)
    assert yaml.same_except(source.text, source.text)
