"""What sessions, queries and results return, told from the text of an expression."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.kinds import Alias, Column, Instance, Kind, Literal, Many, Model, Query, Result, Select, Shape
from autofix.languages.python import code
from autofix.languages.python.code_reading import read
from autofix.text.source import Source
from query_kinds import StraightLine

_IMPORTS = """\
from sqlalchemy import func, select, text, or_
from sqlalchemy.orm import aliased, joinedload, selectinload, contains_eager
"""


def kind(expression: str, *before: str) -> Kind:
    """The kind of an expression about `db`, a session."""
    lines = "\n    ".join((*before, f"found = {expression}"))
    text = f"{_IMPORTS}def f(db: Session, adb: AsyncSession, user_id, table, conditions):\n    {lines}\n"
    module = read(Source("a.py", text.encode()))
    assert not module.has_errors
    function = module.body[-1]
    assert isinstance(function, code.Function)
    last = function.body[-1]
    assert isinstance(last, code.Assign)
    assert last.value is not None
    return StraightLine(module).kind_of(last.value)


def shape(expression: str, *before: str) -> Shape:
    found = kind(expression, *before)
    assert isinstance(found, Query | Select)
    return found.shape


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("db.query(User).all()", Many(Instance("User"))),
        ("db.query(User).filter(User.id == 1).first()", Instance("User")),
        ("db.query(User.id).all()", Many(None)),
        ("db.query(User.id).first()", None),
        ("db.query(User.id).scalar()", Literal()),
        ("db.query(User).scalar()", Instance("User")),
        ("db.query(aliased(User)).one()", Instance("User")),
        ("db.query(User, Post).one()", None),
        ("db.query(User).count()", Literal()),
        ("db.query(User).get(1)", Instance("User")),
        ("db.query(User).with_entities(User.id).all()", Many(None)),
        ("db.query(User).subquery()", Column()),
        ("db.query(User)[0]", Instance("User")),
        ("db.query(User)[0:2]", Many(Instance("User"))),
        ("db.get(User, 1)", Instance("User")),
        ("db.execute(select(User)).scalars().all()", Many(Instance("User"))),
        ("db.execute(select(User)).scalar_one_or_none()", Instance("User")),
        ("db.execute(select(User.id, User.name)).all()", Many(None)),
        ("db.execute(select([User])).scalars().first()", Instance("User")),
        ("db.scalars(select(User)).unique().one()", Instance("User")),
        ("db.scalar(select(func.count()))", Literal()),
        ("(await adb.stream_scalars(select(User))).unique()", Result(Shape((Model("User"),)), scalars=True, is_stream=True)),
        ("await (await adb.stream_scalars(select(User))).all()", Many(Instance("User"))),
        ("db.query(User).no_such_method()", None),
    ],
)
def test_results(expression: str, expected: Kind) -> None:
    assert kind(expression) == expected


@pytest.mark.parametrize(
    ("query", "is_joined"),
    [
        ("db.query(User)", False),
        ("db.query(User, Post)", False),
        ("db.query(User, User.name)", True),
        ("db.query(User).join(Post)", True),
        ("db.query(User).filter(User.id == user_id)", False),
        ("db.query(User).filter(User.id == table.c.id)", True),
        ("db.query(User).filter(User.id == Post.author_id)", True),
        ("db.query(User).filter(Post.id == 1)", True),
        ("db.query(User).filter(*conditions)", True),
        ("db.query(User).filter(conditions)", True),
        ("db.query(User).filter(text('users.id = posts.author_id'))", True),
        ("db.query(User).filter(or_(User.id == 1, ~User.name.like('a%')), User.age.in_([1, user_id]))", False),
        ("db.query(User).filter(or_(User.id == 1, Post.id == 2))", True),
        ("db.query(User).filter(User.posts.any(Post.title == 'a'))", False),
        ("db.query(User).filter(User.team == user_id)", False),
        ("db.query(Post).filter(Post.tags.contains(user_id))", True),
        ("db.query(User).filter(User.id.in_(db.query(Post.author_id)))", False),
        ("db.query(User).filter(func.lower(User.name) == user_id.lower())", False),
        ("db.query(User).filter(User.name == user_id['a'].b)", False),
        ("db.query(User).order_by(User.name.desc(), func.lower(User.name))", False),
        ("db.query(User).order_by(Post.id)", True),
        ("db.query(User).options(selectinload(User.posts).joinedload(Post.tags))", False),
        ("db.query(User).options(joinedload(User.team))", False),
        ("db.query(User).options(joinedload(User.team).joinedload(Team.users))", True),
        ("db.query(User).options(joinedload(User.posts))", True),
        ("db.query(User).options(conditions)", True),
        ("db.query(User).filter(aliased(User).id == 1)", True),
        ("select(User).where(User.id == 1)", False),
        ("select(User).join(User.posts)", True),
    ],
)
def test_rows_that_may_repeat(query: str, is_joined: bool) -> None:
    assert shape(query).is_joined is is_joined


@pytest.mark.parametrize(
    ("query", "entity"),
    [
        ("db.query(User)", ("", "")),
        ("db.query(User).join(Post)", ("Post", "Post")),
        ("db.query(User).join(Post, Post.author_id == User.id).join(Tag)", ("Tag", "Tag")),
        ("db.query(User).join(User.posts)", ("?", "Post")),
        ("db.query(User).join(Post).reset_joinpoint()", ("", "")),
        ("db.query(User).join(table)", ("?", "")),
        ("db.query(User.id).select_from(Post)", ("Post", "Post")),
    ],
)
def test_what_filter_by_filters(query: str, entity: tuple[str, str]) -> None:
    found = shape(query)
    assert (found.joined_entity, found.joined_model) == entity


def test_the_session_goes_with_the_query() -> None:
    found = kind("db.query(User).filter(User.id == 1)")
    assert isinstance(found, Query)
    assert found.session == "db"


def test_branches_merge() -> None:
    found = shape("q", "q = db.query(User)", "if user_id: q = q.join(Post)")
    assert (found.selected, found.is_joined, found.joined_entity) == ((Model("User"),), True, "?")
    assert shape("q", "q = db.query(User)", "if user_id: q = db.query(Post)").selected is None


def test_selected_things() -> None:
    assert shape("db.query(User, aliased(Post), User.id, conditions)").selected == (
        Model("User"),
        Alias("Post"),
        Column("User", "id"),
        None,
    )
    assert shape("db.query(*conditions)").selected is None
