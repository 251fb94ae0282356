"""Legacy queries in 2.0 style: what a person would write."""

from __future__ import annotations

import pytest
from query_migration import Migrated, migrate

_HEAD = "from sqlalchemy import delete, func, select, text, update\nfrom sqlalchemy.orm import joinedload, lazyload\n\n\n"


def rewritten(body: str, *, is_async: bool = True) -> str:
    return run(body, is_async=is_async).text.removeprefix(_HEAD).partition(":\n    ")[2].rstrip()


def run(body: str, *, is_async: bool = True) -> Migrated:
    return migrate(f"{_HEAD}def f(db: Session, x, skip):\n    {body}\n", is_async=is_async)


@pytest.mark.parametrize(
    ("before", "expected_async", "expected_sync"),
    [
        (
            "return db.query(User).all()",
            "return (await db.scalars(select(User))).all()",
            "return db.scalars(select(User)).all()",
        ),
        (
            "u = db.query(User).filter(User.id == x).first()",
            "u = await db.scalar(select(User).filter(User.id == x).limit(1))",
            "u = db.scalar(select(User).filter(User.id == x).limit(1))",
        ),
        (
            "n = db.query(User).filter(User.id == x).first().name",
            "n = (await db.scalar(select(User).filter(User.id == x).limit(1))).name",
            "n = db.scalar(select(User).filter(User.id == x).limit(1)).name",
        ),
        (
            "u = db.query(User).join(Post).one()",
            "u = (await db.scalars(select(User).join(Post))).unique().one()",
            "u = db.scalars(select(User).join(Post)).unique().one()",
        ),
        (
            "u = db.query(User.id, User.name).first()",
            "u = (await db.execute(select(User.id, User.name).limit(1))).first()",
            "u = db.execute(select(User.id, User.name).limit(1)).first()",
        ),
        (
            "for u in db.query(User):\n        print(u)",
            "for u in await db.scalars(select(User)):\n        print(u)",
            "for u in db.scalars(select(User)):\n        print(u)",
        ),
        (
            "for u in db.query(Team):\n        print(u)",
            "for u in (await db.scalars(select(Team))).unique():\n        print(u)",
            "for u in db.scalars(select(Team)).unique():\n        print(u)",
        ),
        (
            "return dict(db.query(User.id, User.name))",
            "return dict((await db.execute(select(User.id, User.name))).all())",
            "return dict(db.execute(select(User.id, User.name)).all())",
        ),
        (
            "n = db.query(User).filter_by(id=x).count()",
            "n = await db.scalar(select(func.count()).select_from(User).filter_by(id=x))",
            "n = db.scalar(select(func.count()).select_from(User).filter_by(id=x))",
        ),
        (
            "n = db.query(User).limit(3).count()",
            "n = await db.scalar(select(func.count()).select_from(select(User).limit(3).subquery()))",
            "n = db.scalar(select(func.count()).select_from(select(User).limit(3).subquery()))",
        ),
        (
            "n = db.query(func.count(User.id)).scalar()",
            "n = await db.scalar(select(func.count(User.id)))",
            "n = db.scalar(select(func.count(User.id)))",
        ),
        (
            "n = db.query(User.id).scalar()",
            "n = (await db.execute(select(User.id))).scalar_one_or_none()",
            "n = db.execute(select(User.id)).scalar_one_or_none()",
        ),
        (
            "u = db.query(User).options(joinedload(User.team)).get(x)",
            "u = await db.get(User, x, options=[joinedload(User.team)])",
            "u = db.get(User, x, options=[joinedload(User.team)])",
        ),
        (
            "db.query(User).filter(User.id == x).delete(synchronize_session=False)",
            "await db.execute(delete(User).filter(User.id == x).execution_options(synchronize_session=False))",
            "db.execute(delete(User).filter(User.id == x).execution_options(synchronize_session=False))",
        ),
        (
            "n = db.query(User).update({User.age: 1}, False)",
            "n = (await db.execute(update(User).values({User.age: 1}).execution_options(synchronize_session=False))).rowcount",
            "n = db.execute(update(User).values({User.age: 1}).execution_options(synchronize_session=False)).rowcount",
        ),
        (
            "us = db.query(User)[1:3]",
            "us = (await db.scalars(select(User).slice(1, 3))).all()",
            "us = db.scalars(select(User).slice(1, 3)).all()",
        ),
        (
            "u = db.query(User)[2]",
            "u = (await db.scalars(select(User).slice(2, 3))).all()[0]",
            "u = db.scalars(select(User).slice(2, 3)).all()[0]",
        ),
        (
            "return sum(db.query(Post).filter_by(author_id=i).count() for i in x)",
            "return sum([await db.scalar(select(func.count()).select_from(Post).filter_by(author_id=i)) for i in x])",
            "return sum(db.scalar(select(func.count()).select_from(Post).filter_by(author_id=i)) for i in x)",
        ),
        (
            "us = db.query(User).join(Post).filter_by(title=x, id=1).all()",
            "us = (await db.scalars(select(User).join(Post).filter(Post.title == x, Post.id == 1))).unique().all()",
            "us = db.scalars(select(User).join(Post).filter(Post.title == x, Post.id == 1)).unique().all()",
        ),
        (
            "q = db.query(User)\n    if q:\n        q = q.limit(1)\n    return q.all()",
            "q = select(User)\n    if q is not None:\n        q = q.limit(1)\n    return (await db.scalars(q)).all()",
            "q = select(User)\n    if q is not None:\n        q = q.limit(1)\n    return db.scalars(q).all()",
        ),
        (
            "if not db.query(User):\n        return 1",
            "if select(User) is None:\n        return 1",
            "if select(User) is None:\n        return 1",
        ),
        (
            "for u in db.query(User).yield_per(5):\n        print(u)",
            "async for u in await db.stream_scalars(select(User).execution_options(yield_per=5)):\n        print(u)",
            "for u in db.scalars(select(User).execution_options(yield_per=5)):\n        print(u)",
        ),
    ],
)
def test_forms(before: str, expected_async: str, expected_sync: str) -> None:
    assert rewritten(before) == expected_async
    assert rewritten(before, is_async=False) == expected_sync


