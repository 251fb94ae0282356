"""The command `autofix`: parse arguments, call the engine, print."""

from __future__ import annotations

import sys

SOME_FAILED = 3
INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from autofix.version import VERSION

        print(f"autofix {VERSION}")
        return
    # A run makes few reference cycles and ends soon: the collector would only walk everything again and again.
    import gc

    gc.disable()
    try:
        from autofix.cli.commands import cli

        cli()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:
        # Python would end with 1, which says that changes are needed.
        import traceback

        traceback.print_exc()
        print("error: this is a bug in autofix, please report it", file=sys.stderr)
        sys.exit(SOME_FAILED)
