"""Legacy queries as text: what they become, what is bridged, and what is left alone with a reason."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Refused, Style
from query_programs import MODELS, migrated

SIGNATURE = "def case(db: Session, value=None, values=(), unknown=None):\n"


def body(lines: str, style: Style = Style.ASYNC) -> str:
    """The body of a function after the migration."""
    indented = "".join(f"    {line}\n" if line else "\n" for line in lines.strip("\n").split("\n"))
    made = migrated(f"{MODELS}\n\n{SIGNATURE}{indented}", style)
    after = made.after[made.after.index(SIGNATURE) + len(SIGNATURE) :]
    return "\n".join(line.removeprefix("    ") for line in after.rstrip("\n").split("\n"))


def reasons(program: str) -> set[tuple[type, str]]:
    """Why what of a program is bridged or refused."""
    outcomes = [planned.outcome for planned in migrated(MODELS + program).planned]
    return {(type(outcome), outcome.reason) for outcome in outcomes if isinstance(outcome, Bridge | Refused)}


class Unknown:
    """Nothing is known of mapped classes."""

    def has_eager_collections(self, _model: str) -> None:
        return None

    def is_unhashable(self, _model: str, _column: str) -> bool:
        return False


class TestExpressions:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("db.query(User).all()", "(await db.scalars(select(User))).all()"),
            ("db.query(User.id).all()", "(await db.execute(select(User.id))).all()"),
            ("db.query(User, Team).all()", "(await db.execute(select(User, Team))).unique().all()"),
            ("db.query(Post).all()", "(await db.scalars(select(Post))).unique().all()"),
            ("db.query(User).join(Post).one()", "(await db.scalars(select(User).join(Post))).unique().one()"),
            ("db.query(User).first()", "(await db.scalars(select(User).limit(1))).first()"),
            ("db.query(User).first().name", "(await db.scalars(select(User).limit(1))).first().name"),
            ("db.query(User.id).scalar()", "(await db.execute(select(User.id))).scalar_one_or_none()"),
            ("db.query(func.max(User.id)).scalar()", "await db.scalar(select(func.max(User.id)))"),
            ("db.query(func.max(User.id)).scalar().real", "(await db.scalar(select(func.max(User.id)))).real"),
            ("db.query(User).count()", "await db.scalar(select(func.count()).select_from(User))"),
            ("db.query(User.id).count()", "await db.scalar(select(func.count()).select_from(select(User.id).subquery()))"),
            (
                "db.query(User).filter_by(name='a').count() > 0",
                "await db.scalar(select(func.count()).select_from(User).filter_by(name='a')) > 0",
            ),
            ("db.query(User).get(value)", "await db.get(User, value)"),
            ("db.query(User).get(value).name", "(await db.get(User, value)).name"),
            ("db.query(User).options(lazyload('*')).get((1, 2))", "await db.get(User, options=[lazyload('*')], ident=(1, 2))"),
            ("db.query(User)[0]", "(await db.scalars(select(User).slice(0, 1))).all()[0]"),
            ("db.query(User)[:10]", "(await db.scalars(select(User).limit(10))).all()"),
            ("[u for u in db.query(User)]", "[u for u in await db.scalars(select(User))]"),
            ("list(db.query(Post))", "list((await db.scalars(select(Post))).unique())"),
            ("dict(db.query(User.id, User.name))", "dict((await db.execute(select(User.id, User.name))).all())"),
            ("1 in db.query(User.id)", "1 in await db.execute(select(User.id))"),
            ("(db.query(User)).all()", "((await db.scalars(select(User)))).all()"),
            (
                "db.query(User).with_entities(User.id).all()",
                "(await db.execute(select(User).with_only_columns(User.id))).all()",
            ),
            ("db.query(User).populate_existing()", "select(User).execution_options(populate_existing=True)"),
            ("db.query(User).with_parent(value, Team.users)", "select(User).where(with_parent(value, Team.users))"),
            ("db.query(User.id).as_scalar()", "select(User.id).scalar_subquery()"),
            (
                "db.query(User).filter(User.id.in_(db.query(Post.author_id)))",
                "select(User).filter(User.id.in_(select(Post.author_id)))",
            ),
            ("db.query(User).statement", "select(User)"),
            (
                "db.query(db.query(User).filter(User.id == 1).exists()).scalar()",
                "await db.scalar(select(select(User).filter(User.id == 1).exists()))",
            ),
            (
                "db.query(User).join(Team).filter_by(name=value or 'a', id=1).all()",
                "(await db.scalars(select(User).join(Team).filter(Team.name == (value or 'a'), Team.id == 1))).unique().all()",
            ),
        ],
    )
    def test_conversion(self, before, after):
        assert body(f"found = {before}") == f"found = {after}"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "db.query(User).filter(User.id == 1).delete()",
                "await db.execute(delete(User).filter(User.id == 1))",
            ),
            (
                "n = db.query(User).where(User.id > 1).delete(False)",
                "n = (await db.execute(delete(User).where(User.id > 1).execution_options(synchronize_session=False))).rowcount",
            ),
            (
                "db.query(User).update({'age': 1}, synchronize_session='fetch')",
                "await db.execute(update(User).values({'age': 1}).execution_options(synchronize_session='fetch'))",
            ),
            (
                "if db.query(User).update({'age': 1}):\n    pass",
                "if (await db.execute(update(User).values({'age': 1}))).rowcount:\n    pass",
            ),
            ("for user in db.query(User):\n    print(user)", "for user in await db.scalars(select(User)):\n    print(user)"),
            (
                "for user in db.query(User).yield_per(10):\n    print(user)",
                "async for user in await db.stream_scalars(select(User).execution_options(yield_per=10)):\n    print(user)",
            ),
            (
                "query = db.query(User).filter(User.id == 1)\nquery.delete()",
                "query = select(User).filter(User.id == 1)\nawait db.execute(delete(User).where(query.whereclause))",
            ),
            ("query = db.query(User)\nif query:\n    pass", "query = select(User)\nif query is not None:\n    pass"),
            ("query = db.query(User)\nif not query:\n    pass", "query = select(User)\nif query is None:\n    pass"),
            (
                "query = None\nif value:\n    query = db.query(User)\nif query is not None:\n    return query.all()",
                (
                    "query = None\nif value:\n    query = select(User)\n"
                    "if query is not None:\n    return (await db.scalars(query)).all()"
                ),
            ),
        ],
    )
    def test_statements(self, before, after):
        assert body(before) == after

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("db.query(User).first().name", "db.scalars(select(User).limit(1)).first().name"),
            ("db.query(Post).all()", "db.scalars(select(Post)).unique().all()"),
            ("db.query(User).count()", "db.scalar(select(func.count()).select_from(User))"),
            ("[u for u in db.query(Post)]", "[u for u in db.scalars(select(Post)).unique()]"),
            ("db.query(User).get(1)", "db.get(User, 1)"),
            ("db.query(User).filter_by(id=1).delete()", "db.execute(delete(User).filter_by(id=1)).rowcount"),
            ("db.query(User).union(db.query(User)).all()", "db.query(User).union(db.query(User)).all()"),
        ],
    )
    def test_synchronous_style(self, before, after):
        assert body(f"found = {before}", Style.SYNC) == f"found = {after}"


class TestLayout:
    def test_a_line_for_each_call(self):
        before = """
