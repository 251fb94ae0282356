"""What the methods of queries, statements and results return, as inference finds it in programs."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.inference.analysis import infer
from autofix.fixers.sqlalchemy.kinds import Column, Instance, Items, Kind, Literal, Many, Query, Result, Select, Statement
from autofix.fixers.sqlalchemy.queries.methods import is_terminal
from autofix.languages.python.code import Assign, Function
from autofix.languages.python.code_reading import read
from autofix.text.source import Source
from sqlalchemy.orm import Query as LegacyQuery

MODELS = """
from sqlalchemy import ForeignKey, String, func, select, update, union
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts")
"""


def kind_of(expression: str, before: str = "") -> Kind:
    text = f"{MODELS}\ndef run(db: Session):\n    {before or 'pass'}\n    found = {expression}\n"
    source = Source("m.py", text.encode())
    module = read(source)
    function = module.body[-1]
    assert isinstance(function, Function)
    assign = function.body[-1]
    assert isinstance(assign, Assign)
    assert assign.value is not None
    return plain(infer({"m.py": module}).kind_of("m.py", assign.value))


def plain(kind: Kind) -> Kind:
    """Without the places where things come from."""
    match kind:
        case Instance(cls=cls):
            return Instance(cls)
        case Many(of=of):
            return Many(plain(of))
        case Items(of=of):
            return Items(tuple(plain(item) for item in of))
        case _:
            return kind


USER, POST = Instance("m.py:User"), Instance("m.py:Post")


class TestTerminals:
    @pytest.mark.parametrize(
        ("expression", "kind"),
        [
            ("db.query(User).all()", Many(USER)),
            ("db.query(User).filter(User.name == 'a').order_by(User.id).first()", USER),
            ("db.query(User).join(Post).filter_by(author_id=1).one_or_none()", USER),
            ("db.query(User.id).all()", Many(Items((Literal(),)))),
            ("db.query(User, Post.id).first()", Items((USER, Literal()))),
            ("db.query(User).with_entities(User.id, Post).first()", Items((Literal(), POST))),
            ("db.query(User).add_columns(func.count(Post.id)).all()", Many(Items((USER, Literal())))),
            ("db.query(User).count()", Literal()),
            ("db.query(User).get(1)", USER),
            ("db.query(User)[0]", USER),
            ("db.query(User)[1:2]", Many(USER)),
            ("db.query(aliased(User)).all()", Many(USER)),
            ("db.query(User.name).scalar()", Literal()),
            ("db.query(User).exists()", Column()),
            ("[each for each in db.query(User)]", Many(USER)),
            ("[each.id for each, _ in db.query(User, Post)]", Many(Literal())),
            ("db.query(User).values(Post.id)", Many(Items((Literal(),)))),
        ],
    )
    def test_queries(self, expression, kind):
        assert kind_of(expression) == kind

    @pytest.mark.parametrize(
        ("expression", "kind"),
        [
            ("db.execute(select(User)).scalars().all()", Many(USER)),
            ("db.execute(select([User])).scalars().first()", USER),
            ("db.execute(select(User)).all()", Many(Items((USER,)))),
            ("db.execute(select(User.id, Post)).one()", Items((Literal(), POST))),
            ("db.scalars(select(User)).unique().one()", USER),
            ("db.scalar(select(User))", USER),
            ("db.get(User, 1)", USER),
            ("db.merge(Post())", POST),
            ("db.execute(select(User)).scalar_one_or_none()", USER),
            ("[each for each in db.scalars(select(User))]", Many(USER)),
            ("select(User.id).scalar_subquery()", Column()),
            ("union(select(User), select(Post))", Statement()),
            ("select(User).union(select(User))", Statement()),
        ],
    )
    def test_statements(self, expression, kind):
        assert kind_of(expression) == kind

    def test_every_method_that_executes_is_known(self):
        terminals = {name for name in dir(LegacyQuery) if is_terminal(name)}
        assert terminals == {
            *("all", "count", "delete", "first", "get", "instances", "merge_result", "one", "one_or_none", "scalar"),
            *("update", "value", "values"),
        }


class TestShapes:
    @pytest.mark.parametrize(
        ("expression", "joined"),
        [
            ("db.query(User)", False),
            ("db.query(User).filter(User.id == 1)", False),
            ("db.query(User).join(Post)", True),
            ("db.query(User).options(selectinload(User.posts))", False),
            ("db.query(User).options(joinedload(User.posts))", True),
            ("db.query(Post).options(joinedload(Post.author))", False),
            ("db.query(Post).options(joinedload(Post.author).joinedload(User.posts))", True),
            ("db.query(User).options(*options)", True),
            ("db.query(User).options(unknown)", True),
            ("db.query(User).select_from(User)", False),
            ("db.query(User).select_from(Post)", True),
        ],
    )
    def test_rows_may_be_multiplied(self, expression, joined):
        kind = kind_of(expression)
        assert isinstance(kind, Query)
        assert kind.shape.is_joined is joined

    @pytest.mark.parametrize(
        ("expression", "entity"),
        [
            ("db.query(User)", ""),
            ("db.query(User).join(Post)", "Post"),
            ("db.query(User).join(Post, Post.author_id == User.id).filter(1 == 1)", "Post"),
            ("db.query(User).join(User.posts)", "User.posts.mapper.class_"),
            ("db.query(User).join(target())", "?"),
            ("db.query(User).join(Post).reset_joinpoint()", ""),
            ("db.query(User.id).select_from(Post)", "Post"),
        ],
    )
    def test_what_filter_by_filters(self, expression, entity):
        kind = kind_of(expression)
        assert isinstance(kind, Query)
        assert kind.shape.joined_entity == entity

    def test_a_result_keeps_the_shape(self):
        kind = kind_of("db.scalars(select(User).limit(1))")
        assert isinstance(kind, Result)
        assert kind.scalars
        assert kind.shape is not None
        assert kind.shape.is_limited

    def test_a_query_knows_where_it_began(self):
        kind = kind_of("db.query(User).filter(User.id == 1).limit(3)")
        assert isinstance(kind, Query)
        assert kind.session == "db"
        assert [origin.how for origin in kind.shape.origins] == ["query"]
        select = kind_of("select(User).filter(User.id == 1)")
        assert isinstance(select, Select)
        assert [origin.how for origin in select.shape.origins] == ["query"]
