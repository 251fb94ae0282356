"""The tables of members agree with the classes of the installed SQLAlchemy."""

from __future__ import annotations

import inspect

import pytest
from autofix.fixers.sqlalchemy.engines.members import ASYNC_NAMES, CONNECTION, ENGINE, TRANSACTION, Form
from sqlalchemy.engine import Connection, Engine, Transaction
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction


def members(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [(ENGINE, Engine, AsyncEngine), (CONNECTION, Connection, AsyncConnection), (TRANSACTION, Transaction, AsyncTransaction)],
)
def test_members(table, old, new):
    assert members(old) <= table.keys()
    for name in members(old) & members(new):
        member = inspect.getattr_static(new, name)
        is_coroutine = inspect.iscoroutinefunction(getattr(new, name))
        form = table[name]
        if form is Form.AWAIT:
            assert is_coroutine, name
        elif form is Form.SYNC:
            assert not is_coroutine, name
        elif form is Form.BLOCK:
            assert not is_coroutine, name
            assert not isinstance(member, property), name
    # What the new class lacks can only be had within run_sync.
    for name in members(old) - members(new):
        assert table[name] is Form.BRIDGE or hasattr(new, name), name


@pytest.mark.parametrize(("old", "new"), ASYNC_NAMES.items())
def test_names(old, new):
    import importlib

    if "sqlmodel" in old:
        pytest.importorskip("sqlmodel")
    module, _, name = old.rpartition(".")
    assert hasattr(importlib.import_module(module), name)
    assert hasattr(importlib.import_module(new[0]), new[1])
