"""Tasks, threads and listeners stay on synchronous sessions beside the asynchronous ones of an application."""

from __future__ import annotations

import pytest
from migrations import blockers, migrated
from programs import output
from two_worlds import APP, CRUD, DATABASE, MODELS, PROGRAM, TASKS


def both(folder, files, arguments=("main.py",)):
    """The program after its migration, which prints what it printed before."""
    after = migrated(folder / "plan", files)
    before = output(folder / "before", files, arguments)
    assert output(folder / "after", after, arguments) == before != ""
    return after


def test_tasks_of_celery(tmp_path):
    after = both(tmp_path, PROGRAM)
    assert after["tasks.py"] == (
        TASKS.replace("import SessionLocal, get_db", "import SyncSessionLocal, get_sync_db")
        .replace("with SessionLocal()", "with SyncSessionLocal()")
        .replace("next(get_db())", "next(get_sync_db())")
        .replace("import SessionLocal as Local", "import SyncSessionLocal as Local")
    )
    assert "sync_engine = create_engine(DATABASE_URL, pool_pre_ping=True)\n" in after["db.py"]
    assert "SyncSessionLocal = sessionmaker(autoflush=False, bind=sync_engine)\n" in after["db.py"]
    assert 'DATABASE_URL = "sqlite:///./app.db"\n' in after["db.py"]
    assert "user = await db.run_sync(crud.get_user, user_id=user_id)\n" in after["app.py"]
    assert "await db.run_sync(crud.add_post, user=user, title=" in after["app.py"]
    assert "return await crud.names(db=db), " in after["app.py"]
    assert "def get_user(db: Session, user_id: int) -> User | None:\n    return db.query(User)" in after["crud.py"]
    assert "async def create_user(db: AsyncSession, name: str) -> User:" in after["crud.py"]


def test_a_database_in_memory_is_not_shared(tmp_path):
    files = {**PROGRAM, "db.py": DATABASE.replace("sqlite:///./app.db", "sqlite://")}
    assert [reason for path, _, reason in blockers(tmp_path, files) if path == "db.py" and "in memory" in reason]


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (
            "crud.py",
            "    return db.query(User).fil",
            "    time.sleep(1)\n    return db.query(User).fil",
            "block the event loop",
        ),
        ("crud.py", "    return post\n", "    yield post\n", "no plain function"),
        ("crud.py", "    return post\n", "    return db\n", "has to be read with its session"),
        ("crud.py", "    return post\n", "    return db.query(Post)\n", "has to be read with its session"),
        ("crud.py", "    db.add(post)\n", "    print(engine.connect())\n    db.add(post)\n", "connection of its own"),
        ("app.py", "crud.get_user(db, user_id=", "crud.get_user(SessionLocal(), user_id=", "is made there"),
        ("app.py", "crud.get_user(db, user_id=user_id)", "(lambda: crud.get_user(db, user_id=user_id))()", "a lambda"),
        ("app.py", "user = crud.get_user(db, ", "user = [crud.get_user, crud.names][user_id > 9](db, ", "passed on"),
        ("app.py", "user = crud.get_user(db, ", "user = run(crud.get_user, db, ", "may be given an asynchronous session"),
        ("tasks.py", "        crud.add_post(db, ", "        app.read(1, db)\n        crud.add_post(db, ", "an endpoint"),
        ("tasks.py", "    with SessionLocal() as db:", "    with HOLDER.maker() as db:", "the same for all objects"),
    ],
)
def test_what_cannot_be_told_apart(tmp_path, path, old, new, reason):
    assert old in PROGRAM[path]
    files = {**PROGRAM, path: PROGRAM[path].replace(old, new)}
    files["crud.py"] = f"import time\n\nfrom db import engine\n{files['crud.py']}"
    files["app.py"] = files["app.py"].replace("import Base, engine, get_db", "import Base, SessionLocal, engine, get_db")
    files["tasks.py"] = files["tasks.py"].replace("    with ", "    import app\n\n    with ", 1)
    files["app.py"] += "\n\ndef run(function, *arguments):\n    return function(*arguments)\n"
    files["tasks.py"] += "\n\nclass Holder:\n    maker = SessionLocal\n\n\nHOLDER = Holder()\n"
    found = [reason for _, _, reason in blockers(tmp_path, files)]
    assert [text for text in found if reason in text], found


