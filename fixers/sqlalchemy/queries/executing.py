"""The parts that all executions of a statement are made of."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.pieces import Piece, Replace
from autofix.fixers.sqlalchemy.queries.chains import session_of
from autofix.fixers.sqlalchemy.queries.outcome import NotTheSame, Place
from autofix.languages.python.code import Expression


def session_known(query: Expression, place: Place) -> str:
    """The text of the session that executes a query.

    Raises:
        NotTheSame: there is none that can be written here.
    """
    session = session_of(query, place)
    if not session:
        raise NotTheSame("it is not known which session executes it")
    return session


def executed(place: Place, session: str, method: str) -> tuple[str, str]:
    """What stands before and behind a statement to execute it, with a method of its result to follow."""
    return (f"(await {session}.{method}(", "))") if place.awaits else (f"{session}.{method}(", ")")


def removed(place: Place, value: Expression, start: int, end: int) -> Piece:
    """Nothing in the place of a method call, nor of the blanks before it."""
    gap = place.text[value.end : start]
    return Replace(start if gap.strip() else value.end, end, "")
