"""The command `autofix`: parse arguments, call the engine, print."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from autofix.version import VERSION

        print(f"autofix {VERSION}")
        return
    from autofix.cli.commands import cli

    cli()
