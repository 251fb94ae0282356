"""What is known once a program has been followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.fixer import Finding


@dataclass(frozen=True)
class Facts:
    """What there is to say about each file."""

    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
