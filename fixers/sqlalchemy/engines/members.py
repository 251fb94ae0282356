"""What engines, connections and transactions are asked for, and what has to stand before it in a program with asyncio."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Form(enum.Enum):
    """How a member of the synchronous class is used of the asynchronous one."""

    SYNC = "as before"
    AWAIT = "a coroutine: with await"
    BLOCK = "in `async with`; with await where its value is kept"
    BRIDGE = "only within run_sync"


def _table(sync: str, awaited: str, blocks: str, bridged: str) -> Mapping[str, Form]:
    forms = ((sync, Form.SYNC), (awaited, Form.AWAIT), (blocks, Form.BLOCK), (bridged, Form.BRIDGE))
    return {name: form for names, form in forms for name in names.split()}


# A test compares these with the classes of SQLAlchemy.
ENGINE: Mapping[str, Form] = _table(
    sync="clear_compiled_cache dialect driver echo engine execution_options get_execution_options name pool "
    "update_execution_options url",
    awaited="dispose",
    blocks="begin connect",
    bridged="dispatch execute has_table hide_parameters logging_name raw_connection run_callable scalar table_names "
    "transaction",
)
CONNECTION: Mapping[str, Form] = _table(
    sync="closed default_isolation_level dialect engine get_nested_transaction get_transaction in_nested_transaction "
    "in_transaction info invalidated",
    awaited="close commit exec_driver_sql execute execution_options get_isolation_level invalidate rollback scalar scalars",
    blocks="begin begin_nested",
    bridged="begin_twophase commit_prepared connect connection detach dispatch get_execution_options prepare recover_twophase "
    "rollback_prepared run_callable schema_for_object should_close_with_result transaction",
)
TRANSACTION: Mapping[str, Form] = _table(
    sync="is_active is_valid", awaited="close commit rollback", blocks="", bridged="prepare"
)


ASYNC_NAMES: Mapping[str, tuple[str, str]] = {
    "sqlalchemy.orm.Session": ("sqlalchemy.ext.asyncio", "AsyncSession"),
    "sqlalchemy.orm.session.Session": ("sqlalchemy.ext.asyncio", "AsyncSession"),
    "sqlmodel.Session": ("sqlmodel.ext.asyncio.session", "AsyncSession"),
    "sqlmodel.orm.session.Session": ("sqlmodel.ext.asyncio.session", "AsyncSession"),
    "sqlalchemy.orm.sessionmaker": ("sqlalchemy.ext.asyncio", "async_sessionmaker"),
    "sqlalchemy.orm.session.sessionmaker": ("sqlalchemy.ext.asyncio", "async_sessionmaker"),
    "sqlalchemy.orm.scoped_session": ("sqlalchemy.ext.asyncio", "async_scoped_session"),
    "sqlalchemy.orm.SessionTransaction": ("sqlalchemy.ext.asyncio", "AsyncSessionTransaction"),
    "sqlalchemy.create_engine": ("sqlalchemy.ext.asyncio", "create_async_engine"),
    "sqlalchemy.engine.create_engine": ("sqlalchemy.ext.asyncio", "create_async_engine"),
    "sqlmodel.create_engine": ("sqlalchemy.ext.asyncio", "create_async_engine"),
    "sqlalchemy.Engine": ("sqlalchemy.ext.asyncio", "AsyncEngine"),
    "sqlalchemy.engine.Engine": ("sqlalchemy.ext.asyncio", "AsyncEngine"),
    "sqlalchemy.engine.base.Engine": ("sqlalchemy.ext.asyncio", "AsyncEngine"),
    "sqlalchemy.Connection": ("sqlalchemy.ext.asyncio", "AsyncConnection"),
    "sqlalchemy.engine.Connection": ("sqlalchemy.ext.asyncio", "AsyncConnection"),
    "sqlalchemy.engine.base.Connection": ("sqlalchemy.ext.asyncio", "AsyncConnection"),
    "sqlalchemy.Transaction": ("sqlalchemy.ext.asyncio", "AsyncTransaction"),
    "sqlalchemy.engine.Transaction": ("sqlalchemy.ext.asyncio", "AsyncTransaction"),
}
"""Module and name of what an annotation says in a program with asyncio, by what it said before."""
