"""Markdown: the frontmatter block, the comments, the headings. All offsets are bytes of the file.

A frontmatter block is what the Hugging Face Hub takes for one: the pattern of `huggingface_hub.repocard`, and a YAML mapping
between the fences. Jekyll, Docusaurus and the others want the same, so whatever passes here is frontmatter to all of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from autofix.languages import yaml
from autofix.text.source import Source

Range = tuple[int, int]

# huggingface_hub.repocard.REGEX_YAML_BLOCK. Blank lines and blanks may stand before the opening fence, none behind it.
_BLOCK = re.compile(rb"(\s*)---(?:\r\n|\r|\n)([\S\s]*?)(?:\r\n|\r|\n)(---[ \t]*(?:\r\n|\n|\Z))")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences at the top, YAML or not.

    `start` is the first `-`, `content` to `content_end` what lies between without its last line ending, `fence` the closing
    `---`, `end` where the rest of the page begins.
    """

    start: int
    content: int
    content_end: int
    fence: int
    end: int


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """A block that is a YAML mapping; the nodes have their offsets in the file."""

    block: Block
    root: yaml.MappingNode


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `text` is Markdown without the marks of the heading itself."""

    level: int
    start: int
    end: int
    text: str


def block(source: Source) -> Block | None:
    """The fenced block at the top. A rule that a page begins with makes one too: see `frontmatter`."""
    match = _BLOCK.match(source.text)
    if match is None:
        return None
    return Block(match.end(1), match.start(2), match.end(2), match.start(3), match.end())


def frontmatter(source: Source) -> Frontmatter | None:
    """The block at the top if it is a mapping; None where there is none, or only prose between two rules.

    Raises:
        yaml.YamlError: there is a block, and it is not valid YAML.
    """
    found = block(source)
    if found is None:
        return None
    roots = yaml.compose(source.text[found.content : found.content_end], found.content)
    root = yaml.target(roots[0]) if len(roots) == 1 else None
    return Frontmatter(found, root) if isinstance(root, yaml.MappingNode) and root.entries else None


def check(_: Source) -> str | None:
    """Every text is Markdown."""
    return None


def regressed(before: Source, after: Source) -> str | None:
    """Why a changed page is worse than before: its frontmatter is lost, or repeats a key. None where it is not."""
    old, new = _frontmatter_or_none(before), _frontmatter_or_none(after)
    if old is not None and new is None:
        return "has lost its frontmatter"
    repeated = yaml.duplicate_keys(new.root) if new else []
    if repeated and not (old and yaml.duplicate_keys(old.root)):
        return f"repeats the key {yaml.key_text(repeated[0])}"
    return None


def _frontmatter_or_none(source: Source) -> Frontmatter | None:
    try:
        return frontmatter(source)
    except yaml.YamlError:
        return None


def comments(source: Source) -> list[Range]:
    """The HTML comments outside of code, and the YAML comments of the frontmatter; in MDX also `{/* .. */}`."""
    return [*_yaml_comments(source), *source.once(_layout).comments]


def hidden(source: Source) -> list[Range]:
    """Code blocks, code spans and HTML comments: what looks like Markdown in them is none."""
    return source.once(_layout).ranges


def _yaml_comments(source: Source) -> list[Range]:
    found = _frontmatter_or_none(source)
    if found is None:
        return []
    start = found.block.content
    inner = Source(source.path, source.text[start : found.block.content_end])
    return [(first + start, last + start) for first, last in yaml.comments(inner)]


_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_HTML_HEADING = re.compile(rb"<h([1-6])(?:\s[^>]*)?>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
_NO_PARAGRAPH = re.compile(r"\s*$| {0,3}(?:>|[-*+][ \t]|\d+[.)][ \t]|#|<|\||---|\*\*\*|___)")


def headings(source: Source) -> list[Heading]:
    """The headings in order: `#`, underlined ones, and `<h1>` in HTML; none of code blocks, comments or frontmatter."""
    layout = source.once(_layout)
    found = list(_line_headings(source, layout))
    found += (
        Heading(int(match[1]), match.start(), match.end(), match[2].decode("utf-8"))
        for match in _HTML_HEADING.finditer(source.text)
        if not layout.hidden(match.start())
    )
    return sorted(found, key=lambda heading: heading.start)


def _line_headings(source: Source, layout: _Layout) -> Iterator[Heading]:
    paragraph: tuple[int, str] | None = None
    for start, end in layout.lines:
        line = source.slice(start, end).rstrip("\r\n")
        if layout.hidden(start):
            paragraph = None
        elif (match := _ATX.match(line)) is not None:
            yield Heading(len(match[1]), start, end, match[2] or "")
            paragraph = None
        elif paragraph is not None and (match := _SETEXT.match(line)) is not None:
            yield Heading(1 if match[1][0] == "=" else 2, paragraph[0], end, paragraph[1].strip())
            paragraph = None
        elif _NO_PARAGRAPH.match(line):
            paragraph = None
        else:
            # Only a paragraph of one line becomes a heading here: longer ones are no titles.
            paragraph = (start, line) if paragraph is None else None


_FENCE = re.compile(rb"(?: {0,3}|[ \t]*(?:[-*+]|\d+[.)])[ \t]+| +)(`{3,}(?=[^`]*$)|~{3,})")
_LIST_ITEM = re.compile(rb"[ \t]*(?:[-*+]|\d+[.)])(?:[ \t]|$)")
_TOKEN = re.compile(rb"\\.|<!--|\{/\*|`+", re.DOTALL)
_BLANK_LINE = re.compile(rb"\n[ \t]*\r?\n|\r[ \t]*\r")


@dataclass
class _Layout:
    """Where code and comments are; `body` is where the frontmatter ends."""

    lines: list[Range]
    body: int
    comments: list[Range] = field(default_factory=list)
    code: list[Range] = field(default_factory=list)

    @cached_property
    def ranges(self) -> list[Range]:
        """Both in order; they do not overlap."""
        return sorted([*self.comments, *self.code])

    def hidden(self, offset: int) -> bool:
        """Whether a byte lies in code, a comment or the frontmatter."""
        at = bisect_right(self.ranges, offset, key=lambda found: found[0]) - 1
        return offset < self.body or (at >= 0 and offset < self.ranges[at][1])


def _layout(source: Source) -> _Layout:
    found = block(source) if _frontmatter_or_none(source) else None
    return _Scanner(source, found.end if found else 0).scan()


class _Scanner:
    """One pass over the lines: a comment hides fences, a fence hides comments, whichever begins first."""

    def __init__(self, source: Source, start: int) -> None:
        self.text = source.text
        self.layout = _Layout([source.line_range(line) for line in range(1, len(source.line_starts) + 1)], start)
        self.at = start
        self.fence: bytes | None = None
        self.after_blank = True
        self.in_list = False
        self.closers = {b"<!--": b"-->", **({b"{/*": b"*/}"} if source.path.endswith(".mdx") else {})}

    def scan(self) -> _Layout:
        for start, end in self.layout.lines:
            if end <= self.at:
                continue
            line = self.text[start:end].rstrip(b"\r\n")
            if start >= self.at and self.is_code(line):
                self.layout.code.append((start, end))
                self.at = end
            else:
                self.inline(max(start, self.at), end)
            self.after_blank = not line.strip()
        return self.layout

    def is_code(self, line: bytes) -> bool:
        if self.fence is not None:
            if re.fullmatch(rb"[ \t]*" + re.escape(self.fence) + self.fence[:1] + rb"*[ \t]*", line):
                self.fence = None
            return True
        opening = _FENCE.match(line)
        if opening is not None:
            self.fence = opening[1]
            return True
        if not line.strip():
            return False
        if line.startswith((b"    ", b"\t")):
            return self.after_blank and not self.in_list
        self.in_list = _LIST_ITEM.match(line) is not None or (self.in_list and line.startswith((b" ", b"\t")))
        return False

    def inline(self, start: int, end: int) -> None:
        """Comments and code spans that begin on a line."""
        self.at = start
        while (token := _TOKEN.search(self.text, self.at, end)) is not None:
            self.at = token.end()
            if token[0] in self.closers:
                stop = self.text.find(self.closers[token[0]], token.end())
                if stop >= 0:
                    self.at = stop + 3
                    self.layout.comments.append((token.start(), self.at))
            elif token[0][:1] == b"`":
                self.code_span(token)
        self.at = max(self.at, end)

    def code_span(self, opening: re.Match[bytes]) -> None:
        blank = _BLANK_LINE.search(self.text, opening.end())
        paragraph_end = blank.start() if blank else len(self.text)
        closing = re.compile(rb"(?<!`)" + opening[0] + rb"(?!`)").search(self.text, opening.end(), paragraph_end)
        if closing is not None:
            self.at = closing.end()
            self.layout.code.append((opening.start(), closing.end()))


_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.DOTALL)
_EMPHASIS = re.compile(r"(?<!\\)(\*\*|__|~~|(?<![\w*])\*|(?<![\w_])_)(?=\S)(.+?)(?<=[^\s\\])\1(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain_text(text: str) -> str:
    """A line of Markdown as a reader sees it, on one line: no images, tags, emphasis or escapes, links by their text."""
    text = _TAG.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", text)))
    text = re.sub(r"(`+)(.+?)\1", lambda match: match[2].strip(), text)
    while (simpler := _EMPHASIS.sub(r"\2", text)) != text:
        text = simpler
    return " ".join(_ESCAPE.sub(r"\1", text).split())
