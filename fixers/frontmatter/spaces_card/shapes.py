"""What stands at the top of a README: a card, something that was meant to be one, or none of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autofix.fixer import Applicability, Edit, Source
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.fixers.frontmatter.unquoted import unquoted, with_quotes
from autofix.languages import markdown, yaml
from autofix.text.edit import apply_edits, delete, insert, replace


@dataclass(frozen=True)
class Damage:
    """A card that the Hub does not see: what is wrong from `start` to `end`, and the edits after which it does.

    Without edits, `reason` says why a person has to look.
    """

    start: int
    end: int
    message: str
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = Applicability.SAFE
    reason: str = ""


def is_card(root: yaml.MappingNode) -> bool:
    """Whether a frontmatter can only be that of a Space."""
    keys = {yaml.key_text(entry.key) for entry in root.entries}
    sdk = yaml.mapping_get(root, "sdk")
    known = isinstance(sdk, yaml.ScalarNode) and sdk.value.lower() in (*hub().sdks, *hub().retired_sdks)
    return (known and bool(keys & {"title", "emoji", *hub().card_keys} - {"sdk"})) or len(keys & set(hub().card_keys)) > 1


def has_card(source: Source) -> bool:
    """Whether a page has a card, whole or damaged."""
    try:
        found = markdown.frontmatter(source)
    except yaml.YamlError:
        found = None
    return is_card(found.root) if found is not None else damage(source, expected=False) is not None


def damage(source: Source, *, expected: bool) -> Damage | None:
    """Why the Hub does not see the card of a page; None where there is nothing like a card.

    Only for pages without valid frontmatter. `expected` says that the page is the README of a Space: less has to be there then.
    """
    found = markdown.block(source)
    candidates = [
        *(_broken(source, found, expected) if found is not None else ()),
        *_unclosed(source),
        *_fences(source),
        *_below(source),
    ]
    repaired = next((item for item in candidates if item.edits and _is_repaired(source, item, expected)), None)
    return repaired or next((item for item in candidates if item.reason), None)


def _is_repaired(source: Source, item: Damage, expected: bool) -> bool:
    after = source.with_text(apply_edits(source.text, item.edits))
    try:
        found = markdown.frontmatter(after)
    except yaml.YamlError:
        return False
    if found is None or yaml.duplicate_keys(found.root):
        return False
    keys = {yaml.key_text(entry.key) for entry in found.root.entries}
    return is_card(found.root) or (expected and bool(keys & {"title", "license", *hub().card_keys}))


_CARD_LINE = re.compile(rb"^(?:sdk|colorFrom|colorTo|app_file|app_port|sdk_version|emoji)[ \t]*:", re.MULTILINE)
_SDK_LINE = re.compile(rb"^sdk[ \t]*:[ \t]*[\"']?(?:docker|gradio|static|streamlit)\b", re.MULTILINE)
_ANY_LINE = re.compile(
    rb"^[ \t]*(?:title|emoji|license|tags|pinned|short_description|sdk|colorFrom|colorTo)[ \t]*:", re.MULTILINE
)


def _looks_like_a_card(text: bytes, expected: bool) -> bool:
    if expected and _ANY_LINE.search(text):
        return True
    return len(set(_CARD_LINE.findall(text))) > 1 or _SDK_LINE.search(text) is not None


def _broken(source: Source, block: markdown.Block, expected: bool) -> Iterator[Damage]:
    """A block that is no YAML."""
    try:
        yaml.compose(source.text[block.content : block.content_end], block.content)
    except yaml.YamlError as error:
        start, end = source.line_range(source.line_of(error.offset))
        if not _looks_like_a_card(source.text[block.content : block.content_end], expected):
            return
        values = unquoted(source, block.content, block.content_end)
        emoji = {item.key: hub().emoji[item.value.strip(":")] for item in values if item.value.strip(":") in hub().emoji}
        instead = {key: text for key, text in emoji.items() if key == "emoji"}
        if values and all(item.key != "emoji" or "emoji" in instead for item in values):
            keys = ", ".join(item.key for item in values)
            message = f"the card does not parse: {keys} {'needs' if len(values) == 1 else 'need'} quotes"
            if instead:
                message = f"the card does not parse: {keys}; the emoji has to be {instead['emoji']} itself"
            yield Damage(values[0].start, values[-1].end, message, tuple(with_quotes(values, instead)))
        yield Damage(start, end, "the card does not parse", reason=f"the block is {error.reason}")


_OPENING = re.compile(rb"\s*---(?:\r\n|\r|\n)")
_KEY_LINE = re.compile(rb"[A-Za-z_][\w.-]*[ \t]*:(?:[ \t]|$)|[ \t]+\S|- |#(?!#* [^\r\n]*$)")


def _unclosed(source: Source) -> Iterator[Damage]:
    """A block that nothing closes: it ends where the keys end."""
    opening = _OPENING.match(source.text)
    if opening is None:
        return
    at = opening.end()
    for start, end in (source.line_range(line) for line in range(source.line_of(at), len(source.line_starts) + 1)):
        line = source.text[start:end].rstrip(b"\r\n")
        if not _KEY_LINE.match(line):
            break
        at = end
    if source.text[at : at + 3] == b"---":
        return
    newline = source.newline
    fence = f"---{newline}" if source.text[at - 1 : at] in (b"\n", b"\r") else f"{newline}---"
    yield Damage(opening.start(), at, "nothing closes the card", (insert(at, fence),))


_LOOSE_OPENING = re.compile(rb"(\s*)(-{3,}[ \t]*)(?=\r|\n)")
_LOOSE_CLOSING = re.compile(rb"^(?:-{3,}|\.{3})[ \t]*(?=\r?$|\r)", re.MULTILINE)


def _fences(source: Source) -> Iterator[Damage]:
    """Fences that the Hub's pattern does not take: blanks behind the first, `----`, `...` at the end."""
    opening = _LOOSE_OPENING.match(source.text)
    if opening is None:
        return
    closing = _LOOSE_CLOSING.search(source.text, opening.end())
    if closing is None:
        return
    edits = [] if opening[2] == b"---" else [replace(*opening.span(2), "---")]
    if closing[0].rstrip() != b"---":
        edits.append(replace(*closing.span(), "---"))
    yield Damage(*opening.span(2), "the Hub does not take the fences of the card: they are not exactly ---", tuple(edits))


