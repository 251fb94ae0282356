"""What the new text needs may be there already, under its name, from whatever module passes it on."""

from __future__ import annotations

import pytest
from migrations import blockers, migrated

PROGRAM = """\
import os
{imports}
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)


def get_db() -> Generator[Session, None, None]:
    with SessionLocal() as db:
        yield db


def ids(db: Session) -> list[int]:
    return [user.id for user in db.query(User)]


{use}
"""

THERE = [
    ("from sqlalchemy.sql import select", "print(select(1))"),
    ("from sqlalchemy.future import select", "print(select(1))"),
    ("from sqlalchemy.engine.url import URL, make_url", 'print(make_url("sqlite://"), URL)'),
    ("from sqlalchemy.ext.asyncio.session import AsyncSession", "print(AsyncSession)"),
    ("from typing import AsyncGenerator", "print(AsyncGenerator)"),
]
ELSEWHERE = [
    ("from sqlmodel import select", "print(select(1))"),
    ("from sqlalchemy.sql import update as select", "print(select)"),
    ("from .engine.url import make_url", "print(make_url)"),
]


@pytest.mark.parametrize(("line", "use"), THERE)
def test_it_is_not_imported_again(tmp_path, line, use):
    imports = f"from collections.abc import Generator\n{line}"
    made = migrated(tmp_path, {"main.py": PROGRAM.format(imports=imports, use=use)})["main.py"]
    assert f"{line}\n" in made
    name = line.rpartition(" ")[2]
    assert sum(text.startswith(("from", "import")) and name in text.replace(",", "").split() for text in made.splitlines()) == 1


@pytest.mark.parametrize(("line", "use"), ELSEWHERE)
def test_something_else_of_that_name_is_in_the_way(tmp_path, line, use):
    imports = f"from collections.abc import Generator\n{line}"
    found = blockers(tmp_path, {"main.py": PROGRAM.format(imports=imports, use=use)})
    assert any("means something else in this file" in reason for _, _, reason in found), found
