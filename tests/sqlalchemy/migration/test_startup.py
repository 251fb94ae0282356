"""Tables that are made when an application is imported move to its start, unless it would lose what it does there."""

from __future__ import annotations

import pytest
from migrations import blockers, migrated

PROGRAM = """\
from fastapi import FastAPI
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import declarative_base

engine = create_engine("sqlite:///./a.db")
Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)


def begin():
    pass


Base.metadata.create_all(engine)
app = FastAPI({})
"""
SHUTDOWN = '\n\n@app.on_event("shutdown")\ndef end():\n    pass\n'
STARTUP = SHUTDOWN.replace("shutdown", "startup")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PROGRAM.format("on_startup=[begin]"), "may have other functions for its start"),
        (PROGRAM.format("on_shutdown=[begin]"), "may have other functions for its start"),
        (PROGRAM.format("**{}"), "may have other functions for its start"),
        (PROGRAM.format("") + SHUTDOWN, "handles its shutdown alone"),
    ],
)
def test_what_a_lifespan_would_turn_off(tmp_path, text, reason):
    assert [found for _, _, found in blockers(tmp_path, {"main.py": text}) if reason in found]


def test_a_handler_of_the_start(tmp_path):
    after = migrated(tmp_path, {"main.py": PROGRAM.format("") + STARTUP + SHUTDOWN})["main.py"]
    assert "async def end():\n    await create_tables()\n    pass\n" in after
    assert "lifespan" not in after
