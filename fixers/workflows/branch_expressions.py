"""Comparisons with a branch inside GitHub Actions expressions, token by token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autofix.fixer import Applicability, Finding
from autofix.fixers.workflows.branch_renames import Place, Renamer
from autofix.fixers.workflows.branches import BranchFacts
from autofix.languages import yaml

# Contexts that hold a full reference (refs/heads/NAME) and those that hold the bare name of a branch of this repository.
# github.head_ref is no such: it names a branch of whoever opened the pull request.
FULL = frozenset({"github.ref", "github.event.ref"})
BARE = frozenset(
    {"github.ref_name", "github.base_ref", "github.event.pull_request.base.ref", "github.event.workflow_run.head_branch"}
)
HEADS = "refs/heads/"
# What of a full reference each function may be given so that the whole name decides: `main` alone is in `maintenance`, too.
PREFIXES = {
    "contains": ("refs/heads/", "heads/"),
    "startswith": ("refs/heads/",),
    "endswith": ("refs/heads/", "heads/", "/"),
}


@dataclass(frozen=True)
class Token:
    """A part of an expression; `text` of a string is its content. Offsets are characters of the whole value."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Comparison:
    """A string that is compared with the branch of a run: `name` stands at `start` (a character of the value)."""

    name: str
    start: int
    negated: bool
    expression: int
    """Which expression of the value it stands in."""
    matching: str = "=="
    """`==`, or the function: contains, startswith, endswith."""

    @property
    def end(self) -> int:
        """The character behind the name."""
        return self.start + len(self.name)


