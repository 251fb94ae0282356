"""Worker processes that may die: a task that kills its worker costs only itself.

Workers are forked late on Linux, when everything they need is in memory, and spawned elsewhere. Each runs its tasks in a
thread with a large stack, because parsers recurse as deep as the code is nested.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    # Imported with the first worker: most runs have nothing for workers to do.
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

# The parser of libcst needs about 80 KiB of stack for each level of nesting; untouched stack costs no memory.
STACK_BYTES = 512 * 1024 * 1024
RECURSION_LIMIT = 20_000
# Tasks that a worker is handed at once: enough to hide the pipe, few enough to share the work evenly.
CHUNK = 8

TaskT = TypeVar("TaskT")
TaskIn_contra = TypeVar("TaskIn_contra", contravariant=True)


class Outcome(Protocol):
    """What became of a task. `task` does not travel back from the worker: it is put in again where it came from."""

    @property
    def task(self) -> object:
        """The task as it was given."""


ResultT = TypeVar("ResultT", bound=Outcome)
ResultOut_co = TypeVar("ResultOut_co", covariant=True, bound=Outcome)


class Work(Protocol[TaskIn_contra, ResultOut_co]):
    """What workers do: picklable, so that spawned workers can have it too."""

    def __call__(self, task: TaskIn_contra) -> ResultOut_co:
        """Do one task. An exception kills the worker: expected ones are part of the result."""
        ...


@dataclass
class Died(Generic[TaskT]):
    """The worker of this task ended without an answer."""

    task: TaskT
    reason: str


class Limits(NamedTuple):
    """How many workers at most, how they start (`fork` or `spawn`), and the seconds that one task may take."""

    workers: int
    start_method: str = "fork" if sys.platform == "linux" else "spawn"
    seconds: float = 30.0


class _Worker(Generic[TaskT]):
    def __init__(self, work: Work[TaskT, Outcome], limits: Limits) -> None:
        import multiprocessing

        context = multiprocessing.get_context(limits.start_method)
        self.connection, remote = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(remote, work), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        remote.close()
        self.queue: deque[TaskT] = deque()
        self.deadline = float("inf")

    def give(self, tasks: Sequence[TaskT], seconds: float) -> None:
        self.queue.extend(tasks)
        self.deadline = time.monotonic() + seconds
        self.connection.send(tasks)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def run(work: Work[TaskT, ResultT], tasks: Iterable[TaskT], limits: Limits) -> Iterator[ResultT | Died[TaskT]]:
    """Do all tasks, in any order, taking them from the iterable as workers become free."""
    source = iter(tasks)
    returned: deque[TaskT] = deque()
    workers: list[_Worker[TaskT]] = []
    try:
        while True:
            _feed(work, source, returned, workers, limits)
            busy = {worker.connection: worker for worker in workers if worker.queue}
            if not busy:
                return
            from multiprocessing.connection import wait

            patience = max(0.0, min(worker.deadline for worker in busy.values()) - time.monotonic())
            ready = wait(list(busy), patience)
            for connection in ready:
                yield from _collect(busy[connection], workers, returned, limits)  # type: ignore[index]
            if not ready:
                yield from _expire(workers, returned, limits)
    finally:
        for worker in workers:
            worker.process.kill()  # all at once: each takes a moment to end
        for worker in workers:
            worker.end()


def _feed(
    work: Work[TaskT, ResultT], source: Iterator[TaskT], returned: deque[TaskT], workers: list[_Worker[TaskT]], limits: Limits
) -> None:
    """Hand tasks to workers that have none. One that is busy may be waiting for us to read: writing to it could block."""
    while True:
        free = next((worker for worker in workers if not worker.queue), None)
        if free is None and len(workers) >= max(1, limits.workers):
            return
        chunk = _take(source, returned)
        if not chunk:
            return
        if free is None:
            free = _Worker(work, limits)
            workers.append(free)
        try:
            free.give(chunk, limits.seconds)
        except OSError:
            continue  # it died meanwhile: reading from it will say so


def _take(source: Iterator[TaskT], returned: deque[TaskT]) -> list[TaskT]:
    chunk: list[TaskT] = []
    while len(chunk) < CHUNK:
        task = returned.popleft() if returned else next(source, None)
        if task is None:
            break
        chunk.append(task)
    return chunk


def _collect(
    worker: _Worker[TaskT], workers: list[_Worker[TaskT]], returned: deque[TaskT], limits: Limits
) -> Iterator[ResultT | Died[TaskT]]:
    try:
        result = worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join(1.0)
        yield _bury(worker, workers, returned, _cause(worker.process))
        return
    result.task = worker.queue.popleft()
    worker.deadline = time.monotonic() + limits.seconds
    yield result


def _expire(workers: list[_Worker[TaskT]], returned: deque[TaskT], limits: Limits) -> Iterator[Died[TaskT]]:
    now = time.monotonic()
    for worker in [worker for worker in workers if worker.queue and worker.deadline <= now]:
        yield _bury(worker, workers, returned, f"took longer than {limits.seconds:g} seconds")


def _bury(worker: _Worker[TaskT], workers: list[_Worker[TaskT]], returned: deque[TaskT], reason: str) -> Died[TaskT]:
    task = worker.queue.popleft()
    returned.extend(worker.queue)
    workers.remove(worker)
    worker.end()
    return Died(task, reason)


def _cause(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None:
        return "the worker process closed its pipe"
    if code < 0:
        return f"the worker process was killed by signal {-code}"
    return f"the worker process ended with exit code {code}"


def _serve(connection: Connection, work: Work[TaskT, ResultT]) -> None:
    """The life of a worker."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    # Control-C reaches the whole process group: the parent decides, and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION_LIMIT)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=_answer, args=(connection, work), daemon=True)
    thread.start()
    # A run that is killed ends nobody, and a worker in the middle of a task does not notice.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _answer(connection: Connection, work: Work[TaskT, ResultT]) -> None:
    try:
        while True:
            for task in connection.recv():
                connection.send_bytes(_packed(work, task))
    finally:
        os._exit(1)  # the parent is gone, or this thread must not leave it waiting


def _packed(work: Work[TaskT, ResultT], task: TaskT) -> bytes:
    """The answer, ready to be sent; a fixer may have put something into it that cannot be."""
    from multiprocessing.reduction import ForkingPickler

    try:
        outcome: Any = work(task)
        outcome.task = None
        return bytes(ForkingPickler.dumps(outcome))
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return bytes(ForkingPickler.dumps(Died(None, reason[:300])))
