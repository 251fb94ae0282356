"""Filter patterns, expressions, pushes and addresses, one by one."""

from __future__ import annotations

import re

import pytest
from autofix.fixer import Project, Source
from autofix.fixers.workflows.branch_expressions import comparisons
from autofix.fixers.workflows.branch_links import Repository, branch_of, links
from autofix.fixers.workflows.branch_pushes import leaves_the_checkout, pushes, renamed
from autofix.fixers.workflows.branches import BranchFacts, BranchOptions, accepts, as_pattern, facts_of, is_literal, proven
from autofix.project.git import Confidence, DefaultBranch
from autofix.text.edit import Edit
from hypothesis import given
from hypothesis import strategies as st


# The examples of GitHub's cheat sheet, and what follows from it.
@pytest.mark.parametrize(
    ("patterns", "branch", "expected"),
    [
        (["feature/*"], "feature/my-branch", True),
        (["feature/*"], "feature/beta-a/my-branch", False),
        (["feature/**"], "feature/beta-a/my-branch", True),
        (["feature/**"], "feature", False),
        (["*"], "main", True),
        (["*"], "releases/mona", False),
        (["**"], "all/the/branches", True),
        (["*feature"], "ver-10-feature", True),
        (["v2*"], "v2.9", True),
        (["v2*"], "v1", False),
        (["v[12].[0-9]+.[0-9]+"], "v1.10.1", True),
        (["v[12].[0-9]+.[0-9]+"], "v3.10.1", False),
        (["releases/**-alpha"], "releases/10/beta-alpha", True),
        (["mains?"], "main", True),
        (["mains?"], "mainss", False),
        (["ma+in"], "maaain", True),
        (["ma+in"], "min", False),
        (["*.jsx?"], "a.js", True),
        ([r"a\*"], "a*", True),
        ([r"a\*"], "ab", False),
        (["a.b"], "axb", False),
        (["Main"], "main", False),
        (["**/x"], "x", True),
        (["releases/**", "!releases/**-alpha"], "releases/1-alpha", False),
        (["releases/**", "!releases/**-alpha"], "releases/1", True),
        (["!releases/**-alpha", "releases/**"], "releases/1-alpha", True),
        (["!main"], "other", False),
        ([], "main", False),
        (["[mn"], "main", None),
        (["a]"], "main", None),
        (["?main"], "main", None),
        (["[z-a]"], "main", None),
        (["main\\"], "main", None),
        (["a++"], "a", None),
    ],
)
def test_patterns(patterns: list[str], branch: str, expected: bool | None) -> None:
    assert accepts(patterns, branch) is expected


@given(st.text("ab*?+[]\\!-/.", min_size=1, max_size=8), st.text("ab*?+[]\\!-/.", min_size=1, max_size=8))
def test_a_name_as_a_pattern_matches_that_name_alone(name: str, other: str) -> None:
    assert accepts([as_pattern(name)], name) is True
    assert accepts([as_pattern(name)], other) is (name == other)


@given(st.text("ab/", min_size=1, max_size=8), st.text("ab/", min_size=1, max_size=8))
def test_literals_match_themselves(pattern: str, branch: str) -> None:
    assert is_literal(pattern)
    assert accepts([pattern], branch) is (pattern == branch)


@given(st.lists(st.text("ab*?/!", min_size=1, max_size=6), max_size=4), st.text("ab/", min_size=1, max_size=6))
def test_patterns_never_fail_and_a_final_wildcard_decides(patterns: list[str], branch: str) -> None:
    assert accepts([*patterns, "**"], branch) in (True, None)
    assert accepts([*patterns, "!**"], branch) in (False, None)


def facts(
    default: str | None, *branches: str, complete: bool = True, conventional: tuple[str, ...] = ("main", "master")
) -> BranchFacts:
    told = DefaultBranch(default, Confidence.HIGH, "test") if default else None
    return BranchFacts(told, frozenset(branches), complete, conventional)


