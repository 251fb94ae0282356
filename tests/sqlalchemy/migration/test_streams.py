"""Answers that tests read piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrations import blockers, migrated, outcomes

APP = """
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite:///app.db")
SessionLocal = sessionmaker(bind=engine)
app = FastAPI()


def get_db():
    with SessionLocal() as session:
        yield session


@app.get("/names")
def names(db: Session = Depends(get_db)):
    found = db.scalars(select(User.name).order_by(User.id)).all()
    return StreamingResponse(iter([f"{name}\\n" for name in found]), media_type="text/plain")
"""
FIXTURES = """
import pytest
from fastapi.testclient import TestClient

from app import Base, SessionLocal, User, app, engine


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add_all([User(name="Ada"), User(name="Bob")])
        session.commit()
    with TestClient(app) as client:
        yield client
    Base.metadata.drop_all(engine)
"""
TESTS = """
def test_lines(client):
    with client.stream("GET", "/names") as response:
        assert response.status_code == 200
        found = []
        for line in response.iter_lines():
            found.append(line)
    assert found == ["Ada", "Bob"]


def test_comprehension(client):
    with client.stream("GET", "/names") as response:
        assert b"".join([part for part in response.iter_bytes()]) == b"Ada\\nBob\\n"
    assert response.status_code == 200


def test_whole(client):
    with client.stream("GET", "/names") as answer, client.stream("GET", "/names") as other:
        assert answer.read().decode().split() == ["Ada", "Bob"]
        other.read()
        other.close()
    assert other.text == answer.text == "Ada\\nBob\\n"


def test_nobody_reads(client):
    with client.stream("GET", "/names"):
        pass
"""


def test_passes_before_and_after(tmp_path: Path) -> None:
    files = {"app.py": APP, "conftest.py": FIXTURES, "test_app.py": TESTS}
    before = outcomes(tmp_path / "before", files)
    after = migrated(tmp_path / "after", files)
    assert outcomes(tmp_path / "after", after, ["-p", "no:anyio"]) == before
    assert set(before.values()) == {"passed"}
    expected = [
        '    async with client.stream("GET", "/names") as response:\n',
        "        async for line in response.aiter_lines():\n",
        "[part async for part in response.aiter_bytes()]",
        "(await answer.aread()).decode()",
        "        await other.aread()\n        await other.aclose()\n",
    ]
    assert [text for text in expected if text not in after["test_app.py"]] == []


REFUSED = {
    "handed-on": ('with client.stream("GET", "/") as response:\n        print(response)', 3),
    "read-by-another": ('with client.stream("GET", "/") as response:\n        print(next(response.iter_lines()))', 3),
    "list": ('with client.stream("GET", "/") as response:\n        print(list(response.iter_lines()))', 3),
    "generator": ('with client.stream("GET", "/") as response:\n        print(len(x for x in response.iter_text()))', 3),
    "later": ('with client.stream("GET", "/") as response:\n        print(lambda: response.read())', 3),
    "as-a-value": ('with client.stream("GET", "/") as response:\n        read = response.read', 3),
    "kept": ('with client.stream("GET", "/") as client.response:\n        pass', 2),
    "entered-elsewhere": ('context = client.stream("GET", "/")\n    context.__enter__()', 2),
    "entered-with-others": ('with open("x") as file, client.stream("GET", "/"):\n        file.read()', 2),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str, tmp_path: Path) -> None:
    body, line = REFUSED[name]
    files = {"app.py": APP, "conftest.py": FIXTURES, "test_app.py": f"def test_it(client):\n    {body}\n"}
    assert [(path, where) for path, where, _ in blockers(tmp_path, files)] == [("test_app.py", line)]
