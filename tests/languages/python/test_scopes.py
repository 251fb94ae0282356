"""Names, compared with the standard library's `symtable` and, where it says nothing, with the language reference."""

from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

import pytest
from autofix.languages.python.scopes import Binding, Kind, Module, ScopeKind, scopes
from autofix.languages.python.syntax import check, error_lines, root, walk
from autofix.text.source import Source, Undecodable
from python_programs import PROGRAMS
from symtables import differences

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def module(text: str) -> Module:
    return scopes(Source("a.py", text.encode()))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="symtable lists comprehensions and annotations differently")
@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_agrees_with_symtable(text: str, newline: str) -> None:
    assert differences(text.replace("\n", newline).encode()) == []


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="symtable lists comprehensions differently from 3.12 on")
def test_it_agrees_with_symtable_on_the_standard_library() -> None:
    compared, wrong = 0, []
    for path in sorted(STDLIB.glob("*.py"))[::3]:
        try:
            source = Source.decode(path.name, path.read_bytes())
            found = differences(source.text)
        except (Undecodable, SyntaxError):
            continue
        compared += 1
        wrong += [(path.name, found)] * bool(found)
    assert wrong == []
    assert compared > 40


def kinds(text: str, name: str) -> list[Kind]:
    return [target.kind for target in module(text).definitions[name].targets]


def test_how_names_are_bound() -> None:
    text = "import x\ndef x(): pass\nclass x: pass\nx = 1\nx: int\nx += 1\nfor x in y: pass\nwith y as x: pass\n"
    text += "try: pass\nexcept y as x: pass\n(x := 1)\nmatch y:\n    case x: pass\ndel x\ntype x = 1\n"
    expected = [Kind.IMPORT, Kind.FUNCTION, Kind.CLASS, Kind.ASSIGNMENT, Kind.ANNOTATION, Kind.AUGMENTED, Kind.FOR, Kind.WITH]
    assert kinds(text, "x") == [*expected, Kind.EXCEPT, Kind.WALRUS, Kind.CAPTURE, Kind.DELETE, Kind.TYPE_ALIAS]
    parameters = module("def f(a, *b, c=1, d: int, **e): pass\n").scopes[1].bindings
    assert {name: binding.targets[0].kind for name, binding in parameters.items()} == dict.fromkeys("abcde", Kind.PARAMETER)


def references(binding: Binding, text: str) -> list[str]:
    return [text.encode()[place.start : place.end].decode() for place in binding.references]


@pytest.mark.parametrize(
    "text",
    [
        'from m import User\ndef f(a: "User") -> "list[User]": x: "dict[str, User]" = {}\n',
        'from m import User\nx: "User" = 1\ndef f(*a: "User | None", **k: "m.X[User]"): pass\n',
        'from typing import cast, Optional as O\nfrom m import User\ncast("User", 1)\nA = O["User"]\nB = O["list[User]"]\n',
        'import typing as t\nfrom m import User\nt.cast("User", 1)\nt.cast("list[User]", 1)\nt.TypeVar("T", bound="User")\n',
        'from typing import *\nfrom m import User\ncast("User", 1)\ncast("list[User]", 1)\nA = Union["User", int]\n',
        'from typing import TypeVar as V, NewType\nfrom m import User\nV("T", "User", bound="User")\nNewType("User", "User")\n',
        'from m import User\nclass C:\n    a: "User"\n    def b(self, c: "Annotated[User, \'User\']") -> r"User": pass\n',
        'from m import User\nx: List["User"]\ny: t.Optional[List["User"]]\nz: Annotated["User", "User"]\n',
        "from m import User\ndef f(a: '''\n  User''', b: \"User.x\", c: 'list[\"User\"]'): pass\n",
        'from m import User\nx: TypeAlias = "User"\ny: typing.TypeAlias = "list[User]"\ntype z = "User"\n',
    ],
)
def test_names_in_strings_that_are_types(text: str) -> None:
    found = module(text)
    binding = found.definitions["User"]
    assert references(binding, text) == ["User"] * 3
    assert all(place.in_string for place in binding.references if text.encode()[place.start - 1 : place.start] in b"\"'")
    assert not found.opaque_strings


