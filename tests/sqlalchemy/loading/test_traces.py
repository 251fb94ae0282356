"""Reads whose objects or endpoints are hard to follow: they are loaded, or reported; none is passed over in silence."""

from __future__ import annotations

import textwrap

import pytest

from tests.sqlalchemy.loading.programs import MODELS, applied, planned
from tests.sqlalchemy.loading.test_plans import API, GENERIC, SESSIONS

POSTS_AND_TAGS = "db.query(User).options(selectinload(User.posts).selectinload(Post.tags)).first()"
READ = "def read(db: Session = Depends(get_db)):\n"
# How an endpoint is told to be one.
ROUTES = {
    "a class of the program": 'class Router(APIRouter):\n    pass\n\n\nrouter = Router()\n\n\n@router.get("/")\n',
    "a class of another library": 'from views import router\n\n\n@router.get("/", response_model=UserOut)\n',
    "a parameter": 'def routes(router):\n    @router.get("/", response_model=UserOut)\n',
    "a decorator of the program": 'def get(**given):\n    return app.get("/", **given)\n\n\n@get(response_model=UserOut)\n',
}


@pytest.mark.parametrize("name", ROUTES)
def test_endpoints(name: str) -> None:
    route = ROUTES[name]
    indented = "    " if name == "a parameter" else ""
    endpoint = "def read(db: Session = Depends(get_db)) -> UserOut:\n    return db.query(User).first()\n"
    text = f"{API}\nfrom fastapi import APIRouter\n\n{route}{textwrap.indent(endpoint, indented)}"
    files = {"models.py": MODELS, "sessions.py": SESSIONS, "api.py": text}
    assert f"return {POSTS_AND_TAGS}\n" in applied(files, planned(files))["api.py"]


def test_another_decorator_is_no_route() -> None:
    text = (
        f'{API}\nimport cachetools\n\n\n@cachetools.get("/")\ndef read(db: Session) -> UserOut:\n'
        "    return db.query(User).first()\n"
    )
    assert not planned({"models.py": MODELS, "sessions.py": SESSIONS, "api.py": text}).pieces


def test_a_dictionary_that_has_a_name() -> None:
    text = (
        f'{API}\n\n@app.get("/", response_model=Page[PostOut])\ndef read(db: Session = Depends(get_db)):\n'
        '    page = {"items": db.query(Post).all(), "total": 1}\n    return page\n'
    )
    files = {"models.py": MODELS, "sessions.py": SESSIONS, "api.py": text}
    assert '"items": db.query(Post).options(selectinload(Post.tags)).all()' in applied(files, planned(files))["api.py"]


def test_a_package_that_is_called_like_the_framework() -> None:
    """Its own imports mean the framework."""
    api = f'{API}\n\n@app.get("/", response_model=UserOut)\n{READ}    return db.query(User).first()\n'
    api = api.replace("import models\nfrom models", "from .models").replace("from sessions", "from .sessions")
    files = {
        "examples/__init__.py": "",
        "examples/fastapi/__init__.py": "",
        "examples/fastapi/models.py": MODELS,
        "examples/fastapi/sessions.py": SESSIONS,
        "examples/fastapi/api.py": api,
    }
    assert POSTS_AND_TAGS in applied(files, planned(files))["examples/fastapi/api.py"]


HEROES = """
from fastapi import Depends, FastAPI
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine

engine = create_engine("sqlite://")
app = FastAPI()


def get_session():
    with Session(engine) as session:
        yield session


class TeamBase(SQLModel):
    name: str


class Team(TeamBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    heroes: list["Hero"] = Relationship(back_populates="team")


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="heroes")


class HeroOut(SQLModel):
    id: int
    team: TeamBase | None = None


class TeamOut(TeamBase):
    heroes: list[HeroOut] = []


@app.get("/teams/{id}", response_model=TeamOut)
def read(id: int, session: Session = Depends(get_session)):
    team = session.get(Team, id)
    if not team:
        raise KeyError(id)
    return team
"""


@pytest.mark.parametrize("paths", [["app.py"], ["one/app.py", "two/app.py"]])
def test_apps_with_classes_of_the_same_names(paths: list[str]) -> None:
    """What `list["Hero"]` leads to is told in each, so that what is nested further is loaded, too."""
    files = dict.fromkeys(paths, HEROES)
    plan = planned(files)
    assert not plan.unresolved
    for path in paths:
        assert '    await session.refresh(team, ["heroes"])\n' in applied(files, plan)[path]