THREADS = """\
import atexit
import threading
from concurrent.futures import ThreadPoolExecutor

import crud
from db import SessionLocal


def job(user_id: int) -> str:
    with SessionLocal() as db:
        return crud.get_user(db, user_id).name


def report(found: list) -> None:
    found.append(job(1))


class Worker(threading.Thread):
    def run(self) -> None:
        self.name_found = job(1)


def everywhere() -> list:
    found = []
    thread = threading.Thread(target=report, args=(found,))
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        found.append(pool.submit(job, 1).result())
        found += pool.map(job, [1, 1])
    worker = Worker()
    worker.start()
    worker.join()
    return [*found, worker.name_found]


@atexit.register
def end() -> None:
    print(job(1))
"""
THREADED_APP = (
    APP.replace("from tasks import count, late, titles", "import threads")
    .replace("titles.delay(user_id).get()", "threads.everywhere()")
    .replace("crud.names(db=db), count.delay().get(), late.delay().get()", "crud.names(db=db), threads.job(1)")
)


def test_threads(tmp_path):
    files = {**PROGRAM, "tasks.py": "", "threads.py": THREADS, "app.py": THREADED_APP}
    after = both(tmp_path, files)
    assert after["threads.py"] == THREADS.replace("SessionLocal", "SyncSessionLocal")
    # It has no session of the endpoint and may take its time.
    assert "await run_in_threadpool(threads.job, 1)" in after["app.py"]


LISTENERS = """\
from sqlalchemy import event

import crud
from db import SessionLocal, engine
from models import User


@event.listens_for(engine, "connect")
def connected(connection, record):
    print("connected")


@event.listens_for(User, "after_insert")
def inserted(mapper, connection, user):
    print("inserted", user.name)


def committed(session):
    print("committed", type(session).__name__)


event.listen(SessionLocal, "after_commit", committed)
event.listen(engine, "close", lambda connection, record: None)
"""


@pytest.mark.parametrize("tasks", [TASKS, "def nothing():\n    return 0\n"], ids=["both", "one"])
def test_listeners(tmp_path, tasks):
    app = APP.replace("import crud\n", "import crud\nimport listeners\n")
    if tasks != TASKS:
        app = app.replace("import count, late, titles", "import nothing")
        app = app.replace("titles.delay(user_id).get()", "nothing()").replace(", count.delay().get(), late.delay().get()", "")
    files = {**PROGRAM, "listeners.py": LISTENERS, "app.py": app, "tasks.py": tasks}
    before = output(tmp_path / "before", files)
    made = migrated(tmp_path / "plan", files)
    after, listeners = output(tmp_path / "after", made), made["listeners.py"]
    for word in ("inserted", "committed"):
        assert before.count(word) == after.count(word) > 0
    assert "connected" in after
    assert "SyncSessionLocal = sessionmaker(" in made["db.py"]
    assert ", sync_session_class=SyncSessionLocal" in made["db.py"]
    assert 'event.listen(SyncSessionLocal, "after_commit", committed)\n' in listeners
    if tasks == TASKS:
        assert '@event.listens_for(sync_engine, "connect")\n@event.listens_for(engine.sync_engine, "connect")\n' in listeners
        assert 'event.listen(sync_engine, "close", lambda' in listeners


OWN = """\
from celery import Celery
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from db import DATABASE_URL
from models import User

celery_app = Celery("app", broker="memory://")
celery_app.conf.task_always_eager = True
worker_engine = create_engine(DATABASE_URL)
WorkerSession = sessionmaker(bind=worker_engine)


def open_session():
    return WorkerSession()


@celery_app.task
def titles(user_id: int) -> list[str]:
    with open_session() as db:
        return [post.title for post in db.get(User, user_id).posts]


@celery_app.task
def count() -> int:
    with WorkerSession() as db:
        return db.query(User).count()


late = count
"""


def test_sessions_of_tasks_alone_stay(tmp_path):
    after = both(tmp_path, {**PROGRAM, "tasks.py": OWN})
    assert after["tasks.py"] == OWN
    assert "sync" not in after["db.py"].replace("async", "")
    assert "async def get_user(" in after["crud.py"]


def test_a_program_of_tasks_alone_stays(tmp_path):
    files = {"db.py": DATABASE, "models.py": MODELS, "crud.py": CRUD.partition("def create_user")[0], "tasks.py": TASKS}
    files["tasks.py"] = TASKS.replace('        crud.add_post(db, user=user, title="from the task")\n', "")
    assert migrated(tmp_path, files) == files


MIGRATIONS = """\
from alembic import context

from db import Base, SessionLocal, engine


def seeded() -> None:
    with SessionLocal() as db:
        db.commit()


def online() -> None:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()


online()
seeded()
"""


def test_migrations_of_alembic(tmp_path):
    after = migrated(tmp_path, {**PROGRAM, "alembic/env.py": MIGRATIONS})
    assert after["alembic/env.py"] == MIGRATIONS.replace(", SessionLocal, engine", ", SyncSessionLocal, sync_engine").replace(
        "with SessionLocal()", "with SyncSessionLocal()"
    ).replace("engine.connect", "sync_engine.connect")
