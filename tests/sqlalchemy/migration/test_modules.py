"""Modules of which it is not told which one they are: what tests replace in them, and ask of the engine in them."""

from __future__ import annotations

import pytest
from migrations import blockers, migrated, outcomes

APP = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine("sqlite:///items.db")


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)


def create_tables():
    Base.metadata.create_all(engine)


def add(name):
    with Session(engine) as session:
        session.add(Item(name=name))
        session.commit()
"""
TESTS = """\
import importlib
from types import ModuleType

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import StaticPool


@pytest.fixture(name="module", params=["items"])
def get_module(request) -> ModuleType:
    module = importlib.import_module(f"apps.{request.param}")
    module.engine = create_engine("sqlite://", poolclass=StaticPool)
    return module


def test_indexes(module: ModuleType):
    module.create_tables()
    module.add("a")
    %s
    assert [index["name"] for index in indexes] == ["ix_items_name"]
"""
FILES = {
    "apps/__init__.py": "",
    "apps/items.py": APP,
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["sqlalchemy>=2.0", "pytest-asyncio"]\n',
}


@pytest.mark.parametrize(
    "asked",
    [
        "inspector = inspect(module.engine)\n    indexes = inspector.get_indexes('items')",
        "indexes = inspect(module.engine).get_indexes('items')",
    ],
)
def test_the_engine_of_a_module_is_inspected(tmp_path, asked):
    before = {**FILES, "tests/test_items.py": TESTS % asked}
    after = migrated(tmp_path / "plan", before)
    assert "await AsyncSession(module.engine).run_sync(" in after["tests/test_items.py"]
    assert "    await module.create_tables()\n    await module.add('a')\n" in after["tests/test_items.py"].replace('"a"', "'a'")
    passed = {"tests/test_items.py::test_indexes[items]": "passed"}
    assert outcomes(tmp_path / "before", before) == outcomes(tmp_path / "after", after) == passed


def test_modules_that_do_not_agree_tell_nothing(tmp_path):
    """`engine` is no engine in another file of the program, so it may be anything."""
    asked = "indexes = inspect(module.engine).get_indexes('items')"
    files = {**FILES, "apps/other.py": "engine = print\n", "tests/test_items.py": TESTS % asked}
    found = [reason for _, _, reason in blockers(tmp_path, files)]
    assert "it is not known which engine is inspected" in found


# Statements that inspect what is not known to be an engine, and whether they ask for what only databases have.
UNKNOWN = {
    "inspect(given).get_table_names()": True,
    "inspect(given.engine).has_table('items')": True,
    "inspector = inspect(given)\n    return inspector.get_columns('items')": True,
    "inspect(given).mapper": False,
    "inspect(given).get_history('name', True)": False,
    "state = inspect(given)\n    return state.unloaded": False,
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_inspected_is_not_known(tmp_path, text):
    body = text if "\n" in text else f"return {text}"
    files = {
        "items.py": f"{APP}\n\ndef look(given):\n    {body}\n".replace("import create_engine", "import create_engine, inspect")
    }
    found = [reason for _, _, reason in blockers(tmp_path, files)]
    assert ("it is not known which engine is inspected" in found) is UNKNOWN[text]


def test_what_run_sync_hands_over_is_known(tmp_path):
    look = (
        "def look(given):\n    return inspect(given).get_table_names()\n\n\n"
        "async def tables(connection):\n    return await connection.run_sync(look)\n"
    )
    files = {"items.py": f"{APP}\n\n{look}".replace("import create_engine", "import create_engine, inspect")}
    assert blockers(tmp_path, files) == []
