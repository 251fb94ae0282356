"""What belongs together changes together or not at all, and what is around follows only what changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrations import plans
from repositories import write_tree

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


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
USERS = """
from sqlalchemy.orm import Session

from {package}database import User


def count(db: Session) -> int:
    return db.query(User).count()
"""
BLOCKED = """

class Counter:
    def __init__(self, db: Session) -> None:
        self.number = db.query(User).count()
"""
ROUTES = """
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from {package}{crud} import users
from {package}database import get_db

router = APIRouter()


@router.get("/count")
def read(db: Session = Depends(get_db)) -> int:
    return users.count(db)
"""
MAIN = """
from fastapi import FastAPI

from {package}routes import router

app = FastAPI()
app.include_router(router)
"""
CLIENT = """
import pytest
from fastapi.testclient import TestClient

from {package}main import app


@pytest.fixture
def client():
    return TestClient(app)
"""
ASKS = """
def test_count(client):
    assert client.get("/count").status_code == 200
"""
TALKS = """
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


def test_talks():
    assert TestClient(app).get("/").status_code == 404
"""
QUERIES = """
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from models import User


@pytest.fixture
def db():
    with Session(create_engine("sqlite://")) as session:
        yield session


def test_query(db):
    assert db.query(User).count() == 0
"""
APART = QUERIES.replace("from models", "from other")
MODELS = DATABASE[: DATABASE.index("engine =")].replace("create_engine\n", "Integer\n").replace(", sessionmaker", "")
AROUND = {"requirements.txt": "sqlalchemy==2.0.31\npytest\n", "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-q"\n'}


def _changed(folder: Path, files: dict[str, str]) -> set[str]:
    """The files that change or are made."""
    write_tree(folder, files)
    made = plans(folder, files)
    return {path for each in made for path in (*each.edits, *(operation.path for operation in each.operations))}


def _application(package: str = "", end: str = "", crud: str = "crud") -> dict[str, str]:
    folder, module = (f"{package}/", f"{package}.") if package else ("", "")
    return {
        f"{folder}database.py": DATABASE,
        f"{folder}crud/users.py": USERS.format(package=module) + end,
        f"{folder}crud/__init__.py": f"from {module}crud import users\n" if not crud else "",
        f"{folder}routes.py": ROUTES.format(package=module, crud="crud"),
        f"{folder}main.py": MAIN.format(package=module),
    }


WHOLE = {"database.py", "crud/users.py", "routes.py"}


def test_changes_an_application_with_its_tests(tmp_path: Path) -> None:
    tests = {"tests/conftest.py": CLIENT.format(package=""), "tests/test_users.py": ASKS, "tests/test_query.py": QUERIES}
    files = _application() | tests | AROUND | {"models.py": "from database import User\n"}
    assert _changed(tmp_path, files) == WHOLE | tests.keys() | AROUND.keys()


TIED = {
    "fixture": {"tests/conftest.py": CLIENT.format(package=""), "tests/test_users.py": ASKS + QUERIES},
    "unusual-name": {"tests/conftest.py": CLIENT.format(package=""), "tests/_test_users.py": ASKS, "tests/helpers.py": QUERIES},
    "plugin": {
        "testing/fixtures.py": CLIENT.format(package=""),
        "plugins/a/tests/conftest.py": 'pytest_plugins = ["testing.fixtures"]\n',
        "plugins/a/tests/test_a.py": APART,
    },
    "plugin-that-is-loaded-elsewhere": {
        "testing/fixtures.py": CLIENT.format(package=""),
        "plugins/a/tests/test_a.py": ASKS + APART,
    },
    "fixture-of-a-fixture": {
        "testing/fixtures.py": CLIENT.format(package=""),
        "tests/conftest.py": "import pytest\n\nfrom testing.fixtures import client\n\n\n"
        "@pytest.fixture\ndef asked(client):\n    return client\n",
        "tests/test_users.py": ASKS.replace("client", "asked") + QUERIES,
    },
    "import-by-a-text": {
        "tests/test_users.py": f'import importlib\n\nmain = importlib.import_module("main")\n{TALKS}{QUERIES}',
    },
    "import-by-a-computed-text": {
        "tests/test_users.py": 'import importlib\n\n\ndef load(name):\n    return importlib.import_module(f"crud.{name}")\n'
        + APART
    },
    "application": {"tests/test_users.py": f"from main import app as tested\n{TALKS}{QUERIES}"},
}


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("end", ["", BLOCKED])
def test_tests_change_with_what_they_test_or_not_at_all(name: str, end: str, tmp_path: Path) -> None:
    models = {"models.py": "from database import User\n", "other.py": "class User: ...\n"}
    files = _application(end=end) | TIED[name] | AROUND | models
    changed = _changed(tmp_path, files)
    if end:
        assert changed == set()
    else:
        assert changed >= {*WHOLE, *(path for path, text in TIED[name].items() if "def test_" in text)}
        assert len(plans(tmp_path, files)) == 1


def test_keeps_what_uses_what_stays_under_a_name_that_is_passed_on(tmp_path: Path) -> None:
    files = _application(end=BLOCKED)
    files["crud/__init__.py"] = "from .users import count\n"
    files["routes.py"] = files["routes.py"].replace("from crud import users", "from crud import count")
    files["routes.py"] = files["routes.py"].replace("users.count", "count")
    assert _changed(tmp_path, files) == set()


def test_keeps_what_calls_what_stays_without_an_import(tmp_path: Path) -> None:
    files = {
        "database.py": DATABASE,
        "service.py": "from sqlalchemy.orm import Session\n\nfrom database import User\n\n\n"
        "class Service:\n    def count(self, db: Session) -> int:\n        return db.query(User).count()\n" + BLOCKED,
        "caller.py": "class Caller:\n    def __init__(self, service):\n        self.service = service\n\n"
        "    def count(self, db):\n        return self.service.count(db)\n",
        "main.py": "from caller import Caller\nfrom service import Service\n\ncaller = Caller(Service())\n",
    }
    assert _changed(tmp_path, files) == set()
    files["service.py"] = files["service.py"].removesuffix(BLOCKED)
    assert _changed(tmp_path, files) == {"database.py", "service.py", "caller.py"}


def test_an_application_does_not_wait_for_another_one(tmp_path: Path) -> None:
    around = {f"{name}/{path}": text for name in ("one", "two") for path, text in AROUND.items()}
    tests = {
        f"{name}/tests/{path}": text
        for name in ("one", "two")
        for path, text in (("conftest.py", CLIENT.format(package=f"{name}.")), ("test_users.py", ASKS))
    }
    shared = {"settings.py": "NAME = 'x'\n"}
    files = _application("one", end=BLOCKED) | _application("two") | around | tests | shared
    for name in ("one", "two"):
        files[f"{name}/database.py"] = f"import settings\n{DATABASE}"
        files[f"{name}/tests/test_query.py"] = QUERIES.replace("from models", f"from {name}.database")
    own = {"database.py", "crud/users.py", "routes.py", "tests/conftest.py", "tests/test_users.py", "tests/test_query.py"}
    assert _changed(tmp_path, files) == {f"two/{path}" for path in (*own, *AROUND)}


def test_what_does_not_change_does_not_connect_what_it_uses(tmp_path: Path) -> None:
    files = {
        "one.py": f"{DATABASE}\n\ndef count(db: Session) -> int:\n    return db.query(User).count()\n{BLOCKED}",
        "two.py": f"{DATABASE}\n\ndef count(db: Session) -> int:\n    return db.query(User).count()\n",
        "names.py": "import one\nimport two\n\nMODULES = (one, two)\n",
    }
    files = {path: text.replace("import DeclarativeBase", "import Session, DeclarativeBase") for path, text in files.items()}
    assert _changed(tmp_path, files) == {"two.py"}
    # A file that changes and uses both needs both.
    files["names.py"] += "\n\ndef total(db):\n    return one.count(db) + two.count(db)\n"
    assert _changed(tmp_path, files) == set()


def test_keeps_tests_that_follow_nothing(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "tests/test_query.py": QUERIES, "tests/test_talks.py": TALKS} | AROUND
    assert _changed(tmp_path, files) == set()
    reasons = [(blocker.path, blocker.reason) for made in plans(tmp_path, files) for blocker in made.blockers]
    assert reasons == [("tests/test_query.py", "only tests use the database here: nothing that they test becomes asynchronous")]
