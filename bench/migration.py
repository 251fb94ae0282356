"""Measure the migration `sqlalchemy-async` on applications of our own making: `make bench-migration`, a part of `make bench`.

Three of them: one of 100,000 lines of which half are layers over a database, one of half the size, and one of 100,000 lines
where a tenth of the packages use the database: what is not touched has to cost little. Nothing is written. Seconds of the
processors count, so that a busy machine slows the figures less; where even a plain loop takes longer than it does on a quiet
machine, what it takes is printed to be read beside them.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
import application

WORK = Path(__file__).parent.resolve().parent / ".bench"
LINES = 100_000
CPU_SECONDS = 10.0
MEGABYTES = 500
# Of the seconds that the application with all its packages on the database takes.
_FEW_RATIO = 0.6
# Python 3.11 on a quiet core of a current server.
_QUIET_LOOP = 0.5
_MEGABYTE = 1_000_000


class Size(NamedTuple):
    """An application, and what its migration may cost on two cores; no target where a figure is 0."""

    name: str
    lines: int
    share: float


SIZES = (Size("all", LINES, 1.0), Size("half-size", LINES // 2, 1.0), Size("few", LINES, 0.1))


class Figures(NamedTuple):
    """What a run took: seconds of wall and processors, megabytes of the largest process and of all together."""

    wall: float
    cpu: float
    peak: float
    together: float
    changed: int


class _Memory(threading.Thread):
    """Watches a process and all that it starts."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._stopped = threading.Event()
        self.peak = self.together = 0

    def run(self) -> None:
        highest = 0.0
        while not self._stopped.wait(0.1):
            family = _family(self._process)
            resident = [_resident(one) for one in family]
            self.peak = max(self.peak, *resident)
            if sum(resident) > highest:
                # Pages that processes share count once; to count them takes long.
                highest = sum(resident) * 1.05
                self.together = max(self.together, sum(_share(one) for one in family))

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _family(process: int) -> list[int]:
    found, waiting = [process], [process]
    while waiting:
        try:
            tasks = Path(f"/proc/{waiting.pop()}/task").iterdir()
            inner = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
        found += inner
        waiting += inner
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _share(process: int) -> int:
    try:
        rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rows if line.startswith("Pss:")), 0)


def measure(folder: Path) -> Figures:
    """One dry run; memory is only known on Linux."""
    command = [str(Path(sys.executable).parent / "autofix"), "migrate", "sqlalchemy-async", "--dry-run", "--no-cache"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with open(WORK / "migration.diff", "wb") as out, open(WORK / "stderr", "wb") as errors:
        process = subprocess.Popen([*command, "."], cwd=folder, stdout=out, stderr=errors, env=environment)
        memory = _Memory(process.pid)
        memory.start()
        code = process.wait()
        memory.stop()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != 1:
        sys.exit(f"{folder.name}: exit code {code}: {(WORK / 'stderr').read_text()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    changed = sum(line.startswith("+") for line in (WORK / "migration.diff").read_text().splitlines())
    return Figures(wall, cpu, memory.peak / _MEGABYTE, memory.together / _MEGABYTE, changed)


def _loop() -> float:
    start, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - start


def main() -> int:
    """Measure and print; the exit code tells whether the targets are met."""
    trees = {size.name: application.build(WORK / f"application-{size.name}", size.lines, size.share) for size in SIZES}
    measure(trees["few"])  # warms the page cache, and compiles what is not compiled yet
    slowness = _loop() / _QUIET_LOOP
    figures = {name: measure(folder) for name, folder in trees.items()}
    print(f"{'application':<12} {'changed':>8} {'wall s':>8} {'cpu s':>8} {'peak MB':>8} {'all MB':>8}")
    for name, (wall, cpu, peak, together, changed) in figures.items():
        print(f"{name:<12} {changed:8} {wall:8.2f} {cpu:8.2f} {peak:8.0f} {together:8.0f}")
    print(f"a plain loop takes {slowness:.1f} times what it takes on a quiet machine")
    whole, few = figures["all"], figures["few"]
    targets = (
        ("cpu seconds, all", whole.cpu, CPU_SECONDS),
        ("peak MB, all", whole.peak, MEGABYTES),
        ("MB of all processes, all", whole.together, MEGABYTES),
        ("cpu, few / all", few.cpu / whole.cpu, _FEW_RATIO),
    )
    for what, found, most in targets:
        print(f"{what:<28} {found:8.2f}  (target {most:g}) {'ok' if found <= most else 'MISSED'}")
    return 1 if any(found > most for _, found, most in targets) else 0


if __name__ == "__main__":
    sys.exit(main())
