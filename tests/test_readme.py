"""What README.md and CONTRIBUTING.md say is so: blocks are run, tables are compared, links lead somewhere."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from autofix import session
from autofix.cli import commands as cli
from autofix.cli import main as exits
from autofix.languages import Language
from autofix.project.suppression import suppressions
from autofix.registry import load
from autofix.text.source import Source
from pages import ROOT, blocks, commands, named_blocks, page, rows
from processes import environment
from repositories import git, make_repository, read_tree, write_tree
from ruamel.yaml import YAML

README = page("README.md")
CONTRIBUTING = page("CONTRIBUTING.md")
PROJECT = {
    ".github/workflows/ci.yml": "on:\n  push:\n    branches: [master]\njobs: {}\n",
    "Dockerfile": "FROM python:3.12\nCOPY app.txt ./\nRUN pip install -r app.txt\n",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `autofix` is this one."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "autofix"
    script.write_text(f"#!{sys.executable} -P\nfrom autofix.cli.main import main\nmain()\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def shell(command: str, cwd: Path, path: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command], cwd=cwd, env=environment(*folders, PATH=path), capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("block", blocks(README, "console"), ids=lambda block: commands(block)[0])
def test_commands_of_the_readme(block, path, tmp_path):
    root = make_repository(tmp_path, PROJECT)
    for command in commands(block):
        done = shell(command, root, path)
        assert done.returncode in (0, 1), (command, done.stderr)
        assert "error" not in done.stderr, (command, done.stderr)
    assert {name: data for name, data in read_tree(root).items() if name in PROJECT} == {
        name: text.encode() for name, text in PROJECT.items()
    }


def test_the_first_block_writes_in_between(path, tmp_path):
    root = make_repository(tmp_path, PROJECT)
    first = commands(blocks(README, "console")[0])
    assert first[2:] == ["autofix", "autofix undo"]
    shell(first[2], root, path)
    assert b"branches: [main]" in read_tree(root)[".github/workflows/ci.yml"]


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_make_knows_the_targets(text):
    makefile = page("Makefile")
    for target in re.findall(r"^make (\w+)", "".join(blocks(text, "sh")), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/json.md"])
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page(name)):
        if "://" not in target:
            assert ((ROOT / name).parent / target).exists(), target


def test_promises_name_their_tests():
    found = re.findall(r"\[`(\w+)`\]\((tests/[\w/]+\.py)\)", README)
    promises = list(rows(README, "| promise | test |"))
    assert all("](tests/" in cells[1] for cells in promises)
    for function, file in found:
        assert f"def {function}(" in page(file), (function, file)


def test_options_are_those_of_the_command():
    options = {name for parameter in cli.run.params if isinstance(parameter, click.Option) for name in parameter.opts}
    options |= {name for parameter in cli.run.params for name in parameter.secondary_opts}
    documented = {name for cells in rows(README, "| option | meaning |") for name in re.findall(r"`(--?[\w-]+)", cells[0])}
    assert documented == options


def test_exit_codes_are_those_of_the_command():
    codes = [int(cells[0]) for cells in rows(README, "| exit code | meaning |")]
    assert codes == [0, cli.CHANGES_NEEDED, cli.WRONG_USAGE, exits.SOME_FAILED, cli.INCOMPLETE, exits.INTERRUPTED]


def test_the_configuration_is_valid(tmp_path):
    (block,) = (block for block in blocks(README, "toml") if block.startswith("# autofix.toml"))
    root = make_repository(tmp_path, {"autofix.toml": block, **PROJECT})
    result = session.execute(session.Request((root,), jobs=1, cache=False), load())
    assert not result.failures
    assert ".github/workflows/ci.yml" in {change.path for change in result.changes}


def test_every_key_of_the_configuration_is_shown():
    from autofix.project.configuration import Configuration

    (block,) = (block for block in blocks(README, "toml") if block.startswith("# autofix.toml"))
    keys = {name.replace("_", "-") for name in Configuration._fields} - {"path"}
    assert tomllib.loads(block).keys() == keys


def test_suppression_comments_are_understood():
    (block,) = (block for block in blocks(README, "text") if "autofix:" in block)
    fixers = load().fixers
    known = {name: fixer.group for name, fixer in fixers.items()} | {"env-example": "python"}
    lines = [re.split(r"\s{3,}", line)[0] for line in block.splitlines()]
    assert len(lines) == 5
    text = "".join(f"{line}\nx=1\n" for line in lines)
    notices = suppressions(Source("a.sh", text.encode()), Language.SHELL).notices(known, known)
    assert all("suppresses nothing" in notice.message or "not needed" in notice.message for notice in notices), notices


class TestHooks:
    HOOKS = YAML(typ="safe").load(page(".pre-commit-hooks.yaml"))

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = make_repository(tmp_path, {"Dockerfile": "FROM python:3.12\nCOPY app.txt ./\nRUN pip install -r app.txt\n"})
        write_tree(root, PROJECT)
        git(root, "add", "--all")
        return root

    def test_ids(self):
        assert [hook["id"] for hook in self.HOOKS] == ["autofix", "autofix-check"]
        assert all(f"id: {hook['id']}" in README or hook["id"] != "autofix" for hook in self.HOOKS)

    def test_repair(self, root, path):
        assert shell(self.HOOKS[0]["entry"], root, path).returncode == 1
        tree = read_tree(root)
        assert b"branches: [main]" in tree[".github/workflows/ci.yml"]
        assert tree["Dockerfile"] == PROJECT["Dockerfile"].encode(), "a line that is not about to be committed"
        assert shell(self.HOOKS[0]["entry"], root, path).returncode == 0

    def test_check(self, root, path):
        before = read_tree(root)
        assert shell(self.HOOKS[1]["entry"], root, path).returncode == 1
        assert read_tree(root) == before


class TestContributing:
    """The walk-through, with its fixer in a distribution of its own."""

    FILES = named_blocks(CONTRIBUTING)

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        points = tomllib.loads(cls.FILES["pyproject.toml"])["project"]["entry-points"]["autofix.fixers"]
        package = "our_fixers-1.0.dist-info"
        return write_tree(
            tmp_path_factory.mktemp("site"),
            {
                "our_fixers/__init__.py": "",
                "our_fixers/assert_tuple.py": cls.FILES["fixers/python/assert_tuple.py"],
                f"{package}/METADATA": "Metadata-Version: 2.1\nName: our-fixers\nVersion: 1.0\n",
                f"{package}/entry_points.txt": "[autofix.fixers]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()),
            },
        )

    def tree(self, case: str, side: str) -> dict[str, str]:
        folder = f"fixtures/assert-tuple/{case}/{side}/"
        return {name.removeprefix(folder): text for name, text in self.FILES.items() if name.startswith(folder)}

    def test_its_files_are_where_they_belong(self):
        assert set(self.FILES) == {
            "fixers/python/assert_tuple.py",
            "fixtures/assert-tuple/two-values/before/a.py",
            "fixtures/assert-tuple/two-values/after/a.py",
            "fixtures/assert-tuple/two-values/case.toml",
            "fixtures/assert-tuple/trap-unclear/before/a.py",
            "fixtures/assert-tuple/trap-unclear/case.toml",
            "fixtures/assert-tuple/trap-true/before/a.py",
            "pyproject.toml",
        }

    def test_its_commands(self, site, path, tmp_path):
        root = make_repository(tmp_path, self.tree("two-values", "before"))
        (block,) = blocks(CONTRIBUTING, "console")
        explain, dry_run = commands(block)
        shown = shell(explain, root, path, site)
        assert "never fails, whatever `x` is" in shown.stdout
        patch = shell(dry_run, root, path, site)
        assert patch.returncode == 1, patch.stderr
        git(root, "apply", "-", stdin=patch.stdout.encode())
        assert read_tree(root)["a.py"].decode() == self.tree("two-values", "after")["a.py"]
        assert shell(dry_run, root, path, site).returncode == 0

    def test_its_cases_pass_the_runner_of_all_cases(self, site, tmp_path):
        files = {name: text for name, text in self.FILES.items() if name.startswith("fixtures/")}
        write_tree(tmp_path / "checkout", {**files, "tests/test_fixtures.py": page("tests/test_fixtures.py")})
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "assert-tuple", "tests"]
        done = subprocess.run(
            command, cwd=tmp_path / "checkout", env=environment(site, ROOT / "tests/support"), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:]
        assert "7 passed" in done.stdout, done.stdout

    @pytest.mark.slow
    def test_its_distribution_can_be_installed(self, path, tmp_path):
        source = {
            "pyproject.toml": self.FILES["pyproject.toml"],
            "our_fixers/__init__.py": "",
            "our_fixers/assert_tuple.py": self.FILES["fixers/python/assert_tuple.py"],
        }
        write_tree(tmp_path / "source", source)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", "site", "./source"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        root = make_repository(tmp_path / "project", self.tree("two-values", "before"))
        done = shell("autofix --select assert-tuple --unsafe", root, path, tmp_path / "site")
        assert done.returncode == 0, done.stderr
        assert read_tree(root)["a.py"].decode() == self.tree("two-values", "after")["a.py"]

    def test_its_fixer_passes_lint_and_types(self, tmp_path):
        file = tmp_path / "assert_tuple.py"
        file.write_text(self.FILES["fixers/python/assert_tuple.py"])
        command = [sys.executable, "-P", "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
