"""Little applications with a test suite of their own, which passes before and after the migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrations import blockers, migrated, outcomes

MODELS = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite:///app.db")
SessionLocal = sessionmaker(bind=engine)


def get_db():
    with SessionLocal() as session:
        yield session
"""

APP = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User, get_db

app = FastAPI()


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)) -> int:
    user = User(name=name)
    db.add(user)
    db.commit()
    return user.id


@app.get("/users")
def names(db: Session = Depends(get_db)) -> list[str]:
    return list(db.scalars(select(User.name).order_by(User.id)))
"""

SHARED_SESSION = """
from collections.abc import Generator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app import app
from models import Base, User, get_db


@pytest.fixture
def db():
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db: Session) -> Generator[TestClient, None, None]:
    app.dependency_overrides[get_db] = lambda: db
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
def ada(db: Session) -> User:
    user = User(name="Ada")
    db.add(user)
    db.commit()
    return user
"""

USES_SHARED = """
from models import User


def test_sees_what_the_application_wrote(client, db, ada):
    assert client.post("/users", params={"name": "Bob"}).status_code == 200
    assert client.get("/users").json() == ["Ada", "Bob"]
    assert db.get(User, ada.id).name == "Ada"


def test_has_an_empty_database(client):
    response = client.get("/users")
    assert response.json() == []


def test_touches_neither():
    assert User(name="x").name == "x"
"""

OWN_FILE = """
import os

import pytest
from fastapi.testclient import TestClient

from app import app
from models import Base, SessionLocal, User, engine

client = TestClient(app)


@pytest.fixture(scope="module", autouse=True)
def tables():
    Base.metadata.create_all(bind=engine)
    yield
    Base.metadata.drop_all(bind=engine)
    os.remove("app.db")


class TestUsers:
    def test_create(self):
        assert client.post("/users?name=Ada").json() == 1

    def test_list(self):
        with SessionLocal() as session:
            session.add(User(name="Bob"))
            session.commit()
        assert client.get("/users").json() == ["Ada", "Bob"]
"""

ROLLBACK = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app import app
from models import Base, User, get_db

engine = create_engine("sqlite:///:memory:", connect_args={"check_same_thread": False}, poolclass=StaticPool)
TestingSession = sessionmaker(bind=engine)


@pytest.fixture(scope="session", autouse=True)
def tables():
    Base.metadata.create_all(bind=engine)
    yield
    Base.metadata.drop_all(bind=engine)


@pytest.fixture
def db():
    connection = engine.connect()
    transaction = connection.begin()
    session = TestingSession(bind=connection)
    yield session
    session.close()
    transaction.rollback()
    connection.close()


@pytest.fixture
def client(db):
    def override():
        yield db

    app.dependency_overrides[get_db] = override
    with TestClient(app) as c:
        yield c
    app.dependency_overrides.clear()


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_begins_anew(client, db, name):
    db.add(User(name=name))
    db.flush()
    assert client.get("/users").json() == [name]
"""

DELEGATING = """
import pytest
from fastapi.testclient import TestClient

from app import app
from models import Base, User, engine, get_db


@pytest.fixture(scope="module", autouse=True)
def tables():
    Base.metadata.create_all(engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture
def session():
    yield from get_db()


@pytest.fixture
def somebody(session, request):
    known = session.get(User, 1)
    if known:
        return known
    user = User(name="Ada")
    session.add(user)
    session.commit()
    yield user


def test_delegates(session, somebody):
    assert session.get(User, somebody.id) is somebody
"""

IMPORT_TIME_TABLES = MODELS + "\n\nBase.metadata.create_all(bind=engine)\n"

UNSTARTED = """
from fastapi.testclient import TestClient

from app import app

client = TestClient(app)


def test_finds_the_tables():
    client.post("/users?name=Ada")
    assert client.get("/users").json() == ["Ada"]
"""

STARTED_HOOKS = """
from contextlib import asynccontextmanager

from fastapi import FastAPI

import api

started = []


@asynccontextmanager
async def lifespan(app: FastAPI):
    started.append("up")
    yield
    started.append("down")


app = FastAPI(lifespan=lifespan)
app.include_router(api.router)
"""

ROUTER = APP.replace("FastAPI", "APIRouter").replace("app = ", "router = ").replace("@app", "@router")

STARTED = """
import pytest
from fastapi.testclient import TestClient

from main import app, started
from models import Base, SessionLocal, User, engine


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    with TestClient(app, headers={"X-Test": "1"}, raise_server_exceptions=False) as client:
        yield client
    Base.metadata.drop_all(engine)


def test_starts_the_application(client):
    assert started == ["up"]
    with SessionLocal() as session:
        session.add(User(name="Ada"))
        session.commit()
    assert client.get("/users").json() == ["Ada"]


def test_stopped_it():
    assert started == ["up", "down"]
"""

DECORATED = """
import functools

from sqlalchemy.orm import Session

from models import Base, SessionLocal, User, engine


def quiet(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError:
            return None

    return wrapper


@quiet
def count(db: Session) -> int:
    return len(db.query(User).all())


@quiet
def refuse() -> int:
    raise ValueError("no")


def test_of_the_database():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        assert count(session) == 0
    Base.metadata.drop_all(engine)


def test_of_none():
    assert refuse() is None
"""