users = (
    db.query(Post)
    # only the long ones
    .filter(
        Post.title == 'a',  # so
    )

    .order_by(Post.id)
    .first()
)
"""
        after = """
users = (
    (await db.scalars(
        select(Post)
        # only the long ones
        .filter(
            Post.title == 'a',  # so
        )

        .order_by(Post.id)
        .limit(1)
    ))
    .unique().first()
)
"""
        assert body(before) == after.strip("\n")

    def test_arguments_on_lines_of_their_own(self):
        before = """
return db.query(User).filter(
    User.id == 1,
    User.age > 2,
).all()
"""
        after = """
return (await db.scalars(select(User).filter(
    User.id == 1,
    User.age > 2,
))).all()
"""
        assert body(before) == after.strip("\n")

    def test_one_value(self):
        before = """
return (
    db.query(User.age)
    .distinct()
    .count()
)
"""
        after = """
return (
    await db.scalar(select(func.count()).select_from(
        select(User.age)
        .distinct()
        .subquery()
    ))
)
"""
        assert body(before) == after.strip("\n")

    def test_statement(self):
        before = """
db.query(User).filter(
    User.id == 1
).update(
    {
        "age": 1,
    },
    synchronize_session=False,
)
"""
        after = """
await db.execute(
    update(User).filter(
        User.id == 1
    ).values(
        {
            "age": 1,
        },
    ).execution_options(synchronize_session=False)
)
"""
        assert body(before) == after.strip("\n")

    def test_lines_of_strings_are_not_indented(self):
        before = '''
return (
    db.query(User)
    .filter(text("""
