"""Listeners keep working with the driver of the asynchronous engine; inspectors that are kept are asked with `await`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from migrations import blockers, migrated
from repositories import write_tree

DATABASE = """\
import sqlite3

from sqlalchemy import Column, ForeignKey, Integer, create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine("sqlite:///./a.db")
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("items.id"))
"""
DECORATED = """\


@event.listens_for({target}, "connect")
def set_pragma(connection, record):
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
"""
LISTENED = (
    DECORATED.replace('@event.listens_for({target}, "connect")\n', "") + '\n\nevent.listen({target}, "connect", set_pragma)\n'
)
MAIN = """\


def main():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        print(db.execute(text("PRAGMA foreign_keys")).scalar())
    inspector = inspect(engine)
    if "items" in inspector.get_table_names():
        print([column["name"] for column in inspector.get_columns("items")])


if __name__ == "__main__":
    main()
"""


def output(folder: Path, files: dict[str, str]) -> str:
    """What a program prints."""
    write_tree(folder, files)
    command = [sys.executable, "-W", "error::RuntimeWarning", "main.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert not done.returncode, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("listener", [DECORATED, LISTENED])
@pytest.mark.parametrize("target", ["engine", "Engine"])
def test_a_listener_for_the_connections_of_sqlite(tmp_path, listener, target):
    before = {"main.py": DATABASE + listener.format(target=target) + MAIN}
    after = migrated(tmp_path / "plan", before)
    assert "isinstance(connection, (sqlite3.Connection, AsyncAdapt_aiosqlite_connection))" in after["main.py"]
    assert output(tmp_path / "before", before) == output(tmp_path / "after", after) == "1\n['id', 'parent_id']\n"


def test_a_listener_elsewhere(tmp_path):
    files = {
        "listeners.py": "import sqlite3"
        + DECORATED.format(target="Engine").partition("\n")[2].replace("@event", "def before():\n    pass\n\n\n@event", 1),
        "main.py": DATABASE + "\nimport listeners  # noqa: E402, F401\n" + MAIN,
    }
    files["listeners.py"] = files["listeners.py"].replace(
        "import sqlite3", "import sqlite3\n\nfrom sqlalchemy import event\nfrom sqlalchemy.engine import Engine\n", 1
    )
    after = migrated(tmp_path / "plan", files)
    assert output(tmp_path / "before", files) == output(tmp_path / "after", after) == "1\n['id', 'parent_id']\n"


def test_a_listener_that_needs_the_old_driver_is_in_the_way(tmp_path):
    listener = DECORATED.format(target="engine").replace("connection.cursor()", "connection.create_collation('x', None)")
    found = blockers(tmp_path, {"main.py": DATABASE + listener + MAIN})
    assert [reason for _, _, reason in found if "create_collation" in reason]


@pytest.mark.parametrize(
    "use", ["show(inspector)", "lambda: inspector.get_table_names()", "any(inspector.has_table(n) for n in names)"]
)
def test_an_inspector_that_gets_away_is_in_the_way(tmp_path, use):
    text = DATABASE + MAIN.replace("    if ", f"    print({use})\n    if ", 1)
    assert any("the inspector is used where" in reason for _, _, reason in blockers(tmp_path, {"main.py": text}))
