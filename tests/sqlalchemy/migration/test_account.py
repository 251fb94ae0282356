"""What a migration says of itself: how much changes, what is bridged, what to solve first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autofix.fixer import Part
from autofix.fixers.sqlalchemy.migration.account import in_order
from migrations import blockers, migrated, plans

MODELS = """\
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
CONVERTS = {
    "good/__init__.py": "",
    "good/models.py": MODELS,
    "good/users.py": """\
from sqlalchemy.orm import Session

from good.models import User


def rename(db: Session, id: int, name: str) -> None:
    db.get(User, id).name = name
    db.commit()


def rename_all(db: Session) -> None:
    for id in (1, 2):
        rename(db, id, "x")
    db.bulk_save_objects([User(name="y")])


async def later(db: Session) -> None:
    rename(db, 3, "z")
""",
}
STUCK = {
    "bad/__init__.py": "",
    "bad/models.py": MODELS,
    "bad/store.py": """\
from sqlalchemy.orm import Session

from bad.models import User


class Store:
    def __init__(self, db: Session) -> None:
        self.db = db

    def __len__(self) -> int:
        return self.db.query(User).count()

    @property
    def first(self) -> User | None:
        return self.db.get(User, 1)


def name(store: Store) -> str:
    return store.first.name


def names(store: Store) -> list[str]:
    return [name(store)]


def shout(store: Store) -> str:
    return names(store)[0].upper()
""",
}
LONELY = {
    "lonely/__init__.py": "",
    "lonely/models.py": MODELS,
    "lonely/one.py": """\
from functools import lru_cache
from sqlalchemy.orm import Session

from lonely.models import User


@lru_cache
def one(db: Session) -> User | None:
    db.get(User, 2)
    db.get(User, 3)
    db.get(User, 4)
    db.get(User, 5)
    return db.get(User, 1)
""",
}


def account(folder: Path, files: Mapping[str, str]) -> list[Part]:
    return in_order(made.part for made in plans(folder, files))


def test_counts_what_changes_and_what_is_bridged(tmp_path):
    (part,) = account(tmp_path, CONVERTS)
    assert part.files == ("good/users.py",)
    # `get` and `commit`, the call in the loop, what is bridged, and the call of the function that is a coroutine already.
    assert part.counts == {"functions": 2, "places": 5}
    assert [(place.path, place.line, place.reason) for place in part.bridged] == [
        ("good/users.py", 14, "`bulk_save_objects` has no asynchronous form")
    ]
    assert part.blockers == ()


def test_lists_blockers_that_most_wait_for_first(tmp_path):
    (part,) = account(tmp_path, STUCK)
    assert part.files == ("bad/store.py",)
    assert [(place.line, place.reason, place.waiting) for place in part.blockers] == [
        (13, "`@property` does not await", 4),
        (19, "a property cannot be awaited", 3),
        (10, "`__len__` cannot be a coroutine", 1),
    ]


def test_what_changes_comes_first_then_what_costs_least(tmp_path):
    parts = account(tmp_path, {**STUCK, **LONELY, **CONVERTS})
    assert [part.files[0].partition("/")[0] for part in parts] == ["good", "lonely", "bad"]
    assert parts[1].counts == {"functions": 1, "places": 5}
    assert [(place.line, place.waiting) for place in parts[1].blockers] == [(7, 1)]


def test_of_a_program_without_sessions_there_is_none(tmp_path):
    assert account(tmp_path, {"good/models.py": MODELS}) == []


BRIDGED = {
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/users.py": """\
from sqlalchemy.orm import Session

from app.models import User


def fresh(db: Session, id: int) -> User | None:
    return db.query(User).populate_existing().get(id)
""",
}


def test_a_query_that_is_bridged_is_told_and_then_left_alone(tmp_path):
    (part,) = account(tmp_path, BRIDGED)
    assert [(place.line, place.reason) for place in part.bridged] == [(7, "`get` of a query that has been filtered")]
    after = migrated(tmp_path, BRIDGED)
    assert "await db.run_sync(lambda session: session.query(User).populate_existing().get(id))" in after["app/users.py"]
    assert account(tmp_path, after) == []


def test_a_bridge_to_what_becomes_a_coroutine_stands_in_the_way(tmp_path):
    helper = """\
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.models import User


def rename(db: Session) -> None:
    db.get(User, 1).name = "x"
    db.commit()


def handle(db: Session) -> None:
    rename(db)


async def later(db: AsyncSession) -> None:
    await db.run_sync(lambda session: rename(session))
"""
    found = blockers(tmp_path, {"app/__init__.py": "", "app/models.py": MODELS, "app/users.py": helper})
    assert ("app/users.py", 17, "`await` is not possible in a lambda") in found
