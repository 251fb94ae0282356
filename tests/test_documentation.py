"""What fixers say about themselves is complete, true and up to date."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from autofix import session
from autofix.documentation import HEADINGS, explanation, listing, options, sections
from autofix.registry import load
from repositories import make_repository, read_tree

ROOT = Path(__file__).parent.parent
REGISTRY = load()
EXAMPLES = [
    pytest.param(name, number, id=f"{name}-{number}")
    for name, fixer in REGISTRY.fixers.items()
    for number in range(len(fixer.examples))
]


@pytest.mark.parametrize("name", REGISTRY.fixers)
class TestDeclarations:
    def test_docstring(self, name):
        found = sections(REGISTRY.fixers[name])
        assert tuple(found) == HEADINGS
        assert all(found.values()), "a heading without text"

    def test_summary(self, name):
        summary = (inspect.getdoc(REGISTRY.fixers[name]) or "").partition("\n")[0]
        assert summary.endswith(".")

    def test_examples(self, name):
        assert REGISTRY.fixers[name].examples

    def test_options(self, name):
        kind = REGISTRY.fixers[name].Options
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        kind()
        assert set(options(REGISTRY.fixers[name])) == {field.name.replace("_", "-") for field in dataclasses.fields(kind)}

    def test_explanation(self, name):
        text = explanation(REGISTRY.fixers[name])
        assert text.startswith(f"# {name}\n")
        assert [line[3:] for line in text.splitlines() if line.startswith("## ")][:5] == list(HEADINGS)


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_an_example_is_true(name, number, tmp_path):
    example = REGISTRY.fixers[name].examples[number]
    root = make_repository(tmp_path, example.before)
    request = session.Request((root,), select=(name,), unsafe=True, jobs=1, cache=False)
    result = session.execute(request, REGISTRY)
    done, _ = session.write(result, allow_dirty=False)
    assert not done.failures
    assert {path: text.decode() for path, text in read_tree(root).items()} == dict(example.after)
    assert not session.execute(request, REGISTRY).changes


def test_the_list_names_every_fixer():
    lines = listing(REGISTRY).splitlines()
    for name, fixer in REGISTRY.fixers.items():
        assert any(name in line and fixer.title in line for line in lines)


def test_generated_pages_are_up_to_date():
    command = [sys.executable, "-P", "-m", "autofix.documentation", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
