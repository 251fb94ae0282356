"""How much longer a run takes for each kind of bad input: `make bench-bad-input`.

The inputs are those of `tests/run/test_bad_input.py`, each beside the same good files, shown to a fixer that looks at every
file of every language and to one that parses Python with libcst; a file may take two seconds. Runs with the input and without
take turns; the difference of the medians counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.resolve()
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests" / "run")]
import toy_fixers as toys  # noqa: E402
from autofix.run.result import Result  # noqa: E402
from repositories import git, make_repository, write_tree  # noqa: E402
from runs import run  # noqa: E402
from test_bad_input import DEEP, FAILED, HOPELESS, LEFT_ALONE, Everywhere  # noqa: E402

GOOD = {f"good{number}.cfg": "old\n" for number in range(10)}

Build = Callable[[Path], object]


def inputs() -> Iterator[tuple[str, Build]]:
    """What is wrong, and how to put it into a folder."""
    for name, data, reason in [*FAILED, *LEFT_ALONE]:
        yield f"{Path(name).suffix} {reason}"[:60], lambda root, name=name, data=data: (root / name).write_bytes(data)
    for what, text in DEEP.items():
        yield f".py {what}, deep", lambda root, text=text: (root / "deep.py").write_text(text)
    for what, text in HOPELESS.items():
        yield f".py {what}, hopelessly deep", lambda root, text=text: (root / "deep.py").write_text(text)
    yield "a FIFO", lambda root: os.mkfifo(root / "pipe.cfg")
    yield "a link that points to itself", lambda root: (root / "loop.cfg").symlink_to("loop.cfg")
    yield "a folder that links to its parent", lambda root: (root / "again").symlink_to(".")
    if os.geteuid() != 0:  # root may read everything
        yield "a file that may not be read", lambda root: (write_tree(root, {"x.cfg": "old\n"}) / "x.cfg").chmod(0)
    yield "a repository in the repository", lambda root: make_repository(root / "nested", {"a.cfg": "old\n"})
    yield "a submodule", _submodule
    yield "50,000 files more", _many


def _submodule(root: Path) -> None:
    library = make_repository(root.parent / "library", {"lib.cfg": "old\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendor.cfg")


def _many(root: Path) -> None:
    for number in range(50_000):
        folder = root / f"d{number % 500}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}.txt").write_bytes(b"nothing\n")


def clocked(root: Path) -> tuple[float, float, Result]:
    """Wall and processor seconds of a run, workers included."""
    started, before = time.perf_counter(), _processor_time()
    result = run(root, Everywhere, toys.Parses, seconds=2.0)
    return time.perf_counter() - started, _processor_time() - before, result


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="inputs whose name contains this")
    arguments = parser.parse_args()
    print(f"{'bad input':<62} {'wall s':>7} {'cpu s':>7}  what the run says")
    for name, build in inputs():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            clean, bad = (make_repository(Path(folder, part, "project"), GOOD) for part in ("clean", "bad"))
            build(bad)
            clocked(clean)
            without, with_it = zip(*((clocked(clean), clocked(bad)) for _ in range(arguments.runs)), strict=True)
            wall, cpu = (
                statistics.median(one[part] for one in with_it) - statistics.median(one[part] for one in without)
                for part in (0, 1)
            )
            said = [item.reason for item in (*with_it[-1][2].failures, *with_it[-1][2].skipped)]
            print(f"{name:<62} {wall:7.3f} {cpu:7.3f}  {'; '.join(said)[:90] or 'nothing'}", flush=True)


if __name__ == "__main__":
    main()
