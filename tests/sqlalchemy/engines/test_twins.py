"""A synchronous engine beside the asynchronous one."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.engines.engine_calls import engine
from autofix.fixers.sqlalchemy.engines.outcome import Refused, Rewritten
from autofix.fixers.sqlalchemy.engines.session_calls import session_maker
from autofix.fixers.sqlalchemy.engines.twins import bound_places, twin, twin_name
from autofix.languages.python.code import Name
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk
from engine_programs import calls, context, finished, run, run_main, source
from sqlalchemy import text

PROGRAM = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

URL = "sqlite:///{path}"
engine = create_engine(URL, echo=False)  # the one
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""


def places(statement):
    """Where a statement names one of them."""
    named = {(node.start, node.end): node.name for node in walk(statement) if isinstance(node, Name)}
    named |= dict(bound_places(statement))
    return {place: NAMES[name] for place, name in named.items() if name in NAMES}


NAMES = {name: twin_name(name) for name in ("engine", "SessionLocal", "get_db")}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("engine", "sync_engine"),
        ("_engine", "_sync_engine"),
        ("ENGINE", "SYNC_ENGINE"),
        ("Engine", "SyncEngine"),
        ("SessionLocal", "SyncSessionLocal"),
        ("get_db", "get_sync_db"),
    ],
)
def test_names(name, wanted):
    assert twin_name(name) == wanted


def test_both_work_on_one_database(tmp_path):
    of = source(PROGRAM.format(path=tmp_path / "a.db"))
    known = context(of, keeps_sync=True)
    parts = [engine(of, next(calls(of, "create_engine")), known), session_maker(of, next(calls(of, "sessionmaker")), known)]
    parts += [twin(of, statement, places(statement)) for statement in read(of).body[3:]]
    edits = tuple(edit for part in parts for edit in part.edits)
    imports = tuple(wanted for part in parts for wanted in part.imports)
    changed = finished(of, Rewritten(edits, imports), known)
    assert "sync_engine = create_engine(URL, echo=False)  # the one\n" in changed
    bound = run(changed)
    with next(bound["get_sync_db"]()) as db:
        db.execute(text("create table t (x int)"))
        db.execute(text("insert into t values (5)"))
        db.commit()
    changed += "\n\nasync def main():\n    async with SessionLocal() as db:\n"
    changed += (
        "        found = (await db.execute(text('select x from t'))).scalar()\n    await engine.dispose()\n    return found\n"
    )
    bound["sync_engine"].dispose()
    assert run_main(changed, text=text) == 5


def test_a_decorated_function_is_copied_with_its_decorator():
    of = source("@contextmanager\ndef get_db():\n    yield SessionLocal()\n")
    changed = finished(of, twin(of, read(of).body[0], places(read(of).body[0])), context(of))
    assert changed == (
        "@contextmanager\ndef get_db():\n    yield SessionLocal()\n\n\n"
        "@contextmanager\ndef get_sync_db():\n    yield SyncSessionLocal()\n"
    )


def test_refusals():
    of = source('engine = create_engine("sqlite://")\n')
    assert isinstance(twin(of, read(of).body[0], {}, is_memory=True), Refused)
    of = source("self.engine = create_engine(url)\n")
    assert isinstance(twin(of, read(of).body[0], places(read(of).body[0])), Refused)