_BELOW = re.compile(rb"^---(?:\r\n|\r|\n)([\S\s]*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)", re.MULTILINE)
# What people put above a card: comments, badges and other images, blank lines.
_PREAMBLE = re.compile(
    r"(?:\s|<!--.*?-->|\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])(?:\](?:\([^)]*\)|\[[^\]]*\]))?"
    r"|</?(?:p|div|a|img|br|picture|source|center)\b[^>]*>)*+",
    re.DOTALL | re.IGNORECASE,
)


def _below(source: Source) -> Iterator[Damage]:
    """A valid block that something stands above."""
    for match in _BELOW.finditer(source.text):
        try:
            roots = yaml.compose(match[1], match.start(1))
        except yaml.YamlError:
            continue
        if len(roots) != 1 or not isinstance(roots[0], yaml.MappingNode) or not is_card(roots[0]):
            continue
        if any(start <= match.start() < end for start, end in markdown.hidden(source)):
            continue
        above = source.slice(0, match.start())
        message = f"the card has to stand at the top of the page: it begins at line {source.line_of(match.start())}"
        if _PREAMBLE.fullmatch(above):
            block = source.slice(*match.span())
            block = block if block.endswith(("\n", "\r")) else block + source.newline
            edits = (insert(0, block), delete(*match.span()))
            yield Damage(*match.span(), message, edits, Applicability.UNSAFE)
        else:
            yield Damage(*match.span(), message, reason="more than comments and badges stands above it")
        return