def test_lines_stay_as_they_are_laid_out() -> None:
    before = """users = (
        db.query(User)
        .filter(User.id == x)  # active ones
        # by name
        .order_by(User.name)
        .all()
    )
    user = (
        db.query(User)
        .filter(User.id == x)
        .first()
    )
    n = (
        db.query(User)
        .distinct()
        .count()
    )"""
    after = """users = (await db.scalars(
        select(User)
        .filter(User.id == x)  # active ones
        # by name
        .order_by(User.name)
    )).all()
    user = await db.scalar(
        select(User)
        .filter(User.id == x)
        .limit(1)
    )
    n = await db.scalar(
        select(func.count()).select_from(select(User)
        .distinct()
        .subquery())
    )"""
    assert rewritten(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return db.query(User)[skip:x]",
            "return await db.run_sync(lambda session: session.query(User)[skip:x])",
        ),
        (
            "return db.query(User).limit(3).filter(User.id == 1).all()",
            "return await db.run_sync(lambda session: session.query(User).limit(3).filter(User.id == 1).all())",
        ),
        (
            "q = db.query(User)\n    n = q.count()\n    return n, q[skip:]",
            (
                "q = db.sync_session.query(User)\n    n = await db.run_sync(lambda _: q.count())\n"
                "    return n, await db.run_sync(lambda _: q[skip:])"
            ),
        ),
        (
            "return db.query(User).union(db.query(User)).all()",
            (
                "return await db.run_sync(lambda _, query: query.all(), "
                "db.sync_session.query(User).union(db.sync_session.query(User)))"
            ),
        ),
        (
            "session = 1\n    return db.query(User)[session:].pop()",
            "session = 1\n    return (await db.run_sync(lambda sync_session: sync_session.query(User)[session:])).pop()",
        ),
    ],
)
def test_what_is_not_known_goes_over_the_bridge(before: str, after: str) -> None:
    assert rewritten(before) == after
    assert run(before).worst == "bridged"


@pytest.mark.parametrize(
    "before",
    [
        "return lambda: db.query(User).all()",
        "return (db.query(User).get(i) for i in x)",
        "return paginate(db.query(User))",
        "q = db.query(User)\n    if x:\n        q = x\n    return q.all()",
        "f = db.query(User).all\n    return f()",
    ],
)
def test_what_cannot_be_done_is_left_alone(before: str) -> None:
    found = run(before)
    assert found.worst == "refused"
    assert rewritten(before) == before


def test_names_that_are_taken_get_others() -> None:
    text = """import sqlalchemy as sa


def delete(db: Session):
    db.query(User).filter(User.id == 1).delete()
"""
    assert "await db.execute(sa.delete(User).filter(User.id == 1))" in migrate(text, is_async=True).text
    text = """def delete(db: Session):
    db.query(User).filter(User.id == 1).delete()
"""
    after = migrate(text, is_async=True).text
    assert after.startswith("from sqlalchemy import delete as sa_delete\n")
    assert "await db.execute(sa_delete(User).filter(User.id == 1))" in after
