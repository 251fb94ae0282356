"""What can stop a run from being written at all."""

from __future__ import annotations


class ApplyError(Exception):
    """Nothing was changed, and why: one line for the user (no journal can be kept, another run is at work)."""
