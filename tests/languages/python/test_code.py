"""The code model against Python's own parser."""

from __future__ import annotations

import ast
import pickle
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from autofix.languages.python import code
from autofix.languages.python.code_reading import read
from autofix.text.source import Source

_EXPRESSIONS = {
    ast.Name: code.Name,
    ast.Attribute: code.Attribute,
    ast.Call: code.Call,
    ast.Subscript: code.Subscript,
    ast.Await: code.Await,
    ast.Yield: code.Yield,
    ast.YieldFrom: code.Yield,
    ast.Lambda: code.Lambda,
    ast.ListComp: code.Comprehension,
    ast.SetComp: code.Comprehension,
    ast.DictComp: code.Comprehension,
    ast.GeneratorExp: code.Comprehension,
    ast.IfExp: code.Conditional,
    ast.NamedExpr: code.Walrus,
    ast.Dict: code.Dictionary,
    ast.List: code.Collection,
    ast.Set: code.Collection,
    ast.Starred: code.Starred,
}
_STATEMENTS = {
    ast.FunctionDef: code.Function,
    ast.AsyncFunctionDef: code.Function,
    ast.ClassDef: code.Class,
    ast.For: code.For,
    ast.AsyncFor: code.For,
    ast.While: code.While,
    ast.If: code.If,
    ast.With: code.With,
    ast.AsyncWith: code.With,
    ast.Try: code.Try,
    ast.Match: code.Match,
    ast.Return: code.Return,
    ast.Assign: code.Assign,
    ast.AnnAssign: code.Assign,
    ast.AugAssign: code.Assign,
    ast.Import: code.Import,
    ast.ImportFrom: code.Import,
    ast.Global: code.Declare,
    ast.Nonlocal: code.Declare,
    ast.Delete: code.Delete,
    ast.Raise: code.Leave,
    ast.Break: code.Leave,
    ast.Continue: code.Leave,
    ast.Expr: code.Evaluate,
}


def module(text: str) -> code.Module:
    return read(Source.decode("a.py", text.encode()))


def nodes(value: object) -> Iterator[tuple[object, ...]]:
    """Every statement and expression of a model."""
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            yield value
        for child in value:
            yield from nodes(child)


def ours(text: str) -> Counter[tuple[str, int, int]]:
    counted = {*_EXPRESSIONS.values(), *_STATEMENTS.values()}
    found = (node for node in nodes(module(text)) if type(node) in counted)
    # The parentheses of a tuple are part of it in the one and not in the other.
    kept = (node for node in found if not (isinstance(node, code.Collection) and node.kind == "tuple"))
    places = Counter((type(node).__name__, node.start, node.end) for node in kept)  # type: ignore[attr-defined]
    arguments = (node for node in nodes(module(text)) if isinstance(node, code.Argument) and node.stars == 1)
    return places + Counter(("Starred", argument.start, argument.end) for argument in arguments)


def theirs(text: str) -> Counter[tuple[str, int, int]]:
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: Counter[tuple[str, int, int]] = Counter()
    tree = ast.parse(text)
    in_pattern = {id(below) for node in ast.walk(tree) if isinstance(node, ast.pattern) for below in ast.walk(node)}
    for node in ast.walk(tree):
        kind = _EXPRESSIONS.get(type(node)) or _STATEMENTS.get(type(node))  # type: ignore[call-overload]
        if kind is None or id(node) in in_pattern:
            continue
        start = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        found[kind.__name__, start, end] += 1
    return found


