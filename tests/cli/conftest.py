"""The command line in a process of its own, with toy fixers installed as another distribution."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import processes
import pytest
from repositories import write_tree

DOCS = Path(__file__).parent.parent.parent / "docs"
SUPPORT = Path(__file__).parent.parent / "support"
COMMAND = (sys.executable, "-P", "-c", "from autofix.cli.main import start; start()")

TOYS = '''
import os, pathlib, time
import toy_fixers

class Replace(toy_fixers.Replace):
    """What it does: café → new."""

class Unsafe(toy_fixers.Unsafe):
    """Unsafe."""

class Suggests(toy_fixers.Suggests):
    """Suggests."""

class Refuses(toy_fixers.Refuses):
    """Refuses."""

class Raises(toy_fixers.Raises):
    """Raises."""

class Files(toy_fixers.Files):
    """Files."""

class Wholes(toy_fixers.Wholes):
    """Wholes."""

class Waits(toy_fixers.Replace):
    """Says that it works, and does so for a long time."""

    id = "waits"
    word = "wait for it"

    def outcome(self, start, end, source, project):
        pathlib.Path(os.environ["TOY_STARTED"]).write_text(str(os.getpid()))
        while True:
            time.sleep(0.01)
'''

Run = subprocess.CompletedProcess[bytes]
Autofix = Callable[..., Run]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    site = write_tree(
        tmp_path_factory.mktemp("site"),
        {
            "cli_toys.py": TOYS,
            "cli_toys-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: cli_toys\nVersion: 1\n",
            "cli_toys-1.dist-info/entry_points.txt": "[autofix.fixers]\ntoys = cli_toys\n",
        },
    )
    own = ("NO_COLOR", "FORCE_COLOR", "LESS", "PAGER")
    return {key: value for key, value in processes.environment(site, SUPPORT).items() if key not in own}


@pytest.fixture
def autofix(environment: Mapping[str, str]) -> Autofix:
    """Run `autofix` with arguments; `cwd`, `env` and so on as for `subprocess.run`."""

    def run(*arguments: Any, env: Mapping[str, str] | None = None, **options: Any) -> Run:
        command = [*COMMAND, *map(os.fspath, arguments)]
        return subprocess.run(
            command, capture_output=True, env={**environment, **(env or {})}, timeout=60, check=False, **options
        )

    return run


@pytest.fixture(scope="session")
def schema() -> Any:
    """The documented form of the JSON report."""
    text = (DOCS / "json.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    schema = json.loads(block)
    jsonschema.Draft202012Validator.check_schema(schema)
    return closed(schema)


def closed(schema: Any) -> Any:
    """The same schema with every property required to be documented."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    extra = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {**{key: closed(value) for key, value in schema.items()}, **extra}
