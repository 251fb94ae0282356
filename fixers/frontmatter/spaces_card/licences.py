"""Licences by the ids of the Hub."""

from __future__ import annotations

import re

from autofix.fixers.frontmatter.spaces_card.tables import hub

# The words that tell a licence stand in its first lines; further down others are quoted.
_HEAD = 1500


def licence_id(spelling: str) -> str | None:
    """The id that another spelling stands for: SPDX with its suffixes, or as people write it."""
    plain = re.sub(r"[\s_]+", "-", spelling.strip().lower())
    if plain in hub().licences:
        return plain
    plain = re.sub(r"-(?:only|or-later)$|\+$", "", re.sub(r"(?:^the-|,|-?\blicen[cs]e\b)", "", plain)).strip("-")
    if plain in hub().licences:
        return plain
    return hub().licence_spellings.get(plain)


def licence_of_text(text: str) -> str | None:
    """The id of a licence by how its text begins; None where it is not known for certain."""
    head = " ".join(text[:_HEAD].split())
    return next((name for pattern, name in hub().licence_texts.items() if re.search(pattern, head)), None)
