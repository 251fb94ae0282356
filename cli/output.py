"""Where output goes and how it looks: colour and progress only on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import click

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
# A bar that flashes by on a short run only distracts.
_PROGRESS_AFTER = 1.0


class Output:
    """Standard output holds results only; everything said about the run goes to standard error."""

    def __init__(self, color: str, file: Path | None = None) -> None:
        self.color = color
        self.file = file
        self._progress: Any = None
        self._started = time.monotonic()

    def styled(self, stream: IO[str]) -> bool:
        """Whether colours go to a stream."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def style(self, name: str, text: str) -> str:
        """Text for standard error in a style."""
        return self._painted(name, text, sys.stderr)

    def result_style(self, name: str, text: str) -> str:
        """Text for the result in a style."""
        return text if self.file is not None else self._painted(name, text, sys.stdout)

    def _painted(self, name: str, text: str, stream: IO[str]) -> str:
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.styled(stream) else text

    def say(self, line: str) -> None:
        """A line for people, on standard error."""
        print(_printable(line), file=sys.stderr)

    def error(self, message: str) -> None:
        """What went wrong, on standard error."""
        self.say(f"{self.style('red', 'error')}: {message}")

    def result(self, chunks: Iterable[bytes]) -> None:
        """The result itself, byte for byte. A reader that has seen enough may close its end.

        Raises:
            OSError: the output file cannot be written.
        """
        if self.file is not None:
            with open(self.file, "wb") as stream:
                stream.writelines(chunks)
            return
        try:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(chunks)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Python flushes once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def diff(self, chunks: Iterable[bytes]) -> None:
        """A diff, coloured and paged on a terminal only, so that what is piped stays a patch."""
        if self.file is not None or (not sys.stdout.isatty() and self.color != "always"):
            self.result(chunks)
            return
        lines = (line for chunk in chunks for line in chunk.decode("utf-8", "replace").splitlines(keepends=True))
        painted = (self._painted_diff_line(line) for line in lines)
        if sys.stdout.isatty():
            # As git does: what fits the screen is not paged.
            os.environ.setdefault("LESS", "FRX")
            click.echo_via_pager(painted, color=self.styled(sys.stdout))
        else:
            self.result(line.encode() for line in painted)

    def _painted_diff_line(self, line: str) -> str:
        name = (
            "bold" if line.startswith(("diff --git", "+++", "---")) else {"@": "cyan", "+": "green", "-": "red"}.get(line[:1])
        )
        body = line.rstrip("\r\n")
        return line if name is None else self.result_style(name, body) + line[len(body) :]

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far a long run has come, if a person watches."""
        if self._progress is None:
            if time.monotonic() - self._started < _PROGRESS_AFTER or not sys.stderr.isatty():
                return
            self._start_progress()
        bar = self._progress
        task = bar.task_ids[0]
        bar.update(task, description=stage, completed=done, total=total)
        if done % 64 == 0:
            bar.refresh()

    def _start_progress(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        # No refresh thread: the run forks, and a forked process must not inherit a lock that a thread holds.
        bar = Progress(console=Console(stderr=True), transient=True, auto_refresh=False)
        bar.add_task("reading", total=None)
        bar.start()
        self._progress = bar

    def end_progress(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _printable(line: str) -> str:
    """File names may hold bytes that no terminal encoding has."""
    return line.encode(sys.stderr.encoding or "utf-8", "backslashreplace").decode(sys.stderr.encoding or "utf-8")
