"""Web addresses that lead to a branch of one repository: source links, badges, services that read from the forge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Services that show repositories of github.com, with what precedes OWNER/NAME in their paths.
_SERVICES = (
    r"(?:www\.)?github\.com",
    r"raw\.githubusercontent\.com",
    r"github\.dev",
    r"(?:img\.)?shields\.io/(?:github|codecov/c|coveralls)(?:/[\w-]+)*?(?:/github)?",
    r"(?:app\.)?codecov\.io/(?:gh|github)",
    r"coveralls\.io/(?:repos/)?github",
    r"colab\.research\.google\.com/github",
    r"nbviewer(?:\.jupyter)?\.org/github",
    r"(?:beta\.)?mybinder\.org/(?:v2|badge)/gh",
    r"(?:dl\.)?circleci\.com/(?:gh|github)",
    r"results\.pre-commit\.ci/(?:badge|latest)/github",
    r"(?:app\.)?travis-ci\.(?:com|org)(?:/github)?",
)
_URL = re.compile(rb"https?://[^\s<>\"'`()\[\]{}|\\^]+")
# A branch in the path; what follows it is a file, a query, or the end.
_END = r"(?=[/?#&]|$)"
_IN_PATH = r"/(?:-/)?(?:blob|tree|edit|raw|blame|commits|branch|src)/(?:refs/heads/)?"
# In HTML an ampersand is written `&amp;`.
_IN_QUERY = r"[^#]*[?&;](?:branch=|query=branch(?::|%3A))"
_FIRST = {
    "raw.githubusercontent.com": r"/(?:refs/heads/)?",
    "mybinder.org": r"/",
    "results.pre-commit.ci": r"/",
    "shields.io": r"/",
}
_END_OF_FIRST = r"(?=[/?#]|\.svg|$)"


@dataclass(frozen=True)
class Repository:
    """A repository on a forge; case does not count in its names."""

    host: str
    owner: str
    name: str


@dataclass(frozen=True)
class Link:
    """A branch within a web address, as byte offsets of the text."""

    start: int
    end: int
    name: str


def links(text: bytes, repository: Repository, names: tuple[str, ...]) -> Iterator[Link]:
    """The addresses in a text that lead to one of these branches of the repository."""
    if not names:
        return
    for match in _URL.finditer(text):
        try:
            url = match.group().decode("ascii").rstrip(".,;:!*_~")
        except UnicodeDecodeError:
            url = match.group().decode("utf-8")
        found = branch_of(url, repository, names)
        if found is not None:
            start = match.start() + len(url[: found[0]].encode())
            yield Link(start, start + len(found[1].encode()), found[1])


def branch_of(url: str, repository: Repository, names: tuple[str, ...]) -> tuple[int, str] | None:
    """Where in an address which of the branches stands; None where it names none of them, or another repository."""
    prefix = _prefix(repository).match(url)
    if prefix is None:
        return None
    one = "(" + "|".join(map(re.escape, names)) + ")"
    first = next((path for host, path in _FIRST.items() if host in prefix.group()), None)
    patterns = [_IN_QUERY + one + r"(?=[&#+]|$)"]
    patterns.append(first + one + _END_OF_FIRST if first else _IN_PATH + one + _END)
    patterns.append(r"/archive/(?:refs/heads/)?" + one + r"(?=\.(?:zip|tar\.gz)$)")
    if "circleci" in prefix.group():
        patterns.append(_IN_PATH + one + _END_OF_FIRST)
    for pattern in patterns:
        found = re.compile(pattern).match(url, prefix.end())
        if found is not None:
            return found.start(1), found[1]
    return None


@lru_cache(maxsize=64)
def _prefix(repository: Repository) -> re.Pattern[str]:
    hosts = "|".join(_SERVICES) if repository.host == "github.com" else re.escape(repository.host)
    owner, name = re.escape(repository.owner), re.escape(repository.name)
    return re.compile(rf"https?://(?:{hosts})/{owner}/{name}(?:\.git|\.svg)?(?=[/?#])", re.IGNORECASE)
