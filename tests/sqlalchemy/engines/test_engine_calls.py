"""Engines: the produced call is made, and the engine asked what it connects to."""

from __future__ import annotations

import inspect
import os
from typing import NamedTuple
from urllib.parse import unquote_plus

import asyncpg
import pytest
from autofix.fixers.sqlalchemy.engines.engine_calls import engine
from autofix.fixers.sqlalchemy.engines.outcome import Refused
from engine_programs import calls, context, finished, refused, rewritten, run, source
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, StaticPool


class Settings(NamedTuple):
    url: str


PSYCOPG = {"sqlite": "aiosqlite", "postgresql": "psycopg"}


def text_of(program: str, **given):
    return rewritten(program, "create_engine", engine, **given)


def made(program: str, **names):
    found = run(text_of(program), **names)["engine"]
    return found, found.url.render_as_string(hide_password=False)


def connect_arguments(found):
    """What the dialect will give to `connect` of the driver."""
    caught = {}

    @__import__("sqlalchemy").event.listens_for(found.sync_engine, "do_connect")
    def catch(dialect, record, args, kwargs):
        caught.update(kwargs)
        raise RuntimeError("caught")

    try:
        found.sync_engine.connect()
    except RuntimeError:
        return caught
    raise AssertionError("nothing connected")


INSTALLED = ("sqlite+aiosqlite:", "postgresql+asyncpg:")

HEAD = "from sqlalchemy import create_engine\n"


