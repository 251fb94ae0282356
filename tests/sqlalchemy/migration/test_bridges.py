"""Queries that have no known equal stay synchronous within asynchronous code, and are left alone the next time."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrations import migrated, outcomes

MODELS = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)
"""

TESTS = """
import pytest
from sqlalchemy.orm import Session

from models import Base, SessionLocal, User, engine


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add_all([User(name=name) for name in ("Ann", "Bob", "Cid")])
        session.commit()
        yield session
    Base.metadata.drop_all(engine)


def nth(db: Session, n: int) -> str:
    query = db.query(User).order_by(User.name.desc())
    try:
        return query[n].name
    except IndexError:
        return ""


def test_it(db):
    query = db.query(User).order_by(User.name)
    BODY
"""

BODIES = {
    "slices": 'assert [user.name for user in query[1:]] == ["Bob", "Cid"]',
    "a computed index": 'assert (nth(db, 0), nth(db, 7)) == ("Cid", "")',
    "a union": """names = db.query(User).filter_by(name="Ann").union(db.query(User).filter_by(name="Bob")).all()
    assert {user.name for user in names} == {"Ann", "Bob"}
    assert [user.name for user in query[2:]] == ["Cid"]""",
    "shown": 'assert "users.name" in str(query)',
}


@pytest.mark.parametrize("name", BODIES)
def test_it_stays_as_it_is(name: str, tmp_path: Path) -> None:
    files = {
        "models.py": MODELS,
        "test_it.py": TESTS.replace("BODY", BODIES[name]),
        "requirements.txt": "sqlalchemy>=2.0.40\npytest\n",
    }
    passed = {"test_it.py::test_it": "passed"}
    assert outcomes(tmp_path / "before", files) == passed
    after = migrated(tmp_path / "migrated", files)
    assert "sync_session.query(" in after["test_it.py"]
    assert outcomes(tmp_path / "after", after) == passed
