"""The YAML block that Hugging Face Spaces needs at the top of README.md: written from evidence, repaired, validated.

`deployments` and `containers` say which folder becomes a Space, `evidence` joins them, `inference` finds the values of a new
card, `shapes` sees damaged cards, `rules` is the validator, `changes` makes and proves the edits.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import cast

from autofix.fixer import (
    CreateFile,
    Example,
    Finding,
    Fix,
    Language,
    NoOptions,
    ProgramFixer,
    Project,
    Refusal,
    Source,
    Summarizer,
)
from autofix.fixers.frontmatter.spaces_card import changes, containers, deployments, evidence, inference, rules, shapes
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.languages import language_of, markdown, yaml

LANGUAGES = frozenset({Language.MARKDOWN, Language.YAML, Language.SHELL, Language.DOCKERFILE})


def _summarize(source: Source) -> evidence.Summary | None:
    language = language_of(source.path)
    if language is Language.MARKDOWN:
        return evidence.Card(source.path) if shapes.has_card(source) else None
    if language is Language.DOCKERFILE:
        return containers.summarize(source)
    return deployments.summarize(source) or None


SUMMARIZER = Summarizer[object]("spaces-card", 1, LANGUAGES, _summarize)


class SpacesCard(ProgramFixer[NoOptions, evidence.Facts]):
    """The card of a Hugging Face Space: the YAML block at the top of its README.md.

    ## What it does

    Writes the block where a Space has none, adds what the Hub cannot do without, and repairs what the Hub would reject:
    quotes, colours, licence ids, emoji names, fences, a block that does not stand at the top, a description that is too long.

    ## Why

    Without the block a Space shows "Missing configuration in README" and never starts; with a wrong one the push is rejected
    with "Invalid metadata in README.md". Only the Hub itself tells, after the push.

    ## Example

    A workflow pushes a repository with a `Dockerfile` that listens on port 7860 to a Space: `README.md` gets a block with
    `title`, `emoji`, `colorFrom`, `colorTo`, `sdk: docker`, `app_port: 7860` and the licence.

    ## Safety

    A block is written only where something proves a Space: a workflow or script that pushes to `huggingface.co/spaces`, a
    sync action, `hf upload --repo-type space`, or a Dockerfile on port 7860 with user 1000. Each value names its evidence.
    Existing lines stay as they are; every edit is read back before it is offered. Emoji and colours of a new block are always
    the same: choose your own. Moving a block to the top and cutting a description are unsafe.

    ## Refuses when

    A key stands twice, the block is a template or broken beyond quotes, the port or the SDK cannot be told, the workflow
    puts the Space together from other folders, hardware is unknown, a licence is not on the Hub's list. `dockerfile:` is a
    key that the Hub does not know: it is reported, never written.
    """

    id = "spaces-card"
    title = "The card of a Hugging Face Space in README.md"
    group = "frontmatter"
    languages = LANGUAGES
    summarizers = (SUMMARIZER,)
    examples = (
        Example(
            {
                "README.md": "# My Backend\n",
                "Dockerfile": "FROM python:3.12\nRUN useradd -u 1000 user\nUSER user\nEXPOSE 7860\nCMD python app.py\n",
            },
            {
                "README.md": "---\ntitle: My Backend\nemoji: 🤖\ncolorFrom: blue\ncolorTo: indigo\nsdk: docker\n"
                "app_port: 7860\npinned: false\n---\n\n# My Backend\n",
                "Dockerfile": "FROM python:3.12\nRUN useradd -u 1000 user\nUSER user\nEXPOSE 7860\nCMD python app.py\n",
            },
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]]:
        """What every card, every push to a Space and every Dockerfile for one has at least one of."""
        return ((b"huggingface", b"hub-sync", b"hf.co/spaces", b"hf upload", b"colorFrom", b"sdk:", b"7860"),)

    def wants(self, path: str) -> bool:
        """READMEs whatever else is in their name, Dockerfiles and scripts; of YAML only the workflows."""
        folder, name = posixpath.split(path)
        if language_of(path) is Language.MARKDOWN:
            return "readme" in name.lower()
        return language_of(path) is not Language.YAML or folder == ".github/workflows"

    def link(self, project: Project) -> evidence.Facts:
        """Which folders are Spaces."""
        summaries = project.summaries(SUMMARIZER)
        facts = evidence.link({path: cast("evidence.Summary", item) for path, item in summaries.items() if item is not None})
        if any(not space.pushed for space in facts.spaces.values()) and _uploaded_by_program(project):
            return evidence.Facts()
        return facts

    def targets(self, facts: evidence.Facts) -> Collection[str]:
        """The READMEs of Spaces and all with a card; the deployments, which may be all there is to point at."""
        deploying = {place.partition(":")[0] for space in facts.spaces.values() for place in space.evidence}
        return {*facts.spaces, *facts.cards, *deploying, *(item.path for item in facts.unclear)}

    def fix(self, source: Source, project: Project, facts: evidence.Facts) -> Iterable[Finding]:
        """What is wrong with one README, or a deployment without one."""
        if language_of(source.path) is not Language.MARKDOWN:
            return _deployment(source, project, facts)
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


def _uploaded_by_program(project: Project) -> bool:
    """Whether a Python program brings files to a Space: what it puts there is not known, and often a card is among it."""
    named = [path for path in project.paths if re.search(r"(?:deploy|space|hugging|hf|upload|push|sync)[^/]*\.py$", path)]
    return any(re.search(rb"repo_type\s*=\s*[\"']space[\"']", project.read(path) or b"") for path in named)


def _missing(source: Source, project: Project, space: evidence.Space) -> Finding:
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


def _deployment(source: Source, project: Project, facts: evidence.Facts) -> Iterator[Finding]:
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


def _existing(source: Source, project: Project, space: evidence.Space | None, found: markdown.Frontmatter) -> Iterator[Finding]:
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


def _incomplete(
    source: Source, project: Project, space: evidence.Space | None, found: markdown.Frontmatter
) -> Iterator[Finding]:
    present = {yaml.key_text(entry.key) for entry in found.root.entries}
    start, end = found.block.fence, found.block.end
    places = list(space.evidence) if space else []
    root = space or evidence.Space(posixpath.dirname(source.path), ())
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
