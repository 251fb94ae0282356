from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest
from autofix.languages.commands import Command, NotUnderstood, parse
from autofix.text.excerpt import Excerpt
from hypothesis import given, settings
from hypothesis import strategies as st

SH = shutil.which("dash") or shutil.which("bash")


def read(script: str, *, bash: bool = False) -> tuple[Command, ...]:
    text = script.encode()
    return parse(Excerpt(text, ((0, 0),)), bash=bash)


def values(script: str) -> list[list[str | None]]:
    return [[word.value for word in command.words] for command in read(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b", [["a", "b"]]),
        ("a 'b c'd\"e f\"\\ g", [["a", "b cde f g"]]),
        ("a && b || c; d & e | f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("a $b ${c:-d e} `f g` h", [["a", None, None, None, "h"]]),
        ("a $ b$", [["a", "$", "b$"]]),
        ('a "\\$b \\x"', [["a", "$b \\x"]]),
        ("a # b && c", [["a"]]),
        ("a#b && c", [["a#b"], ["c"]]),
        ("X=1 Y='2 3' a", [["a"]]),
        ("a > f 2>&1 b < g", [["a", "b"]]),
        ("( a; b ) && { c; }", [["a"], ["b"], ["c"]]),
        ("! a | b", [["a"], ["b"]]),
        ("if a; then b; elif c; then d; else e; fi", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("for x in 1 2; do a; done; while b; do c; done", [["a"], ["b"], ["c"]]),
        ("for x in 1; do for y in 2; do a; done done", [["a"]]),
        ("for x do a; done", [["a"]]),
        ("case $x in a|b) c ;; (d) e ;; *) esac", [["c"], ["e"]]),
        ("f() { a; } && f", [["a"], ["f"]]),
        ('a $(b $(c) "$(d)") e', [["a", None, "e"], ["b", None, None], ["c"], ["d"]]),
        ("a $((1 + (2 * 3))) b", [["a", None, "b"]]),
        ("a \\\n b", [["a", "b"]]),
        ("a\nb\n\n# c\nd", [["a"], ["b"], ["d"]]),
        ("echo if then", [["echo", "if", "then"]]),
        ("'if' a", [["if", "a"]]),
        ("[[ a ]]", [["[[", "a", "]]"]]),
        ("X=1; a", [[], ["a"]]),
        ('a ${b%"}"} c', [["a", None, "c"]]),
    ],
)
def test_words(script: str, expected: list[list[str | None]]) -> None:
    assert values(script) == expected


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("", "no command"),
        ("a &&", "nothing follows"),
        ("&& a", "no command stands before"),
        ("a ;; b", ";;"),
        ("a; ; b", "no command stands before"),
        ("(a", ") is missing"),
        ("a)", "side by side"),
        ("a (b)", "( where none"),
        ("a 'b", "never closed"),
        ('a "b', "never closed"),
        ("a `b", "never closed"),
        ("a ${b", "never closed"),
        ("a $(b", "missing"),
        ("a \\", "backslash at the end"),
        ("a >", "a word is missing"),
        ("if a; then b", "missing"),
        ("if a; fi", "not understood"),
        ("{ }", "nothing stands before"),
        ("fi", "not understood"),
        ("cat <<EOF\nx\nEOF", "here-document"),
        ("a <(b)", "process substitution"),
        ("a <<< b", "no redirection of sh"),
        ("a &> b", "no redirection of sh"),
        ("((a))", "(( is not understood"),
        ("x=(1 2)", "( where none"),
        ("a " + "${b:-" * 3000, "nested too deeply"),
        ("a\r\nb", "carriage return"),
    ],
)
def test_what_is_not_understood_is_refused(script: str, reason: str) -> None:
    with pytest.raises(NotUnderstood, match=re.escape(reason)):
        read(script)


def test_what_bash_adds() -> None:
    assert [command.name for command in read("a |& b &> c <<< d", bash=True)] == ["a", "b"]
    for script in ("[[ a ]]", "a $'b'", "select x in a; do b; done"):
        with pytest.raises(NotUnderstood):
            read(script, bash=True)


def test_operators_and_nesting() -> None:
    found = {command.name: command for command in read('a && (b; c) || d "$(e)" | f; if g; then h; fi; i')}
    assert {name: (command.before, command.after, command.nesting) for name, command in found.items()} == {
        "a": ("", "&&", ()),
        "b": ("", ";", ("subshell",)),
        "c": (";", "", ("subshell",)),
        "d": ("||", "|", ()),
        "e": ("", "", ("substitution",)),
        "f": ("|", ";", ()),
        "g": ("", ";", ("if",)),
        "h": ("", ";", ("if",)),
        "i": (";", "", ()),
    }


def test_places_count_in_the_source() -> None:
    source = b"RUN a \\\n  # note\n  'b c' \\\n  && d\n"
    excerpt = Excerpt.of(source, [(4, 6), (18, 26), (28, 34)])
    first, second = parse(excerpt)
    assert source[first.words[1].start : first.words[1].end] == b"'b c'"
    assert source[second.start : second.end] == b"d"


def test_names_come_without_a_folder() -> None:
    assert [command.name for command in read('/usr/bin/a; "$x"/b; X=1')] == ["a", None, None]


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "'c d'",
        '"e $f"',
        "$(g)",
        "`h`",
        "${i:-j}",
        "&&",
        "||",
        ";",
        "|",
        "&",
        "(",
        ")",
        "{",
        "}",
        "if",
        "then",
        "fi",
        "for",
        "x",
        "in",
        "do",
        "done",
        "while",
        "case",
        "esac",
        ";;",
        "!",
        ">",
        "f",
        "2>&1",
        "#",
        "\\",
        "$",
        "\n",
        "X=1",
        "()",
        '"',
        "'",
        "${",
        "$(",
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_nothing_is_accepted_that_a_shell_refuses(script: str) -> None:
    try:
        commands = read(script)
    except NotUnderstood:
        return
    text = script.encode()
    for command in commands:
        for word in (*command.assignments, *command.words):
            assert text[word.start : word.end].decode() == word.raw
    if SH is not None:
        assert subprocess.run([SH, "-n"], input=text, capture_output=True).returncode == 0


@given(st.lists(st.text(st.sampled_from("ab'\" \\$#é"), max_size=6), min_size=1, max_size=5))
def test_quoted_words_come_back(words: list[str]) -> None:
    assert values("run " + " ".join(map(shlex.quote, words))) == [["run", *words]]


@given(st.text(st.sampled_from("ab '\"\\"), max_size=12))
def test_plain_words_are_split_as_shlex_does(script: str) -> None:
    try:
        expected = shlex.split(script)
    except ValueError:
        expected = None
    try:
        found = values(script)
    except NotUnderstood:
        assert not expected
        return
    assert found == [expected]
