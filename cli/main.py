"""The command `autofix`: parse arguments, call the engine, print."""

from __future__ import annotations

import os
import sys

SOME_FAILED = 3
INTERRUPTED = 130

_OTHER_THAN_RUNS = frozenset({"fixers", "explain", "undo", "-h", "--help"})


def start() -> None:
    """Run the command line as a process of its own, which ends with it."""
    try:
        main()
        code = 0
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        code = end.code
    # Everything is written and all workers are gone. Python would take apart, object by object, what the system frees at once.
    try:
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> None:
    """Run the command line; ends the process with its exit code unless that is 0."""
    _replace_closed_streams()
    code = _exit_code()
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python flushes once more when it ends, and would end with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            code = code if code == SOME_FAILED else _failed(error)
    if code:
        sys.exit(code)


def _exit_code() -> int | str | None:
    try:
        _run()
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _failed(error)  # such as a full disk below stdout
    except Exception:
        # Python would end with 1, which says that changes are needed.
        import traceback

        traceback.print_exc()
        print("error: this is a bug in autofix, please report it", file=sys.stderr)
        return SOME_FAILED
    return 0


def _failed(error: OSError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return SOME_FAILED


def _run() -> None:
    if sys.argv[1:] == ["--version"]:
        from autofix.version import VERSION

        print(f"autofix {VERSION}", flush=True)
        return
    # A run makes few reference cycles and ends soon: the collector would only walk everything again and again.
    import gc

    gc.disable()
    # Most runs are about the repository around them: git lists its files while everything else is imported.
    from autofix.project.worktree import FileList

    started = None if _OTHER_THAN_RUNS.intersection(sys.argv[1:2]) else FileList.here()
    try:
        from autofix.cli.commands import cli

        cli(obj=started)
    finally:
        if started is not None:
            started.drop()


def _replace_closed_streams() -> None:
    """Who starts us with a standard stream closed does not want to read it; no file of ours may get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open until the end
