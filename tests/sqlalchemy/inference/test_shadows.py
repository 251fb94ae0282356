"""Files that are called like a library, and several apps with classes of one name in one repository."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from autofix.fixers.sqlalchemy.inference.analysis import Inference, infer
from autofix.languages.python.code_reading import read
from autofix.text.source import Source

APP = "from fastapi import FastAPI\nimport fastapi\n\napp = FastAPI()\nother = fastapi.FastAPI()\n"
PACKAGES = {"examples/__init__.py": "", "examples/fastapi/__init__.py": "", "examples/fastapi/first.py": APP}


def followed(files: Mapping[str, str]) -> Inference:
    return infer({path: read(Source.decode(path, text.encode())) for path, text in files.items()})


def test_a_package_that_is_called_like_a_library_does_not_hide_it() -> None:
    inference = followed(PACKAGES)
    assert inference.program.index.foreign == {("examples", "fastapi")}
    assert inference.program.find_module("examples/fastapi/first.py", "fastapi", 0) is None
    assert inference.program.find_module("tests/test_a.py", "examples.fastapi.first", 0) == "examples/fastapi/first.py"
    kinds = [inference.store.peek(("global", "examples/fastapi/first.py", name)) for name in ("app", "other")]
    assert [getattr(kind, "name", "") for kind in kinds] == ["fastapi.FastAPI", "fastapi.FastAPI"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("examples/fastapi/__init__.py", "class FastAPI:\n    pass\n"),
        ("examples/fastapi/__init__.py", "from .fast import *\n"),
        ("examples/fastapi/__init__.py", "def __getattr__(name):\n    return name\n"),
        ("examples/fastapi/FastAPI.py", ""),
        ("examples/fastapi/second.py", "from fastapi import first\n"),
        ("examples/fastapi/second.py", "import fastapi.first\n"),
    ],
)
def test_a_package_that_gives_anything_is_what_is_meant(path: str, text: str) -> None:
    inference = followed({**PACKAGES, path: text})
    assert not inference.program.index.foreign
    assert inference.program.find_module("examples/fastapi/first.py", "fastapi", 0) == "examples/fastapi/__init__.py"


def test_one_name_that_is_missing_hides_no_package() -> None:
    files = {"app/__init__.py": "", "app/db.py": "Base = object\n", "main.py": "from app import db\nfrom app.db import Bas\n"}
    inference = followed({**files, "other.py": "from app import nothing\n"})
    assert not inference.program.index.foreign


HERO = """
class Hero(Base):
    __tablename__ = "hero"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
"""
TEAM = """
class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    heroes: Mapped[list["Hero"]] = relationship()
"""
HEAD = "from sqlalchemy import ForeignKey\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship\n"
BASE = "\nclass Base(DeclarativeBase):\n    pass\n"


def apps(first: str, second: str, others: Mapping[str, str]) -> dict[str, str]:
    return {"one/app.py": first, "two/app.py": second, **others}


BASES = {"one/base.py": HEAD + BASE, "two/base.py": HEAD + BASE}
HEROES = {f"{app}/heroes.py": f"from {app}.base import *\n{HERO}" for app in ("one", "two")}
# What `Hero` is for `Team` of the first of two apps.
TARGETS = {
    "in the same file": (HEAD + BASE + HERO + TEAM, HEAD + BASE + HERO + TEAM, {}, "one/app.py:Hero"),
    "imported": (
        "from shared import *\nfrom one.heroes import Hero\n" + TEAM,
        "from shared import *\nfrom two.heroes import Hero\n" + TEAM,
        {"shared.py": HEAD + BASE, **{path: text.replace(f"{path[:3]}.base", "shared") for path, text in HEROES.items()}},
        "one/heroes.py:Hero",
    ),
    "imported for type checkers": (
        "from typing import TYPE_CHECKING\nfrom one.base import *\nif TYPE_CHECKING:\n    from one.heroes import Hero\n" + TEAM,
        "from two.base import *\n" + TEAM,
        {**BASES, **HEROES},
        "one/heroes.py:Hero",
    ),
    "of the same base": (
        f"from one.base import *\n{TEAM}",
        f"from two.base import *\n{TEAM}",
        {**BASES, **HEROES},
        "one/heroes.py:Hero",
    ),
    "named with its module": (
        "from shared import *\n" + TEAM.replace('"Hero"', '"one.heroes.Hero"'),
        "from shared import *\n" + TEAM,
        {"shared.py": HEAD + BASE, **{path: text.replace(f"{path[:3]}.base", "shared") for path, text in HEROES.items()}},
        "one/heroes.py:Hero",
    ),
    "any of two": (
        f"from shared import *\n{TEAM}",
        f"from shared import *\n{TEAM}",
        {"shared.py": HEAD + BASE, **{path: text.replace(f"{path[:3]}.base", "shared") for path, text in HEROES.items()}},
        "",
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_which_class_a_name_in_a_string_means(name: str) -> None:
    first, second, others, expected = TARGETS[name]
    inference = followed(apps(first, second, others))
    assert inference.targets_of_fields["one/app.py:Team", "heroes"] == expected
