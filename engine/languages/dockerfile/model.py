"""What a Dockerfile says: instructions, stages, and what is in force where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

from autofix.languages.dockerfile.lines import Heredoc, Layout, LogicalLine, Range, is_json, layout
from autofix.text.excerpt import Excerpt
from autofix.text.source import Source

KEYWORDS = frozenset(
    (
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    )
)
_MAY_BE_JSON = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"))

_FLAG = re.compile(rb"""\s+(--(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*)(?=\s|$)""", re.DOTALL)
_BLANKS = re.compile(rb"\s+")
_WORD = re.compile(rb"\S+")
_JSON_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PAIR_WORD = re.compile(rb"""(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+""", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
_VARIABLE = re.compile(r"\$(?=\w|\{\w+(?::-[^}]*)?\})\{?(\w+)(?::-([^}]*))?\}?")
_IGNORE = re.compile(rb"#\s*hadolint\s+(global\s+)?ignore\s*=\s*([A-Za-z0-9, \t]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the arguments, an item of an array, or a flag: its bytes in the source and what they say."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pair:
    """`name=value` of ENV, ARG or LABEL, or the old form `ENV name value`.

    `value` has its quotes removed; it may hold `$`. None stands for an ARG without a default.
    """

    name: str
    value: str | None
    start: int
    end: int
    legacy: bool = False


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    `start` to `end` is the whole block: leading blanks, continuations, here-documents and the last line's ending. Lines are
    1-based. `content` is what the builder reads after joining the lines. The trigger of an ONBUILD is `inner`; it has the
    same block.
    """

    keyword: str
    """In capitals."""
    start: int
    end: int
    start_line: int
    end_line: int
    content: Excerpt
    head: Range
    """Where the keyword stands."""
    flags: tuple[Word, ...]
    arguments: Excerpt
    """Behind the flags; without here-documents."""
    items: tuple[Word, ...] | None
    """The strings of the JSON form; None in the shell form."""
    heredocs: tuple[Heredoc, ...]
    comments: tuple[Range, ...]
    """Comments between its lines."""
    blank_lines: tuple[int, ...]
    """1-based numbers of empty lines between its lines."""
    leading: int
    """Where the comments directly above begin; `start` where there are none."""
    ignored: frozenset[str]
    """Rules that `# hadolint ignore=` above it or inside it turns off."""
    stage: int
    """Index into `Dockerfile.stages`; -1 above the first FROM."""
    inner: Instruction | None = None

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments, or the items of the JSON form, split at blanks: quotes do not hold words together here."""
        if self.items is not None:
            return self.items
        found = _WORD.finditer(self.arguments.text)
        return tuple(_word(self.arguments, match.start(), match.end()) for match in found)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Names and values of ENV, ARG and LABEL; empty for others."""
        if self.keyword not in ("ENV", "ARG", "LABEL"):
            return ()
        return tuple(_pairs(self.keyword, self.arguments))

    def flag(self, name: str) -> str | None:
        """The value of the first `--name=value`; empty for a bare `--name`, None where there is none."""
        for flag in self.flags:
            key, _, value = flag.text.removeprefix("--").partition("=")
            if key == name:
                return value
        return None


@dataclass(frozen=True)
class Stage:
    """What one FROM begins. `image` has the defaults of the ARGs above the first FROM put in.

    `parent` is the index of the earlier stage that it builds on, None for an image.
    """

    index: int
    name: str | None
    image: str
    parent: int | None
    instructions: tuple[Instruction, ...]
    """The FROM is the first."""


@dataclass(frozen=True)
class Dockerfile:
    """A whole file. Where `refusal` says why, nothing may be edited."""

    source: Source
    layout: Layout
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    ignored: frozenset[str]
    """Rules that `# hadolint global ignore=` turns off."""
    refusal: str | None

    @property
    def escape(self) -> str:
        r"""The character that continues a line: a backslash, or a backtick after `# escape=`."""
        return self.layout.escape.decode()

    def is_ignored(self, instruction: Instruction, rule: str) -> bool:
        """Whether a pragma in the file turns a hadolint rule off for an instruction."""
        return rule in self.ignored or rule in instruction.ignored

    def in_force(self, instruction: Instruction) -> Iterator[Instruction]:
        """What the stage did before an instruction, the stages that it builds on first."""
        if instruction.stage < 0:
            return
        for stage in self._lineage(instruction.stage):
            for earlier in stage.instructions:
                if earlier.start >= instruction.start:
                    return
                yield earlier

    def environment(self, instruction: Instruction) -> Mapping[str, str | None]:
        """ENV and ARG as an instruction sees them, unexpanded; None for an ARG that has no default."""
        arguments: dict[str, str | None] = {}
        variables: dict[str, str | None] = {}
        for earlier in self.in_force(instruction):
            into = variables if earlier.keyword == "ENV" else arguments
            into.update((pair.name, pair.value) for pair in earlier.pairs if earlier.keyword != "LABEL")
        return {**arguments, **variables}

    def shell(self, instruction: Instruction) -> tuple[str, ...]:
        """The shell of the shell form: what SHELL says, else `/bin/sh -c`. An image may say otherwise."""
        shells = [earlier for earlier in self.in_force(instruction) if earlier.keyword == "SHELL" and earlier.items]
        return tuple(item.text for item in shells[-1].items or ()) if shells else ("/bin/sh", "-c")

    def base_image(self, instruction: Instruction) -> str:
        """The image that an instruction's stage builds on in the end; empty above the first FROM."""
        return self._lineage(instruction.stage)[0].image if instruction.stage >= 0 else ""

    def _lineage(self, index: int) -> list[Stage]:
        stages = [self.stages[index]]
        while (parent := stages[-1].parent) is not None:
            stages.append(self.stages[parent])
        return stages[::-1]


def parse(source: Source) -> Dockerfile:
    """Read a file, once for each version of its text. Never raises: see `Dockerfile.refusal`."""
    return source.once(_parse)


def comments(source: Source) -> list[Range]:
    """The byte ranges of the comments from `#` to the end of the line, parser directives among them.

    A `#` behind an instruction or in a here-document is no comment to the builder.
    """
    return list(parse(source).layout.comments.values())


def check(_source: Source) -> str | None:
    """Nothing stops a run: templates are called Dockerfile too. A fixer that finds something asks `Dockerfile.refusal`."""
    return None


def regressed(before: Source, after: Source) -> str | None:
    """Why a changed file is worse than before, in one line; None where it is not."""
    if parse(before).refusal is not None:
        return None
    if (refusal := parse(after).refusal) is not None:
        return refusal
    if len(parse(before).stages) != len(parse(after).stages):
        return "has another number of stages"
    return None


def _parse(source: Source) -> Dockerfile:
    lines = layout(source.text)
    stage = -1
    instructions: list[Instruction] = []
    for line in lines.logical:
        instruction = _instruction(source, lines, line, stage)
        if instruction.keyword == "FROM":
            stage += 1
            instruction = _instruction(source, lines, line, stage)
        instructions.append(instruction)
    ignored = frozenset[str]().union(*(_ignored(source.text[start:end], True) for start, end in lines.comments.values()))
    refusal = _refusal(source, lines, instructions)
    return Dockerfile(source, lines, tuple(instructions), tuple(_stages(instructions)), ignored, refusal)


def _refusal(source: Source, lines: Layout, instructions: list[Instruction]) -> str | None:
    if source.bom:
        return "begins with a byte order mark"
    if b"\r" in source.text.replace(b"\r\n", b""):
        return "has lines that end in a lone carriage return"
    if lines.problem is not None:
        return lines.problem
    for instruction in instructions:
        keyword = instruction.inner.keyword if instruction.inner else instruction.keyword
        if keyword not in KEYWORDS:
            return f"{keyword[:20]!r} at line {instruction.start_line} is no instruction"
        if instruction.stage < 0 and keyword != "ARG":
            return f"{keyword} at line {instruction.start_line} stands above the first FROM"
    return _disagreement(lines, instructions)


def _disagreement(lines: Layout, instructions: list[Instruction]) -> str | None:
    """Two readings have to agree before anything is edited: ours and that of dockerfile-parse."""
    from dockerfile_parse import DockerfileParser

    parser = DockerfileParser(fileobj=BytesIO(b"\n".join(lines.copy) + b"\n"), cache_content=False, env_replace=False)
    theirs = [(item["startline"] + 1, item["instruction"]) for item in parser.structure if item["instruction"] != "COMMENT"]
    ours = [(item.start_line, item.keyword) for item in instructions]
    if theirs == ours:
        return None
    line = min((set(theirs) ^ set(ours)), default=(1, ""))[0]
    return f"two parsers read line {line} in different ways"


def _instruction(source: Source, lines: Layout, line: LogicalLine, stage: int) -> Instruction:
    starts_at = lines.lines[line.first][0]
    end = lines.lines[line.last + 1][0] if line.last + 1 < len(lines.lines) else len(source.text)
    above = line.first
    while above > lines.directives and above - 1 in lines.comments:
        above -= 1
    leading = lines.lines[above][0]
    around = [*(lines.comments[number] for number in range(above, line.first)), *line.comments]
    ignored = frozenset[str]().union(*(_ignored(source.text[start:stop], False) for start, stop in around))

    def build(content: Excerpt) -> Instruction:
        start = len(content.text) - len(content.text.lstrip())
        stop = start + len(content.text.split(maxsplit=1)[0])
        keyword = content.text[start:stop].decode("utf-8", "replace").upper()
        flags, at = _flags(content, stop)
        arguments = _stripped(content, at)
        return Instruction(
            keyword=keyword,
            start=starts_at,
            end=end,
            start_line=line.first + 1,
            end_line=line.last + 1,
            content=content,
            head=content.range(start, stop),
            flags=flags,
            arguments=arguments,
            items=_items(arguments) if keyword in _MAY_BE_JSON else None,
            heredocs=line.heredocs,
            comments=line.comments,
            blank_lines=tuple(number + 1 for number in line.blank_lines),
            leading=leading,
            ignored=ignored,
            stage=stage,
            inner=build(arguments) if keyword == "ONBUILD" and arguments.text else None,
        )

    return build(line.content)


def _flags(content: Excerpt, at: int) -> tuple[tuple[Word, ...], int]:
    flags: list[Word] = []
    while (match := _FLAG.match(content.text, at)) is not None:
        at = match.end()
        if match[1] == b"--":
            break
        flags.append(_word(content, *match.span(1)))
    return tuple(flags), at


def _stripped(content: Excerpt, at: int) -> Excerpt:
    blanks = _BLANKS.match(content.text, at)
    start = blanks.end() if blanks else at
    return content.part(start, max(start, len(content.text.rstrip())))


def _items(arguments: Excerpt) -> tuple[Word, ...] | None:
    if not is_json(arguments.text):
        return None
    import json

    found = _JSON_STRING.finditer(arguments.text)
    return tuple(Word(json.loads(match[0]), *arguments.range(*match.span())) for match in found)


def _word(excerpt: Excerpt, start: int, end: int) -> Word:
    return Word(excerpt.text[start:end].decode("utf-8", "replace"), *excerpt.range(start, end))


def _pairs(keyword: str, arguments: Excerpt) -> Iterator[Pair]:
    words = list(_PAIR_WORD.finditer(arguments.text))
    if keyword != "ARG" and words and b"=" not in words[0][0]:
        name = arguments.text.split(maxsplit=1)[0]
        rest = _stripped(arguments, len(name))
        yield Pair(name.decode(), rest.text.decode(), *arguments.range(0, len(arguments.text)), legacy=True)
        return
    for word in words:
        key, equals, value = word[0].decode("utf-8", "replace").partition("=")
        yield Pair(key, unquoted(value) if equals else None, *arguments.range(*word.span()))


def unquoted(value: str) -> str:
    """A value without its quotes and escapes; variables stay as they are written."""
    return _QUOTED.sub(lambda match: next((group for group in match.groups() if group is not None), ""), value)


def _ignored(comment: bytes, for_all: bool) -> frozenset[str]:
    match = _IGNORE.match(comment)
    if match is None or bool(match[1]) != for_all:
        return frozenset()
    return frozenset(re.split(r"[,\s]+", match[2].decode().strip()))


def _stages(instructions: list[Instruction]) -> Iterator[Stage]:
    names: dict[str, int] = {}
    given = {pair.name: pair.value for item in instructions if item.stage < 0 for pair in item.pairs}
    for index in range(max((item.stage for item in instructions), default=-1) + 1):
        own = tuple(item for item in instructions if item.stage == index)
        words = [word.text for word in own[0].words]
        image = _VARIABLE.sub(lambda found: given.get(found[1]) or found[2] or found[0], words[0]) if words else ""
        name = words[2] if len(words) > 2 and words[1].upper() == "AS" else None
        yield Stage(index, name, image, names.get(image.lower()), own)
        if name is not None:
            names[name.lower()] = index
