"""Promises that hold for every fixer."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from autofix import session
from autofix.registry import load
from repositories import make_repository, write_tree

REGISTRY = load()


def test_nothing_of_the_repository_is_executed(tmp_path):
    """Modules that would be imported in the place of others, and files that tools run when they start."""
    mark = tmp_path / "executed"
    evil = f"open({str(mark)!r}, 'w').close()\n"
    names = (
        "autofix",
        "click",
        "libcst",
        "tree_sitter",
        "ruamel",
        "tomlkit",
        "rich",
        "sitecustomize",
        "usercustomize",
        "conftest",
    )
    modules = [*names, "setup", "json", "fixers", "cli", "engine", "toy_fixers", "dockerfile_parse", "pathspec"]
    tree = {f"{name}.py": evil + "import database.config\n" for name in modules}
    tree |= {f"{name}/__init__.py": evil for name in ("autofix", "fixers", "libcst")}
    tree |= {
        "Dockerfile": "FROM python:3.12\nRUN pip install x\n",
        ".github/workflows/ci.yml": "on:\n  push:\n    branches: [master]\n",
    }
    tree |= {"pyproject.toml": "[project]\nname = 'x'\n[project.entry-points.'autofix.fixers']\nx = 'conftest'\n"}
    root = make_repository(tmp_path / "project", tree)
    script = Path(sysconfig.get_path("scripts")) / "autofix"
    command = [str(script)] if script.exists() else [sys.executable, "-P", "-c", "from autofix.cli.main import main; main()"]
    for arguments in (["--dry-run", "--select", "*", "--unsafe"], ["fixers"], ["undo"]):
        done = subprocess.run([*command, *arguments], cwd=root, capture_output=True, env=os.environ)
        assert b"Traceback" not in done.stderr, done.stderr
    assert not mark.exists()


def test_a_lying_name_costs_nothing(tmp_path):
    """Files whose content is not what their names say."""
    names = ("a.py", "Dockerfile", "a.yaml", "README.md", "a.ts", "a.toml", "a.sh", "requirements.txt")
    root = write_tree(tmp_path, dict.fromkeys(names, b"\x89PNG\r\n\x1a\n\xff"))
    result = session.execute(session.Request((root,), select=("*",), unsafe=True, jobs=1, cache=False), REGISTRY)
    assert not result.changes
