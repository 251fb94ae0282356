"""Verification by language."""

from __future__ import annotations

import pytest
from autofix import languages
from autofix.languages import language_of
from autofix.languages.verify import regressed, syntax_error
from autofix.text.source import Source

CONFLICT = "a=1\n<<<<<<< HEAD\nb=1\n=======\nb=2\n>>>>>>> other\n"


def compare(path: str, before: str, after: str) -> str | None:
    language = language_of(path)
    assert language is not None
    return regressed(Source(path, before.encode()), Source(path, after.encode()), language)


def problem(path: str, text: str) -> str | None:
    language = language_of(path)
    assert language is not None
    return syntax_error(Source(path, text.encode()), language)


@pytest.mark.parametrize("path", ["requirements.txt", "setup.cfg", "a.sh", ".env", "Procfile", ".gitignore", "a.html"])
def test_formats_without_a_parser_refuse_merge_conflicts_alone(path: str) -> None:
    assert problem(path, "]]] {{{ ''' \"\n") is None
    assert problem(path, CONFLICT) == "line 2: an unresolved merge conflict"
    assert problem(path, CONFLICT.replace("\n", "\r\n")) == "line 2: an unresolved merge conflict"
    assert problem(path, "=======\n<<<<<<< \n>>>>>>> \n") is None
    assert compare(path, "a\n", CONFLICT) == "line 2: an unresolved merge conflict"
    assert compare(path, "a\n", "a\0\n") == "line 1: a NUL byte"
    assert compare(path, CONFLICT, CONFLICT + "x") is None


def test_json_as_people_write_it() -> None:
    text = '// c\n{\n  "a": "// no comment, }", /* x\n y */\n  "b": [1, 2,],\n}\n'
    assert problem("tsconfig.json", text) is None
    assert compare("tsconfig.json", text, text.replace("1", "3")) is None
    assert "line 6" in (problem("tsconfig.json", text.replace('"b": [', '"b": [[')) or "")


def test_plain_json_must_stay_plain() -> None:
    assert compare("package.json", '{"a": 1}', '{"a": 1, "b": 2}') is None
    assert compare("package.json", '{"a": 1}', '{"a": 1,}') == "not valid JSON: has got a comment or a trailing comma"
    assert compare("package.json", '{"a": 1}', '{"a": 1 // x\n}') == "not valid JSON: has got a comment or a trailing comma"
    assert "not valid JSON" in (compare("package.json", '{"a": 1}', '{"a": 1 "b"}') or "")
    assert compare("package.json", "{", "{{") is None
    assert problem("package.json", "[" * 100_000) is not None


def test_typescript_with_local_errors_is_worked_on() -> None:
    text = "const a = <b>this & that</b>;\nx();\n"
    assert problem("a.tsx", text) is None
    assert compare("a.tsx", text, text.replace("x()", "if (y) {\n  x();\n}")) is None
    assert compare("a.tsx", text, text.replace("x()", "if (y) {\n  x();\n")) is not None


def test_no_name_has_the_ending_of_another_language() -> None:
    for name, language in languages._BY_NAME.items():
        assert all(other is language for suffix, other in languages.SUFFIXES.items() if name.endswith(suffix))
