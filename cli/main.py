"""The command `autofix`: parse arguments, call the engine, print."""

from __future__ import annotations

import os
import sys

SOME_FAILED = 3
INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _replace_closed_streams()
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)  # such as a full disk below stdout
        sys.exit(SOME_FAILED)
    except Exception:
        # Python would end with 1, which says that changes are needed.
        import traceback

        traceback.print_exc()
        print("error: this is a bug in autofix, please report it", file=sys.stderr)
        sys.exit(SOME_FAILED)


def _run() -> None:
    if sys.argv[1:] == ["--version"]:
        from autofix.version import VERSION

        print(f"autofix {VERSION}", flush=True)
        return
    # A run makes few reference cycles and ends soon: the collector would only walk everything again and again.
    import gc

    gc.disable()
    from autofix.cli.commands import cli

    cli()


def _replace_closed_streams() -> None:
    """Who starts us with a standard stream closed does not want to read it; no file of ours may get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open until the end
