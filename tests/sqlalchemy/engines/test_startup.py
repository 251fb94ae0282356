"""Tables that are made at import, and are there when the program goes on."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.engines.startup import at_once
from autofix.languages.python.code import Evaluate
from autofix.languages.python.code_reading import read
from engine_programs import context, finished, run, run_main, source
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

metadata = MetaData()
Table("items", metadata, Column("id", Integer, primary_key=True))


async def tables(engine):
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: inspect(sync).get_table_names())


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
