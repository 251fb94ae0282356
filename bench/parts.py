"""The pieces that `application` is made of: `$name`, `$names` and `$Model` are a package's words, `$n`, `$n2`, `$t` and `$t2`
columns that hold numbers and texts, `$figure` a number, `$number` tells repetitions of a piece apart.
"""

from __future__ import annotations

_COLUMNS = """\
    amount: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    quantity: Mapped[int] = mapped_column(default=1)
    score: Mapped[int] = mapped_column(default=0)
    duration: Mapped[int] = mapped_column(default=0)
    balance: Mapped[int] = mapped_column(default=0)
    rating: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(120))
    reference: Mapped[str] = mapped_column(String(40), index=True)
    region: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20), default="new")
    channel: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    category: Mapped[str] = mapped_column(String(40))
    carrier: Mapped[str] = mapped_column(String(40))
"""

CORE = {
    "requirements.txt": "fastapi==0.115.6\nhttpx==0.28.1\npydantic==2.10.4\nSQLAlchemy==2.0.36\npsycopg2-binary==2.9.10\n",
    "requirements-dev.txt": "-r requirements.txt\npytest==8.3.4\n",
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/database.py": '''\
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.core.settings import settings

engine = create_engine(settings.database_url, pool_pre_ping=True)
SessionLocal = sessionmaker(bind=engine, autoflush=False)


class Base(DeclarativeBase):
    """What all tables share."""


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
''',
    "app/core/settings.py": """\
import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    database_url: str = "postgresql+psycopg2://office:office@localhost/office"
    page_size: int = field(default_factory=lambda: int(os.environ.get("PAGE_SIZE", "50")))


settings = Settings()
""",
    "app/core/accounts.py": """\
from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)


def account_by_email(db: Session, email: str) -> Account | None:
    return db.query(Account).filter(Account.email == email).first()


def deactivate(db: Session, account_id: int) -> bool:
    account = db.get(Account, account_id)
    if account is None:
        return False
    account.is_active = False
    db.commit()
    return True
""",
    "app/core/dependencies.py": """\
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.orm import Session

from app.core.accounts import Account, account_by_email
from app.core.database import get_db

SessionDep = Annotated[Session, Depends(get_db)]


def current_account(db: SessionDep, x_email: Annotated[str, Header()]) -> Account:
    account = account_by_email(db, x_email)
    if account is None or not account.is_active:
        raise HTTPException(status_code=401, detail="unknown account")
    return account


AccountDep = Annotated[Account, Depends(current_account)]
""",
    "app/core/repository.py": '''\
from sqlalchemy.orm import Session


class Repository:
    """What all repositories share: the session they work with."""

    def __init__(self, db: Session) -> None:
        self.db = db

    def save(self) -> None:
        self.db.commit()

    def discard(self) -> None:
        self.db.rollback()
''',
    "tests/__init__.py": "",
    "tests/conftest.py": """\
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from app.core.database import Base


@pytest.fixture
def db() -> Iterator[Session]:
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    maker = sessionmaker(bind=engine)
    with maker() as session:
        yield session
""",
}

HEADS = {
    "models": """\
from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.accounts import Account
from app.core.database import Base
""",
    "schemas": """\
from datetime import date

from pydantic import BaseModel, ConfigDict
""",
    "crud": """\
from collections.abc import Sequence

from sqlalchemy import and_, delete, desc, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from $module.models import $Model, ${Model}Line, ${Model}Note
""",
    "repository": '''\
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.repository import Repository
from $module.models import $Model, ${Model}Line, ${Model}Note


class ${Model}Repository(Repository):
    """Everything that is asked of the tables of this package."""
''',
    "services_crud": """\
import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session

from $module import crud
from $module.models import $Model, ${Model}Line

logger = logging.getLogger(__name__)
""",
    "services_repository": '''\
import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session

from $module.models import $Model, ${Model}Line
from $module.repository import ${Model}Repository

logger = logging.getLogger(__name__)


class ${Model}Service:
    """What the endpoints of this package do."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.rows = ${Model}Repository(db)
''',
    "endpoints_crud": """\
from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy.orm import Session

from app.core.database import get_db
from app.core.dependencies import AccountDep, SessionDep
from $module import crud, rules, services
from $module.models import $Model
from $module.schemas import ${Model}Create, ${Model}Read, ${Model}Summary

router = APIRouter(prefix="/$name", tags=["$name"])
""",
    "endpoints_repository": """\
from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy.orm import Session

from app.core.database import get_db
from app.core.dependencies import AccountDep, SessionDep
from $module import rules
from $module.schemas import ${Model}Create, ${Model}Read, ${Model}Summary
from $module.services import ${Model}Service

router = APIRouter(prefix="/$name", tags=["$name"])


def get_service(db: Session = Depends(get_db)) -> ${Model}Service:
    return ${Model}Service(db)
""",
    "plain": '''\
"""Rules of $name that need no database."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
''',
    "tests_crud": """\
from sqlalchemy.orm import Session

from $module import crud, services
from $module.models import $Model, ${Model}Line


def make_$name(db: Session, **values: object) -> $Model:
    item = $Model(title="first", reference="r-1", region="north", channel="web", currency="EUR", category="a", carrier="b")
    for key, value in values.items():
        setattr(item, key, value)
    db.add(item)
    db.commit()
    return item
""",
    "tests_repository": """\
from sqlalchemy.orm import Session

from $module.models import $Model, ${Model}Line
from $module.services import ${Model}Service


def make_$name(db: Session, **values: object) -> $Model:
    item = $Model(title="first", reference="r-1", region="north", channel="web", currency="EUR", category="a", carrier="b")
    for key, value in values.items():
        setattr(item, key, value)
    db.add(item)
    db.commit()
    return item
""",
}

MODELS = (
    f'''
class $Model(Base):
    """One row of $name."""

    __tablename__ = "$names"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
{_COLUMNS}    due_on: Mapped[date | None]

    account: Mapped[Account | None] = relationship()
    lines: Mapped[list["${{Model}}Line"]] = relationship(back_populates="item", cascade="all, delete-orphan")
    notes: Mapped[list["${{Model}}Note"]] = relationship(back_populates="item")

    @property
    def label(self) -> str:
        return f"{{self.reference}} ({{self.status}})"


class ${{Model}}Line(Base):
    """A part of a row."""

    __tablename__ = "${{name}}_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("$names.id"))
{_COLUMNS}
    item: Mapped["$Model"] = relationship(back_populates="lines")


class ${{Model}}Note(Base):
    """A remark on a row."""

    __tablename__ = "${{name}}_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("$names.id"))
    text: Mapped[str] = mapped_column(String(500))
    is_pinned: Mapped[bool] = mapped_column(default=False)

    item: Mapped["$Model"] = relationship(back_populates="notes")
''',
)

SCHEMAS = (
    """
class ${Model}LineRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    $n: int
    $t: str


class ${Model}Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    reference: str
    $n2: int
    due_on: date | None = None
    lines: list[${Model}LineRead] = []


class ${Model}Summary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    reference: str
    status: str


class ${Model}Create(BaseModel):
    title: str
    reference: str
    region: str = "north"
    channel: str = "web"
    currency: str = "EUR"
    category: str = "general"
    carrier: str = "own"
    amount: int = 0
""",
)

CRUD = (
    """
def get_$name(db: Session, item_id: int) -> $Model | None:
    return db.query($Model).filter($Model.id == item_id).first()
""",
    """
def get_${name}_by_$t(db: Session, value: str) -> $Model | None:
    return db.query($Model).filter_by($t=value).one_or_none()
""",
    """
def list_$names(db: Session, skip: int = 0, limit: int = 100) -> list[$Model]:
    return db.query($Model).order_by($Model.id).offset(skip).limit(limit).all()
""",
    """
def search_$names(db: Session, term: str, status: str | None = None, least: int | None = None) -> list[$Model]:
    query = db.query($Model).filter(or_($Model.title.ilike(f"%{term}%"), $Model.$t.ilike(f"%{term}%")))
    if status is not None:
        query = query.filter($Model.status == status)
    if least is not None:
        query = query.filter($Model.$n >= least)
    return query.order_by(desc($Model.$n2)).limit($figure).all()
""",
    """
def count_${name}_by_status(db: Session) -> dict[str, int]:
    rows = db.query($Model.status, func.count($Model.id)).group_by($Model.status).all()
    return {status: count for status, count in rows}
""",
    """
def count_$names(db: Session, $t: str) -> int:
    return db.query($Model).filter($Model.$t == $t).count()
""",
    """
def total_${name}_$n(db: Session, account_id: int) -> int:
    total = db.query(func.sum($Model.$n)).filter($Model.account_id == account_id).scalar()
    return total or 0
""",
    """
def create_$name(db: Session, title: str, reference: str, **values: object) -> $Model:
    item = $Model(title=title, reference=reference)
    for key, value in values.items():
        setattr(item, key, value)
    db.add(item)
    db.commit()
    db.refresh(item)
    return item
""",
    """
def update_${name}_$t(db: Session, item_id: int, value: str) -> $Model | None:
    item = get_$name(db, item_id)
    if item is None:
        return None
    item.$t = value
    db.commit()
    db.refresh(item)
    return item
""",
    """
def delete_$name(db: Session, item_id: int) -> bool:
    item = db.get($Model, item_id)
    if item is None:
        return False
    db.delete(item)
    db.commit()
    return True
""",
    """
def archive_$names(db: Session, below: int) -> int:
    changed = db.query($Model).filter($Model.$n < below).update({"status": "archived"}, synchronize_session=False)
    db.commit()
    return changed
""",
    """
def remove_${name}_lines(db: Session, item_id: int) -> int:
    removed = db.query(${Model}Line).filter(${Model}Line.item_id == item_id).delete()
    db.commit()
    return removed
""",
    """
def ${name}_exists(db: Session, reference: str) -> bool:
    return db.query(db.query($Model).filter($Model.reference == reference).exists()).scalar()
""",
    """
def ${name}_with_lines(db: Session, item_id: int) -> $Model | None:
    statement = select($Model).options(joinedload($Model.lines)).where($Model.id == item_id)
    return db.execute(statement).unique().scalar_one_or_none()
""",
    """
def heavy_${name}_lines(db: Session, least: int = $figure) -> Sequence[${Model}Line]:
    statement = select(${Model}Line).where(${Model}Line.$n > least).order_by(${Model}Line.$n2.desc())
    return db.scalars(statement).all()
""",
    """
def ${name}_references(db: Session, ids: list[int]) -> list[str]:
    return [reference for (reference,) in db.query($Model.reference).filter($Model.id.in_(ids))]
""",
    """
def ${name}_lines_of(db: Session, $t: str) -> list[${Model}Line]:
    return (
        db.query(${Model}Line)
        .join($Model, ${Model}Line.item_id == $Model.id)
        .filter(and_($Model.$t == $t, ${Model}Line.$n > 0))
        .order_by(${Model}Line.id)
        .all()
    )
""",
    """
def latest_$name(db: Session) -> $Model | None:
    return db.query($Model).order_by($Model.due_on.desc(), $Model.id.desc()).first()
""",
    """
def mark_${name}_as(db: Session, ids: list[int], status: str) -> int:
    result = db.execute(update($Model).where($Model.id.in_(ids)).values(status=status))
    db.commit()
    return result.rowcount
""",
    """
def purge_${name}_notes(db: Session) -> None:
    db.execute(delete(${Model}Note).where(${Model}Note.is_pinned.is_(False)))
    db.commit()
""",
    """
def ${name}_$t2(db: Session) -> list[str]:
    rows = db.query($Model.$t2).distinct().order_by($Model.$t2).all()
    return [row[0] for row in rows]
""",
    """
def page_of_$names(db: Session, page: int, size: int = 20) -> tuple[list[$Model], int]:
    query = db.query($Model).filter($Model.status != "archived")
    total = query.count()
    items = query.order_by($Model.$n.desc()).offset((page - 1) * size).limit(size).all()
    return items, total
""",
    """
def average_${name}_$n2(db: Session) -> dict[str, float]:
    averages: dict[str, float] = {}
    for key, value in db.query($Model.$t, func.avg($Model.$n2)).group_by($Model.$t):
        averages[key] = float(value)
    return averages
""",
    """
def copy_$name(db: Session, item_id: int) -> $Model:
    original = db.query($Model).filter($Model.id == item_id).one()
    copy = $Model(title=original.title, reference=f"{original.reference}-copy", $t=original.$t)
    db.add(copy)
    db.flush()
    for line in db.query(${Model}Line).filter(${Model}Line.item_id == item_id).all():
        db.add(${Model}Line(item_id=copy.id, title=line.title, reference=line.reference, $n=line.$n))
    db.commit()
    return copy
""",
)

REPOSITORY = (
    """
    def get(self, item_id: int) -> $Model | None:
        return self.db.query($Model).filter($Model.id == item_id).first()
""",
    """
    def by_reference(self, reference: str) -> $Model | None:
        return self.db.query($Model).filter_by(reference=reference).first()
""",
    """
    def every(self, skip: int = 0, limit: int = 100) -> list[$Model]:
        return self.db.query($Model).order_by($Model.$n).offset(skip).limit(limit).all()
""",
    """
    def with_$t(self, value: str, *, least: int = 0) -> list[$Model]:
        query = self.db.query($Model).filter($Model.$t == value)
        if least:
            query = query.filter($Model.$n >= least)
        return query.all()
""",
    """
    def number_of(self, status: str) -> int:
        return self.db.query($Model).filter($Model.status == status).count()
""",
    """
    def total(self) -> int:
        return self.db.scalar(select(func.sum($Model.$n))) or 0
""",
    """
    def create(self, title: str, reference: str) -> $Model:
        item = $Model(title=title, reference=reference, $n=$figure)
        self.db.add(item)
        self.save()
        self.db.refresh(item)
        return item
""",
    """
    def add_line(self, item: $Model, title: str) -> ${Model}Line:
        line = ${Model}Line(item_id=item.id, title=title, reference=item.reference)
        self.db.add(line)
        self.db.flush()
        return line
""",
    """
    def lines(self, item_id: int) -> Sequence[${Model}Line]:
        statement = select(${Model}Line).where(${Model}Line.item_id == item_id).order_by(${Model}Line.$n2)
        return self.db.execute(statement).scalars().all()
""",
    """
    def remove(self, item_id: int) -> bool:
        item = self.get(item_id)
        if item is None:
            return False
        self.db.delete(item)
        self.save()
        return True
""",
    """
    def close(self, ids: list[int]) -> int:
        closed = self.db.query($Model).filter($Model.id.in_(ids)).update({"status": "closed"}, synchronize_session=False)
        self.save()
        return closed
""",
    """
    def pinned_notes(self, item_id: int) -> list[str]:
        notes = self.db.query(${Model}Note).filter(${Model}Note.item_id == item_id, ${Model}Note.is_pinned).all()
        return [note.text for note in notes]
""",
    """
    def per_$t2(self) -> dict[str, int]:
        rows = self.db.query($Model.$t2, func.count()).group_by($Model.$t2).all()
        return dict((key, count) for key, count in rows)
""",
    """
    def page(self, number: int, size: int) -> tuple[list[$Model], int]:
        query = self.db.query($Model).filter($Model.$n2 > 0)
        return query.order_by($Model.id).offset(number * size).limit(size).all(), query.count()
""",
)

_SERVICES_CRUD = (
    """
@dataclass
class ${Model}Figures:
    count: int
    total: int
    lines: int


def figures_of_$name(db: Session, account_id: int) -> ${Model}Figures:
    items = crud.list_$names(db)
    own = [item for item in items if item.account_id == account_id]
    return ${Model}Figures(len(own), sum(item.$n for item in own), sum(len(item.lines) for item in own))
""",
    """
def approve_$name(db: Session, item_id: int) -> $Model:
    item = crud.get_$name(db, item_id)
    if item is None:
        raise LookupError(item_id)
    if item.$n > $figure:
        item.status = "review"
        logger.info("row %s is to be reviewed", item.id)
    else:
        item.status = "approved"
    db.commit()
    return item
""",
    """
def split_$name(db: Session, item_id: int, parts: int) -> list[${Model}Line]:
    item = crud.${name}_with_lines(db, item_id)
    if item is None:
        return []
    made = []
    for index in range(parts):
        line = ${Model}Line(item_id=item.id, title=f"{item.title} {index}", reference=item.reference)
        line.$n = item.$n // parts
        db.add(line)
        made.append(line)
    db.commit()
    return made
""",
    """
def import_$names(db: Session, records: list[dict[str, str]]) -> tuple[int, int]:
    created = skipped = 0
    for record in records:
        reference = record.get("reference", "").strip()
        if not reference or crud.${name}_exists(db, reference):
            skipped += 1
            continue
        try:
            crud.create_$name(db, record["title"], reference)
            created += 1
        except KeyError:
            db.rollback()
            skipped += 1
    return created, skipped
""",
    """
def overview_of_$name(db: Session) -> dict[str, object]:
    by_status = crud.count_${name}_by_status(db)
    latest = crud.latest_$name(db)
    return {
        "by_status": by_status,
        "open": sum(count for status, count in by_status.items() if status not in ("archived", "closed")),
        "latest": latest.reference if latest is not None else None,
        "heavy": [line.reference for line in crud.heavy_${name}_lines(db)],
    }
""",
    """
def reprice_$names(db: Session, percent: int) -> int:
    changed = 0
    for item in crud.list_$names(db, limit=1000):
        price = item.$n + item.$n * percent // 100
        if price != item.$n:
            item.$n = price
            changed += 1
    if changed:
        db.commit()
    return changed
""",
    """
def merge_$names(db: Session, kept_id: int, dropped_id: int) -> $Model:
    kept, dropped = crud.get_$name(db, kept_id), crud.get_$name(db, dropped_id)
    if kept is None or dropped is None:
        raise LookupError((kept_id, dropped_id))
    for line in db.query(${Model}Line).filter(${Model}Line.item_id == dropped.id):
        line.item_id = kept.id
    kept.$n += dropped.$n
    db.delete(dropped)
    db.commit()
    return kept
""",
    """
def first_free_${name}_reference(db: Session, stem: str) -> str:
    number = 1
    while crud.${name}_exists(db, f"{stem}-{number}"):
        number += 1
    return f"{stem}-{number}"
""",
)

_SERVICES_REPOSITORY = (
    """
    def approve(self, item_id: int) -> $Model:
        item = self.rows.get(item_id)
        if item is None:
            raise LookupError(item_id)
        item.status = "approved" if item.$n < $figure else "review"
        self.rows.save()
        return item
""",
    """
    def open_with_lines(self, title: str, reference: str, names: list[str]) -> $Model:
        item = self.rows.create(title, reference)
        for name in names:
            self.rows.add_line(item, name)
        self.rows.save()
        return item
""",
    """
    def overview(self) -> dict[str, object]:
        return {
            "total": self.rows.total(),
            "new": self.rows.number_of("new"),
            "groups": self.rows.per_channel_or_so(),
        }

    def per_channel_or_so(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for item in self.rows.every(limit=$figure):
            counts[item.$t] = counts.get(item.$t, 0) + 1
        return counts
""".replace("self.rows.per_channel_or_so()", "self.per_channel_or_so()"),
    """
    def import_all(self, records: list[dict[str, str]]) -> int:
        created = 0
        for record in records:
            if self.rows.by_reference(record["reference"]) is None:
                self.rows.create(record["title"], record["reference"])
                created += 1
        return created
""",
    """
    def weights(self, item_id: int) -> list[int]:
        return [line.$n for line in self.rows.lines(item_id) if line.$t != "own"]
""",
    """
    def close_all(self, item_ids: list[int]) -> int:
        try:
            return self.rows.close(item_ids)
        except ValueError:
            self.rows.discard()
            logger.warning("nothing was closed")
            return 0
""",
)

SERVICES = {"crud": _SERVICES_CRUD, "repository": _SERVICES_REPOSITORY}

_ENDPOINTS_CRUD = (
    """
@router.get("/", response_model=list[${Model}Summary])
def read_$names(db: SessionDep, skip: int = 0, limit: int = Query(default=50, le=200)):
    return crud.list_$names(db, skip, limit)
""",
    """
@router.get("/{item_id}", response_model=${Model}Read)
def read_$name(item_id: int, db: Session = Depends(get_db)):
    item = crud.get_$name(db, item_id)
    if item is None:
        raise HTTPException(status_code=404, detail="no such row")
    return item
""",
    """
@router.post("/", response_model=${Model}Summary, status_code=201)
def add_$name(body: ${Model}Create, db: SessionDep, account: AccountDep):
    if crud.${name}_exists(db, body.reference):
        raise HTTPException(status_code=409, detail="reference is taken")
    return crud.create_$name(db, body.title, body.reference, region=body.region, account_id=account.id)
""",
    """
@router.delete("/{item_id}", status_code=204)
def drop_$name(item_id: int, db: SessionDep) -> None:
    if not crud.delete_$name(db, item_id):
        raise HTTPException(status_code=404, detail="no such row")
""",
    """
@router.post("/{item_id}/approve", response_model=${Model}Summary)
def approve(item_id: int, db: SessionDep):
    try:
        return services.approve_$name(db, item_id)
    except LookupError as error:
        raise HTTPException(status_code=404, detail="no such row") from error
""",
    """
@router.get("/figures/overview")
def overview(db: SessionDep) -> dict[str, object]:
    return services.overview_of_$name(db)
""",
    """
@router.get("/search/{term}", response_model=list[${Model}Summary])
def search(term: str, status: str | None = None, least: int | None = None, db: Session = Depends(get_db)):
    found = crud.search_$names(db, term, status, least)
    return sorted(found, key=lambda item: (item.$n, item.reference))
""",
    """
@router.get("/archived/number")
def number_of_archived(db: SessionDep) -> dict[str, int]:
    number = db.query($Model).filter($Model.status == "archived").count()
    return {"archived": number, "limit": $figure}
""",
    """
@router.get("/options/allowed")
def allowed() -> dict[str, int]:
    return {"largest": $figure, "length": len(rules.checked_reference_0("AB-$figure"))}
""",
)

_ENDPOINTS_REPOSITORY = (
    """
@router.get("/", response_model=list[${Model}Summary])
def read_$names(service: ${Model}Service = Depends(get_service), limit: int = Query(default=50, le=200)):
    return service.rows.every(limit=limit)
""",
    """
@router.get("/{item_id}", response_model=${Model}Read)
def read_$name(item_id: int, service: ${Model}Service = Depends(get_service)):
    item = service.rows.get(item_id)
    if item is None:
        raise HTTPException(status_code=404, detail="no such row")
    return item
""",
    """
@router.post("/", response_model=${Model}Summary, status_code=201)
def add_$name(body: ${Model}Create, account: AccountDep, service: ${Model}Service = Depends(get_service)):
    return service.rows.create(body.title, body.reference)
""",
    """
@router.delete("/{item_id}", status_code=204)
def drop_$name(item_id: int, service: ${Model}Service = Depends(get_service)) -> None:
    if not service.rows.remove(item_id):
        raise HTTPException(status_code=404, detail="no such row")
""",
    """
@router.post("/{item_id}/approve", response_model=${Model}Summary)
def approve(item_id: int, service: ${Model}Service = Depends(get_service)):
    try:
        return service.approve(item_id)
    except LookupError as error:
        raise HTTPException(status_code=404, detail="no such row") from error
""",
    """
@router.get("/figures/overview")
def overview(db: SessionDep) -> dict[str, object]:
    return ${Model}Service(db).overview()
""",
    """
@router.get("/options/allowed")
def allowed() -> dict[str, int]:
    return {"largest": $figure, "length": len(rules.checked_reference_0("AB-$figure"))}
""",
)

ENDPOINTS = {"crud": _ENDPOINTS_CRUD, "repository": _ENDPOINTS_REPOSITORY}

PLAIN = (
    '''
@dataclass(frozen=True)
class ${n}Band_${number}:
    """A range of $n with the share that is added in it."""

    lowest: int
    highest: int
    share: float = 0.0
    names: tuple[str, ...] = ()

    def holds(self, value: int) -> bool:
        return self.lowest <= value < self.highest

    def added(self, value: int) -> float:
        return round(value * self.share, 2) if self.holds(value) else 0.0

    def split(self, middle: int) -> "tuple[${n}Band_${number}, ${n}Band_${number}]":
        lower = ${n}Band_${number}(self.lowest, middle, self.share, self.names)
        upper = ${n}Band_${number}(middle, self.highest, self.share, self.names)
        return lower, upper
''',
    '''
def grouped_by_${t}_${number}(records: Iterable[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    """Records by their $t, those without one under `other`."""
    groups: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for record in records:
        key = record.get("$t", "").strip().lower()
        groups[key or "other"].append(record)
    for group in groups.values():
        group.sort(key=lambda record: record.get("$t2", ""))
    return dict(groups)
''',
    '''
def checked_reference_${number}(text: str) -> str:
    """A reference as it is kept: upper case, without blanks.

    Raises:
        ValueError: it does not look like one.
    """
    cleaned = re.sub(r"\\s+", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2,4}-\\d{1,$figure}", cleaned):
        raise ValueError(f"not a reference: {text!r}")
    head, _, tail = cleaned.partition("-")
    return f"{head}-{int(tail):06d}"
''',
    '''
def spread_${n}_${number}(total: int, weights: Sequence[int]) -> list[int]:
    """A total over several parts by their weights; what is left goes to the first ones."""
    whole = sum(weights)
    if whole <= 0:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    index = 0
    while missing > 0:
        parts[index % len(parts)] += 1
        missing -= 1
        index += 1
    return parts
''',
    '''
class ${t}Counter_${number}:
    """Counts what comes in by $t, and forgets the rare ones."""

    def __init__(self, most: int = $figure) -> None:
        self._most = most
        self._seen: Counter[str] = Counter()
        self._dropped = 0

    def add(self, values: Iterable[str]) -> None:
        for value in values:
            self._seen[value] += 1
            if len(self._seen) > self._most:
                rare, _ = self._seen.most_common()[-1]
                del self._seen[rare]
                self._dropped += 1

    def shares(self) -> dict[str, float]:
        whole = sum(self._seen.values()) or 1
        return {value: count / whole for value, count in self._seen.items()}

    @property
    def dropped(self) -> int:
        return self._dropped
''',
    '''
def rows_for_export_${number}(records: Sequence[Mapping[str, object]], columns: Sequence[str]) -> Iterator[list[str]]:
    """Records as rows of text: a head, then one row each."""
    yield [column.replace("_", " ").title() for column in columns]
    for record in records:
        row = []
        for column in columns:
            value = record.get(column)
            if value is None:
                row.append("")
            elif isinstance(value, float):
                row.append(f"{value:.2f}")
            else:
                row.append(str(value))
        yield row
''',
    '''
def distance_${number}(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Kilometres between two places on the globe."""
    first, second = math.radians(start[0]), math.radians(end[0])
    turn = math.radians(end[1] - start[1])
    inner = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(turn / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(inner))) + $figure * 0.0
''',
    '''
@dataclass
class ${n}Plan_${number}:
    """Steps of $n in the order in which they are done."""

    steps: list[tuple[str, int]] = field(default_factory=list)
    limit: int = $figure

    def add(self, name: str, size: int) -> bool:
        if size <= 0 or self.size + size > self.limit:
            return False
        self.steps.append((name, size))
        return True

    @property
    def size(self) -> int:
        return sum(size for _, size in self.steps)

    def longest(self) -> str | None:
        if not self.steps:
            return None
        name, _ = max(self.steps, key=lambda step: step[1])
        return name

    def without(self, names: Iterable[str]) -> "${n}Plan_${number}":
        gone = frozenset(names)
        return ${n}Plan_${number}([step for step in self.steps if step[0] not in gone], self.limit)
''',
    '''
def parsed_line_${number}(text: str, separator: str = ";") -> dict[str, str | int]:
    """One line of a price list."""
    found: dict[str, str | int] = {}
    for position, part in enumerate(text.strip().split(separator)):
        key, sign, value = part.partition("=")
        if not sign:
            found[f"$t{position}"] = part
            continue
        try:
            found[key] = int(value)
        except ValueError:
            found[key] = value
        finally:
            found.setdefault("$n", $figure)
    return found
''',
    '''
def best_match_${number}(wanted: str, offered: Sequence[str]) -> tuple[str, int] | None:
    """What is offered that has most words of what is wanted."""
    words = {word for word in re.split(r"\\W+", wanted.lower()) if len(word) > 2}
    best: tuple[str, int] | None = None
    for each in offered:
        common = len(words & set(re.split(r"\\W+", each.lower())))
        if common and (best is None or common > best[1]):
            best = (each, common)
    return best
''',
)

_TESTS_CRUD = (
    """
def test_${name}_is_found(db: Session) -> None:
    item = make_$name(db, $n=$figure)
    assert crud.get_$name(db, item.id) is not None
    assert crud.count_${name}_by_status(db) == {"new": 1}
""",
    """
def test_${name}_is_approved(db: Session) -> None:
    item = make_$name(db, $n2=1)
    approved = services.approve_$name(db, item.id)
    assert approved.status in ("approved", "review")
""",
    """
def test_${name}_is_split(db: Session) -> None:
    item = make_$name(db)
    lines = services.split_$name(db, item.id, 3)
    assert len(lines) == 3
    assert db.query(${Model}Line).filter(${Model}Line.item_id == item.id).count() == 3
""",
    """
def test_${name}_is_deleted(db: Session) -> None:
    item = make_$name(db)
    assert crud.delete_$name(db, item.id)
    assert db.query($Model).count() == 0
""",
)

_TESTS_REPOSITORY = (
    """
def test_${name}_is_found(db: Session) -> None:
    item = make_$name(db, $n=$figure)
    service = ${Model}Service(db)
    assert service.rows.get(item.id) is not None
""",
    """
def test_${name}_is_approved(db: Session) -> None:
    item = make_$name(db, $n2=1)
    assert ${Model}Service(db).approve(item.id).status in ("approved", "review")
""",
    """
def test_${name}_lines(db: Session) -> None:
    item = make_$name(db)
    service = ${Model}Service(db)
    service.rows.add_line(item, "part")
    assert db.query(${Model}Line).count() == 1
    assert len(service.rows.lines(item.id)) == 1
""",
)

TESTS = {"crud": _TESTS_CRUD, "repository": _TESTS_REPOSITORY}
