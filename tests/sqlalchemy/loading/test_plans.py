"""What is planned for programs of several files: response models, shared code, how things are named and written."""

from __future__ import annotations

import textwrap

import pytest

from tests.sqlalchemy.loading.programs import MODELS, applied, planned

API = """
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field
from typing import Generic, List, Optional, TypeVar
from sqlalchemy.orm import Session
import models
from models import Post, User
from sessions import get_db

app = FastAPI()
T = TypeVar("T")


class TagOut(BaseModel):
    name: str


class PostOut(BaseModel):
    title: str
    tags: list["TagOut"]


class PostBrief(BaseModel):
    title: str


class UserBase(BaseModel):
    name: str


class UserOut(UserBase):
    posts: List[PostOut] = Field(default_factory=list)


class UserTitles(UserBase):
    titles: list[str]


class Boss(BaseModel):
    chief: Optional[UserBase] = Field(None, validation_alias="manager")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int
"""

SESSIONS = """
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))


def get_db():
    with SessionLocal() as session:
        yield session
"""

POSTS_AND_TAGS = ".options(selectinload(User.posts).selectinload(Post.tags))"
RESPONSES = {
    "a response model": ("response_model=UserOut", "", "db.query(User).first()", POSTS_AND_TAGS),
    "a return annotation": ("", "UserOut | None", "db.query(User).first()", POSTS_AND_TAGS),
    "the response model, not the annotation": ("response_model=UserBase", "UserOut", "db.query(User).first()", ""),
    "no response model": ("response_model=None", "UserOut", "db.query(User).first()", ""),
    "nothing said": ("", "", "db.query(User).first()", ""),
    "a list": ("response_model=List[UserOut]", "", "db.query(User).all()", POSTS_AND_TAGS),
    "a property": ("response_model=UserTitles", "", "db.query(User).first()", ".options(selectinload(User.posts))"),
    "an alias": ("response_model=Boss", "", "db.query(User).first()", ".options(selectinload(User.manager))"),
    "a page": (
        "response_model=Page[PostOut]",
        "",
        "{'items': db.query(Post).all(), 'total': 1}",
        ".options(selectinload(Post.tags))",
    ),
    "a page that is made": (
        "response_model=Page[PostOut]",
        "",
        "Page[PostOut](items=db.query(Post).all(), total=1)",
        ".options(selectinload(Post.tags))",
    ),
    "a schema that is made": ("", "", "UserOut.model_validate(db.query(User).first())", POSTS_AND_TAGS),
    "columns": ("response_model=List[PostBrief]", "", "db.query(Post).all()", ""),
    "another module": (
        "response_model=PostOut",
        "",
        "db.query(models.Post).first()",
        ".options(selectinload(models.Post.tags))",
    ),
}


def endpoint(arguments: str, returns: str, value: str) -> str:
    """The program with one endpoint."""
    separator = ", " if arguments else ""
    arrow = f" -> {returns}" if returns else ""
    return (
        f'{API}\n\n@app.get("/"{separator}{arguments})\ndef read(db: Session = Depends(get_db)){arrow}:\n    return {value}\n'
    )


@pytest.mark.parametrize("name", RESPONSES)
def test_response_models_are_reads(name: str) -> None:
    arguments, returns, value, option = RESPONSES[name]
    text = endpoint(arguments, returns, value)
    files = {"models.py": MODELS, "sessions.py": SESSIONS, "api.py": text}
    made = applied(files, planned(files))
    assert made["models.py"] == MODELS
    end = value.index(")", value.index("db.query(")) + 1
    assert f"    return {value[:end]}{option}{value[end:]}\n" in made["api.py"]


def test_a_nested_class_is_imported_from_where_the_first_one_comes_from() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/find.py": textwrap.dedent("""
            from .models import User


            def tags(session):
                return [tag for user in session.query(User) for post in user.posts for tag in post.tags]
            """),
        "shop/run.py": textwrap.dedent("""
            from sqlalchemy.orm import Session
            from shop.find import tags


            def run(db: Session):
                return tags(db)
            """),
    }
    plan = planned(files)
    assert set(plan.imports["shop/find.py"]) == {("sqlalchemy.orm", "selectinload"), (".models", "Post")}
    assert (
        "session.query(User).options(selectinload(User.posts).selectinload(Post.tags))" in applied(files, plan)["shop/find.py"]
    )


def test_a_name_that_means_something_else_is_not_used() -> None:
    files = {
        "models.py": MODELS,
        "find.py": textwrap.dedent("""
            from sqlalchemy.orm import Session
            from models import User

            Post = dict


            def tags(session: Session):
                user = session.query(User).one()
                return [tag.name for post in user.posts for tag in post.tags]
            """),
    }
    plan = planned(files)
    assert [text for texts in plan.options.values() for text in texts] == ["selectinload(User.posts)"]
    assert [declared.name for declared in plan.declarations] == ["tags"]


GENERIC = """
from typing import Generic, TypeVar
from sqlalchemy.orm import Session
from models import Base, Post, Tag

