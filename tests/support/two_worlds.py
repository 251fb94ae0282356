"""An application and tasks that use the same helpers, sessions and models."""

from __future__ import annotations

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

DATABASE_URL = "sqlite:///./app.db"

engine = create_engine(DATABASE_URL, pool_pre_ping=True)
SessionLocal = sessionmaker(autoflush=False, bind=engine)
Base = declarative_base()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from db import Base


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(ForeignKey("users.id"))
"""
CRUD = """\
from sqlalchemy.orm import Session

from models import Post, User


def get_user(db: Session, user_id: int) -> User | None:
    return db.query(User).filter(User.id == user_id).first()


def create_user(db: Session, name: str) -> User:
    user = User(name=name)
    db.add(user)
    db.commit()
    return user


def add_post(db: Session, *, user: User, title: str) -> Post:
    post = Post(title=title, user_id=user.id)
    db.add(post)
    db.commit()
    return post


def names(db: Session) -> list[str]:
    return [user.name for user in db.query(User).order_by(User.id)]
"""
TASKS = """\
from celery import Celery

import crud
from db import SessionLocal, get_db
from models import User

celery_app = Celery("app", broker="memory://")
celery_app.conf.task_always_eager = True


@celery_app.task
def titles(user_id: int) -> list[str]:
    with SessionLocal() as db:
        user = crud.get_user(db, user_id)
        crud.add_post(db, user=user, title="from the task")
        return [post.title for post in user.posts]


@celery_app.task
def count() -> int:
    db = next(get_db())
    try:
        return db.query(User).count()
    finally:
        db.close()


@celery_app.task(bind=True)
def late(self) -> int:
    from db import SessionLocal as Local

    db = Local()
    try:
        return db.query(User).count()
    finally:
        db.close()
"""
APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

import crud
from db import Base, engine, get_db
from tasks import count, late, titles

Base.metadata.create_all(bind=engine)
app = FastAPI()


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    user = crud.create_user(db, name)
    post = crud.add_post(db, user=user, title="from the route")
    return {"id": user.id, "post": post.title}


@app.get("/users/{user_id}")
def read(user_id: int, db: Session = Depends(get_db)):
    done = titles.delay(user_id).get()
    user = crud.get_user(db, user_id=user_id)
    return {"name": user.name, "posts": [post.title for post in user.posts], "done": done}


@app.get("/users")
def every(db: Session = Depends(get_db)):
    return crud.names(db=db), count.delay().get(), late.delay().get()
"""
MAIN = """\
from fastapi.testclient import TestClient

from app import app

with TestClient(app) as client:
    print(client.post("/users", params={"name": "Ann"}).json())
    print(client.get("/users/1").json())
    print(client.get("/users").json())
"""
PROGRAM = {"db.py": DATABASE, "models.py": MODELS, "crud.py": CRUD, "tasks.py": TASKS, "app.py": APP, "main.py": MAIN}
