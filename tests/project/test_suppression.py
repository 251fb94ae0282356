"""Suppression comments: which findings they cover, and what is said of those that are wrong or not needed."""

from __future__ import annotations

import re

import pytest
from autofix.languages import Language, language_of
from autofix.project.suppression import Suppressions, suppressions
from autofix.text.source import Source

UNREADABLE = "`autofix: ignore` cannot be read: fixers stand in [brackets], a reason behind `--`"
KNOWN = {"docker-apt": "docker", "docker-cmd": "docker", "env-example": "python", "ssr-guard": "typescript"}


def read(path: str, text: str) -> tuple[Suppressions, Source]:
    source = Source.decode(path, text.encode())
    return suppressions(source, language_of(path)), source


def covered(path: str, text: str, what: str, fixer: str = "docker-apt", group: str = "docker") -> bool:
    """Whether a finding at the only place where `what` stands, not within a word, is covered."""
    found, source = read(path, text)
    [place] = re.finditer(rb"(?<!\w)" + re.escape(what.encode()) + rb"(?!\w)", source.text)
    return found.covers(fixer, group, *place.span())


def messages(found: Suppressions, ran: set[str] | None = None) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in found.notices(set(KNOWN) if ran is None else ran, KNOWN)]


PLACES = [
    ("a.sh", "apt x # autofix: ignore[docker-apt]\napt y\n"),
    ("Procfile", "web: apt x # autofix: ignore[docker-apt]\nworker: apt y\n"),
    (".env", "A=x # autofix: ignore[docker-apt]\nB=y\n"),
    (".env", "A='x#' # autofix: ignore[docker-apt]\nB=y\n"),
    ("requirements.txt", "apt x # autofix: ignore[docker-apt]\napt y\n"),
    ("a.ts", "apt(x) // autofix: ignore[docker-apt]\napt(y)\n"),
    ("a.ts", "apt(x) /* autofix: ignore[docker-apt] */\napt(y)\n"),
    ("a.tsx", "const a = <b>{/* autofix: ignore[docker-apt] */}{x}</b>\nconst y = 1\n"),
    ("a.html", "<p>x</p><!-- autofix: ignore[docker-apt] -->\n<p>y</p>\n"),
]


@pytest.mark.parametrize(("path", "text"), PLACES)
def test_behind_code_covers_its_line_alone(path: str, text: str) -> None:
    found, source = read(path, text)
    x, y = source.text.index(b"x"), source.text.rindex(b"y")
    assert found.covers("docker-apt", "docker", x, x + 1)
    assert not found.covers("docker-apt", "docker", y, y + 1)
    assert not found.covers("docker-cmd", "docker", x, x + 1)


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("a.sh", "# {}"),
        ("setup.cfg", "; {}"),
        ("setup.cfg", "# {}"),
        (".env", "# {}"),
        (".gitignore", "# {}"),
        ("requirements.txt", "# {}"),
        ("Procfile", "# {}"),
        ("a.html", "<!-- {} -->"),
        ("a.ts", "// {}"),
        ("a.ts", "/* {} */"),
        ("a.ts", "/**\n * {}\n */"),
        ("a.jsonc.json", "// {}"),
    ],
)
@pytest.mark.parametrize("directive", ["ignore", "ignore-next"])
def test_on_a_line_of_its_own_covers_the_next_code(path: str, comment: str, directive: str) -> None:
    text = f"w=1\n\n{comment.format(f'autofix: {directive}[docker-apt] -- a reason')}\n\nx=1\ny=1\n"
    assert covered(path, text, "x=1")
    assert not covered(path, text, "y=1")
    assert not covered(path, text, "w=1")


def test_jsx_comment_on_a_line_of_its_own() -> None:
    text = "const a = (\n  <b>\n    {/* autofix: ignore[ssr-guard] */}\n    {x}\n    {y}\n  </b>\n);\n"
    assert covered("a.tsx", text, "x", "ssr-guard", "typescript")
    assert not covered("a.tsx", text, "y", "ssr-guard", "typescript")


