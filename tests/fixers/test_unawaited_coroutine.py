"""Programs that drop coroutines, run before and after; and whether the tables are true of the libraries."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from autofix import session
from autofix.fixers.python.unawaited_coroutine.libraries import FUNCTIONS, METHODS, canonical
from autofix.registry import load
from repositories import read_tree, write_tree

FIXTURES = Path(__file__).parents[2] / "fixtures" / "unawaited-coroutine"
# What runs the program of a fixture.
STARTS = {
    "across-files": "async def all():\n    async for _ in lifespan():\n        pass\nasyncio.run(all())",
    "assigned-then-used": "asyncio.run(show())",
    "decorated": "asyncio.run(main())",
    "main-guard": "",
    "main-guard-of-another-file": "",
    "methods": "asyncio.run(Service(Outbox2(), Outbox2()).run(Mailer()))",
    "overridden-by-coroutines": "asyncio.run(Loud().run())",
    "startup-handler": "async def all():\n    async with app.router.lifespan_context(app):\n        pass\nasyncio.run(all())",
}
OUTBOX = "class Outbox2(Outbox):\n    def __init__(self):\n        self.mailer = Mailer()\n"


def run(folder: Path, start: str) -> str:
    """Run a program to its end; what it complains of."""
    name = "__main__" if not start else "main"
    text = f"import asyncio, gc, runpy\nglobals().update(runpy.run_path('main.py', run_name={name!r}))\n"
    text += (OUTBOX if "Outbox2" in start else "") + f"{start}\ngc.collect()\n"
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", text]
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=60)
    return done.stderr


@pytest.mark.parametrize("name", STARTS)
def test_what_warned_is_silent(name: str, tmp_path: Path) -> None:
    root = write_tree(tmp_path, read_tree(FIXTURES / name / "before"))
    assert "was never awaited" in run(root, STARTS[name])
    request = session.Request((root,), select=("unawaited-coroutine",), unsafe=True, jobs=1, cache=False)
    session.write(session.execute(request, load()), allow_dirty=True)
    assert run(root, STARTS[name]) == ""


def resolve(dotted: str) -> object:
    """The object of a dotted name."""
    parts = dotted.split(".")
    for at in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError as error:
            if error.name not in (parts[0], ".".join(parts[:at])):
                raise
            continue
        for part in parts[at:]:
            found = getattr(found, part)
        return found
    pytest.skip(f"{parts[0]} is not installed")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_of_libraries(name: str) -> None:
    assert inspect.iscoroutinefunction(resolve(name))


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_of_libraries(name: str) -> None:
    cls = resolve(name)
    for method in METHODS[name]:
        assert inspect.iscoroutinefunction(inspect.unwrap(getattr(cls, method))), method


def test_names_of_inner_modules() -> None:
    assert canonical("sqlalchemy.ext.asyncio.session.AsyncSession") == "sqlalchemy.ext.asyncio.AsyncSession"
    assert canonical("sqlalchemy.ext.asyncio.engine.AsyncEngine.begin") == "sqlalchemy.ext.asyncio.AsyncEngine.begin"
    assert canonical("asyncio.locks.Event") == "asyncio.Event"
    assert canonical("asyncio.tasks.sleep") == "asyncio.sleep"
    assert canonical("sqlmodel.ext.asyncio.session.AsyncSession") == "sqlalchemy.ext.asyncio.AsyncSession"
