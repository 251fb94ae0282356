"""The table of moves, where import paths stand outside of imports, and the splitting of import statements."""

from __future__ import annotations

import ast
import io
import tokenize

import pytest
from autofix.fixers.python.moved_imports import MovedImports, MoveOptions
from autofix.fixers.python.moved_imports.modules import Modules, absolute_names, module_names, relative_name
from autofix.fixers.python.moved_imports.moves import Moves
from autofix.fixers.python.moved_imports.occurrences import Occurrences
from autofix.fixers.python.moved_imports.outline import import_nodes, outline
from autofix.fixers.python.moved_imports.statements import Group, NewName, rewrite
from autofix.fixers.python.moved_imports.texts import mentions
from autofix.languages.python.syntax import root
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


# Names of modules.


def test_the_nearest_file_is_meant() -> None:
    modules = Modules.of(["one/app/db.py", "two/app/db.py", "two/src/lib/x.py", "app.py"])
    assert modules.find("app.db", "one/main.py") == "one/app/db.py"
    assert modules.find("app.db", "two/tests/test_a.py") == "two/app/db.py"
    assert modules.find("lib.x", "two/main.py") == "two/src/lib/x.py"
    assert modules.find("pp.db", "one/main.py") is None
    assert modules.folder("app", "one/main.py") == "one/app"
    assert modules.folder("pp", "one/main.py") is None


def test_names_of_files_and_relative_imports() -> None:
    assert module_names("x/app/api/users.py", ["x/app/api", "x/app"])[0] == "app.api.users"
    assert module_names("app/__init__.py", ["app"]) == ["app"]
    assert list(absolute_names("app/api/users.py", "..db", ["app/api", "app"])) == ["app.db"]
    assert list(absolute_names("app/__init__.py", ".db", ["app"])) == ["app.db"]
    assert list(absolute_names("main.py", ".db", [])) == []
    assert relative_name("app.api.users", is_package=False, target="app.core.db") == "..core.db"
    assert relative_name("app.api", is_package=True, target="app.api.x") == ".x"
    assert relative_name("app.users", is_package=False, target="other.x") is None


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


# Scopes.


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("from m import x\nprint(x)\n", [2]),
        ("from m import x\ndef f(x):\n    return x\nx\n", [4]),
        ("from m import x\ndef f(a=x, *x):\n    return x\n", [2]),
        ("from m import x\n[x for x in x]\n", [2]),
        ("from m import x\n[y for y in x if x]\n", [2, 2]),
        ("from m import x\ndef f():\n    global x\n    return x\n", [4]),
        ("from m import x\ndef f():\n    x = 1\n    def g():\n        nonlocal x\n        return x\n", []),
        ("from m import x\nclass A:\n    x = 1\n    def f(self):\n        return x\n", [5]),
        ("from m import x\na.x(x=x).x\n", [2]),
        ("from m import x\nlambda x: x\nlambda y=x: x\n", [3, 3]),
        ("from m import x\nmatch y:\n    case x.y: pass\n    case Z(x=1): pass\n", [3]),
        ("from m import x\ndef f():\n    import x\n    return x\n", []),
        ("from m import x\ndef f() -> 'x':\n    'x'\n    y: list['x'] = 'x'\n", [2, 4]),
        ("from m import x\nif (x := 1): x\n", [2]),
    ],
)
def test_uses_of_a_module_level_name(text: str, lines: list[int]) -> None:
    source = python(text)
    occurrences = Occurrences(source, root(source), "x")
    assert [source.line_of(use.start) for use in occurrences.of(root(source)).uses] == lines


def test_what_a_module_offers() -> None:
    text = "import a.b, c as d\ntry:\n    from e import f\nexcept ImportError:\n    f = None\nX: int = 1\n(p, [q, *r]) = 1\n"
    text += "def g():\n    h = 1\n    import late\nclass K:\n    inner = 1\nwith w() as v: pass\n"
    found = outline(python(text))
    assert found.own == {"f", "X", "p", "q", "r", "g", "K", "v"}
    assert found.imported == {"a", "d", "f"}
    assert [(item.module, item.top_level, item.fallback) for item in found.imports] == [
        (None, True, False),
        ("e", True, True),
        (None, False, False),
    ]


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
    ((_, stmt),) = import_nodes(source)
    home = dict(zip(stmt.items, homes, strict=False))
    groups: dict[str, list[NewName]] = {}
    for item in stmt.items:
        groups.setdefault(home[item], []).append(NewName(item, item.name, item.alias))
    edits = rewrite(source, stmt, [Group(module, tuple(members)) for module, members in groups.items()])
    result = apply_edits(source.text, edits).decode()
    assert imported(result) == {item.alias or item.name: f"{home[item]}.{item.name}" for item in stmt.items}
    assert set(comments(result)) == set(comments(text))
    if set(home.values()) == {"old"}:
        assert not edits
