"""The demonstration runs as its README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parent.parent / "fixtures" / "ai-book" / "demo.py"


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, DEMO, *arguments], capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_dry_run_prints_a_diff() -> None:
    done = demo(str(Path(sys.executable).parent / "autofix"), "--color", "never")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("diff --git ")
    assert "+++ b/backend/README.md" in done.stdout
    assert "-    branches: [main]\n+    branches: [master]" in done.stdout


def test_what_fails_is_told() -> None:
    assert demo(str(Path(sys.executable).parent / "autofix"), "--select", "no-such-fixer").returncode == 2
    assert demo().returncode == 2
