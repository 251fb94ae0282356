"""What hadolint says of the cases of docker-pip-cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from autofix.fixers.docker.docker_pip_cache import DockerPipCache
from autofix.fixers.docker.pip_commands import pip_of
from autofix.languages.commands import parse
from autofix.text.excerpt import Excerpt

CASES = Path(__file__).parents[2] / "fixtures" / DockerPipCache.id
# What hadolint does not recognize, or cannot parse.
UNSEEN = {"environment-prefix", "here-document-elsewhere", "mount-of-something-else", "sudo"}


def findings(folder: Path) -> Counter[str]:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    files = [str(path.relative_to(folder)) for path in folder.rglob("Dockerfile*")]
    run = subprocess.run([hadolint, "--no-fail", "-f", "json", *files], cwd=folder, capture_output=True, check=True)
    return Counter(item["code"] for item in json.loads(run.stdout))


@pytest.mark.parametrize("folder", sorted(path.parent for path in CASES.glob("*/after")), ids=lambda path: path.name)
def test_hadolint_agrees(folder: Path) -> None:
    before, after = findings(folder / "before"), findings(folder / "after")
    assert before["DL3042"] or folder.name in UNSEEN
    assert not after["DL3042"]
    assert not after - before, "a finding that was not there"


@pytest.mark.parametrize(
    ("script", "subcommand"),
    [
        ("pip install a", "install"),
        ("/usr/bin/pip3.12 --quiet --retries 3 --log=/x install a", "install"),
        ("pip --retries=3 -vv cache purge", "cache"),
        ("python3 -u -W 1 -m pip install a", None),
        ("python3 -uIm pip install a", "install"),
        ("python -m pipx install a", None),
        ("python setup.py install", None),
        ("sudo -EH -u me -- pip install a", "install"),
        ("env -i A=1 B=$C sudo pip install a", "install"),
        ("sudo $X pip install a", None),
        ("A=1 exec nice -n 3 pip install a", "install"),
        ("$X/pip install a", "install"),
        ('"$X/bin/pip" install a', "install"),
        ("$X install a", None),
        ("pip$X install a", None),
        ("pip $X install a", None),
        ("pip --log $X install a", "install"),
        ("pipenv install a", None),
        ("uv pip install a", None),
        ("xargs pip install", None),
        ("pip", None),
        ("A=1", None),
    ],
)
def test_calls_of_pip(script: str, subcommand: str | None) -> None:
    pip = pip_of(parse(Excerpt(script.encode(), ((0, 0),)))[0])
    assert (pip.subcommand.value if pip else None) == subcommand
