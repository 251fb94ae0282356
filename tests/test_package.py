"""What is installed is what was tested."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from autofix.version import VERSION
from repositories import git, make_repository

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS = {"engine": "autofix", "fixers": "autofix.fixers", "cli": "autofix.cli"}


def test_every_folder_is_a_package():
    found = {
        ".".join([FOLDERS[folder], *path.parent.relative_to(ROOT / folder).parts])
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])
    assert PROJECT["tool"]["setuptools"]["packages"] == sorted(found)


def test_every_package_has_an_init():
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), path


def test_data_files_are_declared():
    known = {".py", ".typed", ".toml"}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.suffix in known, f"{path}: add it to package-data"
                assert path.suffix != ".toml" or folder == "fixers", f"{path}: add it to package-data"


def test_nothing_of_a_machine_is_in_the_repository():
    home = re.compile(rb"/home/\w+/|/Users/\w+/|/root/\w")
    for name in git(ROOT, "ls-files", "-z", "engine", "fixers", "cli", "docs", "*.md", "*.toml", "Makefile").split(b"\0"):
        path = ROOT / os.fsdecode(name)
        if path.is_file():
            assert not home.search(path.read_bytes()), path


@pytest.mark.slow
def test_type_checking_sees_every_file():
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    done = subprocess.run(["make", "-s", "types"], cwd=ROOT, capture_output=True, text=True)
    checked = re.search(r"(\d+) source files", done.stdout)
    assert checked, done.stdout + done.stderr
    assert int(checked[1]) >= len(files)


@pytest.mark.slow
def test_an_installed_wheel_works(tmp_path):
    run("-m", "build", "--outdir", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    run("-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, python=python)
    root = make_repository(
        tmp_path / "project",
        {".github/workflows/ci.yml": "on:\n  push:\n    branches: [main]\njobs: {}\n"},
        state={"default": "master", "head": "master"},
    )
    autofix = tmp_path / "venv/bin/autofix"
    assert output(autofix, "--version", cwd=tmp_path) == f"autofix {VERSION}\n"
    assert output(autofix, "fixers", cwd=tmp_path) == output(*command(), "fixers", cwd=tmp_path)
    assert "+    branches: [master]" in output(autofix, "--dry-run", cwd=root, code=1)
    installed = tmp_path / "venv/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages/autofix"
    for folder, name in FOLDERS.items():
        target = installed.joinpath(*name.split(".")[1:])
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert (target / path.relative_to(ROOT / folder)).read_bytes() == path.read_bytes()
    assert sdist.stat().st_size > 0


def command() -> tuple[str, ...]:
    return (sys.executable, "-P", "-c", "from autofix.cli.main import main; main()")


def run(*arguments: object, python: object = sys.executable) -> None:
    done = subprocess.run([str(python), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def output(*arguments: object, cwd: Path, code: int = 0) -> str:
    done = subprocess.run([str(argument) for argument in arguments], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout
