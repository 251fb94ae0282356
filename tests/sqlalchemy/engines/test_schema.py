"""Tables, inspection and events: the produced coroutines run on SQLite."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.engines.events import event_target, listener
from autofix.fixers.sqlalchemy.engines.inspection import inspection, kept_inspector
from autofix.fixers.sqlalchemy.engines.outcome import Refused
from autofix.fixers.sqlalchemy.engines.schema import schema_calls
from autofix.languages.python.code import Evaluate, Function
from autofix.languages.python.code_reading import read
from engine_programs import calls, context, finished, refused, rewritten, run_main, source
from sqlalchemy import Column, Integer, MetaData, Table, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

metadata = MetaData()
ITEMS = Table("items", metadata, Column("id", Integer, primary_key=True))
Table("others", metadata, Column("id", Integer, primary_key=True))


def engine():
    return create_async_engine("sqlite+aiosqlite://")


async def tables(of):
    async with of.connect() as connection:
        return await connection.run_sync(lambda sync: sorted(inspect(sync).get_table_names()))


def body(program: str) -> str:
    """A coroutine function with the rewritten statements of a function."""
    of = source(program)
    function = read(of).body[0]
    assert isinstance(function, Function)
    statements = [statement for statement in function.body if isinstance(statement, Evaluate)]
    changed = finished(of, schema_calls(of, statements, context(of)), context(of))
    return changed.replace("def main", "async def main")


class TestSchema:
    @pytest.mark.parametrize(
        ("lines", "left"),
        [
            (["metadata.create_all(engine)"], ["items", "others"]),
            (["metadata.create_all(bind=engine)"], ["items", "others"]),
            (["metadata.create_all(engine, checkfirst=False)"], ["items", "others"]),
            (["metadata.create_all(bind=engine, tables=[ITEMS])"], ["items"]),
            (["metadata.create_all(tables=[ITEMS], bind=engine)"], ["items"]),
            (["metadata.create_all(", "    bind=engine,", "    tables=[ITEMS],", ")"], ["items"]),
            (["ITEMS.create(engine, checkfirst=True)"], ["items"]),
            (["metadata.create_all(engine)", "metadata.drop_all(bind=engine, tables=[ITEMS])"], ["others"]),
        ],
    )
    def test_of_an_engine(self, lines, left):
        changed = body("def main():\n" + "".join(f"    {line}\n" for line in lines) + "    return 1\n")
        changed = changed.replace("    return 1\n", "    return await tables(engine)\n")
        assert run_main(changed, engine=engine(), metadata=metadata, ITEMS=ITEMS, tables=tables) == left

    def test_text(self):
        assert body("def main():\n    Base.metadata.drop_all(bind=engine)\n    Base.metadata.create_all(bind=engine)\n") == (
            "async def main():\n    async with engine.begin() as conn:\n        await conn.run_sync(Base.metadata.drop_all)\n"
            "        await conn.run_sync(Base.metadata.create_all)\n"
        )

    def test_of_a_connection(self):
        assert body("def main():\n    metadata.create_all(conn, checkfirst=False)\n") == (
            "async def main():\n    await conn.run_sync(metadata.create_all, checkfirst=False)\n"
        )

    def test_of_what_a_session_is_bound_to(self):
        assert "async with db.bind.begin() as conn:" in body("def main():\n    metadata.create_all(db.get_bind())\n")

    @pytest.mark.parametrize(
        "lines", ["metadata.create_all()", "x = 1; metadata.create_all(engine)", "metadata.create_all(make())"]
    )
    def test_refusals(self, lines):
        of = source(f"{lines}\n")
        statements = [statement for statement in read(of).body if isinstance(statement, Evaluate)]
        assert isinstance(schema_calls(of, statements, context(of)), Refused)


class TestInspection:
    PROGRAM = "async def main():\n    await prepare()\n    return {}\n"

    def answer(self, changed: str):
        made = engine()

        async def prepare():
            async with made.begin() as connection:
                await connection.run_sync(metadata.create_all)

        return run_main(changed, engine=made, prepare=prepare, inspect=inspect)

    @pytest.mark.parametrize(
        ("whole", "wanted"),
        [("inspect(engine).has_table('items')", True), ("sorted(inspect(engine).get_table_names())", ["items", "others"])],
    )
    def test_as_an_expression(self, whole, wanted):
        of = source(self.PROGRAM.format(whole))
        call = next(calls(of, "inspect"))
        outer = next(call for call in calls(of, "has_table" if "has_table" in whole else "get_table_names"))
        changed = finished(of, inspection(of, call, context(of), whole=outer), context(of))
        assert self.answer(changed) == wanted

    def test_one_that_is_subscribed(self):
        of = source(self.PROGRAM.format("inspect(engine).get_columns('items')[0]['name']"))
        outer = next(calls(of, "get_columns"))
        changed = finished(of, inspection(of, next(calls(of, "inspect")), context(of), whole=outer), context(of))
        assert self.answer(changed) == "id"

    KEPT = "async def main():\n    await prepare()\n    it = inspect(engine)\n    return {}\n"

    def kept(self, expression):
        of = source(self.KEPT.format(expression))
        function = read(of).body[0]
        return of, kept_inspector(of, function, function.body[1], context(of))

    @pytest.mark.parametrize(
        ("expression", "wanted"),
        [
            ("it.get_pk_constraint('items')['constrained_columns']", ["id"]),
            ("{name: it.get_columns(name)[0]['name'] for name in it.get_table_names()}", {"items": "id", "others": "id"}),
            ("sorted(name for name in it.get_table_names())", ["items", "others"]),
            ("'items' in it.get_table_names() and it.default_schema_name", "main"),
        ],
    )
    def test_an_inspector_that_is_kept(self, expression, wanted):
        of, outcome = self.kept(expression)
        assert self.answer(finished(of, outcome, context(of))) == wanted

    @pytest.mark.parametrize(
        "expression",
        [
            "show(it)",
            "any(it.has_table(name) for name in names)",
            "lambda: it.get_table_names()",
            "it.get_columns(it.get_table_names()[0])",
        ],
    )
    def test_an_inspector_that_gets_away(self, expression):
        assert isinstance(self.kept(expression)[1], Refused)

    def test_of_a_connection(self):
        of = source("names = inspect(conn).get_table_names()\n")
        outer = next(calls(of, "get_table_names"))
        changed = finished(of, inspection(of, next(calls(of, "inspect")), context(of), whole=outer), context(of))
        assert changed == "names = await conn.run_sync(lambda sync: inspect(sync).get_table_names())\n"

    def test_what_is_no_engine(self):
        assert refused("inspect(user).attrs\n", "inspect", inspection)


class TestEvents:
    @pytest.mark.parametrize(
        "program",
        [
            "@event.listens_for(engine, 'connect')\ndef on(connection, record):\n    seen.append(connection)\n",
            "def on(connection, record):\n    seen.append(connection)\nevent.listen(engine, 'connect', on)\n",
        ],
    )
    def test_of_an_engine(self, program):
        changed = rewritten(program, "listens_for" if "@" in program else "listen", event_target)
        changed += "async def main():\n    async with engine.connect():\n        return len(seen)\n"
        assert run_main(changed, engine=engine(), event=event, seen=[]) == 1

    def test_also_of_the_synchronous_twin(self):
        program = "@event.listens_for(engine, 'connect')\ndef on(connection, record):\n    pass\n"
        of = source(program)
        outcome = event_target(of, next(calls(of, "listens_for")), context(of), twin="sync_engine")
        assert finished(of, outcome, context(of)).startswith(
            "@event.listens_for(sync_engine, 'connect')\n@event.listens_for(engine.sync_engine, 'connect')\ndef on"
        )

    def test_of_a_maker(self):
        assert refused("event.listen(SessionLocal, 'before_commit', f)\n", "listen", event_target)
        of = source("event.listen(SessionLocal, 'before_commit', f)\n")
        outcome = event_target(of, next(calls(of, "listen")), context(of), sync_class="SyncSession")
        assert finished(of, outcome, context(of)) == "event.listen(SyncSession, 'before_commit', f)\n"

    LISTENER = (
        "@event.listens_for(engine.sync_engine, 'connect')\ndef on(dbapi_connection, record):\n"
        "    if isinstance(dbapi_connection, SQLite3Connection):\n        cursor = dbapi_connection.cursor()\n"
        "        cursor.execute('PRAGMA foreign_keys=ON')\n        cursor.close()\n"
    )
    MAIN = (
        "async def main():\n    async with engine.connect() as conn:\n"
        "        found = (await conn.execute(text('PRAGMA foreign_keys'))).scalar()\n    return found\n"
    )

    def test_a_listener_that_asks_for_the_class_of_the_connection(self):
        import sqlite3

        names = {"SQLite3Connection": sqlite3.Connection, "event": event, "text": text}
        of = source(self.LISTENER)
        function = read(of).body[0]
        changed = finished(of, listener(function, "connect", context(of)), context(of))
        assert run_main(self.LISTENER + self.MAIN, engine=engine(), **names) == 0
        assert run_main(changed + self.MAIN, engine=engine(), **names) == 1

    def test_a_listener_that_needs_the_old_driver(self):
        of = source("def on(connection, record):\n    connection.create_collation('x', f)\n")
        assert "create_collation" in listener(read(of).body[0], "connect", context(of)).reason
        assert listener(read(of).body[0], "before_cursor_execute", context(of)).edits == ()


def test_sessions_without_use_need_no_connection():
    made = engine()
    found = run_main(
        "async def main():\n    return await AsyncSession(engine).run_sync(lambda s: s.get_bind())\n",
        engine=made,
        AsyncSession=AsyncSession,
    )
    assert found is made.sync_engine
