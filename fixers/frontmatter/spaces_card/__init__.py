"""The YAML block that Hugging Face Spaces needs at the top of README.md: written from evidence, repaired, validated.

`deployments` and `containers` say which folder becomes a Space, `evidence` joins them to `facts`, `inference` finds the values
of a new card, `shapes` sees damaged cards, `rules` is the validator, `changes` makes and proves the edits, and `findings` says
it all. They are imported when the first file asks for them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Sequence
from typing import cast

from autofix.fixer import Example, Finding, Language, NoOptions, ProgramFixer, Project, Source, Summarizer
from autofix.fixers.frontmatter.spaces_card.facts import Facts, Summary
from autofix.languages import language_of

LANGUAGES = frozenset({Language.MARKDOWN, Language.YAML, Language.SHELL, Language.DOCKERFILE})


def _summarize(source: Source) -> Summary | None:
    from autofix.fixers.frontmatter.spaces_card import findings

    return findings.summarize(source)


SUMMARIZER = Summarizer[object]("spaces-card", 1, LANGUAGES, _summarize)


class SpacesCard(ProgramFixer[NoOptions, Facts]):
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

    def link(self, project: Project) -> Facts:
        """Which folders are Spaces."""
        summaries = {path: item for path, item in project.summaries(SUMMARIZER).items() if item is not None}
        if not summaries:
            return Facts()
        from autofix.fixers.frontmatter.spaces_card import evidence

        return evidence.link(cast("dict[str, Summary]", summaries), project)

    def targets(self, facts: Facts) -> Collection[str]:
        """The READMEs of Spaces and all with a card; the deployments, which may be all there is to point at."""
        deploying = {place.partition(":")[0] for space in facts.spaces.values() for place in space.evidence}
        return {*facts.spaces, *facts.cards, *deploying, *(item.path for item in facts.unclear)}

    def fix(self, source: Source, project: Project, facts: Facts) -> Iterable[Finding]:
        """What is wrong with one README, or a deployment without one."""
        from autofix.fixers.frontmatter.spaces_card import findings

        if language_of(source.path) is Language.MARKDOWN:
            return findings.of_readme(source, project, facts)
        return findings.of_deployment(source, project, facts)