M = TypeVar("M", bound=Base)


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, db: Session):
        self.db = db

    def get(self, id: int) -> M | None:
        return self.db.query(self.model).filter(self.model.id == id).first()

    def create(self, **values) -> M:
        made = self.model(**values)
        self.db.add(made)
        self.db.commit()
        self.db.refresh(made)
        return made


class Posts(Repository[Post]):
    model = Post


class Tags(Repository[Tag]):
    model = Tag
"""


def test_shared_code_names_no_class() -> None:
    uses = "Posts(db).get(1).author, Posts(db).create().author, Tags(db).get(1)"
    text = f"{GENERIC}\n\ndef author(db: Session):\n    return {uses}\n"
    files = {"models.py": MODELS, "find.py": text}
    plan = planned(files)
    assert not plan.pieces
    assert {declared.name for declared in plan.declarations} <= {"author"}


def with_models(text: str) -> str:
    """A file that uses the models."""
    return f"from sqlalchemy.orm import Session\nfrom models import Post, User\n\n\n{text}"


def test_get_of_a_query_is_followed_by_a_refresh() -> None:
    text = with_models(
        "def author(db: Session, id: int):\n    post = db.query(Post).get(id)  # one\n    return post.author.name\n"
    )
    files = {"models.py": MODELS, "find.py": text}
    made = applied(files, planned(files))["find.py"]
    assert (
        "    post = db.query(Post).get(id)  # one\n    if post is not None:\n"
        '        await db.refresh(post, ["author"])\n    return post.author.name\n'
    ) in made


def test_options_stand_where_the_other_methods_stand() -> None:
    text = with_models(
        "def authors(db: Session):\n    posts = (\n        db.query(Post)\n        .filter(Post.id > 1)\n        .all()\n"
        "    )\n"
        "    return [post.author.name for post in posts]\n"
    )
    files = {"models.py": MODELS, "find.py": text}
    made = applied(files, planned(files))["find.py"]
    assert "        db.query(Post)\n        .options(selectinload(Post.author))\n        .filter(Post.id > 1)\n" in made


def test_what_stays_on_sync_sessions_is_left_alone() -> None:
    text = with_models("def author(db: Session):\n    post = db.query(Post).one()\n    return post.author.name\n")
    files = {"models.py": MODELS, "find.py": text}
    assert planned(files).pieces
    plan = planned(files, lambda unit: unit == "find.py:author")
    assert not plan.pieces
    assert not plan.declarations


def test_old_releases_load_on_the_sync_side() -> None:
    text = with_models(
        "def author(db: Session):\n    post = Post(author_id=1)\n    db.add(post)\n    db.commit()\n    db.refresh(post)\n"
        "    return post.author.name\n"
    )
    files = {"models.py": MODELS, "find.py": text}
    made = applied(files, planned(files, refreshes_by_name=False))["find.py"]
    assert "    db.refresh(post)\n    await db.run_sync(lambda _: post.author)\n" in made


def test_a_relationship_that_is_a_query_is_reported() -> None:
    models = MODELS.replace(
        'relationship(back_populates="author", order_by="Post.id")', 'relationship(back_populates="author", lazy="dynamic")'
    )
    assert models != MODELS
    text = with_models(
        "def titles(db: Session):\n    user = db.query(User).one()\n    user.posts.append(None)\n"
        "    return [post.title for post in user.posts]\n"
    )
    plan = planned({"models.py": models, "find.py": text})
    assert [text[item.start :].startswith("user.posts]") for item in plan.unresolved if item.path == "find.py"] == [True]
    assert not plan.options


def test_a_self_referential_declaration_loads_nothing_by_itself() -> None:
    models = MODELS.replace('backref=backref("reports"))', 'backref=backref("reports"), lazy="joined")')
    assert models != MODELS
    text = with_models("def manager(db: Session):\n    return db.query(User).one().manager.name\n")
    files = {"models.py": models, "find.py": text}
    assert "options(selectinload(User.manager))" in applied(files, planned(files))["find.py"]


def test_a_name_for_type_checkers_only_is_not_used() -> None:
    text = with_models("def f(db: Session):\n    return [t for u in db.query(User) for p in u.posts for t in p.tags]\n")
    text = text.replace(
        "from models import Post, User",
        "from typing import TYPE_CHECKING\nfrom models import User\nif TYPE_CHECKING:\n    from models import Post",
    )
    assert not [
        option
        for options in planned({"models.py": MODELS, "find.py": text}).options.values()
        for option in options
        if "Post" in option
    ]
