"""What both branch fixers know: GitHub's filter patterns, and which conventional names are no branch of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from autofix.fixer import Edit, Project, Refusal, Source
from autofix.languages import yaml
from autofix.project.git import CONVENTIONAL, DefaultBranch, Git
from autofix.text.edit import apply_edits


@dataclass(frozen=True)
class BranchOptions:
    """Which names are taken for a default branch."""

    aliases: tuple[str, ...] = ()
    """Names beside `main` and `master` that were once the default branch here."""

    @property
    def conventional(self) -> tuple[str, ...]:
        """All names that may stand for a default branch."""
        return (*CONVENTIONAL, *self.aliases)


@dataclass(frozen=True)
class BranchFacts:
    """The branches of a repository, as far as they are known."""

    default: DefaultBranch | None
    branches: frozenset[str]
    complete: bool
    conventional: tuple[str, ...]

    def is_stale(self, name: str) -> bool:
        """Whether a name looks like a default branch and is none of the known branches."""
        return name in self.stale

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """The conventional names that no known branch has, nor (as `main/x`) begins with."""
        taken = self.branches | {branch.split("/")[0] for branch in self.branches}
        default = {self.default.name} if self.default else set()
        return tuple(name for name in self.conventional if name not in taken | default)

    @property
    def doubt(self) -> Refusal | None:
        """Why a stale name is not replaced here; None where the evidence is enough."""
        if self.default is None:
            reason = "the default branch is not known for certain"
            return Refusal(reason, "pass --default-branch NAME, or run `git remote set-head origin --auto`")
        if not self.complete:
            reason = "this clone does not hold all branches: whether there is a branch of that name is unknown"
            return Refusal(reason, "fetch all branches (`git fetch --unshallow`, or checkout with fetch-depth: 0)")
        return None

    @property
    def evidence(self) -> str:
        """How the default branch is known, for a message."""
        return f"the default branch is {self.default.name} ({self.default.evidence})" if self.default else ""


def facts_of(project: Project, options: BranchOptions) -> BranchFacts | None:
    """What git tells; None outside a repository or before its first commit."""
    return None if project.git is None else _facts(project.git, options.conventional)


@lru_cache(maxsize=8)  # one for each fixer and repository: some have ten thousand references
def _facts(git: Git, conventional: tuple[str, ...]) -> BranchFacts | None:
    if not git.branches and git.default_branch is None:
        return None
    return BranchFacts(git.default_branch, git.branches | git.tags, git.knows_all_branches, conventional)


# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
_ATOM = re.compile(r"\\(?P<escaped>.)|(?P<any>\*\*/?)|(?P<star>\*)|\[(?P<set>[A-Za-z0-9-]+)\]|(?P<literal>[^*?+\[\]\\])")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    out, at = "", 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        if atom is None:
            return None
        if atom["any"]:
            out += "(?:.*/)?" if atom["any"] == "**/" else "(?:.*)"
        elif atom["star"]:
            out += "(?:[^/]*)"
        else:
            out += f"[{atom['set']}]" if atom["set"] else re.escape(atom["escaped"] or atom["literal"])
        at = atom.end()
        # `?` and `+` repeat the character or set before them.
        if at < len(pattern) and pattern[at] in "?+":
            out, at = f"{out}{pattern[at]}", at + 1
    try:
        return re.compile(out, re.DOTALL)
    except re.error:
        return None


def accepts(patterns: Sequence[str], branch: str) -> bool | None:
    """Whether a list of filter patterns lets a branch through: the last one that matches decides, `!` turns it round.

    None where a pattern is malformed or has a meaning that the documentation does not tell.
    """
    accepted = False
    for pattern in patterns:
        compiled = _compiled(pattern.removeprefix("!"))
        if compiled is None:
            return None
        if compiled.fullmatch(branch):
            accepted = not pattern.startswith("!")
    return accepted


def is_literal(pattern: str) -> bool:
    """Whether a pattern names one branch and nothing else."""
    return not pattern.startswith("!") and re.search(r"[*?+\[\]\\]", pattern) is None


def as_pattern(branch: str) -> str:
    """A pattern that matches a branch of this name alone."""
    escaped = re.sub(r"([*?+\[\]\\])", r"\\\1", branch)
    return "\\" + escaped if escaped.startswith("!") else escaped


def proven(source: Source, edits: Iterable[Edit], expected: Mapping[yaml.Path, str]) -> bool:
    """Whether the edited text is read as the old one but for these values of its only document."""
    try:
        [before] = yaml.documents(source)
        [after] = yaml.compose(apply_edits(source.text, edits))
    except (yaml.YamlError, ValueError):
        return False
    found = {path: new for path, (_, new) in yaml.differences(before, after).items()}
    return found.keys() == expected.keys() and all(
        isinstance(new, yaml.ScalarNode) and new.value == expected[path] for path, new in found.items()
    )


def only_document(source: Source) -> yaml.MappingNode | None:
    """The root of a file that is one YAML mapping; None for others and for what is no YAML."""
    try:
        roots = yaml.documents(source)
    except yaml.YamlError:
        return None
    return roots[0] if len(roots) == 1 and isinstance(roots[0], yaml.MappingNode) else None
