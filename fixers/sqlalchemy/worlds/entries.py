"""Where frameworks call a program without awaiting: tasks of queues, jobs of schedulers, threads, commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from autofix.fixers.sqlalchemy.colours.sites import Site, Sort
from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import Callable, External, Foreign, Kind, Method
from autofix.languages.python.code import Argument, Attribute, Call, Expression

# Decorators of what a worker, a thread or the interpreter calls, by the class that they are methods of, or by name.
_WORKERS = frozenset(("Celery", "Huey", "RedisHuey", "SqliteHuey", "MemoryHuey", "BackgroundScheduler", "BlockingScheduler"))
_TASKS = frozenset(
    ("celery.shared_task", "celery.task", "celery.current_app.task", "dramatiq.actor", "rq.decorators.job", "atexit.register")
)
_TASK_CLASSES = frozenset(
    ("celery.Task", "celery.app.task.Task", "threading.Thread", "threading.Timer", "multiprocessing.Process")
)
# Decorators of what is called once in a process of its own.
_COMMAND_CLASSES = frozenset(("Typer", "Group", "Command"))
_COMMAND_METHODS = frozenset(("command", "callback"))
_COMMANDS = frozenset(("click.command", "click.group"))
# Functions that call, in a thread or another process, what they are given.
_RUNNERS = frozenset(
    (
        *("threading.Thread", "threading.Timer", "multiprocessing.Process", "signal.signal", "atexit.register"),
        *("asyncio.to_thread", "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool"),
        *("anyio.to_thread.run_sync", "anyio.from_thread.run_sync"),
    )
)
_POOL = frozenset(("submit", "map", "apply", "apply_async", "map_async", "starmap", "starmap_async", "imap", "imap_unordered"))
_METHODS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("ThreadPoolExecutor", "ProcessPoolExecutor", "Pool", "ThreadPool"), _POOL),
    **dict.fromkeys(("BackgroundScheduler", "BlockingScheduler"), frozenset(("add_job",))),
    "Queue": frozenset(("enqueue", "enqueue_at", "enqueue_in", "enqueue_call")),
}


class Entries(NamedTuple):
    """The keys of functions."""

    tasks: frozenset[str]
    """What stays synchronous: it may be called at any time, wherever an event loop runs."""
    commands: frozenset[str]
    """What runs to its end before anything else happens in its process: an event loop may be started in it."""


def entries(inference: Inference, sites: Mapping[str, tuple[Site, ...]]) -> Entries:
    """Those of a program, whose `sites` are known by unit."""
    functions = inference.program.functions.values()
    tasks = {function.key for function in functions if _is_task(inference, function)}
    commands = {function.key for function in functions if is_command(inference, function)}
    for found in sites.values():
        for site in found:
            if site.sort is Sort.REFERENCE and _is_run(inference, site):
                tasks.update(site.targets)
    return Entries(frozenset(tasks), frozenset(commands) - tasks)


def _decorators(inference: Inference, function: FunctionInfo) -> Iterator[Kind]:
    for decorator in function.node.decorators:
        called = decorator.function if isinstance(decorator, Call) else decorator
        yield inference.kind_of(function.path, called)


def _is_task(inference: Inference, function: FunctionInfo) -> bool:
    for kind in _decorators(inference, function):
        match kind:
            case External(name=name) if name in _TASKS or name.startswith("celery.signals."):
                return True
            case Method(receiver=External(name=name)) if name.startswith("celery.signals."):
                return True
            case Method(receiver=Foreign(name=name)) | Method(receiver=Method(receiver=Foreign(name=name))):
                if last(name) in _WORKERS:
                    return True
            case _:
                pass
    return bool(function.owner) and any(name in _TASK_CLASSES for name in inference.hierarchy.externals(function.owner))


def is_command(inference: Inference, function: FunctionInfo) -> bool:
    """Whether click or typer calls a function."""
    for decorator in function.node.decorators:
        called = decorator.function if isinstance(decorator, Call) else decorator
        match inference.kind_of(function.path, called):
            case External(name=name) if name in _COMMANDS:
                return True
            case Method(receiver=Foreign(name=name), name=method) if last(name) in _COMMAND_CLASSES:
                return method in _COMMAND_METHODS
            case _:
                if (
                    isinstance(called, Attribute)
                    and called.name in ("command", "group")
                    and _is_group(inference, function, called.value)
                ):
                    return True
    return False


def _is_group(inference: Inference, function: FunctionInfo, value: Expression) -> bool:
    """Whether a name stands for a function that click has made a group of commands."""
    kind = inference.kind_of(function.path, value)
    if not isinstance(kind, Callable):
        return False
    return is_command(inference, inference.program.functions[kind.key])


def _is_run(inference: Inference, site: Site) -> bool:
    """Whether a function is given to what calls it in a thread or another process."""
    parents = inference.program.parents[site.path]
    argument = parents.of(site.node)
    call = parents.of(argument) if isinstance(argument, Argument) else None
    if not isinstance(call, Call):
        return False
    match inference.kind_of(site.path, call.function):
        case External(name=name):
            return name in _RUNNERS
        case Method(receiver=Foreign(name=name), name=method):
            return method in _METHODS.get(last(name), ())
        case _:
            return isinstance(call.function, Attribute) and call.function.name == "run_in_executor"
