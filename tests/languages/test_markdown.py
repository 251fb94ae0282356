"""Frontmatter as the Hub sees it; comments and headings as a reader does."""

from __future__ import annotations

import re

import pytest
from autofix.languages import markdown, yaml
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st

# huggingface_hub.repocard, for text.
THEIRS = re.compile(r"^(\s*---(\r\n|\r|\n))([\S\s]*?)((\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")


def source(text: str | bytes, path: str = "README.md") -> Source:
    return Source.decode(path, text.encode() if isinstance(text, str) else text)


def data(text: str | bytes) -> object:
    found = markdown.frontmatter(source(text))
    return yaml.load(found.root) if found else None


@pytest.mark.parametrize(
    "text",
    [
        "---\na: 1\n---\n",
        "---\r\na: 1\r\n---\r\n",
        "---\ra: 1\r---\n",
        "\n\n  ---\na: 1\n---  \t\nText",
        "---\na: 1\n---",
        "\ufeff---\na: 1\n---\n",
        "---\n\na: 1\n\n---\n---\n",
    ],
)
def test_frontmatter(text: str) -> None:
    assert data(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# T\n",
        "--- \na: 1\n---\n",
        "<!-- c -->\n---\na: 1\n---\n",
        "---\na: 1\n",
        "---\na: 1\n...\n",
        "---\n---\n",
        "+++\na = 1\n+++\n",
        "----\na: 1\n----\n",
        "---\n\n# T\n\n---\n",
        "---\nText\n---\n",
        "---\n- a\n---\n",
        "---\n{}\n---\n",
    ],
)
def test_no_frontmatter(text: str) -> None:
    assert data(text) is None


def test_a_broken_block_is_told() -> None:
    with pytest.raises(yaml.YamlError) as caught:
        markdown.frontmatter(source("---\na: b: c\n---\n"))
    assert caught.value.offset == 8


@given(st.text(alphabet="-a: \t\r\n.", max_size=40))
def test_the_block_is_that_of_the_hub(text: str) -> None:
    found, theirs = markdown.block(source(text)), THEIRS.search(text)
    assert (found is None) == (theirs is None)
    if found is not None and theirs is not None:
        assert (found.content, found.content_end, found.end) == (*theirs.span(3), theirs.end())


def comments(text: str, path: str = "README.md") -> list[str]:
    page = source(text, path)
    return [page.slice(start, end) for start, end in markdown.comments(page)]


def test_comments() -> None:
    assert comments("a <!-- b --> c\n<!--\n```\n-->\nd\n") == ["<!-- b -->", "<!--\n```\n-->"]
    assert comments("---\na: 1  # b\nc: '# d'\n---\n<!-- e -->\n") == ["# b", "<!-- e -->"]
    assert comments("- item\n\n    <!-- in the item -->\n") == ["<!-- in the item -->"]
    assert comments("a {/* b */}\n") == []
    assert comments("a {/* b */}\n", "a.mdx") == ["{/* b */}"]


@pytest.mark.parametrize(
    "text",
    [
        "```\n<!-- a -->\n```\n",
        "~~~~ md\n```\n<!-- a -->\n~~~\n~~~~\n",
        "  ```\n  <!-- a -->\n",
        "`<!-- a -->`\n",
        "``a ` <!-- a -->``\n",
        "`a\n<!-- a -->`\n",
        "text\n\n    <!-- a -->\n",
        "\\<!-- a -->\n",
        "<!-- never closed\n",
        "- ```\n  <!-- a -->\n  ```\n",
    ],
)
def test_no_comments(text: str) -> None:
    assert comments(text) == []


def test_a_backtick_in_another_paragraph_closes_nothing() -> None:
    assert comments("a ` b\n\n<!-- c --> `\n") == ["<!-- c -->"]


def headings(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in markdown.headings(source(text))]


def test_headings() -> None:
    text = "---\na: 1\n# no\n---\n# A #\n\n```\n# no\n```\n"
    text += "<!--\n# no\n-->\nB\n===\n\nC\n---\n\n#no\n\n<h1 id='x'>D</h1>\n## E\r\n"
    assert headings(text) == [(1, "A"), (1, "B"), (2, "C"), (1, "D"), (2, "E")]
    assert headings("Two\nlines\n===\n\n- item\n---\n\n> quote\n===\n") == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Bold** and _it_ [link](https://x) ![img](y)", "Bold and it link"),
        ("[![CI](a)](b) Name", "Name"),
        ("snake_case_name * star", "snake_case_name * star"),
        ("`code` <b>tag</b> <!-- c --> a < b", "code tag a < b"),
        (r"\*not\* \[a\]", "*not* [a]"),
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert markdown.plain_text(text) == plain


def test_what_is_worse() -> None:
    good = source("---\na: 1\n---\n")
    assert markdown.regressed(good, source("---\na: 1\n--\n")) == "has lost its frontmatter"
    assert markdown.regressed(good, source("---\na: 1\na: 2\n---\n")) == "repeats the key a"
    assert markdown.regressed(good, source("---\nb: 1\n---\n")) is None
    assert markdown.regressed(source("---\na: b: c\n---\n"), source("---\na: b: c\n---\n")) is None