def test_a_target_that_is_not_known_is_reported() -> None:
    """Two files hold a class `Hero`, and the one with `Team` says nothing of either."""
    heroes = "from base import *\n\n\nclass Hero(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n"
    start, end = HEROES.index("class Hero(SQLModel"), HEROES.index("class HeroOut")
    files = {
        "base.py": "from sqlmodel import Field, SQLModel\n",
        **dict.fromkeys(["one.py", "two.py"], heroes),
        "api.py": HEROES[:start] + HEROES[end:] + "\n\nclass Other(SQLModel, table=True):\n    team: Team = Relationship()\n",
    }
    plan = planned(files)
    assert [(left.path, left.is_reached, "`team`" in left.message) for left in plan.unresolved] == [("api.py", True, True)]


FIND = """
def find(db: Session, model, id: int):
    found = db.get(model, id)
    if found is None:
        raise KeyError(id)
    return found
"""
# Endpoints that return what shared code finds, and the relationships that are declared eager for them.
SHARED = {
    "an argument": (FIND, "return find(db, Post, 1)", {"tags"}),
    "an argument, by name": (FIND, "post = find(db, model=Post, id=1)\n    return post", {"tags"}),
    "rebound to what it may be": (FIND, "post = None\n    if db:\n        post = find(db, Post, 1)\n    return post", {"tags"}),
    "a generic class": (GENERIC, "post = Posts(db).get(1)\n    return post", {"tags"}),
    "a loop": (FIND, "return [each for each in [find(db, Post, 1)]]", None),
    "one of two": (FIND, "return find(db, Post if db else User, 1)", None),
    "two": (FIND, "found = find(db, Post, 1)\n    if db:\n        found = find(db, User, 1)\n    return found", None),
    "a parameter": (FIND, "return each(find(db, Post, 1))\n\n\ndef each(post):\n    return post", None),
}


@pytest.mark.parametrize("name", SHARED)
def test_shared_code(name: str) -> None:
    """It is known for which class it is called; else the read is reported."""
    shared, body, declared = SHARED[name]
    calls = "\n\ndef others(db: Session = Depends(get_db)):\n    return find(db, User, 1), find(db, Post, 1)\n"
    route = f'@app.get("/", response_model=list[PostOut])\n{READ}    {body}\n'
    text = f"{API}\n{shared}{calls if shared is FIND else ''}\n\n{route}"
    plan = planned({"models.py": MODELS, "sessions.py": SESSIONS, "api.py": text})
    refreshed = [line for lines in plan.refreshes.values() for line in lines]
    found = {each.name for each in plan.declarations} | {"tags" for line in refreshed if '"tags"' in line}
    reported = [left for left in plan.unresolved if left.path == "api.py" and "`tags`" in left.message]
    assert (found, [left.is_reached for left in reported]) == ((declared, []) if declared else (set(), [True]))


# Values of which nothing is known, and whether something is said about it.
UNKNOWN = {
    "a result of another library": ("library.find(db)", True),
    "a parameter of nobody": ("given", True),
    "decoded": ("library.get().json()", False),
    "a model of pydantic that is made of one": ("PostOut.model_validate(library.find(db))", True),
    "models of pydantic": ("[PostOut(title='', tags=[]) for each in library.find(db)]", False),
    "nothing": ("None", False),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nothing_is_known_of_is_mentioned(name: str) -> None:
    value, is_mentioned = UNKNOWN[name]
    route = f'@app.get("/", response_model=PostOut)\ndef read(given, db: Session = Depends(get_db)):\n    return {value}\n'
    plan = planned({"models.py": MODELS, "sessions.py": SESSIONS, "api.py": f"import library\n{API}\n\n{route}"})
    start = route.index("return") + len("return ")
    places = [(left.path, left.start - len(f"import library\n{API}\n\n")) for left in plan.unresolved if not left.is_reached]
    assert (("api.py", start) in places) is is_mentioned
    assert not plan.pieces


def test_attributes_of_what_shared_code_returns() -> None:
    text = f"from sqlalchemy.orm import Session\nfrom models import Post, Tag, User\n{FIND}\n\n"
    text += "def names(db: Session):\n    return find(db, User, 1).name, [tag.name for tag in find(db, Post, 1).tags]\n"
    plan = planned({"models.py": MODELS, "find.py": text})
    assert {each.name for each in plan.declarations} == {"tags"}
    text = text.replace("find(db, Post, 1).tags", "find(db, Post if db else User, 1).tags")
    plan = planned({"models.py": MODELS, "find.py": text})
    reported = [left for left in plan.unresolved if left.path == "find.py"]
    assert [text[left.start :].startswith("find(db, Post if db else User, 1).tags") for left in reported] == [True]
