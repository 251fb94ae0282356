"""What runs by default, and what only runs for those who ask."""

from __future__ import annotations

import pytest
from autofix import session
from autofix.registry import load
from autofix.report.diff import chunks
from repositories import make_repository

REGISTRY = load()
MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
SYNCHRONOUS = "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\ndef users(db: Session):\n    {}\n"
ASYNCHRONOUS = (
    "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
    "from models import User\n\n\nasync def users(db: AsyncSession):\n    {}\n"
)
SERVICE = "class Service:\n    def __init__(self, db):\n        self.db = db\n\n    async def users(self):\n        {}\n"


def diff(tmp_path, files, **request):
    tree = {path: text.encode() for path, text in files.items()}
    root = make_repository(tmp_path / "project", tree)
    made = session.execute(session.Request((root,), jobs=1, cache=False, **request), REGISTRY)
    assert not made.failures
    return b"".join(chunks(made)).decode(), made


def both():
    query = "return db.query(User).all()"
    return {"models.py": MODELS, "a.py": ASYNCHRONOUS.format(query), "s.py": SYNCHRONOUS.format(query)}


@pytest.mark.parametrize(
    ("request_of", "changed"),
    [
        ({}, {"a.py"}),
        ({"select": ("sqlalchemy-select",)}, {"a.py", "s.py"}),
        ({"select": ("sqlalchemy-2",)}, {"a.py", "s.py"}),
        ({"select": ("sqlalchemy-s*",)}, {"a.py", "s.py"}),
        ({"ignore": ("sqlalchemy",)}, set()),
    ],
)
def test_synchronous_sessions_only_on_request(tmp_path, request_of, changed):
    _, made = diff(tmp_path, both(), **request_of)
    assert {change.path for change in made.changes} == changed


def test_nothing_is_said_of_synchronous_sessions_by_default(tmp_path):
    body = "return db.query(User).first(), db.query(User).union(db.query(User)).all()"
    _, made = diff(tmp_path, {"models.py": MODELS, "s.py": SYNCHRONOUS.format(body)})
    assert not made.findings


def test_the_session_may_be_declared_in_another_file(tmp_path):
    files = {
        "models.py": MODELS,
        "service.py": "from models import User\n\n\n" + SERVICE.format("return await self.db.query(User).all()"),
        "main.py": (
            "from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom service import Service\n\n\n"
            "async def main(db: AsyncSession):\n    return await Service(db).users()\n"
        ),
    }
    text, _ = diff(tmp_path, files)
    assert "+        return (await self.db.scalars(select(User))).all()" in text


def test_each_query_can_be_suppressed(tmp_path):
    body = "first = db.query(User).first()  # autofix: ignore[sqlalchemy-select]\n    return first, db.query(User).count()"
    text, _ = diff(tmp_path, {"models.py": MODELS, "s.py": SYNCHRONOUS.format(body)}, select=("sqlalchemy-select",))
    assert "db.scalar(select(func.count())" in text
    assert "scalars" not in text
