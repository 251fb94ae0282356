"""The table of moves, where import paths stand outside of imports, and the splitting of import statements."""

from __future__ import annotations

import ast
import io
import tokenize

import pytest
from autofix.fixers.python.moved_imports import MovedImports, MoveOptions
from autofix.fixers.python.moved_imports.moves import Moves
from autofix.fixers.python.moved_imports.offers import offer, offer_of
from autofix.fixers.python.moved_imports.statements import Group, NewName, rewrite
from autofix.fixers.python.moved_imports.texts import mentions
from autofix.languages.python.imports import import_statements
from autofix.languages.python.summary import summarize
from autofix.project.configuration import ConfigurationError
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st


def python(text: str) -> Source:
    return Source.decode("main.py", text.encode())


# The table.


@pytest.mark.parametrize(
    "table",
    [
        {"a:x": "b"},
        {"a": "b:x"},
        {"a-b": "c"},
        {"": "c"},
        {"a.": "c"},
        {"a:x.y": "b:z"},
        {"a": "b", "b": "a"},
        {"a:x": "b:y", "b:y": "a:x"},
    ],
)
def test_tables_that_mean_nothing(table: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        MoveOptions(table)


def test_a_move_takes_submodules_and_names_along_and_a_name_may_go_its_own_way() -> None:
    moves = Moves.configured({"old": "new", "old.deep": "other", "old:x": "third:y", "old.deep:z": "third:w"})
    found = [moves.name("old", "a"), moves.name("old", "x"), moves.name("old.deep", "a"), moves.name("old.deep", "z")]
    assert [target and target.dotted for target in found] == ["new.a", "third.y", "other.a", "third.w"]
    assert (submodule := moves.name("old", "deep")) is not None
    assert (submodule.module, submodule.name) == ("other", "")
    assert moves.module("older") is None
    assert moves.name("older", "x") is None
    dotted = [moves.dotted(path) for path in ("old.x.attribute", "old.deep.z", "old.deep.q.r", "older.x")]
    assert [target and target.dotted for target in dotted] == ["third.y.attribute", "third.w", "other.q.r", None]


def test_what_moved_into_itself_does_not_move_again() -> None:
    moves = Moves.configured({"pack": "pack.core"})
    assert (first := moves.module("pack.a")) is not None
    assert first.module == "pack.core.a"
    assert moves.module("pack.core.a") is None
    assert moves.dotted("pack.core.a.name") is None


def test_needles_are_words_that_no_use_can_avoid() -> None:
    fixer = MovedImports(MoveOptions({"deep.old.place": "new", "a.b:name": "c:other", "a.b:kept": "c:kept"}))
    assert fixer.needles == ((b"b", b"name", b"place"),)
    assert MovedImports(MoveOptions()).needles is None
    assert MovedImports(MoveOptions(infer=False)).needles == ()


def test_a_mapping_without_renames_needs_no_summaries() -> None:
    assert not MovedImports(MoveOptions({"a": "b"})).summarizers
    assert MovedImports(MoveOptions({"a:x": "b:y"})).summarizers
    assert MovedImports(MoveOptions({"a": "b"}, infer=True)).summarizers


# Strings of other files.


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Procfile", "web: gunicorn 'a.b:c()' -k x.y:z\n", ["a.b:c"]),
        ("Procfile", "web: env X=1 python3.12 -u -m a.b c.d:e\n", ["a.b"]),
        ("run.sh", "python x.py -m a.b; uvicorn\necho a.b:c\n", []),
        ("run.sh", "uvicorn --reload \\\n  a.b:c\n", ["a.b:c"]),
        ("run.sh", "celery --app=a.b worker && flask --app c.d run\n", ["a.b", "c.d"]),
        ("run.sh", "pytest -m slow --cov=a.b -p c.d\n", ["a.b", "c.d"]),
        ("Dockerfile", 'FROM x\nCMD [\n  "python",\n', []),
        ("Dockerfile", 'FROM x\nENTRYPOINT ["uvicorn", \\\n  "a.b:c"]\nLABEL x="uvicorn d.e:f"\n', ["a.b:c"]),
        ("compose.yml", "services:\n  web:\n    image: uvicorn/a.b:c\n    command: uvicorn a.b:c\n", ["a.b:c"]),
        ("compose.yml", "s:\n  command: >\n    uvicorn\n    a.b:c\n  x: d.e:f\n", ["a.b:c"]),
        ("ci.yml", "script:\n  - uvicorn --version\n  - echo a.b:c\n", []),
        ("ci.yml", "a:\n  run: uvicorn a.b:c # uvicorn d.e:f\n", ["a.b:c"]),
        ("pyproject.toml", '[project.scripts]\nx = "a.b:c"\n[project]\ny = "d.e:f"\n', ["a.b:c"]),
        ("pyproject.toml", '[tool.setuptools.dynamic]\nversion = {attr = "a.b.c"}\n', ["a.b.c"]),
        ("setup.cfg", "[options.entry_points]\nx =\n  y = a.b:c [extra]\n", ["a.b:c"]),
        ("alembic.ini", "[alembic]\nscript_location = a.b:versions\n", ["a.b"]),
        ("nginx.conf", "server { listen 80; }\n", []),
        (".env", "DJANGO_SETTINGS_MODULE=a.b\nOTHER=c.d\n", ["a.b"]),
    ],
)
def test_mentions(path: str, text: str, expected: list[str]) -> None:
    for newline in ("\n", "\r\n"):
        source = Source.decode(path, text.replace("\n", newline).encode())
        found = [mention.path for mention in mentions(source)]
        assert sorted(mention.text for mention in found) == expected
        assert all(source.slice(path.start, path.end) == path.text for path in found)


