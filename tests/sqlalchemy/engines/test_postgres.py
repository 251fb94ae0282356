"""Produced engines talk to a real PostgreSQL through asyncpg."""

from __future__ import annotations

import postgres
import pytest
from autofix.fixers.sqlalchemy.engines.engine_calls import engine
from engine_programs import rewritten, run_main
from sqlalchemy import text

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not postgres.IS_INSTALLED, reason="no PostgreSQL")]

MAIN = """
async def main():
    try:
        async with engine.connect() as conn:
            return [(await conn.execute(text(f"show {name}"))).scalar() for name in ("application_name", "search_path")]
    finally:
        await engine.dispose()
"""


@pytest.fixture(scope="module")
def address():
    with postgres.server() as found:
        yield found


def answer(program: str, **names):
    changed = rewritten(f"from sqlalchemy import create_engine\n{program}\n", "create_engine", engine)
    return run_main(changed + MAIN, text=text, **names)


OPTIONS = "sslmode=prefer&channel_binding=prefer&connect_timeout=5"


def test_options_of_the_url(address):
    url = f"postgresql://{address}?{OPTIONS}&application_name=shop&options=-csearch_path%3Dstock"
    assert answer(f'engine = create_engine("{url}", pool_size=2)') == ["shop", "stock"]


def test_arguments_of_the_driver(address):
    arguments = '{"sslmode": "prefer", "connect_timeout": 5, "application_name": "shop", "options": "-c search_path=stock"}'
    program = f'engine = create_engine("postgresql+psycopg2://{address}", connect_args={arguments}, client_encoding="utf8")'
    assert answer(program) == ["shop", "stock"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_a_url_of_the_environment(address, scheme):
    options = OPTIONS if "asyncpg" not in scheme else "ssl=prefer"
    assert answer("engine = create_engine(url)", url=f"{scheme}://{address}?{options}") == ["", '"$user", public']


def test_what_would_have_happened(address):
    """Without the rewrite of its options, the driver refuses."""
    program = f'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine("postgresql+asyncpg://{address}?{OPTIONS}")\n'
    with pytest.raises(TypeError, match="sslmode"):
        run_main(program + MAIN, text=text)
