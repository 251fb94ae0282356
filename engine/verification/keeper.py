"""A process of its own that runs commands for a run and cleans up after it, however that ends.

It is started by its path, with the folder that it keeps as argument, and imports nothing of ours. A line of its standard
input is a command to run, as JSON; the line that it answers is the exit code. When its input ends (the run is done, was
interrupted, or killed), it ends whatever the commands have left running and removes the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

# Seconds that processes get to put their things in order before they are killed.
PATIENCE = 3.0

_SET_CHILD_SUBREAPER = 36


def main(folder: str) -> None:
    """Run commands until there are no more, then clean up."""
    _adopt_orphans()
    groups: list[int] = []
    for line in sys.stdin:
        request = json.loads(line)
        with open(request["output"], "wb") as output:
            job = subprocess.Popen(  # noqa: S602 - it is the user who asks for this command
                request["command"],
                shell=True,
                cwd=request["cwd"],
                env=request["environment"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        groups.append(job.pid)
        threading.Thread(target=_answer, args=(job, groups), daemon=True).start()
    end_all(groups)
    remove(folder)


def _answer(job: subprocess.Popen[bytes], groups: list[int]) -> None:
    code = job.wait()
    end_all(groups)
    with contextlib.suppress(OSError):
        print(code, flush=True)


def _adopt_orphans() -> None:
    """On Linux: become the parent of all processes below this one whose own parent ends, so that they can be found."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all(groups: list[int]) -> None:
    """End what is left of the process groups of some commands and, where the system shows it, of all processes below."""
    if not _signal(groups, signal.SIGINT):
        return
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not _signal(groups, 0):
            return
        time.sleep(0.02)
    # What is killed may have started something else just before.
    while _signal(groups, signal.SIGKILL):
        time.sleep(0.02)


def _signal(groups: list[int], number: int) -> bool:
    """Send a signal; whether there was anybody to send it to."""
    found = False
    for process in _below(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)
            found = True
    if os.path.isdir("/proc/self"):
        return found
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            found = True
    return found


def _below(process: int) -> Iterator[int]:
    """The processes that run below one, as far as the system shows them."""
    children: dict[int, list[tuple[int, str]]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
                    children.setdefault(int(parent), []).append((int(name), state))
    waiting = [process]
    while waiting:
        for child, child_state in children.get(waiting.pop(), ()):
            waiting.append(child)
            if child_state not in "ZX":
                yield child


def remove(folder: str) -> None:
    """Remove a folder, whatever the rights that a command has given to what is in it."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            inner = os.path.join(path, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    # Who wants this to end closes its input. Commands do not inherit the handler, as they would what is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    main(sys.argv[1])