# What other modules can take.


def test_what_a_module_offers() -> None:
    text = "import a.b, c as d\ntry:\n    from e import f\nexcept ImportError:\n    f = None\nX: int = 1\n(p, [q, *r]) = 1\n"
    text += "def g():\n    h = 1\n    import late\nclass K:\n    inner = 1\nwith w() as v: pass\n"
    found = offer(python(text))
    assert found.own == {"f", "X", "p", "q", "r", "g", "K", "v"}
    assert found.imported == {"a", "d", "f"}
    assert not found.has("h")


@pytest.mark.parametrize("text", ["from a import *\n", "def __getattr__(name): ...\n", "globals()['x'] = 1\n"])
def test_a_module_may_offer_more_than_its_text_shows(text: str) -> None:
    assert offer(python(text)).has("anything")


@pytest.mark.parametrize(
    "text", ["from a import *\nb = 1\n", "import a.b\nfrom c import d as e\nclass F: g = 1\n", "globals()"]
)
def test_summaries_tell_the_same(text: str) -> None:
    source = python(text)
    assert offer_of(summarize(source)) == offer(source)


# Splitting statements.

NAMES = st.lists(st.sampled_from(["alpha", "beta as b", "gamma", "delta as d", "eps"]), min_size=1, max_size=5, unique=True)
LAYOUTS = st.sampled_from(["line", "brackets", "backslash", "rows", "comments", "shared"])


def laid_out(names: list[str], layout: str) -> str:
    if layout == "line":
        return f"from old import {', '.join(names)}  # noqa: F401\n"
    if layout == "brackets":
        return f"from old import ({', '.join(names)},)\n"
    if layout == "backslash":
        return "from old import " + ", \\\n    ".join(names) + "\n"
    if layout == "rows":
        return "from old import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    if layout == "shared":
        pairs = [", ".join(names[at : at + 2]) for at in range(0, len(names), 2)]
        return "from old import (\n" + "".join(f"    {pair},  # row {row}\n" for row, pair in enumerate(pairs)) + ")\n"
    rows = "".join(f"    # above {number}\n    {name},  # beside {number}\n" for number, name in enumerate(names))
    return f"from old import (  # first\n{rows}    # last\n)  # end\n"


def imported(text: str) -> dict[str, str]:
    found = {}
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{statement.module}.{alias.name}" for alias in statement.names}
    return found


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@given(NAMES, LAYOUTS, st.lists(st.sampled_from(["old", "one", "two.three"]), min_size=5, max_size=5), st.booleans())
def test_a_split_statement_binds_the_same_names_and_keeps_its_comments(
    names: list[str], layout: str, homes: list[str], inside: bool
) -> None:
    text = laid_out(names, layout)
    if inside:
        text = "def f():\n" + "".join(f"    {line}\n" for line in text.splitlines()) + "    return 1\n"
    source = python(text)
    (stmt,) = import_statements(source)
    home = dict(zip(stmt.names, homes, strict=False))
    groups: dict[str, list[NewName]] = {}
    for item in stmt.names:
        groups.setdefault(home[item], []).append(NewName(item, item.name, item.asname))
    edits = rewrite(source, stmt, [Group(module, tuple(members)) for module, members in groups.items()])
    result = apply_edits(source.text, edits).decode()
    assert imported(result) == {item.asname or item.name: f"{home[item]}.{item.name}" for item in stmt.names}
    assert set(comments(result)) == set(comments(text))
    if set(home.values()) == {"old"}:
        assert not edits
