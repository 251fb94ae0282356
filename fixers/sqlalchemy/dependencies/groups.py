"""Lists of requirements in files of every kind, with one way to change them all."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from autofix.fixers.sqlalchemy.dependencies import requirements
from autofix.fixers.sqlalchemy.dependencies.requirements import normalised, requirement
from autofix.text.diff import split_lines
from autofix.text.edit import Edit, apply_edits, insert, replace
from autofix.text.source import Source


class CannotChange(ValueError):
    """The place has a form that is not edited; the message says which."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement: its normalised name, the version as it is written, and the byte offset where it stands."""

    name: str
    specifier: str
    start: int


class Group(ABC):
    """The requirements that are installed together, in one place of one file. Read anew after each change."""

    def __init__(self, source: Source, label: str, is_runtime: bool) -> None:
        self.source = source
        self.label = label
        """What tells it from the others of the file."""
        self.is_runtime = is_runtime
        """Installed with the program; otherwise only for its development or as an extra."""

    @property
    @abstractmethod
    def entries(self) -> Sequence[Entry]:
        """The requirements, in the order of the text."""

    @abstractmethod
    def with_extra(self, name: str, extra: str) -> Source:
        """The file where a requirement asks for one more extra.

        Raises:
            CannotChange: it is written in a form that is not edited.
        """

    @abstractmethod
    def with_requirement(self, name: str, specifier: str, beside: str) -> Source:
        """The file with one more requirement: in its place where the names are sorted, otherwise below `beside`.

        Raises:
            CannotChange: the list is written in a form that is not edited.
        """

    def find(self, name: str) -> Entry | None:
        """The requirement of a distribution."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def edited(self, edits: Sequence[Edit]) -> Source:
        """The file after edits."""
        return self.source.with_text(apply_edits(self.source.text, edits))

    def position(self, name: str, beside: str, skip: int = 0) -> int:
        """After how many of the entries a new one stands; the first `skip` ones are never counted as part of an order."""
        keys = [entry.name for entry in self.entries]
        rest = keys[skip:]
        if len(rest) > 2 and rest == sorted(rest):
            return skip + sum(key <= normalised(name) for key in rest)
        return keys.index(beside) + 1 if beside in keys else len(keys)


class Lines(Group):
    """A file of requirements for pip."""

    @property
    def entries(self) -> Sequence[Entry]:
        """See `Group`."""
        return [Entry(line.found.key, line.found.specifier, line.start) for line in requirements.lines(self.source)]

    def _line(self, name: str) -> requirements.Line:
        return next(line for line in requirements.lines(self.source) if line.found.key == name)

    def with_extra(self, name: str, extra: str) -> Source:
        """See `Group`."""
        return self.edited(requirements.add_extra(self.source, self._line(name), extra))

    def with_requirement(self, name: str, specifier: str, beside: str) -> Source:
        """See `Group`."""
        return self.edited([requirements.add_line(self.source, name + specifier, self._line(beside))])


_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([A-Za-z][\w.-]*)[ \t]*[=:][ \t]*(.*)")


class Option(Group):
    """A list of lines in `setup.cfg`: `install_requires` and the extras."""

    def __init__(self, source: Source, label: str, is_runtime: bool, items: Sequence[int]) -> None:
        """Take the numbers of the lines that hold one requirement each."""
        super().__init__(source, label, is_runtime)
        self.items = items

    def _text(self, line: int) -> str:
        return self.source.slice(*self.source.line_range(line)).rstrip("\r\n")

    @property
    def entries(self) -> Sequence[Entry]:
        """See `Group`."""
        found = []
        for line in self.items:
            item = requirement(re.split(r"\s#", self._text(line))[0].rstrip())
            if item is not None:
                found.append(Entry(item.key, item.specifier, self.source.line_range(line)[0]))
        return found

    def with_extra(self, name: str, extra: str) -> Source:
        """See `Group`."""
        line = self.source.line_of(next(entry.start for entry in self.entries if entry.name == name))
        text = self._text(line)
        found = requirement(re.split(r"\s#", text)[0].rstrip())
        wanted = found.plus_extra(text, extra) if found is not None else None
        if wanted is None:
            return self.source
        start, _ = self.source.line_range(line)
        return self.edited([insert(start + len(text[: wanted[0]].encode()), wanted[1])])

    def with_requirement(self, name: str, specifier: str, beside: str) -> Source:
        """See `Group`."""
        entries = self.entries
        position = self.position(name, beside)
        anchor = self.source.line_of(entries[max(0, position - 1)].start)
        text = self._text(anchor)
        indent = text[: len(text) - len(text.lstrip())]
        start, end = self.source.line_range(anchor)
        newline = self.source.newline
        if position == 0:
            return self.edited([insert(start, f"{indent}{name}{specifier}{newline}")])
        if not self.source.text[start:end].endswith((b"\n", b"\r")):
            return self.edited([insert(end, f"{newline}{indent}{name}{specifier}")])
        return self.edited([insert(end, f"{indent}{name}{specifier}{newline}")])


def options(source: Source) -> Iterator[Group]:
    """The lists of a `setup.cfg`."""
    section, found = "", dict[tuple[str, str], list[int]]()
    key = ""
    for line in range(1, len(source.line_starts) + 1):
        text = source.slice(*source.line_range(line)).rstrip("\r\n")
        if not text.strip() or text.lstrip().startswith(("#", ";")):
            continue
        if (header := _SECTION.match(text)) is not None:
            section, key = header[1].strip(), ""
        elif not text[0].isspace():
            option = _OPTION.fullmatch(text)
            key = option[1] if option else ""
        elif key:
            found.setdefault((section, key), []).append(line)
    for (section, key), items in found.items():
        if (section, key) == ("options", "install_requires"):
            yield Option(source, "install_requires", True, items)
        elif section == "options.extras_require":
            yield Option(source, f"extras_require.{key}", False, items)


def edits_between(old: Source, new: Source) -> list[Edit]:
    """The changes of lines as edits, each cut down to the bytes that differ."""
    before, after = split_lines(old.text), split_lines(new.text)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    edits = []
    for tag, first, last, new_first, new_last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            edits.append(_trimmed(b"".join(before[first:last]), b"".join(after[new_first:new_last]), starts[first]))
    return edits


def _trimmed(old: bytes, new: bytes, start: int) -> Edit:
    size = min(len(old), len(new))
    head = next((at for at in range(size) if old[at] != new[at]), size)
    tail = next((at for at in range(size - head) if old[-1 - at] != new[-1 - at]), size - head)
    # Never within a character.
    while head and (new[head : head + 1] or b"a")[0] & 0xC0 == 0x80:
        head -= 1
    while tail and new[len(new) - tail] & 0xC0 == 0x80:
        tail -= 1
    return replace(start + head, start + len(old) - tail, new[head : len(new) - tail].decode())