id = 1
    and age > 2"""))
    .all()
)
'''
        after = '''
return (
    (await db.scalars(
        select(User)
        .filter(text("""
id = 1
    and age > 2"""))
    ))
    .all()
)
'''
        assert body(before) == after.strip("\n")

    def test_backslashes(self):
        before = "return db.query(User) \\\n    .filter(User.id == 1) \\\n    .all()"
        after = "return (await db.scalars(select(User) \\\n    .filter(User.id == 1))) \\\n    .all()"
        assert body(before) == after


class TestBridges:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "return db.query(User).union(db.query(User)).all()",
                "return await db.run_sync(lambda session: session.query(User).union(db.sync_session.query(User)).all())",
            ),
            (
                "query = db.query(User).union(db.query(User))\nreturn query.first().name",
                (
                    "query = db.sync_session.query(User).union(db.sync_session.query(User))\n"
                    "return (await db.run_sync(lambda _: query.first())).name"
                ),
            ),
            (
                "for user in db.query(User).reset_joinpoint():\n    pass",
                "for user in await db.run_sync(lambda _: list(db.sync_session.query(User).reset_joinpoint())):\n    pass",
            ),
            (
                "return db.query(User).filter(User.id == db.query(Post).first().id).union(db.query(User)).all()",
                (
                    "return await db.run_sync(lambda _, query: query.all(), db.sync_session.query(User).filter(User.id == "
                    "(await db.scalars(select(Post).limit(1))).unique().first().id).union(db.sync_session.query(User)))"
                ),
            ),
        ],
    )
    def test_text(self, before, after):
        assert body(before) == after

    @pytest.mark.parametrize(
        "before",
        [
            "return db.query(User).join('posts').all()",
            "return db.query(User, User.data).join(Post).all()",
            "return db.query(unknown).all()",
            "return db.query(*values).all()",
            "return db.query(User)[value:value]",
            "return db.query(User)[-1]",
            "return db.query(User).limit(2).filter(User.id == 1).all()",
            "return db.query(User).filter(User.id == 1).get(1)",
            "query = db.query(User)\nreturn query.delete()",
            "query = db.query(User).filter(*values)\nreturn query.delete()",
            "query = db.query(User).filter(User.id == 1).execution_options(a=1)\nreturn query.delete()",
            "query = db.query(User).filter(User.id == 1)\nif value:\n    query = db.query(User)\nreturn query.delete()",
            "return db.query(User).order_by(False).all()",
            "return str(db.query(User))",
            "return db.query(User).enable_eagerloads(False).all()",
            "return db.query(func.count(User.id)).filter_by(name='a').all()",
            "return db.query(User, func.json_agg(Post.id)).join(Post).group_by(User.id).all()",
            "return [db.query(User, User.data['a'].label('a')).join(Post).all()]",
        ],
    )
    def test_what_is_not_known_to_be_the_same(self, before):
        after = body(before)
        assert "sync_session" in after or "run_sync" in after
        assert "select(" not in after


class TestRefusals:
    @pytest.mark.parametrize(
        ("program", "reason"),
        [
            ("def case(db: Session):\n    return paginate(db.query(User))", "the query goes on to where it cannot be followed"),
            ("def case(db: Session):\n    return [db.query(User)]", "the query goes on to where it cannot be followed"),
            (
                "def case(db: Session, f):\n    query = db.query(User)\n    if f:\n        query = []\n    return query.all()",
                "the query goes on to where it cannot be followed",
            ),
            (
                "def made(db: Session, flag):\n    if flag:\n        return []\n    return db.query(User)\n",
                "the query goes on to where it cannot be followed",
            ),
            (
                "def taken(q):\n    return list(q)\n\ndef f(db: Session):\n    taken([1])\n    return taken(db.query(User))\n",
                "the query goes on to where it cannot be followed",
            ),
            ("def case(db: Session):\n    fetch = db.query(User).all\n    return fetch()", "`all` of a query"),
        ],
    )
    def test_the_whole_group(self, program, reason):
        found = reasons(program)
        assert (Refused, reason) in found
        assert {kind for kind, _ in found} == {Refused}


class TestFlows:
    def test_the_session_of_a_query_that_a_function_returns(self):
        program = """