class TestUrlsInTheText:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("sqlite://", "sqlite+aiosqlite://"),
            ("sqlite:///./app.db", "sqlite+aiosqlite:///./app.db"),
            ("sqlite+pysqlite:///x.db", "sqlite+aiosqlite:///x.db"),
            ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
            ("postgresql://u:p@h:5432/d", "postgresql+asyncpg://u:p@h:5432/d"),
            ("postgresql+psycopg2://u:p%40@h/d", "postgresql+asyncpg://u:p%40@h/d"),
            ("postgresql+pg8000://u@h/d", "postgresql+asyncpg://u@h/d"),
            ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
            ("postgresql+psycopg://u@h/d?sslmode=require", "postgresql+psycopg://u@h/d?sslmode=require"),
            ("mysql+pymysql://u@h/d?charset=utf8mb4", "mysql+aiomysql://u@h/d?charset=utf8mb4"),
            ("postgresql://u@h/d?sslmode=require&channel_binding=require", "postgresql+asyncpg://u@h/d?ssl=require"),
            ("postgresql://u@h/d?channel_binding=require", "postgresql+asyncpg://u@h/d"),
            ("postgresql://u@h/sqlite?target_session_attrs=read-write", "postgresql+asyncpg://u@h/sqlite?target_session_attrs=read-write"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("quote", ['"', "'", '"""'])
    def test_a_literal(self, before, after, quote):
        program = f"{HEAD}engine = create_engine({quote}{before}{quote}, echo=False)\n"
        assert f"{quote}{after}{quote}" in text_of(program)
        if after.startswith(INSTALLED):
            assert made(program)[1] == after

    @pytest.mark.parametrize(
        "program",
        [
            'engine = create_engine(f"postgresql://{user}:{pw}@{host}:{5000 + 432}/{db}")',
            'engine = create_engine(f"postgresql://{user}:" f"{pw}@{host}:5432/{db}")',
            'engine = create_engine("postgresql://%s:%s@%s:5432/%s" % (user, pw, host, db))',
            'engine = create_engine("postgresql://{}:{}@{}:5432/{}".format(user, pw, host, db))',
            'engine = create_engine("postgresql://" + user + ":" + pw + "@" + host + ":5432/" + db)',
            'engine = create_engine(\n    "postgresql+psycopg2://"\n    f"{user}:{pw}@{host}:5432/{db}",\n)',
        ],
    )
    def test_put_together(self, program):
        _, url = made(HEAD + program + "\n", user="u", pw="p", host="h", db="d")
        assert url == "postgresql+asyncpg://u:p@h:5432/d"
        assert "to_async_url" not in text_of(HEAD + program + "\n")

    def test_a_made_option_of_a_formatted_url(self):
        program = HEAD + 'engine = create_engine(f"postgresql://u@h/{db}?sslmode={mode}")\n'
        assert made(program, db="d", mode="require")[1] == "postgresql+asyncpg://u@h/d?ssl=require"

    @pytest.mark.parametrize(
        "written",
        ['f"postgresql://u@h/d?{options}"', '"postgresql://u@h/d" + "?" + options', '"postgresql://u@h/d?" "sslmode=require"'],
    )
    def test_options_in_several_places_are_mapped_at_run_time(self, written):
        program = f"{HEAD}engine = create_engine({written})\n"
        assert made(program, options="sslmode=require&channel_binding=require")[1] == "postgresql+asyncpg://u@h/d?ssl=require"

    def test_a_name_that_nothing_else_reads(self):
        program = (
            HEAD + 'URL = "sqlite:///./app.db"\n\nengine = create_engine(URL, connect_args={"check_same_thread": False})\n'
        )
        assert text_of(program) == (
            "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
            'URL = "sqlite+aiosqlite:///./app.db"\n\n'
            'engine = create_async_engine(URL, connect_args={"check_same_thread": False})\n'
        )

    def test_a_name_that_others_read_keeps_its_value(self):
        program = HEAD + 'URL = "sqlite:///./app.db"\nengine = create_engine(URL)\nprint(URL)\n'
        assert 'create_async_engine(make_url(URL).set(drivername="sqlite+aiosqlite"))' in text_of(program)
        bound = run(text_of(program))
        assert bound["URL"] == "sqlite:///./app.db"
        assert str(bound["engine"].url) == "sqlite+aiosqlite:///./app.db"

    def test_a_name_that_the_synchronous_twin_reads_keeps_its_value(self):
        program = HEAD + 'URL = "sqlite:///./app.db"\nengine = create_engine(URL)\n'
        assert 'URL = "sqlite:///./app.db"' in text_of(program, keeps_sync=True)

    def test_a_shared_url_whose_options_change_is_mapped_at_run_time(self):
        program = HEAD + 'URL = "postgresql://u@h/d?sslmode=require"\nengine = create_engine(URL)\nprint(URL)\n'
        bound = run(text_of(program))
        assert str(bound["engine"].url) == "postgresql+asyncpg://u@h/d?ssl=require"
        assert bound["URL"] == "postgresql://u@h/d?sslmode=require"

    def test_two_branches(self):
        program = HEAD + 'engine = create_engine("sqlite://" if test else "postgresql://u@h/d")\n'
        assert made(program, test=True)[1] == "sqlite+aiosqlite://"
        assert made(program, test=False)[1] == "postgresql+asyncpg://u@h/d"

    def test_url_create(self):
        program = (
            "from sqlalchemy import URL, create_engine\n"
            'engine = create_engine(URL.create("postgresql+psycopg2", username="u", password="p@", host="h", database="d"))\n'
        )
        assert made(program)[1] == "postgresql+asyncpg://u:p%40@h/d"
        with_options = program.replace('database="d"', 'database="d", query={"sslmode": "require"}')
        assert made(with_options)[1] == "postgresql+asyncpg://u:p%40@h/d?ssl=require"

    @pytest.mark.parametrize("scheme", ["cockroachdb", "sqlite+pysqlcipher", "redshift+psycopg2"])
    def test_dialects_without_a_driver(self, scheme):
        assert scheme in refused(f'{HEAD}engine = create_engine("{scheme}://h/d")\n', "create_engine", engine)


class TestUrlsAtRunTime:
    PROGRAM = HEAD + "import os\n\n# The one engine.\nengine = create_engine(os.environ['DATABASE_URL'], pool_pre_ping=True)\n"

    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ("sqlite:///./app.db", "sqlite+aiosqlite:///./app.db"),
            ("postgres://u:p%40@h/d", "postgresql+asyncpg://u:p%40@h/d"),
            ("postgresql+psycopg2://u:p@h/d?sslmode=verify-full&channel_binding=require", "postgresql+asyncpg://u:p@h/d?ssl=verify-full"),
            ("postgresql+asyncpg://u:p@h/d?ssl=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
            ("postgresql://u:p@h/d?keepalives_idle=5&connect_timeout=10", "postgresql+asyncpg://u:p@h/d"),
        ],
    )  # fmt: skip
    def test_of_the_environment(self, given, url, monkeypatch):
        monkeypatch.setitem(os.environ, "DATABASE_URL", given)
        assert made(self.PROGRAM)[1] == url

    def test_a_driver_of_both_worlds_keeps_its_options(self):
        bound = run(text_of(self.PROGRAM).partition("# The one engine.")[0])
        url = "postgresql+psycopg://u:p@h/d?sslmode=require"
        assert bound["to_async_url"](url).render_as_string(hide_password=False) == url

    def test_the_function_stands_before_the_comment_of_the_engine(self):
        text = text_of(self.PROGRAM)
        assert text.index("def to_async_url") < text.index("# The one engine.")
        assert "    return url\n\n\n# The one engine.\n" in text
        assert "\n\n\nASYNC_DRIVERS = {" in text

    def test_the_function_stands_before_a_decorated_one(self):
        program = (
            "import functools\nfrom sqlalchemy import create_engine\n\n\n@functools.lru_cache(\n    maxsize=None,\n)\n"
            "def get_engine(settings):\n    return create_engine(str(settings.url))\n"
        )
        text = text_of(program)
        assert "    return url\n\n\n@functools.lru_cache(\n" in text
        assert str(run(text)["get_engine"](Settings("sqlite:///x.db")).url) == "sqlite+aiosqlite:///x.db"

    def test_other_arguments_may_leave_only_sqlite(self):
        text = text_of(HEAD + 'engine = create_engine(settings.url, connect_args={"check_same_thread": False})\n')
        assert 'create_async_engine(make_url(settings.url).set(drivername="sqlite+aiosqlite"), connect_args=' in text

    def test_a_driver_that_takes_the_options_of_libpq(self):
        text = text_of(self.PROGRAM, drivers=PSYCOPG)
        assert '"postgres": "postgresql+psycopg"' in text
        assert "sslmode" not in text

    def test_crlf(self):
        text = text_of(self.PROGRAM.replace("\n", "\r\n"))
        assert text.count("\n") == text.count("\r\n")