@pytest.mark.parametrize(
    ("known", "stale", "doubt"),
    [
        (facts("master", "master"), ("main",), False),
        (facts("develop", "develop"), ("main", "master"), False),
        (facts("develop", "develop", "main", "master"), (), False),
        (facts("trunk", "main/x"), ("master",), False),
        (facts(None, "work"), ("main", "master"), True),
        (facts("master", "master", complete=False), ("main",), True),
        (facts("master", conventional=("main", "old")), ("main", "old"), False),
    ],
)
def test_what_is_stale(known: BranchFacts, stale: tuple[str, ...], doubt: bool) -> None:
    assert known.stale == stale
    assert (known.doubt is not None) is doubt


def test_no_repository_tells_nothing(tmp_path: object) -> None:
    from pathlib import Path

    assert facts_of(Project(Path(str(tmp_path)), (), None), BranchOptions()) is None


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("github.ref == 'refs/heads/main'", ["main"]),
        ("'refs/heads/main' != github.ref", ["!main"]),
        ("github.ref_name == 'main' && 'dev' == github.base_ref", ["main", "dev"]),
        ("github . ref == 'refs/heads/a/b'", ["a/b"]),
        ("GITHUB['REF'] == 'refs/heads/main'", ["main"]),
        ("!(github.ref == 'refs/heads/main')", ["!main"]),
        ("endsWith(github.ref, '/main')", ["main"]),
        ("ENDSWITH( github.ref , 'refs/heads/main' )", ["main"]),
        ("endsWith(github.ref, 'main')", []),
        ("contains(github.ref, '/main')", []),
        ("startsWith('refs/heads/main', github.ref)", []),
        ("contains(github.ref_name, 'main')", []),
        ("github.ref == 'main'", []),
        ("github.ref == 'refs/tags/main'", []),
        ("github.head_ref == 'main'", []),
        ("github.ref.x == 'refs/heads/main'", []),
        ("x.github.ref == 'refs/heads/main'", []),
        ("x == 'it''s github.ref == ''refs/heads/main'''", []),
        ("github.ref == ('refs/heads/main')", []),
        ("github.ref == 'refs/heads/main", []),
        ("", []),
    ],
)
def test_comparisons(value: str, names: list[str]) -> None:
    found = list(comparisons(value, bare=True))
    assert ["!" * comparison.negated + comparison.name for comparison in found] == names
    assert all(value[comparison.start : comparison.end] == comparison.name for comparison in found)
    assert not list(comparisons(value, bare=False))
    wrapped = f"text {'$'}{{{{ {value} }}}} text"
    if value.count("'") % 2 == 0:
        assert [comparison.name for comparison in comparisons(wrapped, bare=False)] == [name.strip("!") for name in names]


@given(st.text("github.ref='/main!&|()$[]{} ,\n", max_size=60), st.booleans())
def test_any_text_is_no_error(value: str, bare: bool) -> None:
    for comparison in comparisons(value, bare=bare):
        assert value[comparison.start : comparison.end] == comparison.name


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("git push origin main", [("origin", "main")]),
        ("  git   push -u origin main --force\n", [("origin", "main")]),
        ("git push origin main && echo ok", [("origin", "main")]),
        ("git push origin main 2>&1 | tee log", [("origin", "main")]),
        ("git push origin main # main", [("origin", "main")]),
        ("git push origin main\r\ngit push hf main\r\n", [("origin", "main"), ("hf", "main")]),
        ("if git push origin main; then", [("origin", "main")]),
        ('git push "$URL" HEAD:main', [("$URL", "HEAD:main")]),
        ("git push https://x:${{ secrets.T }}@example.com/a main", [("https://x:${{ secrets.T }}@example.com/a", "main")]),
        ("git push", []),
        ("git push origin", []),
        ("git push origin main next", []),
        ("git push --delete origin main", []),
        ("git push -o x origin main", []),
        ("git push --repo origin main", []),
        ("git push origin 'main'", []),
        ("git push origin $BRANCH-main next", []),
        ("git -C x push origin main", []),
        ("mygit push origin main", []),
        ("git pushx origin main", []),
        ("# git push origin main", []),
        ("echo git push origin main", []),
        ("bash -c 'git push origin main'", []),
    ],
)
def test_pushes(script: str, found: list[tuple[str, str]]) -> None:
    result = list(pushes(script))
    assert [(push.remote, push.spec) for push in result] == found
    assert all(script[push.start :].startswith(push.spec) for push in result)


