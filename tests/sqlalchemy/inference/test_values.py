"""What inference proves of expressions, in programs of several files, whatever the order in which they are followed."""

from __future__ import annotations

import random

import pytest
from autofix.fixers.sqlalchemy.inference.analysis import Inference, infer
from autofix.fixers.sqlalchemy.kinds import Engine, Instance, Kind, Many, Query, Session
from autofix.languages.python.code import Call, Name
from autofix.languages.python.code_reading import read
from autofix.languages.python.code_walk import walk
from autofix.text.source import Source

MODELS = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped["User"] = relationship(back_populates="posts")
"""

# Each program asks for what stands in `probe(...)`.
CASES = {
    "annotation": ("def f(db: Session):\n    probe(db)\n", Session()),
    "string annotation": ("def f(db: 'Session'):\n    probe(db)\n", Session()),
    "optional": ("def f(db: Session | None = None):\n    probe(db)\n", Session()),
    "maker": ("db = SessionLocal()\nprobe(db)\n", Session()),
    "with": ("with SessionLocal() as db:\n    probe(db)\n", Session()),
    "caller": ("def f(db):\n    probe(db)\n\nf(SessionLocal())\n", Session()),
    "attribute": ("class A:\n    def __init__(self, db: Session):\n        self.db = db\n    def f(self):\n        probe(self.db)\n", Session()),  # noqa: E501
    "inherited": ("class A:\n    def __init__(self, db: Session):\n        self.db = db\nclass B(A):\n    def f(self):\n        probe(self.db)\n", Session()),  # noqa: E501
    "generator": ("def get():\n    yield SessionLocal()\nfor db in get():\n    probe(db)\n", Session()),
    "context manager": ("from contextlib import contextmanager\n@contextmanager\ndef get():\n    yield SessionLocal()\nwith get() as db:\n    probe(db)\n", Session()),  # noqa: E501
    "dependency": ("from fastapi import Depends\ndef get():\n    yield SessionLocal()\ndef f(db=Depends(get)):\n    probe(db)\n", Session()),  # noqa: E501
    "alias": ("from typing import Annotated\nfrom fastapi import Depends\ndef get(): ...\nDb = Annotated[Session, Depends(get)]\ndef f(db: Db):\n    probe(db)\n", Session()),  # noqa: E501
    "bind": ("probe(SessionLocal().bind)\n", Engine()),
    "one": ("probe(SessionLocal().query(User).first())\n", Instance("models.py:User")),
    "several": ("probe(SessionLocal().query(User).all())\n", Many(Instance("models.py:User"))),
    "relationship": ("probe(SessionLocal().get(Post, 1).author)\n", Instance("models.py:User")),
    "branches": ("def f(db: Session, x):\n    q = db.query(User)\n    if x:\n        q = q.filter(User.id == x)\n    probe(q.first())\n", Instance("models.py:User")),  # noqa: E501
    "two things": ("def f(db: Session, x):\n    v = db if x else 1\n    probe(v)\n", None),
    "a name alone": ("def f(db):\n    probe(db)\n", None),
    "another library": ("import requests\ndb = requests.Session()\nprobe(db.get('x'))\n", None),
    "rebound": ("def f(db: Session):\n    db = open('x')\n    probe(db)\n", None),
}  # fmt: skip


def followed(files: dict[str, str]) -> Inference:
    return infer({path: read(Source.decode(path, text.encode())) for path, text in files.items()})


def bare(kind: Kind) -> Kind:
    """Without where objects come from."""
    match kind:
        case Instance(cls=cls):
            return Instance(cls)
        case Many(of=of):
            return Many(bare(of))
        case _:
            return kind


def is_probe(call: Call) -> bool:
    return isinstance(call.function, Name) and call.function.name == "probe"


@pytest.mark.parametrize("name", CASES)
def test_what_is_proved(name: str) -> None:
    text, expected = CASES[name]
    source = "from models import *\n" + text
    inference = followed({"models.py": MODELS, "main.py": source})
    [probe] = (node for node in walk(inference.program.modules["main.py"]) if isinstance(node, Call) and is_probe(node))
    kind = inference.kind_of("main.py", probe.arguments[0].value)
    assert bare(kind) == expected


def test_the_order_of_files_does_not_matter() -> None:
    files = {
        "models.py": MODELS,
        "deps.py": "from typing import Annotated\nfrom fastapi import Depends\nfrom models import *\n"
        "def get_db():\n    with SessionLocal() as db:\n        yield db\nDb = Annotated[Session, Depends(get_db)]\n",
        "base.py": "from models import *\nclass Repo:\n    model = User\n    def __init__(self, db):\n        self.db = db\n"
        "    def all(self):\n        return self.query().all()\n    def query(self):\n        return self.db.query(self.model)\n",  # noqa: E501
        "repos.py": "from base import Repo\nfrom models import *\nclass Posts(Repo):\n    model = Post\n",
        "main.py": "from deps import Db\nfrom repos import Posts\n\ndef route(db: Db):\n    return [p.author for p in Posts(db).all()]\n",  # noqa: E501
    }
    first = followed(files).kinds
    for seed in range(10):
        order = list(files)
        random.Random(seed).shuffle(order)
        assert followed({path: files[path] for path in order}).kinds == first


def test_a_query_keeps_what_was_done_to_it() -> None:
    source = "from models import *\n\ndef f(db: Session):\n    q = db.query(User).join(Post).limit(3)\n    return q\n"
    inference = followed({"models.py": MODELS, "main.py": source})
    kinds = [kind for kind in inference.kinds["main.py"].values() if isinstance(kind, Query)]
    assert any(kind.shape.is_joined and kind.shape.is_limited for kind in kinds)