def test_a_brace_is_code() -> None:
    text = "if (a) { // autofix: ignore[docker-apt]\n  x();\n}\n"
    assert covered("a.ts", text, "if (a)")
    assert not covered("a.ts", text, "x()")


def test_stacked_directives_reach_the_same_line() -> None:
    text = "# autofix: ignore-next[docker-apt]\n# words\n# autofix: ignore-next[docker-cmd]\nx\n"
    assert covered("a.sh", text, "x\n")
    assert covered("a.sh", text, "x\n", "docker-cmd")


def test_ignore_next_behind_code_means_the_next_line() -> None:
    text = "w # autofix: ignore-next\nx\n"
    assert covered("a.sh", text, "x\n")
    assert not covered("a.sh", text, "w")


def test_statement_over_several_lines_by_its_first_or_last_line() -> None:
    statement = "call(\n  a,\n  b,\n)"
    assert covered("a.ts", "call( // autofix: ignore\n  a,\n  b,\n)\n", "call( // autofix: ignore\n  a,\n  b,\n)")
    assert covered("a.ts", f"{statement} // autofix: ignore\n", statement)
    assert covered("a.ts", f"// autofix: ignore\n{statement}\n", statement)
    assert not covered("a.ts", "call(\n  a, // autofix: ignore\n  b,\n)\n", "call(\n  a, // autofix: ignore\n  b,\n)")
    assert not covered("a.ts", f"{statement}\n// autofix: ignore\n", statement)


def test_joined_lines_are_one() -> None:
    text = "# autofix: ignore[docker-apt]\nrun a && \\\n  apt b && \\\n  c\nd\n"
    assert covered("a.sh", text, "apt b")
    assert covered("a.sh", text, "  c")
    assert not covered("a.sh", text, "d\n")
    # An ini file knows no such thing.
    assert not covered("a.ini", text, "apt b")


def test_a_line_ending_belongs_to_its_line() -> None:
    found, source = read("a.sh", "x\ny # autofix: ignore\n")
    assert not found.covers("docker-apt", "docker", 0, 2)
    assert found.covers("docker-apt", "docker", 2, len(source.text))


def test_an_empty_finding_lies_on_its_line() -> None:
    found, source = read("a.sh", "x # autofix: ignore\ny\n")
    assert found.covers("docker-apt", "docker", 0, 0)
    assert not found.covers("docker-apt", "docker", source.text.index(b"y"), source.text.index(b"y"))
    assert not found.covers("docker-apt", "docker", len(source.text), len(source.text))


@pytest.mark.parametrize(
    "selector", ["docker-apt", "docker", "docker-*", "*", "*-apt", "env-example, docker-apt", " docker-apt ", None]
)
def test_selectors(selector: str | None) -> None:
    brackets = "" if selector is None else f"[{selector}]"
    assert covered("a.sh", f"x # autofix: ignore{brackets}\n", "x")


@pytest.mark.parametrize("selector", ["docker-cmd", "python", "env-*", "apt", "docker-apt-y", "Docker-Apt"])
def test_other_selectors(selector: str) -> None:
    assert not covered("a.sh", f"x # autofix: ignore[{selector}]\n", "x")


def test_whole_file_from_anywhere() -> None:
    text = "x\ny # autofix: ignore-file[docker-apt]\nz\n"
    assert all(covered("a.sh", text, what) for what in ("x", "y", "z"))
    assert not covered("a.sh", text, "x", "docker-cmd")


@pytest.mark.parametrize(
    ("text", "in_force"),
    [
        ("# autofix: off\n@\n", True),
        ("@\n# autofix: off\n", False),
        ("# autofix: off\n# autofix: on\n@\n", False),
        ("# autofix: off[docker-apt]\n# autofix: on\n@\n", False),
        ("# autofix: off\n# autofix: on[docker-apt]\n@\n", False),
        ("# autofix: off\n# autofix: on[docker-cmd]\n@\n", True),
        ("# autofix: off[docker-apt]\n# autofix: off[docker-cmd]\n# autofix: on[docker-cmd]\n@\n", True),
        # Regions do not nest: one `on` ends them all.
        ("# autofix: off\n# autofix: off\n# autofix: on\n@\n", False),
        ("# autofix: off[docker]\n# autofix: off[docker-apt]\n# autofix: on[docker-apt]\n@\n", False),
        ("# autofix: off\n# autofix: on\n# autofix: off[docker-*]\n@\n", True),
        ("# autofix: off[docker-cmd]\n@\n", False),
        ("# autofix: off\n@\n# autofix: off\n", True),
    ],
)
def test_regions(text: str, in_force: bool) -> None:
    assert covered("a.sh", text, "@") is in_force


