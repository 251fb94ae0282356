"""Which folders of a repository are Spaces, and how that is known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from autofix.fixer import Project
from autofix.fixers.frontmatter.spaces_card.facts import Card, Container, Facts, Space, Summary
from autofix.fixers.frontmatter.spaces_card.tables import hub


def link(summaries: Mapping[str, Summary], project: Project) -> Facts:
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
        spaces = {space.readme: space for space in _containers(summaries) if not _uploaded_by_program(project)}
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


def _uploaded_by_program(project: Project) -> bool:
    """Whether a Python program brings files to a Space: what it puts there is not known, and often a card is among it."""
    named = [path for path in project.paths if re.search(r"(?:deploy|space|hugging|hf|upload|push|sync)[^/]*\.py$", path)]
    return any(re.search(rb"repo_type\s*=\s*[\"']space[\"']", project.read(path) or b"") for path in named)
