"""What other files learn of a file."""

from __future__ import annotations

import pickle
from unicodedata import normalize

import pytest
from autofix.languages.python.outline import definitions, exports
from autofix.languages.python.scopes import Kind, ScopeKind, scopes
from autofix.languages.python.summary import PYTHON_MODULES, ModuleSummary
from autofix.languages.python.syntax import root, walk
from autofix.text.source import Source
from python_programs import PROGRAMS


def summarize(text: str) -> ModuleSummary:
    return PYTHON_MODULES.summarize(Source("a.py", text.encode()))


TEXT = '''"""Doc."""
import os, a.b as c
from .x import (y as z, w)
from m import *
__all__ = ["f"]

@app.get("/").x
@router.get("/")
async def f(db=Depends(get_db)):
    def inner():
        return await_(x)
    import late
    await db.execute(q(1))
    return [g(a) for a in (await h()).all()]

@dataclass
class C(Base, m.Mixin[T], metaclass=Meta):
    x = field()
    def m(self): self.f().g(*k.l())

if c:
    def f(): pass
else:
    v: int = w = 1
'''


def test_everything_in_the_order_of_the_text() -> None:
    found = summarize(TEXT)
    assert [tuple(item) for item in found.imports] == [
        (None, 0, (("os", None), ("a.b", "c")), 2, -1, True, False),
        ("x", 1, (("y", "z"), ("w", None)), 3, -1, True, False),
        ("m", 0, (("*", None),), 4, -1, True, False),
        (None, 0, (("late", None),), 12, 0, False, False),
    ]
    assert [tuple(item) for item in found.functions] == [
        ("f", 9, True, (".x", "router.get")),
        ("f.<locals>.inner", 10, False, ()),
        ("C.m", 19, False, ()),
        ("f", 22, False, ()),
    ]
    assert [tuple(item) for item in found.classes] == [("C", 17, ("Base", "m.Mixin"))]
    assert [tuple(item) for item in found.calls.each()] == [
        ("app.get", 7, -1, ""),
        ("router.get", 8, -1, ""),
        ("Depends", 9, -1, ""),
        ("await_", 11, 1, ""),
        ("db.execute", 13, 0, "awaited"),
        ("q", 13, 0, ""),
        ("g", 14, 0, ""),
        (".all", 14, 0, ""),
        ("h", 14, 0, "awaited"),
        ("field", 18, -1, "assigned"),
        ("self.f", 19, 2, ""),
        (".g", 19, 2, "dropped"),
        ("k.l", 19, 2, ""),
    ]
    assert [tuple(item) for item in found.definitions] == [
        *(("os", "import", 2), ("c", "import", 2), ("z", "import", 3), ("w", "import", 3), ("__all__", "assignment", 5)),
        *(("f", "async def", 9), ("C", "class", 17), ("f", "def", 22), ("v", "assignment", 24), ("w", "assignment", 24)),
    ]
    assert found.exports == ("f",)
    assert not found.has_errors
    assert pickle.loads(pickle.dumps(found)) == found


def test_when_imports_run_and_may_fail() -> None:
    text = "try:\n    import a\nexcept ImportError:\n    import b\nif TYPE_CHECKING:\n    import c\nelse:\n    import d\n"
    text += (
        "class C:\n    import e\nif __name__ == '__main__':\n    import f\ntry:\n    import g\nexcept ValueError:\n    pass\n"
    )
    text += "try:\n    import h\nexcept Exception:\n    h = None\nwith suppress(ImportError):\n    import i\n"
    found = {item.names[0][0]: (item.runs, item.fallback) for item in summarize(text).imports}
    assert [name for name in "abcdefghi" if not found[name][0]] == ["c", "f"]
    assert [name for name in "abcdefghi" if found[name][1]] == ["a", "b", "h", "i"]


def test_names_are_what_the_module_defines_itself() -> None:
    assert summarize("import a\nfrom b import c\nd: int = 1\ndef e(): f = 1\nclass G: h = 1\n").names == {"d", "e", "G"}


def test_a_broken_file_gives_what_could_be_read() -> None:
    found = summarize("import a\ndef f(: pass\n")
    assert found.has_errors
    assert found.imports[0].names == (("a", None),)


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_the_summary_agrees_with_the_resolver(text: str) -> None:
    source = Source("a.py", text.encode())
    found, module = summarize(text), scopes(source)
    functions = [scope for scope in module.scopes if scope.kind is ScopeKind.FUNCTION]
    assert sorted(item.name for item in found.functions) == sorted(scope.qualified_name for scope in functions)
    assert len(found.calls.callees) == sum(node.type == "call" for node in walk(root(source)))
    shown = (Kind.WALRUS, Kind.CAPTURE, Kind.DELETE)
    names = {
        binding.name
        for binding in module.definitions.values()
        if any(target.kind not in shown and target.scope is module.scope for target in binding.targets)
    }
    assert {normalize("NFKC", item.name) for item in definitions(source)} == names


def test_exports_of_a_dynamic_list_are_unknown() -> None:
    assert exports(Source("a.py", b"__all__ = ['a'] + x\n")) is None
    assert exports(Source("a.py", b"x = 1\n")) is None
    assert exports(Source("a.py", b"__all__ = ['a']\n__all__ += ['b']\n__all__.append('c')\n")) == ("a", "b", "c")
