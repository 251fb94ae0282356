"""The values of a new card. Each names the place that it comes from."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from autofix.fixer import Project, Source
from autofix.fixers.frontmatter.spaces_card.containers import summarize
from autofix.fixers.frontmatter.spaces_card.facts import Container, Space
from autofix.fixers.frontmatter.spaces_card.licences import licence_id, licence_of_text
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.languages import markdown

# What a reviewer will want to choose; always the same, so that a second run finds nothing to change.
EMOJI, COLOUR_FROM, COLOUR_TO = "🤖", "blue", "indigo"


@dataclass(frozen=True)
class Value:
    """One line of the card, and the evidence for it."""

    key: str
    value: str | bool | int
    evidence: str = ""


class Unclear(Exception):
    """A value that the Hub needs cannot be told; the message says why."""


def card(project: Project, space: Space, readme: Source | None) -> list[Value]:
    """A whole card in the order of the Hub's own template.

    Raises:
        Unclear: what the Space runs, or on which port.
    """
    running = required(project, space)
    found = [
        _title(project, space, readme),
        Value("emoji", EMOJI),
        Value("colorFrom", COLOUR_FROM),
        Value("colorTo", COLOUR_TO),
        *running,
        Value("pinned", False),
    ]
    licence = _licence(project, space.root)
    return [*found, licence] if licence else found


def required(project: Project, space: Space) -> list[Value]:
    """What the Hub cannot start the Space without: the SDK, and what belongs to it.

    Raises:
        Unclear: as for `card`.
    """
    path = posixpath.join(space.root, "Dockerfile")
    sdk = space.sdk.lower()
    if project.exists(path) and sdk in ("", "docker"):
        return [Value("sdk", "docker", path), *app_port(project, space.root)]
    if sdk == "docker" or any(project.exists(f"{path}{suffix}") for suffix in (".hf", ".spaces", ".huggingface")):
        raise Unclear(f"the Hub builds {path} and no other file, and there is none")
    if (found := _gradio(project, space.root)) and sdk in ("", "gradio"):
        return found
    if _text(project, space.root, "index.html") is not None and sdk in ("", "static"):
        if '"build"' in (_text(project, space.root, "package.json") or ""):
            raise Unclear("index.html stands beside a package.json with a build: which file is served cannot be told")
        return [Value("sdk", "static", posixpath.join(space.root, "index.html"))]
    if _imports(project, space.root, "streamlit") or _requires(project, space.root, "streamlit") or sdk == "streamlit":
        raise Unclear("it is a Streamlit app, and the Hub wants these in a Dockerfile")
    raise Unclear(f"neither a Dockerfile nor Gradio nor an index.html lies in {space.root or 'the root'}")


def app_port(project: Project, root: str) -> Iterator[Value]:
    """The port of the Dockerfile; nothing where it does not say it.

    Raises:
        Unclear: it says two.
    """
    found = container(project, root)
    if found is None:
        return
    if found.conflict:
        raise Unclear(found.conflict)
    if found.port is not None:
        yield Value("app_port", found.port.number, f"{found.path}:{found.port.line}")


def container(project: Project, root: str) -> Container | None:
    """What the Hub would build; None where there is nothing, or nothing that can be read."""
    path = posixpath.join(root, "Dockerfile")
    source = project.source(path) if project.exists(path) else None
    return summarize(source) if source is not None else None


_PIN = re.compile(r"^\s*gradio(?:\[[^\]]*\])?\s*==\s*(\d+(?:\.\d+)*)\s*(?:[;#].*)?$", re.MULTILINE)


def _gradio(project: Project, root: str) -> list[Value]:
    app = posixpath.join(root, "app.py")
    required = _requires(project, root, "gradio")
    imported = _imports(project, root, "gradio")
    if not (imported or required):
        return []
    if not project.exists(app):
        raise Unclear(f"{required} asks for Gradio, and there is no {app}: which file starts it cannot be told")
    found = [Value("sdk", "gradio", app if imported else required)]
    pin = _PIN.search(_text(project, root, "requirements.txt") or "")
    if pin is not None:
        found.append(Value("sdk_version", pin[1], posixpath.join(root, "requirements.txt")))
    return [*found, Value("app_file", "app.py", app)]


def _imports(project: Project, root: str, name: str) -> bool:
    return re.search(rf"^\s*(?:import|from)\s+{name}\b", _text(project, root, "app.py") or "", re.MULTILINE) is not None


def _requires(project: Project, root: str, name: str) -> str:
    """The file that asks for a package; empty where none does."""
    requirement = re.compile(rf"^\s*{name}\s*(?:$|[\[=<>~!;#])", re.MULTILINE)
    if requirement.search(_text(project, root, "requirements.txt") or ""):
        return posixpath.join(root, "requirements.txt")
    return ""


def _text(project: Project, root: str, name: str) -> str | None:
    path = posixpath.join(root, name)
    source = project.source(path) if project.exists(path) else None
    return None if source is None else source.text.decode("utf-8")


def _title(project: Project, space: Space, readme: Source | None) -> Value:
    heading = _heading(readme) if readme is not None else None
    if heading is not None:
        return heading
    name = _project_table(project, space.root).get("name")
    if isinstance(name, str) and name.strip():
        return Value("title", _title_case(name), posixpath.join(space.root, "pyproject.toml"))
    if space.name:
        return Value("title", _title_case(space.name), "the name of the Space")
    folder = PurePosixPath(space.root).name or project.root.name
    return Value("title", _title_case(folder), "the name of the folder")


def _heading(readme: Source) -> Value | None:
    """The title of the page: a first-level heading that none of another level precedes."""
    for heading in markdown.headings(readme):
        title = without_emoji(markdown.plain_text(heading.text))
        if heading.level != 1:
            break
        if title:
            return Value("title", title, f"{readme.path}:{readme.line_of(heading.start)}")
    return None


# Symbols, pictographs and flags, with what joins and varies them; arrows and letters like (TM) stay.
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\ufe0f\u200d\u20e3]+"
)
_SHORT_NAME = re.compile(r"(?<!\S):[a-z0-9_+-]+:(?!\S)")


def without_emoji(text: str) -> str:
    """A title for the Hub, which shows the emoji in a place of its own."""
    plain = " ".join(_SHORT_NAME.sub(" ", _EMOJI.sub(" ", text)).split())
    return re.sub(r"^[-–—:|\s]+(?=\w)|\s[-–—:|\s]+$", "", plain) if plain.strip("-–—:| ") else ""


def _title_case(name: str) -> str:
    words = re.split(r"[-_\s.]+", name.strip())
    return " ".join(word[:1].upper() + word[1:] if word.islower() else word for word in words if word)


def _project_table(project: Project, root: str) -> dict[str, object]:
    try:
        table = tomllib.loads(_text(project, root, "pyproject.toml") or "").get("project")
    except tomllib.TOMLDecodeError:
        return {}
    return table if isinstance(table, dict) else {}


def _licence(project: Project, root: str) -> Value | None:
    for folder in dict.fromkeys((root, "")):
        for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"):
            text = _text(project, folder, name)
            if text is not None:
                known = licence_of_text(text)
                # An unknown text is no licence of the list: saying another one would be wrong.
                return Value("license", known, posixpath.join(folder, name)) if known else None
        declared = _project_table(project, folder).get("license")
        spelling = declared.get("text") if isinstance(declared, dict) else declared
        if isinstance(spelling, str) and (known := licence_id(spelling)) in hub().licences:
            return Value("license", known or "", posixpath.join(folder, "pyproject.toml"))
    return None
