"""Changes that fixers of Dockerfiles share. Each is a list of edits; comments travel and line endings stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import SequenceMatcher

from autofix.languages.dockerfile.model import Dockerfile, Instruction
from autofix.text.edit import Edit, delete, insert, replace


def move_block(dockerfile: Dockerfile, instruction: Instruction, before: Instruction) -> list[Edit]:
    """Move an instruction with the comments directly above it to a place above `before` and its comments."""
    source = dockerfile.source
    start, end = instruction.leading, instruction.end
    block = source.slice(start, end)
    if not source.text[start:end].endswith(b"\n"):
        # The last line of a file that ends without a newline: the file goes on to end without one.
        block += source.newline
        start = _without_newline(source.text, start)
    return [insert(before.leading, block), delete(start, end)]


def insert_before(dockerfile: Dockerfile, instruction: Instruction, lines: str) -> list[Edit]:
    r"""Put whole lines above an instruction and the comments that belong to it. `lines` has `\n` between, none at the end."""
    newline = dockerfile.source.newline
    return [insert(instruction.leading, lines.replace("\n", newline) + newline)]


def insert_after(dockerfile: Dockerfile, instruction: Instruction, lines: str) -> list[Edit]:
    r"""Put whole lines below an instruction. `lines` has `\n` between and none at the end."""
    source = dockerfile.source
    text = lines.replace("\n", source.newline)
    ended = source.text[: instruction.end].endswith(b"\n")
    return [insert(instruction.end, text + source.newline if ended else source.newline + text)]


def remove_block(dockerfile: Dockerfile, instruction: Instruction) -> list[Edit]:
    """Take an instruction away; the comments above stay."""
    text = dockerfile.source.text
    start, end = instruction.start, instruction.end
    return [delete(start if text[start:end].endswith(b"\n") else _without_newline(text, start), end)]


def add_flag(instruction: Instruction, flag: str) -> list[Edit]:
    """Add `--flag` or `--flag=value` behind the flags that are there."""
    at = instruction.flags[-1].end if instruction.flags else instruction.head[1]
    return [insert(at, f" {flag}")]


def replace_arguments(instruction: Instruction, words: Sequence[str]) -> list[Edit]:
    """Make the words of the arguments, or the items of the JSON form, these: words that stay are not touched.

    For words that are split at blanks (COPY, EXPOSE, WORKDIR ..): not for the commands of RUN, and not to nothing at all.
    """
    old = instruction.words
    if not old or not words:
        raise ValueError("arguments cannot come from nothing or become nothing")
    render = json.dumps if instruction.items is not None else str
    between = ", " if instruction.items is not None else " "
    edits: list[Edit] = []
    matcher = SequenceMatcher(None, [word.text for word in old], list(words), autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        text = between.join(render(word) for word in words[new_start:new_end])
        if tag == "replace":
            edits.append(replace(old[start].start, old[end - 1].end, text))
        elif tag == "insert" and start:
            edits.append(insert(old[start - 1].end, between + text))
        elif tag == "insert":
            edits.append(insert(old[0].start, text + between))
        elif tag == "delete" and start:
            edits.append(delete(old[start - 1].end, old[end - 1].end))
        elif tag == "delete":
            edits.append(delete(old[0].start, old[end].start))
    return edits


def _without_newline(text: bytes, at: int) -> int:
    for newline in (b"\r\n", b"\n"):
        if text[:at].endswith(newline):
            return at - len(newline)
    return at
