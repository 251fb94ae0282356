"""Summaries: what other files need to know of one file."""

from __future__ import annotations

from autofix.languages.summarizer import Summarizer

__all__ = ["Summarizer"]
