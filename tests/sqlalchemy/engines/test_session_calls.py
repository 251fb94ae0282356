"""Session makers: the produced ones make sessions, which are asked what they are."""

from __future__ import annotations

import pytest
from autofix.fixers.sqlalchemy.engines.session_calls import registry, session, session_maker, with_sync_class
from autofix.text.edit import apply_edits
from engine_programs import calls, context, finished, refused, rewritten, run, run_main, source
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, create_async_engine
from sqlalchemy.orm import Session

HEAD = "from sqlalchemy.orm import sessionmaker\n"


def maker(program: str, **given):
    return rewritten(HEAD + program, "sessionmaker", session_maker, **given)


def made(program: str, **names):
    engine = create_async_engine("sqlite+aiosqlite://")
    return run(maker(program), engine=engine, **names)["SessionLocal"](), engine


class TestSessionMakers:
    @pytest.mark.parametrize(
        "arguments",
        [
            "engine",
            "bind=engine",
            "autocommit=False, autoflush=False, bind=engine",
            "bind=engine, future=True, expire_on_commit=False",
            "bind=engine, expire_on_commit=True",
            "bind=engine, **{}, expire_on_commit=False",
            "\n    autocommit=False,\n    autoflush=False,\n    bind=engine\n",
            "\n    autoflush=False,\n    bind=engine,  # the one\n",
        ],
    )
    def test_arguments(self, arguments):
        found, engine = made(f"SessionLocal = sessionmaker({arguments})\n")
        assert type(found) is AsyncSession
        assert found.bind is engine
        assert found.sync_session.expire_on_commit is False
        assert found.sync_session.autoflush is ("autoflush=False" not in arguments)

    def test_text(self):
        assert maker("SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)\n") == (
            "from sqlalchemy.ext.asyncio import async_sessionmaker\nfrom sqlalchemy.orm import sessionmaker\n"
            "SessionLocal = async_sessionmaker(autocommit=False, autoflush=False, bind=engine, expire_on_commit=False)\n"
        )
        lines = "SessionLocal = sessionmaker(\n    autoflush=False,\n    bind=engine\n)\n"
        assert maker(lines).endswith("    autoflush=False,\n    bind=engine,\n    expire_on_commit=False\n)\n")

    def test_release_1_4_has_the_old_name_only(self):
        text = maker("SessionLocal = sessionmaker(engine)\n", version=(1, 4))
        assert text.endswith("SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)\n")
        assert "import AsyncSession" in text

    def test_without_an_engine(self):
        assert maker("SessionLocal = sessionmaker()\n").endswith("async_sessionmaker(expire_on_commit=False)\n")

    def test_generic(self):
        text = maker("SessionLocal = sessionmaker[Session](engine)\n")
        assert "async_sessionmaker[AsyncSession](engine, expire_on_commit=False)" in text

    def test_the_plain_class(self):
        text = maker("from sqlalchemy.orm import Session\nSessionLocal = sessionmaker(bind=engine, class_=Session)\n")
        assert "bind=engine, class_=AsyncSession, expire_on_commit=False)" in text
        assert "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker" in text

    def test_the_class_of_sqlmodel(self):
        text = maker("SessionLocal = sessionmaker(bind=engine, class_=SQLModelSession)\n")
        assert "from sqlmodel.ext.asyncio.session import AsyncSession" in text

    def test_a_class_of_ones_own_works_inside(self):
        class Audited(Session):
            pass

        found, _ = made("SessionLocal = sessionmaker(bind=engine, class_=Audited)\n", Audited=Audited)
        assert type(found) is AsyncSession
        assert type(found.sync_session) is Audited

    @pytest.mark.parametrize("arguments", ["engine, autocommit=True", "engine, **options", "*args"])
    def test_refusals(self, arguments):
        assert refused(f"{HEAD}SessionLocal = sessionmaker({arguments})\n", "sessionmaker", session_maker)

    def test_events_of_a_maker_are_bound_to_an_inner_class(self):
        of = source(HEAD + "SessionLocal = sessionmaker(bind=engine)\n")
        call = next(calls(of, "sessionmaker"))
        outcome = session_maker(of, call, context(of), sync_class="SyncSession")
        edits = [*outcome.edits, with_sync_class(of, of.text.index(b"SessionLocal"), "SyncSession")]
        text = apply_edits(of.text, edits).decode()
        assert "SyncSession = sessionmaker()\nSessionLocal = async_sessionmaker(" in text
        text = "from sqlalchemy import event\nfrom sqlalchemy.ext.asyncio import async_sessionmaker\n" + text
        text += (
            "seen = []\n@event.listens_for(SyncSession, 'before_commit')\ndef committed(session):\n    seen.append(1)\n"
            "async def main():\n    async with SessionLocal() as db:\n        await db.commit()\n    return seen\n"
        )
        assert run_main(text, engine=create_async_engine("sqlite+aiosqlite://")) == [1]


class TestRegistries:
    def test_one_session_for_each_task(self):
        program = (
            "from sqlalchemy.ext.asyncio import async_sessionmaker\nfrom sqlalchemy.orm import scoped_session\n"
            "registry = scoped_session(async_sessionmaker())\n"
        )
        text = rewritten(program, "scoped_session", lambda of, call, _: registry(of, call))
        assert "import asyncio\n" in text
        assert isinstance(run(text)["registry"], async_scoped_session)

    def test_a_scope_of_ones_own_stays(self):
        program = "registry = scoped_session(SessionLocal, scopefunc=request_id)\n"
        text = rewritten(program, "scoped_session", lambda of, call, _: registry(of, call))
        assert text.endswith("async_scoped_session(SessionLocal, scopefunc=request_id)\n")


class TestSessions:
    @pytest.mark.parametrize(
        "written", ["Session(engine)", "orm.Session(bind=engine, autoflush=False)", "Session(\n    engine,\n)"]
    )
    def test_by_hand(self, written):
        of = source(f"from sqlalchemy import orm\nfound = {written}\n")
        text = finished(of, session(of, next(calls(of, "Session"))), context(of))
        engine = create_async_engine("sqlite+aiosqlite://")
        found = run(text, engine=engine)["found"]
        assert type(found) is AsyncSession
        assert found.bind is engine
        assert found.sync_session.expire_on_commit is False

    def test_of_sqlmodel(self):
        of = source("with Session(engine) as db:\n    pass\n")
        text = finished(of, session(of, next(calls(of, "Session")), is_sqlmodel=True), context(of))
        assert text == (
            "from sqlmodel.ext.asyncio.session import AsyncSession\n\n"
            "with AsyncSession(engine, expire_on_commit=False) as db:\n    pass\n"
        )
