"""Little programs that bind and read names in every way that Python knows, by title."""

from __future__ import annotations

from pathlib import Path

PROGRAMS = dict(
    part.split("\n", 1) for part in Path(__file__).with_name("python_programs.txt").read_text("utf-8").split("\n#### ")[1:]
)
