"""What there is to say about a README, and about a deployment without one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from autofix.fixer import CreateFile, Finding, Fix, Language, Project, Refusal, Source
from autofix.fixers.frontmatter.spaces_card import changes, containers, deployments, inference, rules, shapes
from autofix.fixers.frontmatter.spaces_card.facts import Card, Facts, Space, Summary
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.languages import language_of, markdown, yaml


def summarize(source: Source) -> Summary | None:
    """What a file says of Spaces; None where it says nothing."""
    language = language_of(source.path)
    if language is Language.MARKDOWN:
        return Card(source.path) if shapes.has_card(source) else None
    if language is Language.DOCKERFILE:
        return containers.summarize(source)
    return deployments.summarize(source) or None


def of_readme(source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
    """What is wrong with one README."""
    space = facts.spaces.get(source.path)
    try:
        found = markdown.frontmatter(source)
    except yaml.YamlError:
        found = None
    if found is not None:
        return _existing(source, project, space, found)
    damage = shapes.damage(source, expected=space is not None)
    if damage is not None:
        outcome = Fix(damage.edits, damage.applicability) if damage.edits else Refusal(damage.reason, "repair it by hand")
        return [Finding(damage.start, damage.end, damage.message, outcome)]
    return [_missing(source, project, space)] if space is not None else []


def _missing(source: Source, project: Project, space: Space) -> Finding:
    """No card where one has to be."""
    end = source.line_range(1)[1]
    try:
        values = inference.card(project, space, source)
    except inference.Unclear as error:
        return _refused(0, end, "the README of a Space has no card", str(error), space.evidence)
    edits = changes.new_card(source, values)
    if edits is None:
        return _refused(0, end, "the README of a Space has no card", "the new card does not read back as meant", space.evidence)
    message = f"the README of a Space has no card: {_named(values)}"
    return Finding(0, end, message, Fix(edits), [*space.evidence, *_places(values)])


def of_deployment(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """A Space without any README, or a push that cannot be judged."""
    for space in facts.spaces.values():
        path, _, rest = space.evidence[0].partition(":")
        if path != source.path or project.exists(space.readme):
            continue
        start, end = source.line_range(int(rest.partition(":")[0])) if space.pushed else source.line_range(1)
        message = f"the Space has no {space.readme}"
        try:
            values = inference.card(project, space, None)
        except inference.Unclear as error:
            yield _refused(start, end, message, str(error), space.evidence)
            continue
        other = next((path for path in project.paths if path.lower() == space.readme.lower()), None)
        if other is not None or not space.pushed:
            reason = f"the Hub reads no {other}" if other else "nothing pushes this folder to a Space"
            yield _refused(start, end, message, reason, space.evidence)
            continue
        content = changes.card_text(values, "\n").encode()
        fix = Fix(files=[CreateFile(space.readme, content)])
        yield Finding(start, end, f"{message}: {_named(values)}", fix, [*space.evidence, *_places(values)])
    for item in facts.unclear:
        if item.path == source.path:
            start, end = source.line_range(item.line)
            reason = f"which README it brings to the Space cannot be told: {item.reason}"
            yield _refused(start, end, "no README has the card of the Space", reason, [f"{item.path}:{item.line}: {item.what}"])


def _existing(source: Source, project: Project, space: Space | None, found: markdown.Frontmatter) -> Iterator[Finding]:
    """Validate a card, and add what it cannot do without."""
    repeated = yaml.duplicate_keys(found.root)
    if repeated:
        key = repeated[0]
        reason = f"{yaml.key_text(key)} stands twice, and the Hub takes the last: which is meant is not for a tool to say"
        yield Finding(key.start, key.end, "the card repeats a key", Refusal(reason, "remove one"))
        return
    for node, problem in rules.problems(found.root):
        edits = changes.new_value(source, node, problem.instead) if problem.instead is not None else None
        outcome = Fix(edits, problem.applicability) if edits else Refusal(problem.reason, problem.hint)
        yield Finding(node.start, node.end, problem.message, outcome)
    yield from _incomplete(source, project, space, found)


def _incomplete(source: Source, project: Project, space: Space | None, found: markdown.Frontmatter) -> Iterator[Finding]:
    present = {yaml.key_text(entry.key) for entry in found.root.entries}
    start, end = found.block.fence, found.block.end
    places = list(space.evidence) if space else []
    root = space or Space(posixpath.dirname(source.path), ())
    if "sdk" not in present and present & set(hub().other_cards):
        yield _refused(start, end, "the card names no sdk", "it is the card of a model or a dataset", places)
        return
    try:
        values = list(_container(project, root.root, found)) if "sdk" in present else inference.required(project, root)
    except inference.Unclear as error:
        at = yaml.entry(found.root, "app_port") or yaml.entry(found.root, "sdk")
        start, end = (at.key.start, at.value.end) if at else (start, end)
        yield _refused(
            start, end, "the Hub cannot run what the card says" if at else "the card names no sdk", str(error), places
        )
        return
    values = [value for value in values if value.key not in present]
    if not values:
        return
    message = f"the card lacks what the Hub needs: {_named(values)}"
    edits = changes.appended(source, found, values)
    outcome = Fix(edits) if edits else Refusal("the block has a layout that is not edited", "add it by hand")
    yield Finding(start, end, message, outcome, [*places, *_places(values)])


def _container(project: Project, root: str, found: markdown.Frontmatter) -> Iterator[inference.Value]:
    """The port of a container that its command starts on another one than the Hub asks.

    Raises:
        inference.Unclear: the Hub has nothing to build, or the card names another port.
    """
    sdk, port = yaml.mapping_get(found.root, "sdk"), yaml.mapping_get(found.root, "app_port")
    if not isinstance(sdk, yaml.ScalarNode) or sdk.value != "docker":
        return
    container = inference.container(project, root)
    if container is None or container.command is None:
        return
    value = inference.Value("app_port", container.command.number, f"{container.path}:{container.command.line}")
    if port is None and value.value != hub().default_port:
        yield value
    elif isinstance(port, yaml.ScalarNode) and port.value.isdigit() and int(port.value) != value.value:
        raise inference.Unclear(f"it names port {port.value}, and {value.evidence} starts on {value.value}")


def _refused(start: int, end: int, message: str, reason: str, places: Sequence[str]) -> Finding:
    return Finding(start, end, message, Refusal(reason, "write the card by hand"), list(places))


def _named(values: Sequence[inference.Value]) -> str:
    """The values that rest on something, with what they rest on."""
    return ", ".join(f"{value.key} {value.value} ({value.evidence})" for value in values if value.evidence)


def _places(values: Sequence[inference.Value]) -> list[str]:
    return [f"{value.evidence}: {value.key} {value.value}" for value in values if value.evidence]
