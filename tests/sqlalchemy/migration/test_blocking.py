"""What blocks in endpoints that ran in a thread until they became coroutine functions."""

from __future__ import annotations

from pathlib import Path

from migrations import migrated

APP = """
import subprocess
import time

import requests
from fastapi import Depends, FastAPI
from passlib.context import CryptContext
from sqlalchemy.orm import Session

from db import get_db

app = FastAPI()
context = CryptContext(schemes=["bcrypt"])
cache: dict[str, str] = {}


def hashed(password: str) -> str:
    return context.hash(password)


def shouted(password: str) -> str:
    return password.upper()


@app.get("/waits")
def waits(db: Session = Depends(get_db)):
    db.commit()
    time.sleep(0.1)
    text = requests.get("https://example.com", timeout=3).text
    done = [subprocess.run(command, check=True) for command in ([],)]
    return text, done, hashed("x"), shouted("x"), cache.get("x"), context.verify("x", "y"), list(map(lambda x: hashed(x), "a"))


@app.get("/stays")
def stays():
    time.sleep(0.1)
    return requests.get("https://example.com").text + hashed("x")
"""

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///a.db")
SessionLocal = sessionmaker(bind=engine)


def get_db():
    with SessionLocal() as session:
        yield session
"""


def test_waits_in_a_thread(tmp_path: Path) -> None:
    after = migrated(tmp_path, {"app.py": APP, "db.py": DATABASE})["app.py"]
    expected = [
        "    await asyncio.sleep(0.1)\n    text = ",
        '(await run_in_threadpool(requests.get, "https://example.com", timeout=3)).text',
        "[await run_in_threadpool(subprocess.run, command, check=True) for command",
        'await run_in_threadpool(hashed, "x"), shouted("x"), cache.get("x"), await run_in_threadpool(context.verify, "x", "y")',
        "lambda x: hashed(x)",
        '    time.sleep(0.1)\n    return requests.get("https://example.com").text + hashed("x")',
        "from fastapi.concurrency import run_in_threadpool",
    ]
    assert [text for text in expected if text not in after] == [], after
    compile(after, "app.py", "exec")


def test_without_a_framework(tmp_path: Path) -> None:
    script = (
        "import requests\n\nfrom db import SessionLocal\n\n\ndef load():\n    with SessionLocal() as db:\n        db.commit()\n"
    )
    script += '    return requests.get("https://example.com")\n\n\nif __name__ == "__main__":\n    load()\n'
    after = migrated(tmp_path, {"load.py": script, "db.py": DATABASE})["load.py"]
    assert 'return await asyncio.to_thread(requests.get, "https://example.com")' in after
    assert "    asyncio.run(load())" in after
