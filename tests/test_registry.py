"""Fixers of other distributions: found by entry point, and a broken one costs only itself."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from autofix.fixer import Fixer, ProgramFixer
from autofix.registry import RECIPES, UnknownSelector, load
from processes import environment
from repositories import write_tree

GOOD = '''
from autofix.fixer import Edit, Finding, Fix, Fixer, Language, NoOptions

class Shout(Fixer[NoOptions]):
    """Shouts."""
    id = "shout"
    title = "Say it louder"
    group = "voices"
    languages = frozenset({Language.INI})

    @property
    def needles(self):
        return ((b"hello",),)

    def fix(self, source, project):
        at = source.text.index(b"hello")
        yield Finding(at, at + 5, "too quiet", Fix((Edit(at, at + 5, "HELLO"),)))
'''


def distribution(folder: Path, name: str, entry_points: str, files: dict[str, str]) -> Path:
    """What an installer leaves of a distribution."""
    info = f"{name}-1.0.dist-info"
    return write_tree(
        folder,
        {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/entry_points.txt": f"[autofix.fixers]\n{entry_points}\n",
        },
    )


def autofix(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from autofix.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(site), check=False)


def test_a_fixer_of_another_distribution(tmp_path):
    site = distribution(tmp_path / "site", "voices", "voices = voices", {"voices.py": GOOD})
    listed = json.loads(autofix(site, "fixers", "--output-format", "json").stdout)
    assert "shout" in {fixer["id"] for fixer in listed["fixers"]}
    root = write_tree(tmp_path / "project", {"a.cfg": "hello\n"})
    done = autofix(site, str(root))
    assert (done.returncode, (root / "a.cfg").read_text()) == (0, "HELLO\n"), done.stderr
    assert "Say it louder" in autofix(site, "explain", "shout").stdout


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "ModuleNotFoundError: No module named 'voices'"),
        ({"voices.py": "1 / 0"}, "ZeroDivisionError: division by zero"),
        ({"voices.py": "syntax error"}, "SyntaxError"),
        ({"voices.py": "import sys; sys.exit(7)"}, "SystemExit: 7"),
        ({"voices.py": GOOD.replace('id = "shout"', "")}, "id"),
        ({"voices.py": GOOD.replace('id = "shout"', "id = 3")}, "id"),
        ({"voices.py": GOOD.replace('group = "voices"', "")}, "group"),
    ],
)
def test_a_broken_one_is_named_and_the_rest_runs(tmp_path, files, reason):
    other = GOOD.replace("shout", "louder")
    site = distribution(tmp_path / "site", "voices", "first = voices\nsecond = louder", {**files, "louder.py": other})
    root = write_tree(tmp_path / "project", {"a.cfg": "hello\n"})
    done = autofix(site, str(root))
    assert done.returncode == 3, done.stderr
    assert (root / "a.cfg").read_text() == "HELLO\n"
    (line,) = (line for line in (done.stdout + done.stderr).splitlines() if "entry point 'first'" in line)
    assert reason in line
    assert "Traceback" not in done.stderr
    assert autofix(site, "fixers").returncode == 0


def test_an_id_that_is_taken(tmp_path):
    files = {"one.py": GOOD, "two.py": GOOD, "clash.py": GOOD.replace("shout", "workflow-branch")}
    site = distribution(tmp_path / "site", "voices", "one = one\ntwo = two\nclash = clash", files)
    root = write_tree(tmp_path / "project", {"a.cfg": "hello\n"})
    done = autofix(site, str(root))
    assert done.returncode == 3
    said = done.stdout + done.stderr
    assert "fixer 'shout' of entry point 'two' is left out: one has that id" in said
    assert "fixer 'workflow-branch' of entry point 'clash' is left out: autofix.fixers.workflows.workflow_branch has" in said
    assert (root / "a.cfg").read_text() == "HELLO\n"


def test_our_fixers_are_found_without_importing_them():
    registry = load()
    package = importlib.import_module("autofix.fixers")
    classes = [
        value
        for info in pkgutil.walk_packages(package.__path__, "autofix.fixers.")
        for value in vars(importlib.import_module(info.name)).values()
        if isinstance(value, type) and value.__module__ == info.name and issubclass(value, Fixer | ProgramFixer)
    ]
    assert {fixer.id: fixer.group for fixer in classes} == registry.group_of
    assert {fixer.id: fixer for fixer in classes} == dict(registry.fixers)


def test_only_the_selected_fixer_is_imported():
    code = (
        "import sys; from autofix.registry import load; load().selected(['workflow-branch'], ['docker-*']); print(*sys.modules)"
    )
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "autofix.fixers.workflows.workflow_branch" in modules
    assert not [name for name in modules if name.startswith(("autofix.fixers.docker.", "autofix.fixers.python."))]


def test_selectors():
    registry = load()
    assert not registry.problems
    assert list(registry.fixers) == sorted(registry.fixers)
    assert registry.matching(["workflows"]).keys() == {n for n, f in registry.fixers.items() if f.group == "workflows"}
    assert "workflow-branch" in registry.matching(["workflow-b*"])
    assert registry.selected(["*"], ["*"]) == {}
    assert all(fixer.default for fixer in registry.selected(None, []).values())
    with pytest.raises(UnknownSelector, match="did you mean 'workflows'"):
        registry.matching(["workflow"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_name_fixers(recipe):
    assert load().matching([recipe])
