"""Functions that read a query without a loop or method wait for the database, too."""

from __future__ import annotations

import pytest
from migrations import migrated

PROGRAM = """\
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine("sqlite:///./a.db")
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def read(db: Session):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("return dict(db.query(User.id, User.name))", "dict((await db.execute(select(User.id, User.name))).all())"),
        ("return max(db.query(User.id))", "max(await db.execute(select(User.id)))"),
        ("return frozenset(db.query(User.name))", "frozenset(await db.execute(select(User.name)))"),
        ("first, second = db.query(User.id)", "first, second = await db.execute(select(User.id))"),
        ("return [*db.query(User.id)]", "[*await db.execute(select(User.id))]"),
        ("return (1,) in db.query(User.id)", "(1,) in await db.execute(select(User.id))"),
        ("return list(db.query(User))", "list(await db.scalars(select(User)))"),
    ],
)
def test_become_coroutine_functions(tmp_path, body, after):
    made = migrated(tmp_path, {"main.py": PROGRAM.format(body=body)})["main.py"]
    assert after in made
    assert "async def read(db: AsyncSession):" in made