def grown(query, least):
    return query.filter(User.age > least)

def base(db: Session):
    return db.query(User).order_by(User.id)

class Repo:
    def __init__(self, db: Session):
        self.db = db

    def query(self):
        return self.db.query(User)

    def list(self):
        return grown(self.query(), 1).all()

def case(first: Session, second: Session):
    return base(second).all(), Repo(first).list()
"""
        made = migrated(MODELS + program)
        assert not reasons(program)
        assert "return (await self.db.scalars(grown(self.query(), 1))).all()" in made.after
        assert "return (await second.scalars(base(second))).all(), Repo(first).list()" in made.after

    def test_a_function_that_is_given_no_session(self):
        program = """
def page(query, number):
    return query.limit(10).offset(number).all()

def case(db: Session):
    return page(db.query(User), 1)
"""
        made = migrated(MODELS + program)
        assert "return page(db.sync_session.query(User), 1)" in made.after
        call = "async_session(query.session).run_sync(lambda _: query.limit(10).offset(number).all())"
        assert f"    return await {call}\n" in made.after
        assert "from sqlalchemy.ext.asyncio import async_session\n" in made.after

    @pytest.mark.parametrize(
        "base", ["from elsewhere import Base\n\nclass Thing(Base):\n    id = 1\n", "from elsewhere import Thing\n"]
    )
    def test_a_class_of_which_nothing_is_known(self, base):
        program = f"{base}\ndef case(db: Session):\n    return db.query(Thing).filter_by(id=1).first()\n"
        after = "return (await db.scalars(select(Thing).filter_by(id=1).limit(1))).unique().first()"
        assert after in migrated(MODELS + program, facts=Unknown()).after

    def test_the_other_session_is_not_taken(self):
        program = """
def base(db: Session):
    return db.query(User)

def case(first: Session, second: Session):
    query = base(first if first else second)
    return query.all()
"""
        assert "return await async_session(query.session).run_sync(lambda _: query.all())" in migrated(MODELS + program).after

    def test_an_annotated_parameter(self):
        program = """
from sqlalchemy.orm import Query

def grown(query: Query, least: int) -> Query:
    return query.filter(User.age > least)

def case(db: Session):
    return grown(db.query(User), 1).all()
"""
        assert not reasons(program)
        assert "return (await db.scalars(grown(select(User), 1))).all()" in migrated(MODELS + program).after

    def test_an_unknown_use_elsewhere_bridges_all(self):
        program = """
def base(db: Session):
    return db.query(User)

def one(db: Session):
    return base(db).all()

def two(db: Session):
    return base(db).reset_joinpoint().all()
"""
        made = migrated(MODELS + program)
        assert "return db.sync_session.query(User)" in made.after
        assert "return await db.run_sync(lambda _, query: query.all(), base(db))" in made.after


class TestWhatDiffersOnlyOnData:
    """Forms that look right and are not."""

    def test_objects_that_are_joined_may_join_collections_themselves(self):
        class TeamsJoinTheirUsers:
            def has_eager_collections(self, model: str) -> bool | None:
                return model.endswith(":Team")

            def is_unhashable(self, model: str, column: str) -> bool:
                return False

        query = "db.query(User).options(joinedload(User.team)).all()"
        made = migrated(f"{MODELS}\n\n{SIGNATURE}    return {query}\n", facts=TeamsJoinTheirUsers())
        assert "(await db.scalars(select(User).options(joinedload(User.team)))).unique().all()" in made.after
        assert "unique" not in body(f"return {query}")

    @pytest.mark.parametrize(
        "query",
        [
            "db.query(literal(1)).options(joinedload(User.team)).all()",
            "db.query(literal(1)).with_entities(User).all()",
            "db.query(db.query(User).join(Post).with_entities(Post).exists()).scalar()",
        ],
    )
    def test_what_a_legacy_query_refuses_is_left_to_it(self, query):
        assert "run_sync" in body(f"return {query}") or ".sync_session" in body(f"return {query}")

    def test_what_is_called_of_the_session_of_a_query(self):
        program = "def case(db: Session):\n    query = db.query(User)\n    return query.session.query(User).count()\n"
        assert (Refused, "what is called of the `session` of a query") in reasons(program)
