"""A run after one that was killed starts from the files as they were before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from repositories import make_repository, read_tree

KILLED = """
import os, sys
from pathlib import Path
from autofix.apply import write as writing
from autofix.apply.changes import Change
from autofix.apply.state import state_folder
root = Path(sys.argv[1])
place = writing._place
def once(*arguments):
    place(*arguments)
    os._exit(9)
writing._place = once
before = (root / "a.yml").read_bytes()
changes = [Change(name, (root / name).read_bytes(), b"half a migration\\n", group=1) for name in ("Dockerfile", "a.yml")]
writing.apply_changes(root, changes, state=state_folder(root))
"""


def test_an_applying_run_puts_back_before_it_reads(tmp_path: Path):
    files = {"Dockerfile": "FROM python:3.12\nRUN pip install six\n", "a.yml": "a: 1\n"}
    root = make_repository(tmp_path / "project", files)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False, capture_output=True)
    assert killed.returncode == 9, killed.stderr
    assert b"half a migration\n" in read_tree(root).values()
    command = [sys.executable, "-c", "from autofix.cli.main import main; main()", "--allow-dirty", str(root)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=dict(os.environ))
    assert "interrupted" in done.stderr
    assert done.returncode == 0, done.stderr
    expected = {"Dockerfile": b"FROM python:3.12\nRUN pip install --no-cache-dir six\n", "a.yml": b"a: 1\n"}
    assert read_tree(root) == expected
