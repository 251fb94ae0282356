"""Commands of click and typer run an event loop of their own."""

from __future__ import annotations

import pytest
from migrations import blockers, migrated
from programs import output
from two_worlds import DATABASE, MODELS

CRUD = """\
from sqlalchemy.orm import Session

from models import User


def create_user(db: Session, name: str) -> User:
    user = User(name=name)
    db.add(user)
    db.commit()
    return user
"""
TYPER = """\
import typer

import crud
from db import Base, SessionLocal, engine
from models import User

cli = typer.Typer()


@cli.callback()
def main(verbose: bool = False) -> None:
    \"\"\"Users.\"\"\"
    Base.metadata.create_all(engine)


@cli.command()
def add(name: str = typer.Argument(..., help="Whose"), times: int = typer.Option(1, "--times", "-n")) -> None:
    \"\"\"Add somebody.\"\"\"
    with SessionLocal() as db:
        for _ in range(times):
            print(crud.create_user(db, name).name)
        print(db.query(User).count())
    if times > 2:
        raise typer.Exit(times)


@cli.command("plain")
def plain(name: str) -> None:
    print(name)


if __name__ == "__main__":
    cli()
"""
CLICK = """\
import click

import crud
from db import Base, SessionLocal, engine
from models import User


@click.group()
@click.option("--verbose", is_flag=True)
def cli(verbose):
    \"\"\"Users.\"\"\"
    Base.metadata.create_all(engine)


@cli.command(help="Add somebody.")
@click.argument("name")
@click.option("-n", "--times", default=1)
@click.pass_context
def add(context, name, times):
    with SessionLocal() as db:
        for _ in range(times):
            print(crud.create_user(db, name).name)
        print(db.query(User).count())
    if times > 2:
        context.exit(times)


@cli.command("plain")
@click.argument("name")
def plain(name):
    print(name)


if __name__ == "__main__":
    cli()
"""


@pytest.mark.parametrize("text", [TYPER, CLICK], ids=["typer", "click"])
def test_commands(tmp_path, text):
    files = {"db.py": DATABASE, "models.py": MODELS, "crud.py": CRUD, "main.py": text}
    after = migrated(tmp_path / "plan", files)
    assert after["main.py"].count("@run_async\nasync def ") == 2
    assert after["main.py"].count("def run_async(function):") == 1
    assert "async def create_user(db: AsyncSession, name: str) -> User:" in after["crud.py"]
    for arguments, status in (
        (("add", "Ann", "-n", "2"), 0),
        (("add", "Bob", "-n", "3"), 3),
        (("plain", "x"), 0),
        (("--help",), 0),
    ):
        printed = output(tmp_path / "before", files, ("main.py", *arguments), status=status)
        assert output(tmp_path / "after", after, ("main.py", *arguments), status=status) == printed != ""


@pytest.mark.parametrize(
    ("addition", "reason"),
    [
        # A loop runs in the caller.
        (
            "\n\n@cli.command()\ndef twice():\n    SessionLocal().commit()\n    add('x', 1)\n",
            "event loop",
        ),
        ("\n\nasync def later():\n    add('x', 1)\n", "event loop"),
        ("\n\nasync def tested():\n    CliRunner().invoke(cli, ['plain', 'x'])\n", "event loop"),
        ("\n\ndef run_async():\n    pass\n", "means something else"),
    ],
)
def test_what_is_in_the_way(tmp_path, addition, reason):
    text = "from typer.testing import CliRunner\n" + TYPER.replace("\n\nif __name__", f"{addition}\n\nif __name__")
    files = {"db.py": DATABASE, "models.py": MODELS, "crud.py": CRUD, "main.py": text}
    found = [each for _, _, each in blockers(tmp_path, files)]
    assert [text for text in found if reason in text], found
