"""Comments of every language: each is found, and nothing else."""

from __future__ import annotations

import pytest
from autofix.languages import Language, language_of
from autofix.languages.comments import comments
from autofix.languages.typescript.syntax import check, errors, near_error, node_at, regressed, tree
from autofix.project.suppression import suppressions
from autofix.text.source import Source

# `y` and a digit mark what is a comment, `no` what is none.
SAMPLES = {
    "a.py": "# y1\na = '# no' # y2\nb = '''\n# no\n'''\n# y3",
    "a.ts": "// y1\na('// no', `// no ${b /* y2 */}`, /\\/\\/ no/) // y3\n/** y4\n * y4 */\nx = a /* y5 */ / b; // y6",
    "a.tsx": "<p a='// no'>// no {/* y1 */} /* no */ {a // y2\n}</p>",
    "a.js": "#! no\n// y1\n<!-- y2\na()\n",
    "Dockerfile": "# y1\nFROM a\n  # y2\nRUN echo '# no' # no \\\n  # y3\n  && b\n",
    "a.yml": "# y1\na: 'b # no' # y2\nb: |\n  # no\nc: d#no\n",
    "a.md": "<!-- y1 -->\n# no\n`<!-- no -->`\n\n```\n<!-- no -->\n```\n<!-- y2\n y2 -->\n",
    "b.md": "---\n# y1\na: '# no' # y2\n---\n# no\n",
    "a.toml": '# y1\na = \'# no\' # y2\nb = """\n# no\n"""\n',
    "a.json": '// y1\n{"a": "// no" /* y2\n */}\n',
    "a.ini": "# y1\n ; y2\na = b # no ; no\n[c] # no\n",
    "a.sh": '#!/bin/sh y1\necho "# no" \'# no\' a#no ${#a} $# # y2\ncat <<E\n# no\nE\necho "$(b # y3\n)" \\# no\n',
    "c.sh": "$'\\'# no' # y1\na\\\n#no\n",
    "b.sh": "cat <<-'E F' <<X # y1\n# no\n\tE F\n# no\nX\ncat <<<'x' # y2\n`a # y3\n`;# y4\n",
    "Procfile": "# y1\nweb: a '# no' # y2\nworker: it's\nb: c # y3\n",
    ".env": "# y1\nA=b # y2\nB=\"c # no\n# no\" # y3\nC='# no'\nD=e#no\nexport E='f' # y4\nF= # y5\nG=it's # y6\nH=http://x/#no\n",
    "requirements.txt": "# y1\na==1 # y2\nb @ https://c/d#no\n  # y3\n",
    ".gitignore": "# y1\n\\#no\na # no\n #no\n",
    "a.html": "<!-- y1 --><p>no</p><script>'<!-- no -->'</script><STYLE><!-- no --></STYLE ><!-- y2\n -->",
}


@pytest.mark.parametrize("path", SAMPLES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments(path: str, newline: str) -> None:
    text = SAMPLES[path].replace("\n", newline)
    source = Source(path, text.encode())
    language = language_of(path)
    assert language is not None
    found = [source.slice(start, end) for start, end in comments(source, language)]
    wanted = sorted(set(_marks(text)))
    assert sorted(mark for comment in found for mark in sorted(set(_marks(comment)))) == wanted
    assert not any("no" in comment for comment in found)
    assert not any(comment.endswith(("\r", "\n")) for comment in found)


def _marks(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text)) if text[at] == "y" and text[at + 1 : at + 2].isdigit()]


def test_every_language_has_a_sample() -> None:
    assert {language_of(path) for path in SAMPLES} == set(Language)


@pytest.mark.parametrize("path", ["a.py", "Dockerfile", "a.yml", "a.toml", "b.md", "a.tsx"])
def test_suppressions_reach_every_parser(path: str) -> None:
    text = {
        "a.py": "# autofix: ignore[x]\na = 1\nb = 2\n",
        "Dockerfile": "FROM c\n# autofix: ignore[x]\nRUN a \\\n  && d\nRUN b\n",
        "a.yml": "# autofix: ignore[x]\na: 1\nb: 2\n",
        "a.toml": "# autofix: ignore[x]\na = 1\nb = 2\n",
        "b.md": "---\n# autofix: ignore[x]\na: 1\nb: 2\n---\n",
        "a.tsx": "<p>\n  {/* autofix: ignore[x] */}\n  a\n  <b />\n</p>",
    }[path]
    source = Source(path, text.encode())
    found = suppressions(source, language_of(path))
    code = source.text.index(b"ignore[x]") + 9
    a, b = source.text.index(b"a", code), source.text.index(b"b", code)
    assert found.covers("x", "g", a, a + 1)
    assert not found.covers("x", "g", b, b + 1)
    assert found.notices({"x"}, {"x": "g"}) == []


# Errors of TypeScript

BROKEN = "const a = 1;\nconst b = <p>this & that</p>;\nfunction c() {\n  d();\n}\n"


def test_errors_are_local() -> None:
    source = Source("a.tsx", BROKEN.encode())
    assert len(errors(source)) == 1
    assert check(source) is None
    assert errors(Source("a.ts", b"let a: B<C>[] = <D>e;")) == []
    assert errors(Source("a.tsx", b"let a = <D>e;")) != []


def test_no_edit_near_an_error() -> None:
    source = Source("a.tsx", BROKEN.encode())

    def near(text: str) -> bool:
        start = source.text.index(text.encode())
        return near_error(source, start, start + len(text))

    assert near("&")
    assert near("this")
    assert near("const b")
    assert not near("const a = 1;")
    assert not near("d();")
    start = source.text.index(b"const b")
    assert not near_error(source, start, start)
    assert near_error(source, start + 1, start + 1)
    assert near_error(source, 0, len(source.text))


def test_regressed_counts_errors_and_their_bytes() -> None:
    before = Source("a.tsx", BROKEN.encode())
    assert regressed(before, before) is None
    assert regressed(before, before.with_text(before.text.replace(b"d()", b"e()"))) is None
    assert regressed(before, before.with_text(before.text.replace(b"&", b"and"))) is None
    assert regressed(before, before.with_text(before.text.replace(b"d();", b"d((;"))) == "line 4: no longer parses"
    longer = before.with_text(before.text.replace(b"& that", b"& that and those"))
    assert len(errors(longer)) == len(errors(before))
    assert regressed(before, longer) == "line 2: no longer parses"


def test_node_at_is_the_outermost() -> None:
    source = Source("a.ts", b"f(a)\n")
    statement = node_at(source, 0, 4)
    assert statement is not None
    assert statement.type == "expression_statement"
    assert node_at(source, 0, 3) is None
    assert tree(source) is tree(source)
