"""What is known of a repository: its containers, its deployments, its Spaces. Plain data, cheap to import."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Port:
    """A port and the 1-based line that names it."""

    number: int
    line: int


@dataclass(frozen=True)
class Container:
    """The last stage of a Dockerfile. `command` is the port in CMD or ENTRYPOINT, `exposed` those of EXPOSE."""

    path: str
    command: Port | None
    exposed: tuple[Port, ...]
    user_1000: bool

    @property
    def port(self) -> Port | None:
        """The port that the program listens on; None where nothing says it."""
        return self.command or (self.exposed[0] if len(self.exposed) == 1 else None)

    @property
    def conflict(self) -> str:
        """Why the port cannot be told; empty where it can be, or where nothing names one."""
        numbers = {port.number for port in self.exposed}
        if self.command is not None and numbers and self.command.number not in numbers:
            exposed = ", ".join(f"{port.number} (line {port.line})" for port in self.exposed)
            return f"{self.path} exposes {exposed} and starts on {self.command.number} (line {self.command.line})"
        if self.command is None and len(numbers) > 1:
            return f"{self.path} exposes {' and '.join(map(str, sorted(numbers)))}, and its command names no port"
        return ""


@dataclass(frozen=True)
class Deployment:
    """One push to a Space, found at a 1-based line.

    `root` is the folder whose content becomes the Space, `""` for the whole repository, None where `reason` says why it
    cannot be told. `writes_readme` says that the README is made or copied on the way.
    """

    path: str
    line: int
    what: str
    root: str | None
    reason: str = ""
    space: str = ""
    """Its name without the owner, where it is written out."""
    sdk: str = ""
    writes_readme: bool = False


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