class TestArguments:
    def test_pool_of_queues(self):
        for written in ("QueuePool", "pool.QueuePool", "sqlalchemy.pool.QueuePool"):
            program = (
                "import sqlalchemy\nfrom sqlalchemy import create_engine, pool\nfrom sqlalchemy.pool import QueuePool\n"
                f'engine = create_engine("postgresql://h/d", poolclass={written}, pool_size=3)\n'
            )
            found, _ = made(program)
            assert type(found.pool) is AsyncAdaptedQueuePool
            assert found.pool.size() == 3

    @pytest.mark.parametrize("pool", [NullPool, StaticPool])
    def test_pools_that_stay(self, pool):
        program = f'{HEAD}from sqlalchemy.pool import *\nengine = create_engine("sqlite:///x.db", poolclass={pool.__name__})\n'
        assert type(made(program)[0].pool) is pool

    @pytest.mark.parametrize("arguments", ["poolclass=SingletonThreadPool", "poolclass=QueuePool", "pool_size=5"])
    def test_a_database_in_memory_has_one_connection(self, arguments):
        program = f'{HEAD}from sqlalchemy.pool import *\nengine = create_engine("sqlite://", {arguments}, echo=False)\n'
        assert type(made(program)[0].pool) is StaticPool

    @pytest.mark.parametrize(
        "argument",
        [
            'client_encoding="utf8"',
            'executemany_mode="values_only"',
            "server_side_cursors=True",
            'encoding="utf-8"',
            "pool_drop_on_rollback=False",
        ],
    )
    def test_arguments_without_a_meaning(self, argument):
        program = f'{HEAD}engine = create_engine("postgresql://h/d", {argument}, pool_size=7)\n'
        assert made(program)[0].pool.size() == 7
        lines = f'{HEAD}engine = create_engine(\n    "postgresql://h/d",\n    {argument},  # fast\n    pool_size=7,\n)\n'
        assert 'create_async_engine(\n    "postgresql+asyncpg://h/d",\n    # fast\n    pool_size=7,\n)' in text_of(lines)

    def test_an_engine_of_tests_keeps_no_connections_of_asyncpg(self):
        def of_tests(of, call, known):
            return engine(of, call, known, serves_many_loops=True)

        program = HEAD + 'engine = create_engine("{}", pool_size=5, max_overflow=2, pool_pre_ping=True)\n'
        text = rewritten(program.format("postgresql://h/d"), "create_engine", of_tests)
        assert type(run(text)["engine"].pool) is NullPool
        text = rewritten(program.format("sqlite:///x.db"), "create_engine", of_tests)
        assert type(run(text)["engine"].pool) is AsyncAdaptedQueuePool

    def test_an_argument_that_psycopg_knows(self):
        program = HEAD + 'engine = create_engine("postgresql://h/d", executemany_mode="values_only")\n'
        assert "executemany_mode" in text_of(program, drivers=PSYCOPG)

    @pytest.mark.parametrize("argument", ["creator=connect", "pool=mine", "module=psycopg2", 'strategy="threadlocal"'])
    def test_arguments_that_bind_to_the_old_driver(self, argument):
        program = f'{HEAD}engine = create_engine("postgresql://h/d", {argument})\n'
        assert argument.partition("=")[0] in refused(program, "create_engine", engine)

    @pytest.mark.parametrize("written", ["*args", "", "**options"])
    def test_an_unknown_url(self, written):
        assert "URL" in refused(f"{HEAD}engine = create_engine({written})\n", "create_engine", engine)

    def test_libpq_options_of_connect_args(self):
        program = HEAD + (
            'engine = create_engine("postgresql://h/d", connect_args={"sslmode": "require", "connect_timeout": 10, '
            '"application_name": "shop", "options": "-c search_path=shop -cstatement_timeout=5000", "keepalives": 1})\n'
        )
        settings = {"application_name": "shop", "search_path": "shop", "statement_timeout": "5000"}
        found = connect_arguments(made(program)[0])
        assert found["ssl"] == "require"
        assert found["timeout"] == 10
        assert found["server_settings"] == settings
        assert {"sslmode", "connect_timeout", "options", "keepalives", "application_name"}.isdisjoint(found)

    def test_libpq_options_of_the_url(self):
        url = "postgresql://h/d?application_name=my+shop&connect_timeout=5&options=-csearch_path%3Da"
        found = connect_arguments(made(f'{HEAD}engine = create_engine("{url}")\n')[0])
        assert found["timeout"] == 5
        assert found["server_settings"] == {"application_name": "my shop", "search_path": "a"}

    def test_settings_join_those_that_are_there(self):
        program = HEAD + (
            'engine = create_engine("postgresql://h/d?application_name=x", '
            'connect_args={"server_settings": {"jit": "off"}, "connect_timeout": 3})\n'
        )
        found = connect_arguments(made(program)[0])
        assert found["server_settings"] == {"jit": "off", "application_name": "x"}
        assert found["timeout"] == 3

    def test_asyncpg_takes_what_is_produced(self):
        import asyncio

        program = HEAD + (
            'engine = create_engine("postgresql://u@127.0.0.1:1/d?sslmode=prefer&channel_binding=prefer", '
            'connect_args={"connect_timeout": 3, "application_name": "x", "keepalives": 1})\n'
        )
        arguments = connect_arguments(made(program)[0])
        with pytest.raises(OSError, match="1"):
            # Nobody listens there; what it does not know, asyncpg refuses with TypeError before.
            asyncio.run(asyncpg.connect(**{key: value for key, value in arguments.items() if "prepared" not in key}))

    @pytest.mark.parametrize(
        "program",
        [
            'create_engine("postgresql://h/d?sslrootcert=/ca.pem")',
            'create_engine("postgresql://h/d?application_name=x", connect_args=args)',
            'create_engine("postgresql://h/d?application_name=x", **options)',
            'create_engine("postgresql://h/d", connect_args={"connect_timeout": seconds})',
            'create_engine("postgresql://h/d", connect_args={"sslrootcert": "ca.pem"})',
            'create_engine("mysql+pymysql://h/d?ssl_ca=/ca.pem")',
        ],
    )
    def test_options_that_cannot_be_moved(self, program):
        assert refused(f"{HEAD}engine = {program}\n", "create_engine", engine)

    def test_keyword_url_and_module_name(self):
        program = "import sqlalchemy as sa\nengine = sa.create_engine(url='sqlite:///x.db', future=True)\n"
        assert made(program)[1] == "sqlite+aiosqlite:///x.db"


