"""The shape of the code: arrows run downwards, fixers are small, start-up is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from autofix.registry import load

ROOT = Path(__file__).parent.parent
FOLDERS = {"engine": "autofix", "fixers": "autofix.fixers", "cli": "autofix.cli"}

# What each room may import besides itself. Rooms are named by their path below `autofix`.
BELOW_FIXERS = frozenset({"text", "languages", "project", "fixer"})
MAY_IMPORT = {
    "version": frozenset(),
    "text": frozenset(),
    "languages": frozenset({"text"}),
    "project": frozenset({"text", "languages", "version"}),
    "fixer": frozenset({"text", "languages", "project"}),
    "registry": frozenset({"text", "languages", "project", "fixer"}),
    "apply": frozenset({"text", "project"}),
    "run": BELOW_FIXERS | {"registry"},
    "report": BELOW_FIXERS | {"run", "version"},
    "verification": BELOW_FIXERS | {"run"},
    "foreign": BELOW_FIXERS | {"registry", "run"},
    "session": BELOW_FIXERS | {"registry", "run", "apply", "report", "verification", "version"},
    "documentation": BELOW_FIXERS | {"registry", "run", "apply", "report", "version"},
    "pulls": BELOW_FIXERS | {"registry", "run", "apply", "report", "session", "version"},
    "fixers": BELOW_FIXERS,
}
HEAVY = ("click", "libcst", "tree_sitter", "ruamel", "dockerfile_parse", "tomlkit", "rich", "pathspec", "multiprocessing")

SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    folder, *parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([FOLDERS[folder], *(part for part in parts if part != "__init__")])


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def room_of(module: str) -> str:
    return ".".join(module.split(".")[1:2])


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_arrows_run_downwards(path: Path):
    own = room_of(module_of(path))
    if own == "cli":
        return
    for line, name in imports(path):
        if name.split(".")[0] != "autofix" or own == "":
            continue
        room = room_of(name)
        assert room == own or room in MAY_IMPORT[own], f"{path}:{line}: {own} may not import {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_domain_of_fixers_knows_another(path: Path):
    module = module_of(path).split(".")
    if module[:2] != ["autofix", "fixers"] or len(module) < 3:
        return
    for line, name in imports(path):
        parts = name.split(".")
        assert parts[:2] != ["autofix", "fixers"] or parts[2] == module[2], f"{path}:{line}: {name}"


def test_every_room_is_in_the_table():
    assert {room_of(module_of(path)) for path in SOURCES} - {"", "cli"} <= MAY_IMPORT.keys()


def test_nobody_imports_a_folder():
    others = [path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    for path in (*SOURCES, *others):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                assert name.split(".")[0] not in FOLDERS, f"{path}:{node.lineno}: {name}"
    assert not FOLDERS.keys() & sys.modules.keys()


@pytest.mark.parametrize("path", sorted((ROOT / "fixers").rglob("*.py")), ids=lambda path: path.stem)
def test_a_fixer_file_stays_small(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= 350


class TestStartUp:
    def loaded(self, script: str) -> set[str]:
        """What a script imports that Python itself has not."""
        lines = ("import sys", "before = set(sys.modules)", script, "print(*sys.modules.keys() - before, file=sys.stderr)")
        command = [sys.executable, "-P", "-c", "\n".join(lines)]
        return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.split("\n")[-2].split())

    def heavy(self, script: str) -> set[str]:
        return {name.split(".")[0] for name in self.loaded(script)}.intersection(HEAVY)

    def test_of_the_fixers_needs_no_parser(self):
        assert not self.heavy("from autofix.registry import load; load()")

    def test_of_version_needs_nothing(self):
        script = "sys.argv[1:] = ['--version']; from autofix.cli.main import main; main()"
        assert self.loaded(script) - {"__future__"} == {"autofix", "autofix.cli", "autofix.cli.main", "autofix.version"}

    def test_of_a_run_in_which_no_file_has_needles_needs_no_parser(self, tmp_path):
        for name in ("a.py", "a.yaml", "Dockerfile", "README.md", "a.ts"):
            (tmp_path / name).write_text("# x\n")
        fixers = {name: fixer(fixer.Options()) for name, fixer in REGISTRY.fixers.items()}
        for fixer in fixers.values():
            fixer.is_selected = True
        needing = [name for name, fixer in fixers.items() if fixer.needles]
        arguments = ["--dry-run", "--no-cache", "--select", ",".join(needing), str(tmp_path)]
        script = f"sys.argv[1:] = {arguments}\nfrom autofix.cli.main import main\ntry: main()\nexcept SystemExit: pass"
        assert self.heavy(script) <= {"click", "multiprocessing"}


REGISTRY = load()


class TestDeclarations:
    @pytest.mark.parametrize("name", REGISTRY.fixers)
    def test_a_fixer_has_its_own_file_in_the_folder_of_its_group(self, name):
        parts = REGISTRY.fixers[name].__module__.split(".")
        assert parts[2] == REGISTRY.fixers[name].group
        assert name.replace("-", "_") in parts

    @pytest.mark.parametrize("name", REGISTRY.fixers)
    def test_the_title_is_one_short_line(self, name):
        title = REGISTRY.fixers[name].title
        assert title == title.strip()
        assert "\n" not in title
        assert 10 < len(title) <= 100
        assert not title.endswith(".")

    def test_ids_are_no_groups_or_recipes(self):
        from autofix.registry import RECIPES

        assert REGISTRY.fixers.keys().isdisjoint(REGISTRY.groups)
        assert REGISTRY.groups.isdisjoint(RECIPES)