@pytest.mark.parametrize(
    "text",
    [
        'from typing import Literal\nUser = 1\nx: Literal["User"]\ny: Literal["a", "User"] | None\nz: "Literal[\'User\']"\n',
        'from typing import Literal as L\nUser = 1\nx: L["User"]\n',
        'User = 1\nd["User"]\nf("User")\nx = "User"\nrelationship("User")\nx: Annotated[int, "User"]\n',
        'User = 1\ncast("User", x)\nOptional["User"]\n',
        'User = 1\nx: f"User"\ny: b"User"\n',
        'User = 1\ntype(x).y = "User"\ntype(x).z = d["User"]\n',
        'User = 1\nx: Field("User")\n',
        'import typing\nUser = 1\nx.cast("User", 1)\ny.Optional["User"]\n',
    ],
)
def test_other_strings_are_strings(text: str) -> None:
    assert module(text).definitions["User"].references == []


def test_strings_that_cannot_be_read_are_listed() -> None:
    text = 'x: "a" "b"\ny: "not a type"\nz: "a\\x20"\nv: ""\n'
    assert len(module(text).opaque_strings) == 4


@pytest.mark.parametrize(
    ("text", "names", "complete"),
    [
        ("__all__ = [\"a\", 'b']\n", ["a", "b"], True),
        ('__all__ = ("a", "b",)\n', ["a", "b"], True),
        ('__all__: list[str] = ["a"]\n__all__ += ["b"]\n', ["a", "b"], True),
        ('__all__ = ["a"]\n__all__.extend(["b"])\n__all__.append("c")\n', ["a", "b", "c"], True),
        ('__all__ = ["a"] + ["b"]\n', ["a", "b"], True),
        ('__all__ = ["a"] + other.__all__\n', ["a"], False),
        ('__all__ = [*x, "a"]\n', ["a"], False),
        ('__all__ = ["a"]\n__all__ += x.__all__\n', ["a"], False),
        ('__all__ = [f"a{b}", "c" "d"]\n', [], False),
        ("if x:\n    __all__ = ['a']\nelse:\n    __all__ = ['b']\n", ["a", "b"], True),
        ("def f():\n    __all__ = ['a']\n", None, True),
        ("__all__ = [  # why\n    'a',  # b\n    # c\n]\n", ["a"], True),
    ],
)
def test_names_that_are_exported(text: str, names: list[str] | None, complete: bool) -> None:
    found = module(text)
    written = None if found.all_names is None else [text[place.start : place.end] for place in found.all_names]
    assert (written, found.all_is_complete) == (names, complete)


def test_exported_names_are_references() -> None:
    found = module('__all__ = ["f", "g"]\ndef f(): pass\n')
    assert [place.start for place in found.definitions["f"].references] == [12]
    assert "g" in found.undefined


def test_what_type_parameters_can_see() -> None:
    text = "T = 0\nclass C[T](B[T], list[U]):\n    V = 1\n    def f[W: V](self, a: T, b: W = T) -> W: return T, W, V\n"
    text += "    type A[X] = dict[X, V]\nT\n"
    found = module(text)
    assert [text[place.start :][:2] for place in found.definitions["T"].references] == ["T\n"]
    by_name = {scope.name: scope for scope in found.scopes if scope.kind is ScopeKind.CLASS}
    values = by_name["C"].bindings["V"].references
    assert [text[place.start - 3 : place.end] for place in values] == ["W: V"[-4:], "X, V"]
    assert "V" in found.globals  # in the body of f


