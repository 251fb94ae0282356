"""One way to put the default branch in the place of a stale name, with all the reasons not to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autofix.fixer import Applicability, Edit, Finding, Fix, Refusal, Source
from autofix.fixers.workflows.branches import BranchFacts, proven
from autofix.languages import yaml

# Names that look the same in an expression, a shell script, an address and YAML.
_REFERENCE = re.compile(r"[A-Za-z0-9][\w./+-]*")


@dataclass(frozen=True)
class Place:
    """Something that names a branch: `span` in bytes of the file, `what` begins the message."""

    what: str
    name: str
    span: tuple[int, int]


@dataclass(frozen=True)
class Renamer:
    """Findings about one file."""

    source: Source
    facts: BranchFacts

    @property
    def default(self) -> str:
        """The name to write; empty where it is unknown, and then nothing is written."""
        return self.facts.default.name if self.facts.default else ""

    def report(self, place: Place, outcome: Fix | Refusal | str) -> Finding:
        """A finding; a text is the reason of a refusal."""
        evidence = f": {self.facts.evidence}" if self.facts.default else ""
        message = f"{place.what} {place.name}, which is no branch{evidence}"
        return Finding(*place.span, message, Refusal(outcome) if isinstance(outcome, str) else outcome)

    def in_bytes(self, place: Place, applicability: Applicability) -> Finding:
        """Put the default branch in the place of the bytes of `place`."""
        return self.report(place, self._doubt or Fix([Edit(*place.span, self.default)], applicability, self._title(place)))

    def in_value(
        self, place: Place, path: yaml.Path, node: yaml.ScalarNode, part: tuple[int, int], applicability: Applicability,
        text: str | None = None,
    ) -> Finding:  # fmt: skip
        """Put the default branch (or `text`) in the place of a part of a YAML value, in characters of the value."""
        if self._doubt is not None:
            return self.report(place, self._doubt)
        text = text or self.default
        try:
            edits: Sequence[Edit] = yaml.replace_part(self.source, node, *part, text)
        except yaml.CannotEdit as error:
            return self.report(place, f"the value {error}")
        if not proven(self.source, edits, {path: node.value[: part[0]] + text + node.value[part[1] :]}):
            return self.report(place, "the changed file would not say what is meant")
        found = Place(place.what, place.name, (edits[0].start, edits[0].end))
        return self.report(found, Fix(edits, applicability, self._title(place)))

    @property
    def _doubt(self) -> Refusal | None:
        if (doubt := self.facts.doubt) is not None:
            return doubt
        if not _REFERENCE.fullmatch(self.default):
            return Refusal(f"the name {self.default} would have to be escaped")
        return None

    def _title(self, place: Place) -> str:
        return f"Name {self.default} instead of {place.name}"
