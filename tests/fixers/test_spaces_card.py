"""The parts of the card of a Space: containers, deployments, licences, titles, rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from autofix.fixer import Applicability, Fix, Project
from autofix.fixers.frontmatter.spaces_card import containers, deployments, shapes
from autofix.fixers.frontmatter.spaces_card.changes import card_text, new_card
from autofix.fixers.frontmatter.spaces_card.facts import Container, Facts, Port, Space
from autofix.fixers.frontmatter.spaces_card.findings import of_readme
from autofix.fixers.frontmatter.spaces_card.inference import Value, without_emoji
from autofix.fixers.frontmatter.spaces_card.licences import licence_id, licence_of_text
from autofix.fixers.frontmatter.spaces_card.rules import problems
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.languages import markdown, yaml
from autofix.text.edit import apply_edits
from autofix.text.source import Source
from hypothesis import given
from hypothesis import strategies as st


def source(path: str, text: str) -> Source:
    return Source.decode(path, text.encode())


def container(text: str) -> Container:
    found = containers.summarize(source("Dockerfile", "FROM python:3.12\n" + text))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ('CMD ["uvicorn", "a:b", "--port", "7860"]', 7860),
        ("CMD uvicorn a:b --port=8000", 8000),
        ("CMD gunicorn -b 0.0.0.0:8080 a:b", 8080),
        ('CMD ["gunicorn", "--bind=:9000", "a:b"]', 9000),
        ("CMD streamlit run app.py --server.port 8501", 8501),
        ("CMD uvicorn a:b --port ${PORT:-7860}", 7860),
        ("ENV PORT=5000\nCMD uvicorn a:b --port ${PORT:-7860}", 5000),
        ("ENV PORT 5000\nCMD flask run -p $PORT", 5000),
        ("CMD uvicorn a:b --port $PORT", None),
        ("CMD uvicorn a:b --port 1 & uvicorn c:d --port 2", None),
        ("CMD python app.py", None),
        ("CMD a --port 99999", None),
        ("CMD cp -p 10 20", 10),
    ],
)
def test_the_port_of_the_command(command: str, port: int | None) -> None:
    found = container(command + "\n").command
    assert (found.number if found else None) == port


def test_what_a_container_says() -> None:
    assert container("EXPOSE 7860/tcp\n").port == Port(7860, 2)
    assert container("EXPOSE 80 81\n").conflict == "Dockerfile exposes 80 and 81, and its command names no port"
    assert "exposes 80 (line 2) and starts on 81 (line 3)" in container("EXPOSE 80\nCMD a --port 81\n").conflict
    assert not container("EXPOSE 80 81\nCMD a --port 81\n").conflict
    assert not container("CMD a\n").conflict
    assert not container("EXPOSE 8080/udp\n").exposed


@pytest.mark.parametrize(
    "text",
    ["RUN useradd -m -u 1000 user", "USER 1000", "USER 1000:1000", "RUN a && adduser --uid=1000 b", "RUN useradd -mu 1000 u"],
)
def test_user_1000(text: str) -> None:
    assert container(text + "\n").user_1000


@pytest.mark.parametrize("text", ["RUN useradd -u 10001 user", "USER 10000", "RUN useradd user && chown 1000 x", "USER user"])
def test_another_user(text: str) -> None:
    assert not container(text + "\n").user_1000


def pushed(script: str, path: str = "deploy.sh") -> list[tuple[str | None, str]]:
    return [(item.root, item.space) for item in deployments.summarize(source(path, script))]


URL = "https://me:$T@huggingface.co/spaces/me/books"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"git push {URL} main", ("", "books")),
        (f"git push -f '{URL}' HEAD:main", ("", "books")),
        (f"git remote add hf {URL}\ngit push hf main", ("", "books")),
        (f"git remote add hf {URL} 2>/dev/null || git remote set-url hf {URL}\ngit push --force hf main", ("", "books")),
        (f"git -c http.x=y push {URL}.git main", ("", "books")),
        ("git push https://huggingface.co/spaces/$OWNER/$NAME main", ("", "")),
        (f"git push {URL} $(git subtree split --prefix=api main):main", ("api", "books")),
        (f"git push {URL} `git subtree split -P api/x main`:main", ("api/x", "books")),
        (f"git subtree push --prefix api {URL} main", ("api", "books")),
        (f"git push {URL} $(git subtree split --prefix $DIR main):main", (None, "books")),
        (f"cd api && git init && git add . && git push {URL} main", ("api", "books")),
        (f"cd api\ngit push {URL} main", (None, "books")),
        (f"(cd api; git init)\ngit push {URL} main", (None, "books")),
        (f"cp a b\ngit push {URL} main", (None, "books")),
        (f"git clone {URL} x\ncd x\ngit push {URL} main", (None, "books")),
        (f"git checkout gh-pages\ngit push {URL} HEAD:main", (None, "books")),
        (f"git checkout -b x\ngit push {URL} x:main", ("", "books")),
        (f"git checkout --orphan x\ngit push {URL} x:main", (None, "books")),
        ("hf upload me/books . --repo-type space", ("", "books")),
        ("uvx hf upload spaces/me/books api", ("api", "books")),
        ("hf upload me/books api --type space", ("api", "books")),
        ("hf upload --repo-type=space me/books api", ("api", "books")),
        ("huggingface-cli upload me/books api . --repo-type space --exclude '*.pyc'", ("api", "books")),
        ("hf upload me/books README.md README.md --repo-type space", (None, "books")),
        ('hf upload me/books "$DIR" . --repo-type space', (None, "books")),
    ],
)
def test_what_a_script_pushes(script: str, expected: tuple[str | None, str]) -> None:
    assert pushed(script + "\n") == [expected]


@pytest.mark.parametrize(
    "script",
    [
        f"echo git push {URL} main",
        f"# git push {URL} main",
        "git push origin main",
        f"git fetch {URL}",
        "git push https://huggingface.co/me/model main",
        "hf upload me/model .",
        "hf upload datasets/me/books .",
        "curl https://huggingface.co/spaces/me/books",
    ],
)
def test_what_pushes_nothing_to_a_space(script: str) -> None:
    assert pushed(script + "\n") == []


def test_a_script_goes_to_its_own_folder() -> None:
    script = f'cd "$(dirname "${{BASH_SOURCE[0]}}")/.."\ngit push {URL} main\n'
    assert pushed(script, "tools/deploy.sh") == [("", "books")]
    script = f'cd "$(dirname "$0")"/../api\ngit init\ngit push {URL} main\n'
    assert pushed(script, "tools/deploy.sh") == [("api", "books")]


def test_a_token_is_not_shown() -> None:
    (found,) = deployments.summarize(source("deploy.sh", "git push https://me:hf_secret@huggingface.co/spaces/me/books main\n"))
    assert "hf_secret" not in found.what
    assert found.what == "git push https://***@huggingface.co/spaces/me/books main"


def test_every_licence_of_the_hub_is_itself() -> None:
    assert all(licence_id(name) == name for name in hub().licences)
    assert set(hub().licence_spellings.values()) <= set(hub().licences)
    assert set(hub().licence_texts.values()) <= set(hub().licences)
    assert set(hub().nearest_colours.values()) <= set(hub().colours)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("MIT License", "mit"),
        ("The MIT License", "mit"),
        ("Apache 2.0", "apache-2.0"),
        ("Apache License 2.0", "apache-2.0"),
        ("Apache License, Version 2.0", "apache-2.0"),
        ("BSD-3-Clause", "bsd-3-clause"),
        ("AGPL-3.0-or-later", "agpl-3.0"),
        ("GPLv3", "gpl-3.0"),
        ("GPL-2.0+", "gpl-2.0"),
        ("CC BY-NC 4.0", "cc-by-nc-4.0"),
        ("Unlicense", "unlicense"),
        ("The Unlicense", "unlicense"),
        ("Proprietary", None),
        ("MIT or Apache-2.0", None),
        ("", None),
    ],
)
def test_spellings_of_licences(spelling: str, name: str | None) -> None:
    assert licence_id(spelling) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The MIT License (MIT)\n\nCopyright", "mit"),
        (
            "Copyright (c) X\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software",
            "mit",
        ),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n   Version 3, 19 November 2007", "agpl-3.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999", "lgpl-2.1"),
        ("BSD 3-Clause License", "bsd-3-clause"),
        ("Redistribution and use in source and binary forms, with or without modification", None),
        ("Commons Clause", None),
    ],
)
def test_texts_of_licences(text: str, name: str | None) -> None:
    assert licence_of_text(text) == name


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("🚀 Rocket", "Rocket"),
        ("A – B", "A – B"),
        ("📚 – Books :books:", "Books"),
        ("✨", ""),
        ("C++ | Rust ™", "C++ | Rust ™"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert without_emoji(text) == title


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(TEXT, st.sampled_from(["", "# T\n", "\r\n", "---\n\nx\n\n---\n", "# T\r\n\r\nText"]))
def test_a_new_card_says_what_was_meant(title: str, page: str) -> None:
    readme = source("README.md", page)
    values = [Value("title", title), Value("sdk", "docker"), Value("app_port", 7860), Value("pinned", False)]
    edits = new_card(readme, values)
    assert edits is not None
    after = apply_edits(readme.text, edits)
    assert after.endswith(readme.text)
    found = markdown.frontmatter(readme.with_text(after))
    assert found is not None
    assert yaml.load(found.root) == {"title": title, "sdk": "docker", "app_port": 7860, "pinned": False}
    assert after.startswith(card_text(values, readme.newline).encode())


@given(st.text(alphabet="-ab:#@'\"[]{} \n", max_size=60))
def test_a_repair_repairs(body: str) -> None:
    page = source("README.md", "---\ntitle: a\nsdk: docker\n" + body)
    try:
        if markdown.frontmatter(page) is not None:
            return
    except yaml.YamlError:
        pass
    damage = shapes.damage(page, expected=False)
    if damage is None or not damage.edits:
        return
    after = page.with_text(apply_edits(page.text, damage.edits))
    found = markdown.frontmatter(after)
    assert found is not None
    assert shapes.is_card(found.root)


# fmt: off
LINES = st.sampled_from([
    "---", "--- ", "----", "...", "", "title: a", "title: RAG: x", "title: No", "emoji: :rocket:", "emoji: 🤖", "sdk: docker",
    "sdk: Docker", "sdk: {{ x }}", "colorFrom: orange", "license: MIT", "\ttab: 1", "- a", "  b: c", "tags: [a, b]", "tags: [a",
    "short_description: " + "word " * 20, "short_description: |", "  " + "word " * 20, "app_port: x", "# H", "<!-- c -->",
    "[![a](b)](c)", "```", "python_version: 3.10", "a: &x 1", "b: *x", "{title: x, sdk: docker}", "é: ü",
])
# fmt: on


@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_fix_of_any_page_leaves_valid_frontmatter(lines: list[str], newline: str, fenced: bool) -> None:
    page = source("README.md", newline.join(["---", *lines, "---", ""] if fenced else lines))
    facts = Facts({"README.md": Space("", ("deploy.sh:1: git push",))})
    project = Project(Path(__file__).parent / "nowhere", ["README.md", "index.html"], None)
    project.overlay["index.html"] = b"<p>"
    for _ in range(12):
        fixes = [finding.outcome for finding in of_readme(page, project, facts) if isinstance(finding.outcome, Fix)]
        if not fixes:
            return
        page = page.with_text(apply_edits(page.text, fixes[0].edits))
        found = markdown.frontmatter(page)
        assert found is not None
        assert not yaml.duplicate_keys(found.root)
    raise AssertionError("never ends")


def test_moving_a_card_is_unsafe() -> None:
    damage = shapes.damage(source("README.md", "<!-- a -->\n---\ntitle: a\nsdk: docker\n---\n"), expected=False)
    assert damage is not None
    assert damage.applicability is Applicability.UNSAFE


def test_a_repair_never_leaves_a_key_twice() -> None:
    damage = shapes.damage(source("README.md", "---\ntitle: a\nsdk: docker\ntitle: b\n\n# T\n"), expected=False)
    assert damage is None or not damage.edits


def wrong(text: str) -> list[str]:
    found = markdown.frontmatter(source("README.md", f"---\ntitle: a\nsdk: gradio\n{text}\n---\n"))
    assert found is not None
    return [problem.message for _, problem in problems(found.root)]


def test_the_limit_counts_as_the_hub_does() -> None:
    assert not wrong("short_description: " + "a" * 60)
    assert "has 61" in wrong("short_description: " + "a" * 61)[0]
    assert "has 62" in wrong("short_description: " + "🚀" * 31)[0]


@pytest.mark.parametrize("emoji", ["🤖", "👩‍💻", "🇩🇪", "1️⃣", "ℹ️", "✏️", "❤️‍🔥"])
def test_emoji_are_emoji(emoji: str) -> None:
    assert not wrong(f"emoji: {emoji}")