def test_a_finding_that_reaches_into_a_region_is_covered() -> None:
    found, source = read("a.sh", "a\n# autofix: off\nb\n# autofix: on\nc\n")
    a, b, c = (source.text.index(letter) for letter in (b"a\n", b"b\n", b"c\n"))
    assert found.covers("docker-apt", "docker", a, c + 1)
    assert found.covers("docker-apt", "docker", a, b + 1)
    assert not found.covers("docker-apt", "docker", a, a + 1)
    assert not found.covers("docker-apt", "docker", c, c + 1)
    assert found.covers("docker-apt", "docker", b, b)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", 'x("// autofix: ignore")\n'),
        ("a.ts", "x(`// autofix: ignore`)\n"),
        ("a.ts", "x(/autofix: ignore/)\n"),
        ("a.tsx", "x(<b>// autofix: ignore</b>)\n"),
        ("a.sh", "x '# autofix: ignore'\n"),
        ("a.sh", "x# autofix: ignore\n"),
        ("a.sh", "x <<E\n# autofix: ignore-file\nE\n"),
        (".env", "x='# autofix: ignore'\n"),
        (".env", "x=a#autofix: ignore\n"),
        ("requirements.txt", "x#autofix: ignore\n"),
        (".gitignore", "x # autofix: ignore\n"),
        ("a.ini", "x = 1 ; autofix: ignore\n"),
        ("a.json", '{"x": "// autofix: ignore-file"}\n'),
        ("a.html", "x<script>/* <!-- autofix: ignore-file --> */</script>\n"),
        # A word in the middle of a sentence is no directive.
        ("a.sh", "x # see the pages on autofix: ignore\n"),
        ("a.sh", "x # noautofix: ignore\n"),
    ],
)
def test_what_is_no_directive(path: str, text: str) -> None:
    found, source = read(path, text)
    at = source.text.index(b"x")
    assert not found.covers("docker-apt", "docker", at, at + 1)
    assert messages(found) == []


def test_behind_another_comment() -> None:
    assert covered("a.sh", "x # noqa: E501 # autofix: ignore[docker-apt] # more\n", "x #")
    assert covered("a.sh", "x # autofix: ignore[docker-cmd] # autofix: ignore[docker-apt]\n", "x #")
    assert covered("a.ts", "x // eslint-disable-line // autofix: ignore[docker-apt]\n", "x //")


def test_crlf() -> None:
    text = "# autofix: ignore[docker-apt]\r\nx\r\ny\r\nz \\\r\n  a # autofix: ignore[docker-cmd]\r\n"
    assert covered("a.sh", text, "x")
    assert not covered("a.sh", text, "y")
    assert covered("a.sh", text, "a", "docker-cmd")
    assert covered("a.ts", text.replace("#", "//"), "x")


