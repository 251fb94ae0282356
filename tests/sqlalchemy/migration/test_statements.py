"""Annotations of what was a query follow it: they would say otherwise that there is one still."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrations import migrated, plans

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
SERVICE = """\
from sqlalchemy.orm import Query, Session

from models import User


def named(query: {annotation}, name: str) -> {annotation}:
    return query.filter(User.name == name)


def first(db: Session, name: str):
    query: {annotation} = db.query(User)
    query = named(query, name)
    return query.first()
"""
PIN = {"requirements.txt": "sqlalchemy==2.0.31\n"}


@pytest.mark.parametrize(
    ("annotation", "after"),
    [
        ("Query", "Select"),
        ("Query[User]", "Select[tuple[User]]"),
        ("Query[tuple[User]]", "Select[tuple[User]]"),
        ('"Query"', '"Select"'),
        ("Query | None", "Select | None"),
        ("object", "object"),
    ],
)
def test_names_what_it_is_now(annotation: str, after: str, tmp_path: Path) -> None:
    files = {"models.py": MODELS, "service.py": SERVICE.format(annotation=annotation)} | PIN
    made = migrated(tmp_path, files)
    assert f"query: {after}, name: str) -> {after}:" in made["service.py"]
    assert f"    query: {after} = select(User)\n" in made["service.py"]
    assert ("import Select, select" in made["service.py"]) is (after != "object")
    # A second run finds nothing to do, and nothing to complain about.
    assert plans(tmp_path, made) == []


def test_imports_it_from_where_an_old_release_has_it(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "service.py": SERVICE.format(annotation="Query"), "requirements.txt": "sqlalchemy==1.4.54\n"}
    assert "from sqlalchemy.sql import Select\n" in migrated(tmp_path, files)["service.py"]


def test_keeps_the_name_where_a_query_is_left(tmp_path: Path) -> None:
    service = SERVICE.format(annotation="Query").replace("query.first()", "query.enable_eagerloads(False).first()")
    made = migrated(tmp_path, {"models.py": MODELS, "service.py": service} | PIN)["service.py"]
    assert ".run_sync(" in made
    assert "query: Query" in made
    assert "Select" not in made


@pytest.mark.parametrize(
    "other", ["class Select:\n    pass\n", "def Select():\n    pass\n", "from django import Select\n", "Select = None\n"]
)
def test_names_it_in_full_where_its_name_means_something_else(other: str, tmp_path: Path) -> None:
    service = SERVICE.format(annotation="Query").replace("\n\n\ndef named", f"\n\n{other}\n\ndef named")
    made = migrated(tmp_path, {"models.py": MODELS, "service.py": service} | PIN)["service.py"]
    assert "query: sqlalchemy.sql.Select, name" in made
    assert "import sqlalchemy\n" in made


def test_keeps_what_is_no_annotation(tmp_path: Path) -> None:
    check = "\n\ndef is_query(value) -> bool:\n    return isinstance(value, Query)\n"
    files = {"models.py": MODELS, "service.py": SERVICE.format(annotation="Query") + check} | PIN
    made = migrated(tmp_path, files)["service.py"]
    assert "isinstance(value, Query)" in made
    assert "from sqlalchemy.orm import Query\n" in made
