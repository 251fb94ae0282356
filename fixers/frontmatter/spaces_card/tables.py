"""What the Hub accepts, from `hub.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Hub:
    """The closed sets and limits of the Hub; see the file for sources and date."""

    sdks: Sequence[str]
    retired_sdks: Sequence[str]
    default_port: int
    short_description_limit: int
    oauth_minutes_limit: int
    colours: Sequence[str]
    hardware: Sequence[str]
    storage: Sequence[str]
    headers: Sequence[str]
    card_keys: Sequence[str]
    other_cards: Sequence[str]
    licences: Sequence[str]
    licence_spellings: Mapping[str, str]
    licence_texts: Mapping[str, str]
    nearest_colours: Mapping[str, str]
    emoji: Mapping[str, str]


@cache
def hub() -> Hub:
    """The tables, read once."""
    import tomllib
    from importlib.resources import files

    return Hub(**tomllib.loads(files(__package__).joinpath("hub.toml").read_text("utf-8")))
