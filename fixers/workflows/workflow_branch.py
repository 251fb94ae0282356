"""Branch filters that match no branch of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autofix.fixer import Applicability, Edit, Example, Finding, Fix, Fixer, Language, Project, Refusal, Source
from autofix.fixers.workflows.branches import (
    BranchFacts,
    BranchOptions,
    accepts,
    as_pattern,
    facts_of,
    is_literal,
    only_document,
    proven,
)
from autofix.languages import yaml

# The events that can be filtered by branch, in GitHub's reference of events that trigger workflows.
EVENTS = ("push", "pull_request", "pull_request_target", "workflow_run", "merge_group")
FILTERS = ("branches", "branches-ignore")


@dataclass(frozen=True)
class Filter:
    """The patterns of one `branches` or `branches-ignore`, each once, wherever its text stands."""

    event: str
    key: str
    place: yaml.Node
    patterns: Sequence[yaml.ScalarNode]

    @property
    def values(self) -> list[str]:
        """The patterns as text, in order."""
        return [pattern.value for pattern in self.patterns]


class WorkflowBranch(Fixer[BranchOptions]):
    """Branch filters of GitHub workflows that name `main` where the repository has `master`, or the reverse.

    ## What it does

    Puts the default branch in the place of `main` or `master` in `branches` and `branches-ignore` filters of workflows.

    ## Why

    A workflow whose filter matches no branch never runs, and nothing says so: no tests, no deployment, no red mark.

    ## Example

    In a repository whose only branch is `main`, `branches: [master]` becomes `branches: [main]`.

    ## Safety

    A filter is changed only when all of this holds: no pattern of it matches the default branch (by GitHub's own rules of
    `*`, `**`, `?`, `+`, `[]` and `!`), exactly one entry is `main`, `master` or a configured alias, no branch or tag has that
    name, the clone holds all branches, and the default branch is known from the command line, the event of a GitHub Actions
    run, `refs/remotes/origin/HEAD`, or as the only candidate in a repository without other long-lived branches. Quotes and
    comments stay. A `branches-ignore` is changed with `--unsafe` only: its workflow runs now, and would not run any more.

    ## Refuses when

    The default branch is not known for certain, the clone is shallow or has a single branch, several entries could be meant,
    an anchor shares the value with something else. A filter that has only negative patterns, or that names only branches
    that do not exist, is reported.
    """

    id = "workflow-branch"
    title = "Branch filters that match no branch"
    group = "workflows"
    languages = frozenset({Language.YAML})
    Options = BranchOptions
    examples = (
        Example(
            {".github/workflows/ci.yml": "on:\n  push:\n    branches: [master]\njobs: {}\n"},
            {".github/workflows/ci.yml": "on:\n  push:\n    branches: [main]\njobs: {}\n"},
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]]:
        """Both filters have the word."""
        return ((b"branches",),)

    def wants(self, path: str) -> bool:
        """Workflows only."""
        return is_workflow(path)

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        """One finding a filter."""
        root = only_document(source)
        if root is None:
            return
        facts = facts_of(project, self.options)
        seen: set[int] = set()
        for found in filters(root):
            if found.place.start in seen:
                continue  # an alias: judged where it is written out
            seen.add(found.place.start)
            finding = _only_negative(found) or (_judge(source, root, found, facts) if facts else None)
            if finding is not None:
                yield finding


def is_workflow(path: str) -> bool:
    """Whether GitHub runs the file: it looks at this one folder, not below it."""
    folder, _, name = path.rpartition("/")
    return folder == ".github/workflows" and name.endswith((".yml", ".yaml"))


def filters(root: yaml.MappingNode) -> Iterator[Filter]:
    """The branch filters of a workflow; those that GitHub would not accept are left out."""
    triggers = yaml.mapping_get(root, "on")
    for event in EVENTS:
        for key in FILTERS:
            place = yaml.mapping_get(yaml.mapping_get(triggers, event), key)
            patterns = _patterns(place)
            if place is not None and patterns:
                yield Filter(event, key, place, patterns)


def _patterns(place: yaml.Node | None) -> list[yaml.ScalarNode]:
    nodes = place.items if isinstance(place, yaml.SequenceNode) else [place] if place is not None else []
    scalars = [node for node in map(yaml.target, nodes) if isinstance(node, yaml.ScalarNode) and node.value]
    return scalars if len(scalars) == len(nodes) else []


def _only_negative(found: Filter) -> Finding | None:
    if found.key != "branches" or not all(value.startswith("!") for value in found.values):
        return None
    reason = "a filter with only `!` patterns lets no branch through: the workflow never runs"
    hint = "put '**' before them, or name the branches in branches-ignore without `!`"
    message = f"branches of {found.event} has only negative patterns"
    return Finding(found.place.start, found.place.end, message, Refusal(reason, hint))


def _judge(source: Source, root: yaml.MappingNode, found: Filter, facts: BranchFacts) -> Finding | None:
    default = facts.default
    known = facts.branches | ({default.name} if default else set())
    reach = [accepts(found.values, branch) for branch in ([default.name] if default else known)]
    if any(matched is not False for matched in reach):
        return None
    candidates = [pattern for pattern in found.patterns if pattern.value in facts.conventional]
    stale = [pattern for pattern in candidates if facts.is_stale(pattern.value)]
    if not stale or len(stale) < len(candidates):
        return None if candidates else _dead(found, facts)
    names = " and ".join(sorted({pattern.value for pattern in stale}))
    message = f"{found.key} of {found.event} names {names}, which is no branch"
    refusal = facts.doubt
    if refusal is None and len(stale) > 1:
        refusal = Refusal(f"both {names} look like a default branch and neither exists: which one is meant is unclear")
    if refusal is not None or default is None:
        outcome = refusal or Refusal("the default branch is not known")
        return Finding(stale[0].start, stale[0].end, message, outcome)
    return Finding(
        stale[0].start, stale[0].end, f"{message}: {facts.evidence}", _renamed(source, root, found, stale[0], default.name)
    )


def _dead(found: Filter, facts: BranchFacts) -> Finding | None:
    """A filter that names branches which do not exist; perhaps they are still to come."""
    if found.key != "branches" or not facts.complete or not all(map(is_literal, found.values)):
        return None
    if any(value in facts.branches for value in found.values):
        return None
    message = f"branches of {found.event} names no branch of the repository: {', '.join(found.values)}"
    return Finding(found.place.start, found.place.end, message, Refusal("the branches may be made later, or live elsewhere"))


def _renamed(source: Source, root: yaml.MappingNode, found: Filter, stale: yaml.ScalarNode, default: str) -> Fix | Refusal:
    path = next((path for path, node in yaml.walk(root) if node is stale), None)
    shared = _shared_with(root, stale)
    if path is None or shared is not None:
        return Refusal(f"an anchor shares the value with {shared}" if shared else "the value comes from a merged mapping")
    try:
        edits: list[Edit] = yaml.replace_scalar(source, stale, as_pattern(default))
    except yaml.CannotEdit as error:
        return Refusal(f"the value {error}")
    if not proven(source, edits, {path: as_pattern(default)}):
        return Refusal("the changed file would not say what is meant")
    applicability = Applicability.SAFE if found.key == "branches" else Applicability.UNSAFE
    return Fix(edits, applicability, f"Filter by {default} instead of {stale.value}")


def _shared_with(root: yaml.MappingNode, stale: yaml.ScalarNode) -> str | None:
    """Where an alias outside the triggers repeats the value."""
    for path, node in yaml.walk(root):
        target = yaml.target(node)
        if isinstance(node, yaml.AliasNode) and target.start <= stale.start < target.end and path[:1] != ("on",):
            return ".".join(map(str, path))
    return None