# What libpq's manual has in "Parameter Key Words", with a value that is right.
LIBPQ = {
    "sslmode": "require",
    "channel_binding": "prefer",
    "connect_timeout": "10",
    "application_name": "my+shop",
    "fallback_application_name": "shop",
    "options": "-csearch_path%3Da",
    "keepalives": "1",
    "keepalives_idle": "30",
    "tcp_user_timeout": "5",
    "target_session_attrs": "read-write",
    "gssencmode": "disable",
    "client_encoding": "utf8",
    "sslrootcert": "/ca.pem",
    "passfile": "/pass",
    "krbsrvname": "postgres",
    "load_balance_hosts": "random",
}
OPTIONS = st.permutations(sorted(LIBPQ)).flatmap(lambda names: st.integers(0, 6).map(lambda count: names[:count]))


class TestEveryOption:
    KNOWN = frozenset(inspect.signature(asyncpg.connect).parameters) | {
        "prepared_statement_name_func",
        "prepared_statement_cache_size",
    }

    @given(OPTIONS, OPTIONS, st.booleans())
    def test_asyncpg_is_given_what_it_knows_or_nothing_is_done(self, of_url, of_driver, at_run_time):
        query = "&".join(f"{name}={LIBPQ[name]}" for name in of_url)
        arguments = ", ".join(f'"{name}": "{unquote_plus(LIBPQ[name])}"' for name in of_driver)
        url = f"postgresql://h/d{'?' * bool(of_url)}{query}"
        written = "url" if at_run_time else f'"{url}"'
        of = source(f"{HEAD}engine = create_engine({written}, connect_args={{{arguments}}})\n")
        known = context(of)
        outcome = engine(of, next(calls(of, "create_engine")), known)
        if isinstance(outcome, Refused):
            assert not {"sslrootcert", "load_balance_hosts"}.isdisjoint((*of_url, *of_driver))
            return
        text = finished(of, outcome, known)
        assert "pool_drop_on_rollback" not in text
        if not at_run_time:
            assert "sslmode" not in text
            given = connect_arguments(run(text)["engine"])
            assert given.keys() <= self.KNOWN
            settings = given.get("server_settings", {})
            assert ("application_name" in settings) == any("application_name" in name for name in (*of_url, *of_driver))