_EXPRESSION = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|[^'}]|\}(?!\}))*)\}\}")
_TOKEN = re.compile(
    r"(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*(?:\s*\.\s*(?:[A-Za-z_][\w-]*|\*)|\s*\[\s*'[^']*'\s*\])*)"
    r"|(?P<operator>==|!=|<=|>=|&&|\|\||[!<>(),\[\].*])|(?P<number>[-+]?[0-9][\w.]*)|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)


def expressions(value: str, *, bare: bool) -> Iterator[list[Token]]:
    """The tokens of each `${{ }}` of a value; with `bare` (an `if`) the whole value is one where it has none."""
    if bare and "${{" not in value:
        yield list(_tokens(value, 0, len(value)))
        return
    for match in _EXPRESSION.finditer(value):
        yield list(_tokens(value, *match.span(1)))


def _tokens(value: str, start: int, end: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(value, start, end):
        kind = match.lastgroup or "other"
        if kind == "string":
            yield Token(kind, match.group()[1:-1], match.start() + 1, match.end() - 1)
        elif kind == "name":
            dotted = re.sub(r"\s*\[\s*'([^']*)'\s*\]", r".\1", match.group())
            yield Token(kind, re.sub(r"\s", "", dotted).lower(), match.start(), match.end())
        elif kind != "blank":
            yield Token(kind, match.group(), match.start(), match.end())


def comparisons(value: str, *, bare: bool) -> Iterator[Comparison]:
    """Every comparison of a branch context with a string that names one branch, whatever its name."""
    for number, tokens in enumerate(expressions(value, bare=bare)):
        negation = any(token.text == "!" for token in tokens if token.kind == "operator")
        for at in range(len(tokens)):
            found = _equality(tokens[at : at + 3]) or _function(tokens[at : at + 6])
            if found is not None:
                matching, context, string = found
                if (name := _name(matching, context.text, string)) is not None:
                    start = string.end - len(name)
                    yield Comparison(name, start, negation or matching == "!=", number, matching.replace("!=", "=="))


def _equality(tokens: Sequence[Token]) -> tuple[str, Token, Token] | None:
    if len(tokens) < 3 or tokens[1].text not in ("==", "!=") or tokens[1].kind != "operator":
        return None
    first, operator, last = tokens
    if (first.kind, last.kind) == ("name", "string"):
        return operator.text, first, last
    return (operator.text, last, first) if (first.kind, last.kind) == ("string", "name") else None


def _function(tokens: Sequence[Token]) -> tuple[str, Token, Token] | None:
    """`endsWith(github.ref, '/main')`; a longer call has more tokens before its bracket."""
    if len(tokens) < 6 or [token.text for token in (tokens[1], tokens[3], tokens[5])] != ["(", ",", ")"]:
        return None
    function, context, string = tokens[0], tokens[2], tokens[4]
    if function.text not in PREFIXES or (context.kind, string.kind) != ("name", "string"):
        return None
    return function.text, context, string


def _name(matching: str, context: str, string: Token) -> str | None:
    """The branch that a string names, where it names exactly one."""
    if matching in ("==", "!="):
        if context in FULL and string.text.startswith(HEADS):
            return string.text.removeprefix(HEADS)
        return string.text if context in BARE else None
    if context not in FULL:
        return None
    prefix = next((prefix for prefix in PREFIXES[matching] if string.text.startswith(prefix)), None)
    return None if prefix is None else string.text.removeprefix(prefix)


def mentions(value: str, name: str, *, bare: bool) -> Iterator[Token]:
    """The strings of a value's expressions that hold the full reference of a branch, compared or not."""
    reference = re.compile(rf"{HEADS}{re.escape(name)}(?![\w./-])")
    for tokens in expressions(value, bare=bare):
        yield from (token for token in tokens if token.kind == "string" and reference.search(token.text))


def conditions(renamer: Renamer, root: yaml.MappingNode) -> Iterator[Finding]:
    """The comparisons of a workflow with branches that do not exist."""
    triggers = yaml.mapping_get(root, "on")
    reusable = yaml.entry(triggers, "workflow_call") is not None or _names_event(triggers, "workflow_call")
    for path, node in yaml.walk(root):
        if isinstance(node, yaml.ScalarNode):
            yield from _in_value(renamer, path, node, reusable=reusable)


def _names_event(triggers: yaml.Node | None, event: str) -> bool:
    items = triggers.items if isinstance(triggers, yaml.SequenceNode) else [triggers]
    return any(isinstance(item, yaml.ScalarNode) and item.value == event for item in items)


def _in_value(renamer: Renamer, path: yaml.Path, node: yaml.ScalarNode, *, reusable: bool) -> Iterator[Finding]:
    bare = path[-1:] == ("if",)
    found = list(comparisons(node.value, bare=bare))
    for comparison in found:
        if not renamer.facts.is_stale(comparison.name):
            continue
        place = Place("a condition names", comparison.name, (node.content, node.end))
        reason = _unclear(comparison, found, renamer.facts, reusable=reusable)
        if reason is not None:
            yield renamer.report(place, reason)
            continue
        applicability = Applicability.UNSAFE if comparison.negated else Applicability.SAFE
        yield renamer.in_value(place, path, node, (comparison.start, comparison.end), applicability)
    understood = {comparison.end for comparison in found}
    for name in renamer.facts.stale:
        if any(token.end not in understood for token in mentions(node.value, name, bare=bare)):
            place = Place("an expression names", name, (node.content, node.end))
            yield renamer.report(place, "it uses the name in a way that is not understood")


def _unclear(comparison: Comparison, found: Sequence[Comparison], facts: BranchFacts, *, reusable: bool) -> str | None:
    """Why a comparison with a stale name is left alone."""
    if reusable:
        return "the workflow can be called from elsewhere: its branch is that of the caller"
    default = facts.default.name if facts.default else comparison.name
    siblings = {other.name for other in found if other.expression == comparison.expression} - {comparison.name}
    if default in siblings:
        return f"the expression names {default} as well"
    if any(facts.is_stale(other) for other in siblings):
        return "several names in the expression look like a default branch and none exists"
    others = facts.branches - {default}
    if comparison.matching != "==" and any(_is_matched(comparison, name, default) for name in others):
        return f"{comparison.matching} matches other branches as well"
    return None


def _is_matched(comparison: Comparison, branch: str, default: str) -> bool:
    """Whether a function that is given part of a reference lets another branch through, before or after the change."""
    if comparison.matching == "endswith":
        return branch.endswith((f"/{comparison.name}", f"/{default}"))
    return branch.startswith((comparison.name, default)) or f"/{comparison.name}" in branch or f"/{default}" in branch
