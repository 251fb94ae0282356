"""Queries of an `AsyncSession`, which crash: repaired they do what they would do of a synchronous session."""

from __future__ import annotations

import re

import pytest
from query_cases import TERMINALS, chosen, generated, program
from query_programs import MODELS, Migrated, Outcome, migrated, namespace, run_async, run_sync

# What a method executes, which may have been awaited already.
_CALLED = ("all", "first", "one", "one_or_none", "scalar", "count", "get", "delete", "update", "item", "slice", "lines")


def asynchronous(text: str) -> str:
    """A program whose functions are given an `AsyncSession`."""
    text = re.sub(r"^def (\w+)\(db: Session", r"async def \1(db: AsyncSession", text, flags=re.MULTILINE)
    return f"from sqlalchemy.ext.asyncio import AsyncSession\n{text}"


def is_refused_by_query(outcome: Outcome) -> bool:
    """Whether there is nothing that a repair could come to: SQL that databases refuse, attributes that no class has."""
    return outcome.error in ("OperationalError", "InvalidRequestError", "AttributeError")


def check(cases: dict[str, str], text: str) -> Migrated:
    """Compare what repaired functions do with what they do with a synchronous session."""
    made = migrated(asynchronous(text), is_async=True)
    names = [name for name in cases if made.sort(name) == "converted"]
    wanted = run_sync(namespace(program({name: cases[name].replace("await ", "") for name in names})), names)
    before = run_async(namespace(made.before), names)
    after = run_async(namespace(made.after), names)
    assert {before[name].error for name in names} == {"AttributeError"}
    found = [
        (cases[name], wanted[name], after[name])
        for name in names
        if after[name] != wanted[name] and not (is_refused_by_query(wanted[name]) and after[name].error)
    ]
    assert not found, found[:5]
    return made


@pytest.mark.filterwarnings("ignore")
class TestGenerated:
    def test_without_await(self):
        cases = chosen(generated(), 97)
        made = check(cases, program(cases))
        assert sum(made.sort(name) == "converted" for name in cases) > len(cases) / 2

    def test_with_await(self):
        cases = {
            name: body.replace("return ", "return await ", 1)
            for name, body in chosen(generated(), 23).items()
            if name.endswith(tuple(f"_{terminal}" for terminal in _CALLED)) and "subquery" not in name
        }
        made = check(cases, program(cases))
        assert sum(made.sort(name) == "converted" for name in cases) > len(cases) / 3
        assert "await (await" not in made.after
        assert "await await" not in made.after

    def test_what_is_called_is_known(self):
        assert set(_CALLED) <= TERMINALS.keys()


SIGNATURE = "async def case(db: AsyncSession, value=None):\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("await db.query(User).all()", "(await db.scalars(select(User))).all()"),
        ("db.query(User).all()", "(await db.scalars(select(User))).all()"),
        ("(await db.query(User).first()).name", "(await db.scalars(select(User).limit(1))).first().name"),
        ("(await db.query(User).get(1)).name", "(await db.get(User, 1)).name"),
        ("await db.query(User).get(1)", "await db.get(User, 1)"),
        ("await (db.query(User).count())", "(await db.scalar(select(func.count()).select_from(User)))"),
        ("str(await db.query(User).count())", "str(await db.scalar(select(func.count()).select_from(User)))"),
        ("(await db.query(User)[:2])[0]", "(await db.scalars(select(User).limit(2))).all()[0]"),
        (
            "await db.query(User).filter(User.id == 1).delete()",
            "(await db.execute(delete(User).filter(User.id == 1))).rowcount",
        ),
        ("[u for u in db.query(User)]", "[u for u in await db.scalars(select(User))]"),
    ],
)
def test_text(before, after):
    made = migrated(
        f"{MODELS}\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n{SIGNATURE}    x = {before}\n", is_async=True
    )
    assert made.after.rstrip("\n").endswith(f"    x = {after}")


def test_a_result_that_nobody_reads():
    body = "    await db.query(User).filter(User.id == 1).delete()\n"
    made = migrated(f"{MODELS}\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n{SIGNATURE}{body}", is_async=True)
    assert made.after.endswith("    await db.execute(delete(User).filter(User.id == 1))\n")
