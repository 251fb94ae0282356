"""Tables that are made at import: the program is started, and the tables are there."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from autofix.fixers.sqlalchemy.engines.outcome import Refused
from autofix.fixers.sqlalchemy.engines.startup import at_once, in_lifespan, on_twin
from autofix.languages.python.code import Assign, Call, Evaluate
from autofix.languages.python.code_reading import read
from engine_programs import calls, context, finished, name_of, run, run_main, source
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

metadata = MetaData()
Table("items", metadata, Column("id", Integer, primary_key=True))


class FastAPI:
    """What starts and stops of an application."""

    def __init__(self, title="", lifespan=None):
        self.lifespan = lifespan
        self.handlers = []

    def on_event(self, event):
        return self.handlers.append if event == "startup" else lambda function: function

    @asynccontextmanager
    async def running(self):
        if self.lifespan is not None:
            async with self.lifespan(self):
                yield
        else:
            for handler in self.handlers:
                await handler()
            yield


def moved(text: str, **names):
    of = source(text)
    module = read(of)
    statements = [statement for statement in module.body if isinstance(statement, Evaluate) and _is_schema(statement)]
    application = next(statement for statement in module.body if isinstance(statement, Assign) and _is_application(statement))
    return of, in_lifespan(of, module, statements, application, context(of), **names)


def _is_schema(statement):
    return isinstance(statement.value, Call) and name_of(statement.value.function) in ("create_all", "drop_all")


def _is_application(statement):
    return isinstance(statement.value, Call) and name_of(statement.value.function) == "FastAPI"


async def tables(engine):
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: inspect(sync).get_table_names())


MAIN = "\nasync def main():\n    async with app.running():\n        return await tables(engine)\n"


def started(text: str):
    of, outcome = moved(text)
    changed = finished(of, outcome, context(of))
    engine = create_async_engine("sqlite+aiosqlite://")
    return changed, run_main(changed + MAIN, engine=engine, metadata=metadata, FastAPI=FastAPI, tables=tables)


class TestApplications:
    def test_a_new_lifespan(self):
        changed, found = started('import os\n\nmetadata.create_all(bind=engine)\n\napp = FastAPI(title="Shop")\n')
        assert found == ["items"]
        assert changed == (
            "import os\nfrom contextlib import asynccontextmanager\n\n"
            "@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    async with engine.begin() as conn:\n"
            "        await conn.run_sync(metadata.create_all)\n    yield\n\n\n"
            'app = FastAPI(title="Shop", lifespan=lifespan)\n'
        )

    def test_statements_behind_the_application(self):
        _, found = started("app = FastAPI()\nmetadata.drop_all(engine)\nmetadata.create_all(engine, checkfirst=False)\n")
        assert found == ["items"]

    def test_a_lifespan_that_is_there(self):
        text = (
            "from contextlib import asynccontextmanager\nmetadata.create_all(engine)\n\n\n@asynccontextmanager\n"
            'async def started(app):\n    """Open."""\n    assert await tables(engine) == ["items"]\n    yield\n\n\n'
            "app = FastAPI(lifespan=started)\n"
        )
        assert started(text)[1] == ["items"]

    @pytest.mark.parametrize("keyword", ["def", "async def"])
    def test_a_handler_of_the_start(self, keyword):
        text = f'metadata.create_all(engine)\napp = FastAPI()\n\n\n@app.on_event("startup")\n{keyword} begin():\n    pass\n'
        changed, found = started(text)
        assert found == ["items"]
        assert "\nasync def begin():\n    async with engine.begin()" in changed

    @pytest.mark.parametrize(
        "text",
        [
            "metadata.create_all(engine)\napp = FastAPI(lifespan=make())\n",
            "metadata.create_all(engine)\napp = FastAPI(**options)\n",
            "metadata.create_all(engine)\napp = FastAPI(on_startup=[begin])\n",
            "metadata.create_all()\napp = FastAPI()\n",
            "metadata.create_all(make_engine())\napp = FastAPI()\n",
            'metadata.create_all(engine)\napp = FastAPI()\n@app.on_event("shutdown")\ndef end():\n    pass\n',
            'metadata.create_all(engine)\napp = FastAPI()\n@app.on_event("startup")\ndef begin(): pass\n',
        ],
    )
    def test_refusals(self, text):
        assert isinstance(moved(text)[1], Refused)


class TestAtOnce:
    TEXT = "import sys\n\nmetadata.drop_all(bind=engine)\nmetadata.create_all(bind=engine)\n\nready = True\n"

    def changed(self, **given):
        of = source(self.TEXT)
        statements = [statement for statement in read(of).body if isinstance(statement, Evaluate)]
        return finished(of, at_once(of, statements, context(of), **given), context(of))

    def test_in_a_file(self, tmp_path):
        url = f"sqlite+aiosqlite:///{tmp_path}/a.db"
        assert run(self.changed(), engine=create_async_engine(url), metadata=metadata)["ready"]
        engine = create_engine(f"sqlite:///{tmp_path}/a.db")
        assert inspect(engine).get_table_names() == ["items"]
        engine.dispose()

    def test_in_memory_the_connection_stays(self):
        engine = create_async_engine("sqlite+aiosqlite://")
        run(self.changed(is_memory=True), engine=engine, metadata=metadata)
        main = "async def main():\n    return await tables(engine)\n"
        assert run_main(main, engine=engine, tables=tables) == ["items"]

    def test_text(self):
        assert "\n    await engine.dispose()\n\n\nasyncio.run(create_tables())\n\nready = True\n" in self.changed()


def test_on_the_synchronous_twin():
    of = source("Base.metadata.create_all(bind=engine, checkfirst=True)\n")
    outcome = on_twin(next(calls(of, "create_all")), "sync_engine")
    assert finished(of, outcome, context(of)) == "Base.metadata.create_all(bind=sync_engine, checkfirst=True)\n"
