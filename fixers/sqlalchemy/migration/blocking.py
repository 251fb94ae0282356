"""Calls that block in functions that become coroutine functions: until then, the framework ran these in a thread."""

from __future__ import annotations

from itertools import chain

from autofix.fixers.sqlalchemy.colours.walker import Barrier, visits
from autofix.fixers.sqlalchemy.inference.fixtures import is_test_file
from autofix.fixers.sqlalchemy.kinds import Callable, External, Foreign, Kind, Method
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap, awaited, binds_tighter
from autofix.languages.python.code import Call

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# What waits for a network or a process, or computes a hash that is slow on purpose.
_FUNCTIONS = frozenset(
    (
        *(f"requests.{verb}" for verb in _VERBS),
        *("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
        *("bcrypt.hashpw", "bcrypt.checkpw", "urllib.request.urlopen", "urllib.request.urlretrieve"),
    )
)
_METHODS = {
    "passlib.context.CryptContext": frozenset(("hash", "verify", "verify_and_update")),
    "argon2.PasswordHasher": frozenset(("hash", "verify")),
    "pwdlib.PasswordHash": frozenset(("hash", "verify", "verify_and_update")),
    "requests.Session": frozenset(_VERBS),
}
_SLEEP = "time.sleep"
_BLOCKING = _FUNCTIONS | _METHODS.keys() | {_SLEEP}


def rewrite(migration: Migration) -> None:
    """All such calls of the program, also those of functions that stay as they are and make one themselves."""
    program, because = migration.inference.program, migration.colours.because
    waiting = [path for path, names in migration.inference.foreign_names.items() if not _BLOCKING.isdisjoint(names)]
    helpers = frozenset(
        function.key
        for path in waiting
        for function in program.functions_of[path]
        if function.key not in because and not function.node.is_async and not function.is_generator
        if any(blocks(migration.kind(path, node.function)) for node in function.nodes if isinstance(node, Call))
    ) | frozenset(
        key
        for key in migration.colours.kept & program.functions.keys()
        if not program.functions[key].node.is_async and not program.functions[key].is_generator
    )
    for key in because:
        function = program.functions.get(key)
        if function is not None and not function.node.is_async and not is_test_file(function.path):
            for node, barrier in visits(function.node.body):
                if isinstance(node, Call):
                    _call(migration, migration.files[function.path], node, barrier, helpers)


def _call(migration: Migration, changes: FileChanges, call: Call, barrier: Barrier, helpers: frozenset[str]) -> None:
    callee = migration.kind(changes.path, call.function)
    is_sleep = callee == External(_SLEEP)
    if not is_sleep and not blocks(callee) and not (isinstance(callee, Callable) and callee.key in helpers):
        return
    if (changes.path, call.start, call.end) in migration.colours.bridges:
        return
    if barrier is not Barrier.NONE:
        migration.notes.append((changes.path, call.start, "blocks the event loop"))
    elif is_sleep:
        changes.pieces.append(awaited(call, changes.parents, changes.text))
        changes.pieces.append(Replace(call.function.start, call.function.end, "asyncio.sleep"))
        changes.need("asyncio")
    else:
        _in_thread(migration, changes, call)


def blocks(callee: Kind) -> bool:
    """Whether calling something waits for a network or a process, or computes for long."""
    match callee:
        case External(name=name):
            return name in _FUNCTIONS or name == _SLEEP
        case Method(receiver=Foreign(name=cls), name=name):
            return name in _METHODS.get(cls, ())
        case _:
            return False


def _in_thread(migration: Migration, changes: FileChanges, call: Call) -> None:
    """`f(x)` to `await run_in_threadpool(f, x)`."""
    runner = "run_in_threadpool" if _has_fastapi(migration) else "asyncio.to_thread"
    before, after = ("(await ", ")") if binds_tighter(call, changes.parents, changes.text) else ("await ", "")
    changes.pieces.append(Wrap(call.start, call.end, f"{before}{runner}(", after))
    changes.pieces.append(Replace(call.function.end, call.open + 1, ", " if call.arguments else ""))
    if runner == "run_in_threadpool":
        changes.need("fastapi.concurrency", runner)
    else:
        changes.need("asyncio")


def _has_fastapi(migration: Migration) -> bool:
    imports = chain.from_iterable(migration.inference.program.imports.values())
    names = (statement.module or statement.names[0].name for statement in imports)
    return any(name.partition(".")[0] == "fastapi" for name in names)
