from __future__ import annotations

import pytest
from autofix.languages import dockerfile as docker
from autofix.text.edit import Edit, apply_edits
from autofix.text.source import Source
from hypothesis import given, settings
from hypothesis import strategies as st


def read(text: str | bytes) -> docker.Dockerfile:
    return docker.parse(Source("Dockerfile", text.encode() if isinstance(text, str) else text))


def places(text: str) -> list[tuple[str, int, int]]:
    return [(item.keyword, item.start_line, item.end_line) for item in read(text).instructions]


# Each text with the instructions that a build sees, by keyword, first and last line.
STRUCTURES = {
    "FROM a\nRUN b\n": [("FROM", 1, 1), ("RUN", 2, 2)],
    "FROM a\n\n# c\nRUN b": [("FROM", 1, 1), ("RUN", 4, 4)],
    "from a\nrun\tb \\\n  c\n": [("FROM", 1, 1), ("RUN", 2, 3)],
    "FROM a\nRUN b \\\n# c\n  # d \\\n  e\nUSER f\n": [("FROM", 1, 1), ("RUN", 2, 5), ("USER", 6, 6)],
    "FROM a\nRUN b \\\n\n\n  c\nUSER f\n": [("FROM", 1, 1), ("RUN", 2, 5), ("USER", 6, 6)],
    "FROM a\nRUN b \\   \n  c\n": [("FROM", 1, 1), ("RUN", 2, 3)],
    "FROM a\nRUN b\\\\\nUSER c\n": [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)],
    "FROM a\nRUN\\\n  b\n": [("FROM", 1, 1), ("RUN", 2, 3)],
    "# escape=`\nFROM a\nRUN b `\n  c\nWORKDIR d\\\nUSER e\n": [
        ("FROM", 2, 2),
        ("RUN", 3, 4),
        ("WORKDIR", 5, 5),
        ("USER", 6, 6),
    ],
    "# syntax=x\n# check=skip=all\n# escape=`\nFROM a\nRUN b `\n  c\n": [("FROM", 4, 4), ("RUN", 5, 6)],
    "\n# escape=`\nFROM a\nRUN b `\nUSER c\n": [("FROM", 3, 3), ("RUN", 4, 4), ("USER", 5, 5)],
    "FROM a\nRUN <<EOF\nUSER x\nEOF\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)],
    "FROM a\nRUN <<EOF\nx\nEOF\n# c\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 6, 6)],
    "FROM a\nRUN <<-EOF && b\n\tx\n\tEOF\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)],
    "FROM a\nRUN 3<<'E O' cat\n$x\nE O\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)],
    'FROM a\nCOPY <<A <<"B" /x/\n1\nA\n2\nB\nUSER y\n': [("FROM", 1, 1), ("COPY", 2, 6), ("USER", 7, 7)],
    "FROM a\nRUN cat <<EOF >x \\\n  y\nz\nEOF\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 5), ("USER", 6, 6)],
    "FROM a\nRUN cat <<<x\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)],
    "FROM a\nRUN echo '<<EOF'\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)],
    "FROM a\nRUN echo it\\'s $((1<<2))\nUSER y\n": [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)],
    'FROM a\nRUN ["b", "<<EOF"]\nUSER y\n': [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)],
    "FROM a\nENV b <<EOF\nUSER y\n": [("FROM", 1, 1), ("ENV", 2, 2), ("USER", 3, 3)],
    "ARG a\nFROM b\nHEALTHCHECK NONE\n": [("ARG", 1, 1), ("FROM", 2, 2), ("HEALTHCHECK", 3, 3)],
    "FROM a\r\nRUN b \\\r\n  c\r\nRUN <<EOF\r\nx\r\nEOF\r\nUSER y\r\n": [
        ("FROM", 1, 1),
        ("RUN", 2, 3),
        ("RUN", 4, 6),
        ("USER", 7, 7),
    ],
    "FROM a\n  # c\n   RUN b\n": [("FROM", 1, 1), ("RUN", 3, 3)],
    'FROM a\nLABEL b="c\x0cd\u2028e"\nUSER f\n': [("FROM", 1, 1), ("LABEL", 2, 2), ("USER", 3, 3)],
}