def test_a_class_body_may_read_what_it_has_not_bound_yet() -> None:
    found = module(
        "x = 1\nclass C:\n    x = x\n    y = x\n    if y:\n        z = 1\n    z\n    def w(self): pass\n    w\nz = w = 0\n"
    )
    assert [place.uncertain for place in found.definitions["x"].references] == [True]
    inner = found.scopes[1].bindings
    assert [place.uncertain for place in inner["x"].references] == [True, False]
    assert [place.uncertain for place in inner["z"].references] == [True]
    assert [place.uncertain for place in inner["w"].references] == [False]
    assert len(found.definitions["z"].references) == 1
    assert found.definitions["w"].references == []


def test_imports_part_by_part() -> None:
    text = (
        "import a.b, c as d\nfrom .x . y import (z as w, # c\n  q)\nfrom .. import *\nfrom ... import r\n"
        "if TYPE_CHECKING:\n    import t\nelse:\n    import e\nif not t.TYPE_CHECKING: pass\nelse:\n    import u\n"
        "try:\n    import v\nexcept (ImportError, X):\n    import o\ntry:\n    import k\nexcept ValueError: pass\n"
        "def f():\n    class D:\n        import g\nclass C:\n    import h\n"
    )
    found = module(text)
    first, second, star, up, *rest = found.imports
    assert [(item.name, item.asname, item.bound) for item in first.names] == [("a.b", None, "a"), ("c", "d", "d")]
    assert [text[item.start : item.end] for item in first.names] == ["a.b", "c as d"]
    assert (second.module, second.level, second.dotted) == ("x.y", 1, ".x.y")
    assert text[second.module_start : second.module_end] == ".x . y"
    assert [text[slice(*item.bound_range)] for item in second.names] == ["w", "q"]
    assert (star.is_star, star.level, star.module, star.dotted) == (True, 2, "", "..")
    assert (up.level, up.names[0].name) == (3, "r")
    marks = {item.names[0].name: (item.type_checking, item.guarded, item.is_local) for item in rest}
    assert marks == {
        "t": (True, False, False),
        "e": (False, False, False),
        "u": (True, False, False),
        "v": (False, True, False),
        "o": (False, True, False),
        "k": (False, False, False),
        "g": (False, False, True),
        "h": (False, False, False),
    }
    assert found.is_dynamic


def test_attribute_chains() -> None:
    text = 'import a.b\na.b.c()\na . b \\\n . d[0]\n[*a.e]\nx: "a.b.F[a.G]"\na.b().c\n(a).z\n'
    found = module(text)
    binding = found.definitions["a"]
    assert [found.chain(place).dotted for place in binding.references] == ["a.b.c", "a.b.d", "a.e", "a.b.F", "a.G", "a.b", "a"]
    chains = [found.chain(place) for place in binding.references]
    assert [text[chain.start : chain.end].replace(" ", "").replace("\\\n", "") for chain in chains] == [
        c.dotted for c in chains
    ]
    assert [chain.dotted for _, chain in found.references_to(binding, "a.b")] == ["a.b.c", "a.b.d", "a.b.F", "a.b"]


def test_where_names_come_from() -> None:
    text = (
        "import sqlalchemy as sa, os.path\nfrom .db import get_db as g\nfrom .. import up\n"
        "try:\n    import fast as q\nexcept ImportError:\n    import slow as q\nz = 1\n"
        "def f(x: 'sa.orm.Session' = g()):\n    print(os.path.join, up.x, q.y, z, x, undefined, [*sa.a()], f(len=1).b)\n"
    )
    found = module(text)
    names = {
        source_text: found.qualified(node)
        for node in walk(root(found.source))
        if node.type in ("identifier", "attribute") and (source_text := text[node.start_byte : node.end_byte])
        if node.parent is not None and node.parent.type not in ("dotted_name", "aliased_import", "list_splat")
    }
    assert {name: origins for name, origins in names.items() if origins} == {
        "g": (".db.get_db",),
        "print": ("builtins.print",),
        "os": ("os",),
        "os.path": ("os.path",),
        "up": ("..up",),
        "os.path.join": ("os.path.join",),
        "up.x": ("..up.x",),
        "q.y": ("fast.y", "slow.y"),
        "q": ("fast", "slow"),
        "*sa.a": ("sqlalchemy.a",),
        "ImportError": ("builtins.ImportError",),
    }
    reference = next(place for place in found.definitions["sa"].references if place.in_string)
    assert found.qualified(reference) == ("sqlalchemy.orm.Session",)
    assert found.binding_at(text.index("x: 'sa")) is found.scopes[1].bindings["x"]
    assert found.binding_at(text.index("undefined")) is None


