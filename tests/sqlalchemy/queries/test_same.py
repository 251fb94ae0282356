"""Migrated queries return, raise and change the same as before: run on the same data, synchronously and with asyncio."""

from __future__ import annotations

import itertools
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from autofix.fixers.sqlalchemy.queries.outcome import Style
from query_cases import chains, chosen, generated, program
from query_programs import MODELS, Migrated, Outcome, made_async, migrated, namespace, run_async, run_sync


def differences(made: Migrated, names: list[str]) -> dict[str, tuple[Outcome, Outcome]]:
    """What the migrated functions do otherwise."""
    before = run_sync(namespace(made.before), names)
    after = run_async(namespace(made_async(made.after, made.functions)), names)
    return {name: (before[name], after[name]) for name in names if not same(before[name], after[name])}


def same(before: Outcome, after: Outcome) -> bool:
    """Whether a run came to the same.

    What never worked need not fail in the same way: SQL that the database refuses, attributes that no class has.
    """
    if before.error in ("OperationalError", "ProgrammingError", "DBAPIError"):
        return True
    return before == after or (bool(before.error and after.error) and before.error in ("InvalidRequestError", "AttributeError"))


Differences = Callable[[Migrated, list[str]], dict[str, tuple[Outcome, Outcome]]]


def check(cases: dict[str, str], compare: Differences = differences, style: Style = Style.ASYNC) -> Migrated:
    made = migrated(program(cases), style)
    names = [name for name in cases if made.sort(name) in ("converted", "bridged")]
    assert len(names) == len(cases)
    found = compare(made, names)
    assert not found, [(cases[name], before, after) for name, (before, after) in itertools.islice(found.items(), 5)]
    return made


# Deprecated methods, cartesian products: the programs are as they are.
@pytest.mark.filterwarnings("ignore")
class TestOnSQLite:
    def test_a_part(self):
        cases = chosen(generated(), 53)
        made = check(cases)
        assert sum(made.sort(name) == "converted" for name in cases) > len(cases) / 2

    def test_chains(self):
        check(chains(0, 200))

    @pytest.mark.slow
    @pytest.mark.parametrize("start", range(16))
    def test_all(self, start):
        check(chosen(generated(), 16, start))

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(1, 5))
    def test_more_chains(self, seed):
        check(chains(seed, 1500))


def differences_of_synchronous(made: Migrated, names: list[str]) -> dict[str, tuple[Outcome, Outcome]]:
    """What the functions do otherwise whose sessions stay synchronous."""
    before, after = run_sync(namespace(made.before), names), run_sync(namespace(made.after), names)
    return {name: (before[name], after[name]) for name in names if not same(before[name], after[name])}


@pytest.mark.filterwarnings("ignore")
class TestSynchronousSessions:
    def test_a_part(self):
        cases = chosen(generated(), 53, 7)
        made = check(cases, differences_of_synchronous, Style.SYNC)
        assert sum(made.sort(name) == "converted" for name in cases) > len(cases) / 2

    def test_chains(self):
        check(chains(3, 200), differences_of_synchronous, Style.SYNC)

    @pytest.mark.slow
    @pytest.mark.parametrize("start", range(0, 16, 4))
    def test_a_quarter(self, start):
        # All of them are run with asynchronous sessions, by the same code.
        check(chosen(generated(), 16, start), differences_of_synchronous, Style.SYNC)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", [11])
    def test_more_chains(self, seed):
        check(chains(seed, 1500), differences_of_synchronous, Style.SYNC)


PROGRAM = """

def base(db: Session):
    return db.query(User).order_by(User.id)


def grown(query, least):
    return query.filter(User.age >= least)


class Users:
    def __init__(self, db: Session):
        self.db = db

    def query(self):
        return self.db.query(User).join(User.posts)

    def named(self, name):
        query = self.query()
        if name:
            query = query.filter(User.name == name)
        return query


def case_helpers(db: Session):
    return grown(base(db), 30).all(), base(db).count()


def case_method(db: Session):
    users = Users(db)
    query = users.named("ann")
    return query.all(), query.count(), [user.name for user in query]


def case_update(db: Session):
    query = db.query(User).filter(User.age == 30)
    before = query.count()
    query.update({"age": 31}, synchronize_session=False)
    return before, query.count(), db.query(User.age).order_by(User.id).all()
"""


@pytest.mark.filterwarnings("ignore")
def test_queries_that_go_through_functions():
    made = migrated(MODELS + PROGRAM)
    cases = ["case_helpers", "case_method", "case_update"]
    assert {made.sort(name) for name in cases} == {"converted"}
    before = run_sync(namespace(made.before), cases)
    after = run_async(namespace(made_async(made.after, cases)), cases)
    assert before == after
    assert not any(outcome.error for outcome in before.values())


MANY_TO_MANY = """
from sqlalchemy import Column, Integer, Table

user_labels = Table(
    "user_labels", Base.metadata, Column("user_id", ForeignKey("users.id")), Column("label_id", ForeignKey("labels.id")),
    Column("id", Integer, primary_key=True),
)


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)


User.labels = relationship(Label, secondary=user_labels)


def labelled(db: Session):
    labels = [Label(), Label()]
    db.get(User, 1).labels = db.get(User, 2).labels = labels
    db.flush()
    return labels


def case_either(db: Session):
    first, second = labelled(db)
    return db.query(User).filter(or_(User.labels.contains(first), User.labels.contains(second))).all()


def case_listed(db: Session):
    criteria = [User.labels.contains(label) for label in labelled(db)]
    return db.query(User).filter(or_(*criteria)).order_by(User.id).all()


def case_operators(db: Session):
    first, second = labelled(db)
    return db.query(User).filter(User.labels.contains(first) | User.labels.contains(second)).all()


def case_elsewhere(db: Session):
    labelled(db)
    posted = Post.author_id > 0
    return db.query(User).filter(or_(posted, User.id == 1)).all()
"""


@pytest.mark.filterwarnings("ignore")
def test_criteria_that_join_within_others():
    made = migrated(MODELS + MANY_TO_MANY, Style.SYNC)
    cases = ["case_either", "case_listed", "case_operators", "case_elsewhere"]
    assert {made.sort(name) for name in cases} == {"converted"}
    before = run_sync(namespace(made.before), cases)
    assert run_sync(namespace(made.after), cases) == before
    assert not any(outcome.error for outcome in before.values())


BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL of a server of its own, by a socket; as another user where the tests run as root, which it refuses."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed")
    with TemporaryDirectory() as folder:
        user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}

        def run(tool: str, *arguments: str) -> None:
            command = [BINARIES[-1] / tool, "-D", f"{folder}/data", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)

        run("initdb", "-U", "tester", "-A", "trust")
        run("pg_ctl", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "-w", "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql+asyncpg://tester@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestOnPostgreSQL:
    """Against the same functions in `run_sync`, so that both use the same driver."""

    @pytest.fixture
    def compare(self, postgresql):
        def differences(made: Migrated, names: list[str]) -> dict[str, tuple[Outcome, Outcome]]:
            before = run_async(namespace(made.before), names, postgresql, is_migrated=False)
            after = run_async(namespace(made_async(made.after, made.functions)), names, postgresql)
            return {name: (before[name], after[name]) for name in names if not same(before[name], after[name])}

        return differences

    def test_a_part(self, compare):
        check(chosen(generated(), 29), compare)

    def test_chains(self, compare):
        check(chains(7, 800), compare)