PING = """
from sqlalchemy import select
from sqlalchemy.orm import Session


def ping(engine) -> None:
    with Session(engine) as session:
        session.scalar(select(1))
"""

MOCKED = """
from unittest.mock import MagicMock, patch

import ping


def test_pings():
    session_mock = MagicMock()
    session_mock.__enter__.return_value = session_mock
    other = MagicMock()
    other.__enter__.return_value = other
    with patch("ping.Session", return_value=session_mock), patch("ping.select", return_value=1), other as entered:
        ping.ping(MagicMock())
    session_mock.scalar.assert_called_once_with(1)
    assert entered is other
"""

_BASE = {"models.py": MODELS, "app.py": APP}
PROGRAMS = {
    "session shared with the application": {**_BASE, "conftest.py": SHARED_SESSION, "test_app.py": USES_SHARED},
    "client of a module, sessions of the application's engine": {**_BASE, "test_app.py": OWN_FILE},
    "transaction rolled back": {**_BASE, "tests/test_app.py": ROLLBACK, "tests/__init__.py": ""},
    "fixtures that delegate and return": {**_BASE, "test_app.py": DELEGATING},
    "tables made at import": {
        "models.py": IMPORT_TIME_TABLES,
        "app.py": APP,
        "tests/test_app.py": UNSTARTED,
        "setup.cfg": "[metadata]\nname = x\n",
    },
    "an application with a lifespan": {
        "models.py": MODELS,
        "api.py": ROUTER,
        "main.py": STARTED_HOOKS,
        "test_main.py": STARTED,
    },
    "a mock in the place of a session": {"ping.py": PING, "test_ping.py": MOCKED},
    "a decorator of what waits and what does not": {"models.py": MODELS, "test_count.py": DECORATED},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_passes_before_and_after(name: str, tmp_path: Path) -> None:
    before = PROGRAMS[name]
    after = migrated(tmp_path / "plan", before)
    expected = outcomes(tmp_path / "before", before)
    assert set(expected.values()) == {"passed"}, expected
    assert outcomes(tmp_path / "after", after) == expected
    text = "".join(after.values())
    assert "AsyncSession" in text or "async_sessionmaker" in text


WITHOUT_SESSIONS = """
from fastapi.testclient import TestClient

from app import app


def test_answers():
    with TestClient(app) as client:
        assert client.get("/openapi.json").status_code == 200
"""


def test_keeps_the_client_where_no_test_waits_for_the_database(tmp_path: Path) -> None:
    before = {"models.py": MODELS, "app.py": APP, "test_app.py": WITHOUT_SESSIONS}
    after = migrated(tmp_path / "plan", before)
    assert after["test_app.py"] == WITHOUT_SESSIONS
    assert "pytest.ini" not in after
    assert set(outcomes(tmp_path / "after", after).values()) == {"passed"}


CONFIGURATIONS = [
    ("pytest.ini", "[pytest]\naddopts =\n    -q\nasyncio_mode = strict\n", ["asyncio_mode = auto"]),
    ("pyproject.toml", '[project]\nname = "x"\n', ["[tool.pytest.ini_options]", 'asyncio_mode = "auto"']),
    ("pyproject.toml", '[tool.pytest.ini_options]\nasyncio_mode = "strict"\n', ['asyncio_mode = "auto"']),
    ("tox.ini", "[tox]\nenvlist = py\n\n[pytest]\naddopts = -q\n", ["[pytest]\nasyncio_mode = auto\n"]),
    ("setup.cfg", "[tool:pytest]\naddopts = -q\n", ["[tool:pytest]\nasyncio_mode = auto\n"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), CONFIGURATIONS)
def test_configures_pytest_where_it_is_configured(path: str, text: str, expected: list[str], tmp_path: Path) -> None:
    after = migrated(tmp_path, {"models.py": MODELS, "app.py": APP, "test_app.py": OWN_FILE, path: text})
    assert all(line in after[path] for line in expected)
    assert "strict" not in after[path]
    assert "asyncio_default_test_loop_scope" in after[path]
    assert path == "pytest.ini" or "pytest.ini" not in after


WEBSOCKET = """
from fastapi.testclient import TestClient

from app import app
from models import SessionLocal


def test_talks():
    client = TestClient(app)
    SessionLocal().close()
    with client.websocket_connect("/ws") as socket:
        socket.send_text("x")
"""


def test_refuses_websockets(tmp_path: Path) -> None:
    found = blockers(tmp_path, {"models.py": MODELS, "app.py": APP, "test_app.py": WEBSOCKET})
    assert [(path, line) for path, line, _ in found] == [("test_app.py", 11)]


POOLED = """
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5)
"""


@pytest.mark.parametrize(("pin", "is_named"), [("sqlalchemy==2.0.31", True), ("sqlalchemy==2.1.0", False)])
def test_names_the_pool_that_its_arguments_are_for(pin: str, is_named: bool, tmp_path: Path) -> None:
    after = migrated(tmp_path, {"db.py": POOLED, "requirements.txt": f"{pin}\n"})["db.py"]
    assert ("poolclass=AsyncAdaptedQueuePool" in after) is is_named