@pytest.mark.parametrize("text", STRUCTURES)
def test_structure(text: str) -> None:
    assert read(text).refusal is None
    assert places(text) == STRUCTURES[text]


@pytest.mark.parametrize("text", STRUCTURES)
def test_structure_is_that_of_buildkit(text: str) -> None:
    dockerfile = pytest.importorskip("dockerfile", reason="BuildKit's parser, a development dependency")
    if "# check=" in text:
        pytest.skip("its BuildKit is older than the directive")
    found = [(item.cmd.upper(), item.start_line, item.end_line) for item in dockerfile.parse_string(text)]
    assert found == STRUCTURES[text]


LINES = st.sampled_from(
    [
        "FROM a",
        "RUN b",
        "RUN b \\",
        "  c",
        "  c \\",
        "# d",
        "",
        " ",
        "\\",
        "USER e\\\\",
        "RUN <<X",
        "RUN cat <<-X <<Y \\",
        "X",
        "\tX",
        "Y",
        "COPY <<'X' f",
        "RUN 'g",
        "RUN ${h",
        "# escape=`",
        "# syntax=i",
        "RUN b `",
        'CMD ["j", \\',
        '"k"]',
        "ONBUILD RUN l",
        "ENV m=n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_every_file_is_read_as_buildkit_does_or_refused(lines: list[str], newline: str, ended: bool, escape: bool) -> None:
    text = newline.join(["# syntax=x", *lines] if escape else ["FROM a", *lines]) + newline * ended
    found = read(text)
    if found.refusal is not None:
        return
    e2b = pytest.importorskip("e2b_dockerfile_utils", reason="a port of BuildKit's parser, a development dependency")
    theirs = [(item.name, item.start_line, item.end_line) for item in e2b.parse_dockerfile_ast(text).instructions]
    assert places(text) == theirs


@given(st.text(max_size=80))
def test_reading_never_raises(text: str) -> None:
    found = read(text.encode("utf-8", "ignore"))
    assert docker.check(found.source) is None
    for item in found.instructions:
        assert 0 <= item.leading <= item.start < item.end <= len(found.source.text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM a\nRUN b \\\n", "line 2 is continued"),
        ("FROM a\nRUN b \\\n# c\n", "line 2 is continued"),
        ("FROM a\nRUN <<EOF\nb\n", "never ends"),
        ("FROM a\nRUN b \\\n\n&& c\nand d\n", "'AND' at line 5"),
        ("{% if a %}\nFROM b\n", "'{%' at line 1"),
        ("<<<<<<< HEAD\nFROM a\n", "is no instruction"),
        ("FROM a\nONBUILD COPPY b c\n", "'COPPY' at line 2"),
        ("RUN a\n", "above the first FROM"),
        ("# escape=x\nFROM a\n", "directive"),
        ("# syntax=a\n# syntax=b\nFROM a\n", "directive"),
        ("FROM a\rRUN b\n", "carriage return"),
        ("\\\nFROM a\n", "two parsers"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    assert reason in (read(text).refusal or "")


def test_a_byte_order_mark_is_refused() -> None:
    assert "byte order mark" in (docker.parse(Source.decode("Dockerfile", b"\xef\xbb\xbfFROM a\n")).refusal or "")


def test_worse_than_before() -> None:
    def regressed(before: str, after: str) -> str | None:
        return docker.regressed(Source("Dockerfile", before.encode()), Source("Dockerfile", after.encode()))

    assert regressed("FROM a\n", "FROM a\nUSER b\n") is None
    assert regressed("FROM a\nRUN b \\\n c\n", "FROM a\nRUN b\n c\n") == "'C' at line 3 is no instruction"
    assert regressed("FROM a\nFROM b\n", "FROM a\n") is not None
    assert regressed("nothing\n", "at all\n") is None


def test_parts_of_an_instruction() -> None:
    text = 'FROM --platform=$X a AS b\nCOPY --chown=1:1 \\\n  # c\n  --from=d e \\\n  f/\nADD ["g", "h \\"i"]\n'
    found = read(text)
    _, copy, add = found.instructions
    assert [flag.text for flag in copy.flags] == ["--chown=1:1", "--from=d"]
    assert copy.flag("from") == "d"
    assert copy.flag("link") is None
    assert [(word.text, found.source.slice(word.start, word.end)) for word in copy.words] == [("e", "e"), ("f/", "f/")]
    assert [found.source.slice(*span) for span in copy.comments] == ["# c"]
    assert add.items is not None
    assert [(item.text, found.source.slice(item.start, item.end)) for item in add.items] == [("g", '"g"'), ('h "i', '"h \\"i"')]
    assert found.source.slice(*copy.head) == "COPY"
    assert (found.stages[0].name, found.stages[0].image) == ("b", "a")


def test_a_here_document_knows_its_body() -> None:
    found = read("FROM a\nCOPY <<-A <<'B' /x/\n\t1\n\tA\n2\nB\n")
    first, second = found.instructions[1].heredocs
    assert [found.source.slice(item.start, item.end) for item in (first, second)] == ["\t1\n", "2\n"]
    assert [(item.name, item.expand, item.strip_tabs) for item in (first, second)] == [("A", True, True), ("B", False, False)]


def test_pairs() -> None:
    found = read('FROM a\nENV B=1 C="2 3" D=e\\ f\nENV G  h i\nARG J\nARG K=\'l\' M=\nLABEL "n"=o\n')
    pairs = [(pair.name, pair.value, pair.legacy) for item in found.instructions for pair in item.pairs]
    assert pairs[:4] == [("B", "1", False), ("C", "2 3", False), ("D", "e f", False), ("G", "h i", True)]
    assert pairs[4:7] == [("J", None, False), ("K", "l", False), ("M", "", False)]


def test_environment_follows_stages() -> None:
    found = read("ARG A=0\nFROM x AS y\nARG B=1\nENV B=2 C=3\nFROM Y\nENV C=\nRUN d\nENV C=5\nFROM z\nRUN e\n")
    runs = [item for item in found.instructions if item.keyword == "RUN"]
    assert found.environment(runs[0]) == {"B": "2", "C": ""}
    assert found.environment(runs[1]) == {}
    assert [found.base_image(run) for run in runs] == ["x", "z"]


def test_images_are_named_by_arguments() -> None:
    found = read("ARG A=x\nARG B\nFROM $A:1 AS y\nFROM r/${A}-${B:-z}\nFROM ${C}\nFROM ${A:+q}\nARG Y=y\nFROM $Y\n")
    assert [stage.image for stage in found.stages] == ["x:1", "r/x-z", "${C}", "${A:+q}", "$Y"]
    found = read("ARG T=dev\nFROM a AS dev\nENV B=1\nFROM ${T}\nRUN c\n")
    assert found.environment(found.instructions[-1]) == {"B": "1"}


def test_shell_follows_stages() -> None:
    found = read('FROM x AS y\nSHELL ["/bin/bash", "-c"]\nFROM y\nRUN a\nFROM z\nRUN b\n')
    assert [found.shell(item)[0] for item in found.instructions if item.keyword == "RUN"] == ["/bin/bash", "/bin/sh"]


def test_a_trigger_is_an_instruction_inside() -> None:
    trigger = read("FROM a\nONBUILD RUN --network=none b \\\n  c\n").instructions[1].inner
    assert trigger is not None
    assert (trigger.keyword, trigger.arguments.text, trigger.flags[0].text) == ("RUN", b"b   c", "--network=none")


def test_pragmas() -> None:
    found = read(
        "# hadolint global ignore=DL1\nFROM a\n# hadolint ignore=DL2,DL3\n# why\nRUN b\n"
        "RUN c \\\n  # hadolint ignore = DL4\n  d\n# hadolint ignore=DL5\n\nRUN e\n"
    )
    first, second, third = (item for item in found.instructions if item.keyword == "RUN")
    assert [rule for rule in ("DL1", "DL2", "DL3", "DL4", "DL5") if found.is_ignored(first, rule)] == ["DL1", "DL2", "DL3"]
    assert found.is_ignored(second, "DL4")
    assert not found.is_ignored(second, "DL2")
    assert not found.is_ignored(third, "DL5")


def test_comments_are_only_what_the_builder_takes_for_one() -> None:
    text = "# syntax=a\nFROM b # c\nRUN <<EOF\n# d\nEOF\nRUN e \\\n  # f\r\n  g\n  # h"
    source = Source("Dockerfile", text.encode())
    assert [source.slice(*span) for span in docker.comments(source)] == ["# syntax=a", "# f", "# h"]


NEWLINES = pytest.mark.parametrize("newline", ["\n", "\r\n"])


def changed(found: docker.Dockerfile, edits: list[Edit], newline: str) -> str:
    text = apply_edits(found.source.text, edits).decode()
    assert text.count("\n") == text.count(newline)
    return text.replace(newline, "\n")


@NEWLINES
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a\nCOPY . .\n# b\nRUN c \\\n  d\nUSER e\n", "FROM a\n# b\nRUN c \\\n  d\nCOPY . .\nUSER e\n"),
        ("FROM a\n# f\nCOPY . .\n\n# b\nRUN c", "FROM a\n# b\nRUN c\n# f\nCOPY . .\n"),
        ("FROM a\nCOPY . .\nRUN <<X\nc\nX", "FROM a\nRUN <<X\nc\nX\nCOPY . ."),
    ],
)
def test_blocks_move_with_their_comments(before: str, after: str, newline: str) -> None:
    found = read(before.replace("\n", newline))
    copy, run = (next(item for item in found.instructions if item.keyword == keyword) for keyword in ("COPY", "RUN"))
    assert changed(found, docker.move_block(found, run, before=copy), newline) == after


@NEWLINES
@pytest.mark.parametrize("end", ["", "\n"])
def test_lines_are_put_in_and_taken_away(newline: str, end: str) -> None:
    found = read(f"FROM a\n# b\nRUN c{end}".replace("\n", newline))
    _, run = found.instructions
    assert (
        changed(found, docker.insert_after(found, run, "USER d\nCMD e"), newline) == f"FROM a\n# b\nRUN c\nUSER d\nCMD e{end}"
    )
    assert changed(found, docker.insert_before(found, run, "USER d"), newline) == f"FROM a\nUSER d\n# b\nRUN c{end}"
    assert changed(found, docker.remove_block(found, run), newline) == f"FROM a\n# b{end}"


@pytest.mark.parametrize(
    ("line", "words", "after"),
    [
        ("COPY  a  b/", ["a", "c", "b/"], "COPY  a c  b/"),
        ("COPY a b/", ["a", "./"], "COPY a ./"),
        ("COPY a b c/", ["b", "c/"], "COPY b c/"),
        ("COPY a b c/", ["a", "c/"], "COPY a c/"),
        ("COPY a b/", ["c", "a", "b/"], "COPY c a b/"),
        ("COPY --link a \\\n  b/", ["a", "d", "e", "b/"], "COPY --link a d e \\\n  b/"),
        ('COPY ["a", "b/"]', ["a", 'c "d"', "b/"], 'COPY ["a", "c \\"d\\"", "b/"]'),
        ('COPY ["a", "b/"]', ["x", "b/"], 'COPY ["x", "b/"]'),
    ],
)
def test_arguments_change_word_by_word(line: str, words: list[str], after: str) -> None:
    found = read(f"FROM a\n{line}\n")
    assert changed(found, docker.replace_arguments(found.instructions[1], words), "\n") == f"FROM a\n{after}\n"


def test_flags_are_added_behind_flags() -> None:
    found = read("FROM a\nCOPY b c\nCOPY --link \\\n  b c\n")
    edits = [edit for item in found.instructions[1:] for edit in docker.add_flag(item, "--chown=1:1")]
    assert changed(found, edits, "\n") == "FROM a\nCOPY --chown=1:1 b c\nCOPY --link --chown=1:1 \\\n  b c\n"