def test_without_final_newline_and_not_ascii() -> None:
    assert covered("a.sh", "é # autofix: ignore[docker-apt] -- warum nicht: ü", "é")
    assert covered("a.ts", "/* ü */ x() // autofix: ignore", "x()")


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("autofix: ingore[docker-apt]", "`autofix: ingore` is no directive: did you mean 'ignore'?"),
        ("autofix: ignorenext", "`autofix: ignorenext` is no directive: did you mean 'ignore-next'?"),
        ("autofix:", "`autofix: ` is no directive: it is one of ignore, ignore-next, ignore-file, off, on"),
        ("autofix: ignore docker-apt", "`autofix: ignore` cannot be read: fixers stand in [brackets], a reason behind `--`"),
        ("autofix: ignore[docker-apt", "`autofix: ignore` cannot be read: fixers stand in [brackets], a reason behind `--`"),
        (
            "autofix: ignore[docker-apt] why",
            "`autofix: ignore` cannot be read: fixers stand in [brackets], a reason behind `--`",
        ),
        ("autofix: ignore[]", "`autofix: ignore[..]` needs the names of fixers, separated by commas"),
        ("autofix: ignore[docker-apt docker-cmd]", "`autofix: ignore[..]` needs the names of fixers, separated by commas"),
        ("autofix: on", "`autofix: on` without an `autofix: off` before it"),
    ],
)
def test_malformed_does_nothing_and_is_reported(comment: str, message: str) -> None:
    found, _ = read("a.sh", f"\nx # {comment}\n")
    assert not found.covers("docker-apt", "docker", 1, 2)
    assert messages(found) == [(2, message)]


def test_unknown_names_offer_the_nearest() -> None:
    found, _ = read("a.sh", "x # autofix: ignore[docker-atp, dokcer, quux, zz*]\n")
    assert [message for _, message in messages(found)] == [
        "no fixer or group is called 'docker-atp'; did you mean 'docker-apt'?",
        "no fixer or group is called 'dokcer'; did you mean 'docker'?",
        "no fixer or group is called 'quux'",
        "no fixer or group is called 'zz*'",
    ]


def test_unused_is_reported_name_by_name() -> None:
    found, _ = read("a.sh", "x # autofix: ignore[docker-apt, docker-cmd]\n")
    assert found.covers("docker-apt", "docker", 0, 1)
    assert messages(found) == [(1, "`autofix: ignore[docker-cmd]` suppresses nothing")]


@pytest.mark.parametrize("directive", ["ignore", "ignore-next", "off", "ignore-file"])
def test_unused_only_where_all_that_is_named_has_run(directive: str) -> None:
    found, _ = read("a.sh", f"# autofix: {directive}[docker]\nx\n")
    assert messages(found, {"docker-apt"}) == []
    assert messages(found, {"docker-apt", "docker-cmd"}) == [(1, f"`autofix: {directive}[docker]` suppresses nothing")]
    found, _ = read("a.sh", f"# autofix: {directive}\nx\n")
    assert messages(found, {"docker-apt", "docker-cmd"}) == []
    assert messages(found) == [(1, f"`autofix: {directive}` suppresses nothing")]


def test_used_is_not_reported() -> None:
    for text in ("x # autofix: ignore", "# autofix: off[docker]\nx\n# autofix: on[docker]\n", "x # autofix: ignore-file[*]"):
        found, source = read("a.sh", text)
        at = source.text.index(b"x")
        assert found.covers("docker-apt", "docker", at, at + 1)
        assert messages(found) == []


def test_a_directive_without_code_after_it_is_unused() -> None:
    found, source = read("a.sh", "x\n# autofix: ignore[docker-apt]\n")
    assert not found.covers("docker-apt", "docker", 0, len(source.text))
    assert messages(found) == [(2, "`autofix: ignore[docker-apt]` suppresses nothing")]


def test_comments_that_cannot_be_told_apart_protect_the_whole_file() -> None:
    source = Source.decode("a.yml", b"x: [\n# autofix: ignore\n")
    found = suppressions(source, Language.YAML)
    assert found.covers("docker-apt", "docker", 0, 1)
    [(line, message)] = messages(found)
    assert line == 2
    assert message.startswith("nothing is changed in this file: its comments cannot be read")


def test_files_without_the_word_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Source, language: Language) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("autofix.project.suppression.comments", fail)
    found, _ = read("a.ts", "x // autofix\n")
    assert not found.covers("ssr-guard", "typescript", 0, 1)


def test_a_file_of_no_language_has_none() -> None:
    source = Source.decode("a.xyz", b"# autofix: ignore-file\n")
    assert not suppressions(source, None).covers("docker-apt", "docker", 0, 1)
