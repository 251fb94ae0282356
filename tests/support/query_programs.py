"""Programs with legacy queries: migrated as text, and run before and after on the same data."""

from __future__ import annotations

import asyncio
import datetime
import decimal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autofix.fixers.sqlalchemy.inference.analysis import Inference, infer
from autofix.fixers.sqlalchemy.pieces import Piece, compose
from autofix.fixers.sqlalchemy.queries.outcome import Bridge, Refused, Rewritten, Style
from autofix.fixers.sqlalchemy.queries.plan import File, Planned, plan
from autofix.languages.python.code import Expression, Function
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import Parents
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

MODELS = """
from sqlalchemy import JSON, ForeignKey, and_, case, delete, desc, exists, func, literal, or_, select, text, update
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, Session, aliased, contains_eager, joinedload, lazyload, mapped_column, relationship, selectinload,
)


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    users: Mapped[list["User"]] = relationship(back_populates="team", order_by="User.id")


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]
    data: Mapped[dict | None] = mapped_column(JSON)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    team: Mapped["Team | None"] = relationship(back_populates="users")
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id", cascade="all, delete-orphan")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    name: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts")
    tags: Mapped[list["Tag"]] = relationship(lazy="joined", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
"""

ROWS = (
    "INSERT INTO teams (id, name) VALUES (1, 'red'), (2, 'blue'), (3, 'empty')",
    """INSERT INTO users (id, name, age, data, team_id) VALUES
    (1, 'ann', 30, '{"a": 1}', 1), (2, 'bob', 30, NULL, 1), (3, 'cy', 20, '[1]', 2), (4, 'ann', 40, '{"a": 1}', NULL)""",
    """INSERT INTO posts (id, title, name, author_id) VALUES
    (1, 'p1', 'ann', 1), (2, 'p2', 'x', 1), (3, 'p3', 'x', 1), (4, 'p4', 'bob', 2), (5, 'p5', 'y', 3)""",
    "INSERT INTO tags (id, label, post_id) VALUES (1, 'a', 1), (2, 'b', 1), (3, 'a', 2), (4, 'c', 5)",
)
TABLES = ("teams", "users", "posts", "tags")


class Facts:
    """What the models above are like."""

    def has_eager_collections(self, model: str) -> bool | None:
        """Posts join their tags."""
        return model.endswith((":Post", ":*")) if model else None

    def is_unhashable(self, model: str, column: str) -> bool:
        """The JSON column."""
        return model.endswith(":User") and column == "data"


@dataclass
class Migrated:
    """A program before and after."""

    before: str
    after: str
    planned: list[Planned]
    functions: dict[str, tuple[int, int]]
    asynchronous: set[str] = field(default_factory=set)

    def outcomes(self, function: str) -> list[Planned]:
        """What became of the queries in a function."""
        start, end = self.functions[function]
        return [planned for planned in self.planned if start <= planned.node.start < end]

    def sort(self, function: str) -> str:
        """`converted`, `bridged` or `refused`."""
        kinds = {type(planned.outcome) for planned in self.outcomes(function)}
        return "refused" if Refused in kinds else "bridged" if Bridge in kinds else "converted" if kinds else "untouched"


def migrated(program: str, style: Style = Style.ASYNC, facts: Any = None, *, is_async: bool = False) -> Migrated:
    """A program with its queries migrated: those of synchronous sessions, or with `is_async` those of asynchronous ones, which
    are never bridged.
    """
    source = Source("m.py", program.encode())
    module = read(source)
    inference: Inference = infer({"m.py": module})

    def kind_of(expression: Expression) -> Any:
        return inference.kind_of("m.py", expression)

    file = File("m.py", module, Parents(module), source.text, kind_of, lambda _: "", partial(inference.received, "m.py"))
    planned = [one for group in plan([file], facts or Facts(), style, is_async=is_async) for one in group]
    pieces: list[Piece] = []
    imports: dict[tuple[str, str], None] = {}
    for one in planned:
        if isinstance(one.outcome, Rewritten if is_async else Rewritten | Bridge):
            pieces += one.outcome.pieces
            imports.update(dict.fromkeys(one.outcome.imports))
    edits = compose(pieces)
    body = apply_edits(source.text, edits).decode()
    head = "".join(f"from {name} import {what}\n" for name, what in imports)
    functions = {node.name: (node.start, node.end) for node in module.body if isinstance(node, Function)}
    return Migrated(program, head + body, planned, functions)


def made_async(text_of: str, names: Iterable[str]) -> str:
    """The functions of some names as coroutine functions."""
    for name in names:
        text_of = text_of.replace(f"def {name}(", f"async def {name}(")
    return text_of


def namespace(program: str) -> dict[str, Any]:
    """The names of a program."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(program, "m.py", "exec", dont_inherit=True), names)
    return names


def plain(value: object) -> object:
    """A value that can be compared across sessions."""
    if isinstance(value, Row):
        return ("row", *(plain(item) for item in value))
    state = inspect(value, raiseerr=False)
    if state is not None and hasattr(value, "__table__"):
        return (type(value).__name__, *sorted((key, repr(item)) for key, item in state.dict.items() if key in _columns(value)))
    if isinstance(value, dict):
        return [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return ("set", *sorted(map(repr, map(plain, value))))
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(plain(item) for item in value)]
    if isinstance(value, str | int | float | bool | None | decimal.Decimal | datetime.datetime):
        return value
    return type(value).__name__


def _columns(value: Any) -> set[str]:
    return {column.key for column in value.__table__.columns}


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    value: object
    error: str
    tables: object


def _message(error: BaseException) -> str:
    return type(error).__name__


def _dump(connection: Any) -> object:
    return {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY id"))] for name in TABLES}


def run_sync(names: dict[str, Any], functions: Sequence[str], url: str = "sqlite://") -> dict[str, Outcome]:
    """Each function with a session of its own, rolled back afterwards."""
    pool = {"poolclass": StaticPool} if url == "sqlite://" else {}
    engine = create_engine(url, **pool)
    found = {}
    with engine.begin() as connection:
        names["Base"].metadata.drop_all(connection)
        names["Base"].metadata.create_all(connection)
        for row in ROWS:
            connection.execute(text(row))
    for name in functions:
        with Session(engine) as db:
            value, error = None, ""
            try:
                value = plain(names[name](db))
            except Exception as raised:
                error = _message(raised)
                db.rollback()
            found[name] = Outcome(value, error, _dump(db.connection()))
            db.rollback()
    engine.dispose()
    return found


def run_async(
    names: dict[str, Any], functions: Sequence[str], url: str = "sqlite+aiosqlite://", *, is_migrated: bool = True
) -> dict[str, Outcome]:
    """The same with an asynchronous session; functions that are not migrated run in its `run_sync`."""

    async def main() -> dict[str, Outcome]:
        pool = {"poolclass": StaticPool} if url == "sqlite+aiosqlite://" else {}
        engine = create_async_engine(url, **pool)
        found = {}
        async with engine.begin() as connection:
            await connection.run_sync(names["Base"].metadata.drop_all)
            await connection.run_sync(names["Base"].metadata.create_all)
            for row in ROWS:
                await connection.execute(text(row))
        for name in functions:
            async with AsyncSession(engine) as db:
                value, error = None, ""
                try:
                    value = plain(await (names[name](db) if is_migrated else db.run_sync(names[name])))
                except Exception as raised:
                    error = _message(raised)
                    await db.rollback()
                connection = await db.connection()
                found[name] = Outcome(value, error, await connection.run_sync(_dump))
                await db.rollback()
        await engine.dispose()
        return found

    return asyncio.run(main())
