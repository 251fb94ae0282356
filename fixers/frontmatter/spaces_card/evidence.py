"""Which folders of a repository are Spaces, and how that is known."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.fixers.frontmatter.spaces_card.containers import Container
from autofix.fixers.frontmatter.spaces_card.deployments import Deployment
from autofix.fixers.frontmatter.spaces_card.tables import hub


@dataclass(frozen=True)
class Card:
    """A page that has a card, or something that was meant to be one."""

    path: str


Summary = tuple[Deployment, ...] | Container | Card


@dataclass(frozen=True)
class Space:
    """A folder that becomes a Space. `evidence` are places as `path:line: what`."""

    root: str
    evidence: tuple[str, ...]
    name: str = ""
    sdk: str = ""
    pushed: bool = True
    """Whether something sends this very folder, or its Dockerfile only looks like it."""

    @property
    def readme(self) -> str:
        """Where the card has to stand."""
        return posixpath.join(self.root, "README.md")


@dataclass(frozen=True)
class Facts:
    """What `fix` needs to know: Spaces by their README, the pages with a card, and deployments that cannot be judged."""

    spaces: Mapping[str, Space] = field(default_factory=dict)
    cards: frozenset[str] = frozenset()
    unclear: tuple[Deployment, ...] = ()


def link(summaries: Mapping[str, Summary]) -> Facts:
    """Join what the files say."""
    found = [item for summary in summaries.values() if isinstance(summary, tuple) for item in summary]
    deployments = sorted(found, key=lambda item: (item.path, item.line))
    cards = frozenset(summary.path for summary in summaries.values() if isinstance(summary, Card))
    spaces: dict[str, Space] = {}
    for item in deployments:
        if item.root is None or item.writes_readme or item.root.startswith(".."):
            continue
        space = Space(item.root, (f"{item.path}:{item.line}: {item.what}",), item.space, item.sdk)
        spaces.setdefault(space.readme, space)
    if not deployments and not cards:
        spaces = {space.readme: space for space in _containers(summaries)}
    # Where some page has a card, a deployment that is put together elsewhere may well take that one.
    known = bool(cards or spaces)
    unclear = {item.path: item for item in reversed(deployments) if item.root is None and not item.writes_readme}
    readmes = frozenset(path for path in cards if posixpath.basename(path) == "README.md")
    return Facts(spaces, readmes, () if known else tuple(unclear.values()))


def _containers(summaries: Mapping[str, Summary]) -> list[Space]:
    """The one folder whose Dockerfile is made for a Space: the Hub's port, and its user (docs/hub/spaces-sdks-docker.md)."""
    found = [(item, sign) for item in summaries.values() if isinstance(item, Container) and (sign := _sign(item, summaries))]
    if len(found) != 1:
        return []
    container, sign = found[0]
    evidence = f"{container.path}: port {hub().default_port} and {sign}"
    return [Space(posixpath.dirname(container.path), (evidence,), pushed=False)]


def _sign(container: Container, summaries: Mapping[str, Summary]) -> str:
    """What shows, beside the port, that a Dockerfile is for a Space; empty where nothing does."""
    ports = {port.number for port in (*container.exposed, *([container.command] if container.command else []))}
    if posixpath.basename(container.path) != "Dockerfile" or hub().default_port not in ports:
        return ""
    if container.user_1000:
        return "user 1000, as Spaces run"
    return "a Dockerfile.hf beside it" if f"{container.path}.hf" in summaries else ""
