"""`git push` in the scripts of workflows: which words name a branch, and when that is certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autofix.fixer import Applicability, Finding
from autofix.fixers.workflows.branch_links import Repository
from autofix.fixers.workflows.branch_renames import Place, Renamer
from autofix.languages import yaml


@dataclass(frozen=True)
class Push:
    """A push of one branch: `spec` stands at `start` (a character of the script)."""

    remote: str
    spec: str
    start: int


# Options without a separate value: behind any other one the words could mean something else.
_FLAGS = (
    r"(?:[ \t]+(?:-[fuqvn]+|--(?:force|set-upstream|quiet|verbose|no-verify|atomic|tags|follow-tags|porcelain|progress|dry-run"
    r"|force-with-lease(?:=\S+)?|force-if-includes|no-thin|prune)))*"
)
_WORD = r"""(?:"[^"\n]*"|'[^'\n]*'|\$\{\{[^}\n]*\}\}|[^\s"';&|<>()#])+"""
_PUSH = re.compile(
    rf"(?<![\w./-])git(?:[ \t]+-c[ \t]+\S+)*[ \t]+push{_FLAGS}[ \t]+(?P<remote>(?!-){_WORD}){_FLAGS}[ \t]+"
    rf"(?P<spec>(?!-)[^\s\"';&|<>()#]+){_FLAGS}[ \t]*(?=$|[;&|)\r\n]|\d?>|[ \t]#)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
# After these the script may stand in another repository, or on a branch of its own making.
_ELSEWHERE = re.compile(
    r"\bgit[ \t]+(?:-C\b|init\b|clone\b|worktree\b|switch\b|checkout\b|branch\b|symbolic-ref\b|subtree\b)|^\s*(?:cd|pushd)\b"
    r"|(?:&&|;)[ \t]*(?:cd|pushd)\b",
    re.MULTILINE,
)


def pushes(script: str) -> Iterator[Push]:
    """The pushes of a single reference that are understood."""
    for match in _PUSH.finditer(script):
        line = script[script.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not re.search(r"(?:^|\s)#|\becho\b|[\"'`]", line):
            yield Push(match["remote"].strip("\"'"), match["spec"], match.start("spec"))


def leaves_the_checkout(script: str) -> bool:
    """Whether a script goes to another folder or branch, or makes one: its pushes are then not judged."""
    return _ELSEWHERE.search(script) is not None


def renamed(push: Push, name: str, default: str, *, same_repository: bool) -> str | None:
    """The reference to push in the place of a stale one; None where the push is right as it is.

    To the repository itself the branch of the same name is meant. Elsewhere (a remote of a hosting service) the other side
    keeps its name, and only the local branch is another one.
    """
    if push.spec == name:
        return default if same_repository else f"{default}:{name}"
    if same_repository and push.spec in (f"HEAD:{name}", f"HEAD:refs/heads/{name}"):
        return push.spec[: -len(name)] + default
    return None


def push_findings(renamer: Renamer, root: yaml.MappingNode, repository: Repository | None) -> Iterator[Finding]:
    """The pushes in the steps of a workflow that name a branch which does not exist."""
    paths = {id(node): path for path, node in yaml.walk(root)}
    jobs = yaml.mapping_get(root, "jobs")
    for entry in jobs.entries if isinstance(jobs, yaml.MappingNode) else ():
        steps = yaml.mapping_get(entry.value, "steps")
        items = [yaml.target(item) for item in steps.items] if isinstance(steps, yaml.SequenceNode) else []
        for step in items:
            script = yaml.mapping_get(step, "run")
            if isinstance(script, yaml.ScalarNode) and id(script) in paths:
                scene = _scene(entry.value, step, items)
                for push in pushes(script.value):
                    yield from _judge(renamer, paths[id(script)], script, push, repository, scene)


def _scene(job: yaml.Node, step: yaml.Node, steps: Sequence[yaml.Node]) -> str | None:
    """Why a push in a step need not be about the branch that was checked out; None where it is."""
    for place in (step, yaml.mapping_get(yaml.mapping_get(job, "defaults"), "run")):
        if yaml.entry(place, "working-directory") is not None:
            return "the step runs in another folder"
    for other in steps:
        script = yaml.mapping_get(other, "run")
        if isinstance(script, yaml.ScalarNode) and leaves_the_checkout(script.value):
            return "a script of the job goes to another folder or branch"
        if yaml.entry(yaml.mapping_get(other, "with"), "repository") is not None:
            return "the job checks out another repository"
    return None


def _judge(
    renamer: Renamer, path: yaml.Path, script: yaml.ScalarNode, push: Push, repository: Repository | None, scene: str | None
) -> Iterator[Finding]:
    same = _is_same(push.remote, repository)
    for name in renamer.facts.stale:
        text = renamed(push, name, renamer.default, same_repository=same)
        if text is None:
            continue
        place = Place("git push names", name, (script.content, script.end))
        mentioned = len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _COMMENT.sub("", script.value)))
        reason = scene or (f"the script names {name} more than once" if mentioned > 1 else None)
        if reason is not None:
            yield renamer.report(place, reason)
            continue
        part = (push.start, push.start + len(push.spec))
        yield renamer.in_value(place, path, script, part, Applicability.UNSAFE, text)


def _is_same(remote: str, repository: Repository | None) -> bool:
    """Whether a remote, by name or address, is this repository."""
    if remote == "origin" or "github.repository" in remote or "GITHUB_REPOSITORY" in remote:
        return True
    if repository is None:
        return False
    home = "/".join(map(re.escape, (repository.owner, repository.name)))
    return re.search(rf"(?:@|//){re.escape(repository.host)}[:/]{home}(?:\.git)?/?$", remote, re.IGNORECASE) is not None