@pytest.mark.parametrize(
    "line", ["cd x", "a && cd x", "git init", "git checkout -b x", "git clone a", "git branch -M main", "pushd x"]
)
def test_scripts_that_go_elsewhere(line: str) -> None:
    assert leaves_the_checkout(f"set -e\n{line}\n")
    assert not leaves_the_checkout("git add .\ngit commit -m x\necho abcd")


@pytest.mark.parametrize(
    ("spec", "same", "expected"),
    [
        ("main", True, "master"),
        ("main", False, "master:main"),
        ("HEAD:main", True, "HEAD:master"),
        ("HEAD:refs/heads/main", True, "HEAD:refs/heads/master"),
        ("HEAD:main", False, None),
        ("other", True, None),
        ("main:main", True, None),
    ],
)
def test_renamed_pushes(spec: str, same: bool, expected: str | None) -> None:
    [push] = pushes(f"git push r {spec}")
    assert renamed(push, "main", "master", same_repository=same) == expected


HERE = Repository("github.com", "me", "x.y")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/me/x.y/blob/@/a.py",
        "http://www.github.com/ME/X.Y/tree/@",
        "https://github.com/me/x.y/edit/@/a?plain=1",
        "https://github.com/me/x.y/actions/workflows/ci.yml/badge.svg?event=push&branch=@&x=1",
        "https://github.com/me/x.y/actions/workflows/ci.yml/badge.svg?event=push&amp;branch=@&amp;x=1",
        "https://github.com/me/x.y/actions?query=branch:@+is:success",
        "https://github.com/me/x.y.git/blob/@/a",
        "https://raw.githubusercontent.com/me/x.y/@/main/a.png",
        "https://raw.githubusercontent.com/me/x.y/refs/heads/@/a.png",
        "https://app.codecov.io/gh/me/x.y/branch/@",
        "https://img.shields.io/github/last-commit/me/x.y/@",
        "https://circleci.com/gh/me/x.y/tree/@.svg?style=svg",
        "https://travis-ci.org/me/x.y.svg?branch=@",
    ],
)
def test_addresses(url: str) -> None:
    at = url.index("@")
    assert branch_of(url.replace("@", "main"), HERE, ("main", "old")) == (at, "main")
    assert branch_of(url.replace("@", "main-2"), HERE, ("main", "old")) is None
    assert branch_of(url.replace("@", "maintenance"), HERE, ("main", "old")) is None
    assert branch_of(url.replace("@", "main"), Repository("github.com", "me", "x"), ("main",)) is None
    assert branch_of(url.replace("@", "main"), Repository("gitlab.com", "me", "x.y"), ("main",)) is None
    text = f"- é [a]({url}), <{url}> `{url}` {url}.\n".replace("@", "main").encode()
    found = list(links(text, HERE, ("old", "main")))
    assert [text[link.start : link.end] for link in found] == [b"main"] * 4
    assert not list(links(text, HERE, ()))


def test_dots_of_a_name_are_no_wildcards() -> None:
    assert branch_of("https://github.com/me/xzy/blob/main/a", HERE, ("main",)) is None


def test_an_edit_that_changes_more_is_not_proven() -> None:
    source = Source("x.yml", b"a: main\nb: main\n")
    assert proven(source, [Edit(3, 7, "master")], {("a",): "master"})
    assert not proven(source, [Edit(3, 7, "master")], {("b",): "master"})
    assert not proven(source, [Edit(3, 7, "master"), Edit(11, 15, "x")], {("a",): "master"})
    assert not proven(source, [Edit(3, 7, "a: [")], {("a",): "a: ["})
    assert not proven(source, [Edit(3, 7, "no")], {("a",): "yes"})
    assert re.search("main", source.text.decode())
