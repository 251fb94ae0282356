"""The bookshop is migrated to asyncio and still does what it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import git, make_repository, read_tree

SHOP = Path(__file__).parent.parent / "fixtures" / "bookshop"
AUTOFIX = Path(sys.executable).parent / "autofix"


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL": "sqlite:///shop.db"}
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=300
    )


def suite(folder: Path) -> str:
    """The last line that pytest prints, without the time; coroutines that nobody awaits count as failures."""
    strict = ("-W", "error::RuntimeWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning")
    done = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *strict)
    return done.stdout.strip().splitlines()[-1].partition(" in ")[0].partition(",")[0]


def seeded(folder: Path) -> str:
    """What the script says of an empty database."""
    (folder / "shop.db").unlink(missing_ok=True)
    done = run(folder, sys.executable, "-W", "error::RuntimeWarning", "-m", "scripts.seed")
    (folder / "shop.db").unlink()
    return done.stdout + done.stderr


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {path: data for path, data in read_tree(SHOP / "repository").items() if "__pycache__" not in path}
    return make_repository(tmp_path / "shop", files)


def test_its_tests_pass_before_and_after(shop: Path) -> None:
    before = read_tree(shop)
    passed, books = suite(shop), seeded(shop)
    assert (passed, books) == ("11 passed", "3 books\n")
    done = run(shop, AUTOFIX, "migrate", "sqlalchemy-async", ".")
    assert done.returncode == 0, done.stderr
    assert "refused" not in done.stdout
    assert b"Session = " not in (shop / "app/routes/shop.py").read_bytes().replace(b"AsyncSession = ", b"")
    assert (suite(shop), seeded(shop)) == (passed, books)
    git(shop, "add", "--all")
    git(shop, "commit", "--quiet", "--message", "Migrate")
    assert run(shop, AUTOFIX, "migrate", "sqlalchemy-async", "--dry-run", ".").returncode == 0
    assert run(shop, AUTOFIX, "--dry-run", "--select", "unawaited-coroutine,sqlalchemy-select", "--unsafe", ".").stdout == ""
    assert run(shop, AUTOFIX, "undo").returncode == 0
    assert read_tree(shop) == before


def test_the_demonstration_prints_a_verified_migration() -> None:
    done = run(SHOP, sys.executable, SHOP / "demo.py", AUTOFIX, "--color", "never")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("diff --git ")
    assert "+engine = create_async_engine(to_async_url(DATABASE_URL), pool_pre_ping=True)" in done.stdout


def test_what_breaks_its_tests_is_told(tmp_path: Path) -> None:
    done = run(SHOP, sys.executable, SHOP / "demo.py", AUTOFIX, "--verify", 'test -z "$(grep -rl AsyncSession app)"')
    assert done.returncode == 3
    assert run(SHOP, sys.executable, SHOP / "demo.py").returncode == 2