CODE = '''
import a.b, c as d
from . import x
from ..m.n import (y as z, w)
@deco(1)
async def f(a, /, b: "int" = 1, *args: int, c, d=2, **kw) -> list[int]:
    """Doc."""
    global g, h
    async with a as b, c:
        pass
    with (open(x) as p, q.r()[1:2, ::3] as (s, t)):
        pass
    with (yield):
        pass
    async for i, *j in await f(*a, **b, c=1):
        break
    else:
        continue
    try:
        x: int = 1
        x = y = 1
    except (A, B) as e:
        raise X from e
    except C:
        pass
    else:
        del x, y[0]
    finally:
        x += 1
    return [*a.b(), *c], (lambda q, *r: q)(1), {**a, "b": 1}, {1, 2}, not a and b or c is not d, -x ** 2
class K(Base[int], metaclass=M):
    x: int
    y: str = "a" "b"
    def m(self): return super().m(v for v in self)
match a, b:
    case K(x=1, y=z) | [z, *_] if z:
        print(f"{z!r:>{w.x()}}", file=k)
    case {"a": q, **rest}:
        pass
    case a.b:
        pass
if (n := 10) > 5: pass
elif x: pass
else: pass
while a if b else c: a = yield
t = (x.y for x in z if x if y for q in x)
u = {k: v async for k, v in z}
v = (a)(b)[c].d, (a.b).c
print(*a, *b.c, sep="")
'''


def test_agrees_with_python_on_every_construct() -> None:
    text = CODE if sys.version_info >= (3, 12) else CODE.replace('f"{z!r:>{w.x()}}"', '"z"')
    # Outside of functions `yield` and `await` are what they are; only compiling would complain.
    assert ours(text) == theirs(text)


def _library() -> list[Path]:
    folder = Path(sysconfig.get_path("stdlib"))
    return sorted(path for path in folder.glob("*.py"))[::4]


@pytest.mark.parametrize("path", _library(), ids=lambda path: path.name)
def test_agrees_with_python_on_its_library(path: Path) -> None:
    text = path.read_text("utf-8").replace("\r\n", "\n")
    mine, python = ours(text), theirs(text)
    if sys.version_info < (3, 12):  # places in f-strings were wrong
        inside = [(node.start, node.end) for node in nodes(module(text)) if isinstance(node, code.Text)]
        mine = Counter({key: n for key, n in mine.items() if not any(s < key[1] and key[2] < e for s, e in inside)})
        names = {key for key in python if key not in mine}
        python = Counter(
            {key: n for key, n in python.items() if key not in names or not any(s <= key[1] <= e for s, e in inside)}
        )
        python = Counter({key: n for key, n in python.items() if not any(s < key[1] and key[2] < e for s, e in inside)})
    assert mine == python


def test_places_in_format_strings() -> None:
    (statement,) = module('f"é {db.query(A).count():{w}} {x!r}"\n').body
    assert isinstance(statement, code.Evaluate)
    assert isinstance(statement.value, code.Text)
    text = 'f"é {db.query(A).count():{w}} {x!r}"'.encode()
    assert [text[part.start : part.end] for part in statement.value.parts] == [b"db.query(A).count()", b"w", b"x"]


def test_parameters() -> None:
    function = module(CODE).body[3]
    assert isinstance(function, code.Function)
    found = [(parameter.name, parameter.kind, parameter.default is not None) for parameter in function.parameters]
    assert found == [
        ("a", "positional", False),
        ("b", "positional", True),
        ("args", "*", False),
        ("c", "keyword", False),
        ("d", "keyword", True),
        ("kw", "**", False),
    ]


def test_imports_name_what_they_bind() -> None:
    imports = [statement for statement in module(CODE).body if isinstance(statement, code.Import)]
    assert [(found.module, found.level, [(n.name, n.bound) for n in found.names]) for found in imports] == [
        (None, 0, [("a.b", "a"), ("c", "d")]),
        ("", 1, [("x", "x")]),
        ("m.n", 2, [("y", "z"), ("w", "w")]),
    ]


def test_patterns_name_what_they_bind() -> None:
    match = next(statement for statement in module(CODE).body if isinstance(statement, code.Match))
    assert [sorted(set(case.names)) for case in match.cases] == [["z"], ["q", "rest"], []]


def test_handlers() -> None:
    (statement,) = module("try:\n    pass\nexcept (A, B) as e:\n    pass\nexcept C:\n    pass\n").body
    assert isinstance(statement, code.Try)
    assert [(type(handler.kind).__name__, handler.name) for handler in statement.handlers] == [
        ("Collection", "e"),
        ("Name", None),
    ]


def test_can_be_pickled_and_reads_broken_files() -> None:
    found = module("def f(:\n    x = db.query(A)\n")
    assert found.has_errors
    assert pickle.loads(pickle.dumps(found)) == found