def test_the_scope_of_an_offset() -> None:
    text = "@d\ndef f(a=b, *c: e) -> g:\n    h\n    return [i for i in j if k]\nclass C(l):\n    m\nn = lambda o=p: q\n"
    found = module(text)
    expected = dict.fromkeys("dbegjlnp", "module")
    expected |= {"h": "function", "i": "comprehension", "k": "comprehension", "m": "class", "q": "lambda", "j": "function"}
    for name, kind in expected.items():
        at = text.index(f" {name}") + 1 if f" {name}" in text else text.index(name) if name != "q" else text.index(": q") + 2
        if name == "l":
            at = text.index("(l") + 1
        if name in "bp":
            at = text.index(f"={name}") + 1
        if name == "d":
            at = 1
        if name == "n":
            at = text.index("\nn =") + 1
        assert found.scope_at(at).kind.value == kind, name


@pytest.mark.parametrize(
    "text",
    [
        "exec('x')",
        "eval(y)",
        "globals()['x']",
        "def f():\n    locals()",
        "vars()",
        "dir()",
        "dir(sys.modules[__name__])",
        "from x import *",
        "def __getattr__(n): pass",
    ],
)
def test_what_reaches_names_by_strings(text: str) -> None:
    assert module(text + "\n").is_dynamic


@pytest.mark.parametrize(
    "text", ["vars(x)", "dir(x)", "x.exec()", "x.eval(y)", "class C:\n    def __getattr__(s, n): pass", "exec = 1"]
)
def test_what_does_not(text: str) -> None:
    assert not module(text + "\n").is_dynamic


def test_names_that_nobody_binds() -> None:
    found = module("print(x, __file__, __name__)\ndef f(): return y\n")
    assert set(found.undefined) == {"x", "y"}


DEEP = (
    "x = " + "(" * 20_000 + "1" + ")" * 20_000,
    "x = " + "[" * 5_000 + "]" * 5_000,
    "x = a" + " + a" * 20_000,
    "x = a" + ".f()" * 5_000,
    "x = a" + "[0]" * 5_000,
    "if a: pass\n" + "elif b: pass\n" * 5_000,
    "x = (" + "'a'\n" * 5_000 + ")",
    "x = " + "-" * 5_000 + "1",
    "x = " + "lambda: " * 3_000 + "0",
    "x = " + "not " * 5_000 + "a",
    "x: " + "a[" * 500 + "]" * 500,
    "x: '" + "a[" * 500 + "b" + "]" * 500 + "'",
    "x = " + "{1: " * 3_000 + "}" * 3_000,
    "(" * 5_000,
    "match x:\n case " + "[" * 500 + "]" * 500 + ": 1",
    "\n".join(" " * level + "if x:" for level in range(90)) + "\n" + " " * 90 + "pass",
    "x = " + "[a for a in " * 300 + "b" + "]" * 300,
)


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_depth_costs_neither_a_crash_nor_much_time(text: str) -> None:
    started = time.process_time()
    found = module(text + "\n")
    assert found.scopes
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text", ["def f(:\n x\n", "class\n", "x = = 1", "import\nfrom import a", "lambda", "[for x in]", "def f["]
)
def test_broken_files_give_what_could_be_read(text: str) -> None:
    source = Source("a.py", f"good = 1\n{text}\ngood\n".encode())
    assert "good" in scopes(source).definitions
    assert error_lines(source)
    assert check(source) is not None
