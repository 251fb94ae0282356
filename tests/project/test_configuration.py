"""The configuration of a repository, and what is said of mistakes in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy_fixers as toys
from autofix.project.configuration import ConfigurationError, load
from autofix.registry import UnknownSelector
from repositories import write_tree
from runs import execute, texts


def configured(root: Path, text: str, name: str = "autofix.toml") -> Path:
    return write_tree(root, {name: text, "a.cfg": "old greet! beta\n"})


def test_none(tmp_path):
    configuration = load(tmp_path)
    assert configuration.path is None
    assert configuration.select is None


@pytest.mark.parametrize(
    ("name", "header", "table"),
    [("autofix.toml", "", "fixers.greets"), ("pyproject.toml", "[tool.autofix]\n", "tool.autofix.fixers.greets")],
)
def test_in_either_file(tmp_path, name, header, table):
    text = f'{header}select = ["greets", "sh*"]\nignore = ["short"]\n[{table}]\ngreeting = "hi"\ntimes = 2\n'
    configured(tmp_path, text, name)
    fixers = (toys.Greets, toys.Replace, toys.Short)
    assert texts(execute(tmp_path, *fixers)) == {"a.cfg": b"old hihi beta\n"}
    assert texts(execute(tmp_path, *fixers, select=("toys",), ignore=("greets",))) == {"a.cfg": b"new greet! beta\n"}


def test_its_own_file_goes_before_pyproject(tmp_path):
    configured(tmp_path, 'select = ["short"]\n')
    write_tree(tmp_path, {"pyproject.toml": '[tool.autofix]\nselect = ["replace"]\n'})
    assert texts(execute(tmp_path, toys.Replace, toys.Short)) == {"a.cfg": b"old greet! two\n"}


def test_another_file(tmp_path):
    configured(tmp_path, 'select = ["short"]\n')
    other = write_tree(tmp_path, {"etc/other.toml": 'select = ["replace"]\n'}) / "etc/other.toml"
    result = execute(tmp_path, toys.Replace, toys.Short, configuration=other)
    assert texts(result) == {"a.cfg": b"new greet! beta\n"}


def test_a_pyproject_of_others_is_not_parsed(tmp_path):
    configured(tmp_path, "this is no TOML", "pyproject.toml")
    assert texts(execute(tmp_path, toys.Replace))


def test_with_a_byte_order_mark(tmp_path):
    configured(tmp_path, "\ufeffunsafe = true\n")
    assert load(tmp_path).unsafe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selekt = []\n", "unknown key 'selekt'; did you mean 'select'?"),
        ("per-file-ignore = {}\n", "unknown key 'per-file-ignore'; did you mean 'per-file-ignores'?"),
        ("zzz = 1\n", "unknown key 'zzz'"),
        ("path = 'x'\n", "unknown key 'path'"),
        ("select = 'docker'\n", "select: expected a list, found 'docker'"),
        ("select = [1]\n", "select: expected str, found 1"),
        ("unsafe = 'yes'\n", "unsafe: expected bool, found 'yes'"),
        ("unsafe = 1\n", "unsafe: expected bool, found 1"),
        ("exclude = 3\n", "exclude: expected a list, found 3"),
        ("per-file-ignores = ['x']\n", "per-file-ignores: expected a table"),
        ("[per-file-ignores]\n'*.cfg' = 'x'\n", "per-file-ignores.*.cfg: expected a list, found 'x'"),
        ("fixers = 3\n", "[fixers.<id>] must be a table"),
        ("[fixers.greet]\n", "[fixers.greet]: there is no such fixer; did you mean 'greets'?"),
        ("[fixers.greets]\ngreting = 'x'\n", "[fixers.greets]: unknown key 'greting'; did you mean 'greeting'?"),
        ("[fixers.greets]\ntimes = 'x'\n", "[fixers.greets]: times: expected int, found 'x'"),
        ("[fixers.greets]\ntimes = true\n", "[fixers.greets]: times: expected int, found True"),
        ("[fixers.greets.names]\na = 1\n", "[fixers.greets]: names.a: expected str, found 1"),
        ("select = [\n", "not valid TOML"),
        (b"# \xff\n", "not valid TOML"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path, text, message):
    file = write_tree(tmp_path, {"autofix.toml": text}) / "autofix.toml"
    with pytest.raises(ConfigurationError) as raised:
        execute(tmp_path, toys.Greets)
    assert str(raised.value).startswith(f"{file}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("where", ["select", "ignore", "per-file-ignores"])
def test_selectors_that_name_nothing(tmp_path, where):
    selectors = '{"*" = ["replce"]}' if where == "per-file-ignores" else '["replce"]'
    write_tree(tmp_path, {"autofix.toml": f"{where} = {selectors}\n"})
    with pytest.raises(UnknownSelector, match=r"'replce'; did you mean 'replace'\?"):
        execute(tmp_path, toys.Replace)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere.toml: No such file"):
        execute(tmp_path, toys.Replace, configuration=tmp_path / "nowhere.toml")


def test_what_is_no_file_is_no_configuration(tmp_path):
    os.mkfifo(tmp_path / "autofix.toml")
    (tmp_path / "pyproject.toml").mkdir()
    assert load(tmp_path).path is None
