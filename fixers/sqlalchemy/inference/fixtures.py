"""pytest's fixtures: which function makes the value for the name of a parameter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autofix.fixers.sqlalchemy.inference.program import FunctionInfo, Program
from autofix.languages.python.code import Call, Constant, Expression
from autofix.languages.python.code_walk import dotted

FIXTURE_DECORATORS = frozenset(("pytest.fixture", "fixture", "pytest_asyncio.fixture"))


class Fixtures:
    """The fixtures of a program, by where they can be seen: a file, or with `conftest.py` a folder."""

    def __init__(self, program: Program) -> None:
        self._by_file: dict[str, dict[str, str]] = defaultdict(dict)
        self.keys: set[str] = set()
        """The functions that are fixtures."""
        for function in program.functions.values():
            name = fixture_name(function)
            if name:
                self._by_file[function.path][name] = function.key
                self.keys.add(function.key)

    def find(self, path: str, name: str, asking: str) -> str | None:
        """The fixture that a test or fixture of a file, by its key, gets for a name; None where it asks for none."""
        if not (asking in self.keys or asking.rpartition(":")[2].rpartition(".")[2].startswith("test")):
            return None
        places = (path, *conftests(path))
        found = [self._by_file[place][name] for place in places if name in self._by_file.get(place, {})]
        others = [key for key in found if key != asking]
        return others[0] if others else self._only(name, asking)

    def _only(self, name: str, asking: str) -> str | None:
        """A fixture that comes by an import or a plugin: where there is just one of the name."""
        found = [names[name] for names in self._by_file.values() if name in names and names[name] != asking]
        return found[0] if len(found) == 1 else None


def conftests(path: str) -> Iterator[str]:
    """The files whose fixtures the tests of a file see, the nearest first; not all of them have to exist."""
    return (f"{folder}conftest.py" for folder in folders(path))


def folders(path: str) -> Iterator[str]:
    """The folders that a file is in, innermost first, each with a slash behind it; the root is empty."""
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/"
        folder = folder.rpartition("/")[0]
    yield ""


def fixture_name(function: FunctionInfo) -> str:
    """The name under which a function is a fixture; empty where it is none."""
    for decorator in function.node.decorators:
        called: Expression = decorator.function if isinstance(decorator, Call) else decorator
        if dotted(called) not in FIXTURE_DECORATORS:
            continue
        if isinstance(decorator, Call):
            for argument in decorator.arguments:
                if argument.keyword == "name" and isinstance(argument.value, Constant):
                    return str(argument.value.value)
        return function.node.name
    return ""


def is_test_file(path: str) -> bool:
    """Whether a file belongs to a test suite, by where it is and how it is called."""
    *folders, name = path.split("/")
    is_named_so = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return is_named_so or bool({"tests", "test"} & set(folders))
