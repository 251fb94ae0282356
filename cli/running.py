"""The commands that run fixers or take a run back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autofix.apply.errors import ApplyError
from autofix.cli.commands import CHANGES_NEEDED, INCOMPLETE, WRONG_USAGE
from autofix.cli.main import SOME_FAILED
from autofix.cli.output import Output
from autofix.project.changes import UnknownRevision
from autofix.project.configuration import ConfigurationError
from autofix.project.discovery import Listing, NotFound
from autofix.registry import UnknownSelector, load
from autofix.report import diff, text
from autofix.run.result import Result
from autofix.session import Request, execute, recover_interrupted, take_back, verified, write


def run_command(
    listing: Listing,
    paths: Sequence[Path],
    select: Sequence[str] | None,
    unsafe: bool | None,
    *,
    dry_run: bool,
    ignore: Sequence[str],
    since: str | None,
    default_branch: str | None,
    output_format: str | None,
    output_file: Path | None,
    configuration: Path | None,
    jobs: int | None,
    no_cache: bool,
    verify: str | None,
    allow_dirty: bool,
    wants_all: bool,
    exit_zero: bool,
    exit_non_zero_on_fix: bool,
    quiet: bool,
    verbose: bool,
    color: str,
) -> int:
    """Run fixers and return the exit code; `wants_all`: what is left to a person shows in it."""
    output = Output(color, output_file)
    request = Request(paths, select, ignore, unsafe, since, jobs, not no_cache, configuration, default_branch, output.progress)
    try:
        _warn(recover_interrupted(listing.root, dry=dry_run), output)
        result = execute(request, load(), listing)
        if not dry_run:
            result, _ = write(result, allow_dirty=allow_dirty, verify=verify, tell=output.progress)
        elif verify is not None:
            result = verified(result, verify, output.progress)
        output.end_progress()
        show(result, output_format or ("diff" if dry_run else "text"), not dry_run, quiet, verbose, output)
    except (ConfigurationError, UnknownSelector, UnknownRevision, NotFound) as error:
        output.error(str(error))
        return WRONG_USAGE
    except (ApplyError, OSError) as error:
        output.error(str(error))
        return SOME_FAILED
    finally:
        output.end_progress()
    if result.failures:
        return SOME_FAILED
    if exit_zero:
        return 0
    if wants_all and result.is_incomplete:
        return INCOMPLETE
    return CHANGES_NEEDED if result.changes and (dry_run or exit_non_zero_on_fix) else 0


def show(result: Result, output_format: str, written: bool, quiet: bool, verbose: bool, output: Output) -> None:
    """Print a run in a format. What is no text for people leaves stdout to the format and goes to stderr."""
    style = output.result_style if output_format == "text" else output.style
    report = text.failed(result, style) if quiet else text.lines(result, written=written, verbose=verbose, style=style)
    if output_format == "text":
        output.result(f"{line}\n".encode("utf-8", "backslashreplace") for line in report)
        return
    if output_format == "diff":
        output.diff(diff.chunks(result))
    else:
        from autofix.report import json

        output.result([json.document(result, written=written).encode(), b"\n"])
    for line in report:
        output.say(line)


def _warn(message: str | None, output: Output) -> None:
    if message is not None:
        output.say(f"{output.style('yellow', 'notice')} {message}")


def undo_command(path: Path) -> int:
    """Take the last run back and return the exit code."""
    output = Output("auto")
    try:
        undone = take_back(path)
    except (ApplyError, NotFound, OSError) as error:
        output.error(str(error))
        return SOME_FAILED
    output.say(undone.message)
    for left in undone.refused:
        output.say(f"{output.style('red', 'failed')} {left.path}: {left.reason}")
    return SOME_FAILED if undone.refused else 0
