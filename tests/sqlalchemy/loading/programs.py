"""Async programs that read relationships: planned, rewritten and run."""

from __future__ import annotations

import asyncio
import gc
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Mapping

from autofix.fixers.sqlalchemy.inference.analysis import infer
from autofix.fixers.sqlalchemy.loading.plan import LoadingPlan, plan_loading
from autofix.fixers.sqlalchemy.pieces import compose
from autofix.languages.python.code_reading import read
from autofix.languages.python.import_insertion import add_import
from autofix.text.edit import apply_edits
from autofix.text.source import Source

MODELS = """
from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, backref, contains_eager, joinedload, lazyload, load_only, mapped_column, relationship
)


class Base(DeclarativeBase):
    pass


post_tags = Table(
    "post_tags", Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True), Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")
    profile: Mapped["Profile | None"] = relationship(back_populates="user")
    manager: Mapped["User | None"] = relationship(remote_side=[id], backref=backref("reports"))

    @property
    def titles(self):
        return [post.title for post in self.posts]

    def tag_names(self):
        return sorted({tag.name for post in self.posts for tag in post.tags})


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="profile", lazy="joined")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User | None"] = relationship(back_populates="posts")
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tags, backref="posts", order_by="Tag.id")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post", order_by="Comment.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    post: Mapped["Post"] = relationship(back_populates="comments", lazy="selectin")


club_members = Table(
    "club_members", Base.metadata,
    Column("club_id", ForeignKey("clubs.id"), primary_key=True),
    Column("member_id", ForeignKey("members.id"), primary_key=True),
)


class Club(Base):
    __tablename__ = "clubs"
    id: Mapped[int] = mapped_column(primary_key=True)
    members: Mapped[list["Member"]] = relationship(secondary=club_members, back_populates="clubs", order_by="Member.id")


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    clubs: Mapped[list[Club]] = relationship(
        secondary=club_members, back_populates="members", order_by=Club.id, lazy="selectin"
    )
"""

RUN = """

async def start():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as seeding:
        red, blue = Tag(id=1, name="red"), Tag(id=2, name="blue")
        boss = User(id=1, name="Boss")
        ann = User(id=2, name="Ann", manager=boss, profile=Profile(bio="painter"))
        first = Post(id=1, title="First", author=ann, tags=[red, blue], comments=[Comment(text="nice")])
        seeding.add_all([boss, ann, first, Post(id=2, title="Second", author=ann, tags=[red]), Post(id=3, title="Third")])
        chess, chorus = Club(id=1), Club(id=2)
        seeding.add_all([Member(id=1, clubs=[chess]), Member(id=2, clubs=[chess, chorus])])
        await seeding.commit()
    try:
        async with sessions() as session:
            return await main(session)
    finally:
        await engine.dispose()
"""


def planned(
    files: Mapping[str, str], is_kept: Callable[[str], bool] = lambda _: False, *, refreshes_by_name: bool = True
) -> LoadingPlan:
    """The plan for a program, given as its files."""
    sources = {path: Source.decode(path, text.encode()) for path, text in files.items()}
    modules = {path: read(source) for path, source in sources.items()}
    texts = {path: source.text for path, source in sources.items()}
    return plan_loading(infer(modules), texts, is_kept=is_kept, refreshes_by_name=refreshes_by_name)


def rewritten(files: Mapping[str, str]) -> dict[str, str]:
    """The program with its plan applied."""
    return applied(files, planned(files))


def applied(files: Mapping[str, str], plan: LoadingPlan) -> dict[str, str]:
    """The program with a plan applied."""
    made: dict[str, str] = {}
    for path, text in files.items():
        new = apply_edits(text.encode(), compose(plan.pieces.get(path, ())))
        for module, name in plan.imports.get(path, ()):
            new = apply_edits(new, add_import(Source.decode(path, new), module, name))
        made[path] = new.decode()
    return made


def program(body: str) -> str:
    """A whole program around `main(session)`."""
    return MODELS + "\n\n" + textwrap.dedent(body) + RUN


def result(text: str) -> object:
    """What `main` of a program returns."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    try:
        exec(compile(text, "program.py", "exec", dont_inherit=True), module.__dict__)
        return asyncio.run(module.start())
    finally:
        del sys.modules["program"]


def fails_lazily(text: str) -> bool:
    """Whether a program fails because something is loaded lazily."""
    with warnings.catch_warnings():
        # What such a failure leaves behind was never awaited.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            result(text)
        except Exception as error:
            if "greenlet_spawn has not been called" not in str(error):
                raise
            failed = True
        else:
            failed = False
        gc.collect()
    return failed
