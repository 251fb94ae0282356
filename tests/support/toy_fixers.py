"""Fixers that do one thing each, most of them something bad. Importable, so that spawned workers have them too.

They look at files without a parser (`.cfg`, requirements) and at YAML, Python and TypeScript, and act only where their word
stands.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import signal
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from autofix.fixer import (
    Applicability,
    CreateFile,
    DeleteFile,
    Edit,
    FileOperation,
    Finding,
    Fix,
    Fixer,
    Language,
    NoOptions,
    Part,
    Place,
    ProgramFixer,
    Project,
    Refusal,
    RenameFile,
    Source,
    Summarizer,
)
from autofix.registry import Registry

LANGUAGES = frozenset({Language.INI, Language.YAML, Language.PYTHON, Language.REQUIREMENTS, Language.TYPESCRIPT})


def registry(*fixers: Any) -> Registry:
    """The registry of some fixers only."""
    return Registry(dict(sorted((fixer.id, fixer) for fixer in fixers)))


def places(source: Source, word: str) -> Iterator[tuple[int, int]]:
    """Where a word stands, as byte offsets."""
    return (match.span() for match in re.finditer(re.escape(word.encode()), source.text))


class Toy(Fixer[NoOptions]):
    """Says one thing about each place where its word stands."""

    title = "A toy"
    group = "toys"
    languages = LANGUAGES
    word: ClassVar[str] = "poison"

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        return ((self.word.encode(),),)

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for start, end in places(source, self.word):
            yield Finding(start, end, f"here is {self.word}", self.outcome(start, end, source, project))

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        raise NotImplementedError


class Replace(Toy):
    """`old` becomes `new`."""

    id = "replace"
    word = "old"
    new: ClassVar[str] = "new"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(start, end, self.new),), self.applicability, f"say {self.new}")


class Unsafe(Replace):
    id = "unsafe"
    word, new = "risky", "RISKY"
    applicability = Applicability.UNSAFE


class Suggests(Replace):
    id = "suggests"
    word, new = "maybe", "MAYBE"
    applicability = Applicability.SUGGESTION


class Refuses(Toy):
    id = "refuses"
    word = "unclear"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for start, end in places(source, self.word):
            refusal = Refusal("nobody can know", "ask somebody")
            yield Finding(start, end, "this is unclear", refusal, (f"{source.path}:1: it says so",))


# Fixers that do not come to rest.


class Ping(Replace):
    id = "ping"
    word, new = "ping", "pong"


class Pong(Replace):
    id = "pong"
    word, new = "pong", "ping"


class Grows(Toy):
    id = "grows"
    word = "grow"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(end, end, "x"),))


class Counts(Toy):
    """`count 0` becomes `count 1`, then `count 2`, then `count 0` again."""

    id = "counts"
    word = "count"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for match in re.finditer(rb"count (\d)", source.text):
            yield Finding(*match.span(), "counts", Fix((Edit(match.start(1), match.end(1), str((int(match[1]) + 1) % 3)),)))


class Heads(Toy):
    """Wants a comment above `head`."""

    id = "heads"
    word = "head"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        if not source.text.startswith(b"#"):
            yield Finding(0, 4, "no comment", Fix((Edit(0, 0, "#\n" * 5),)))


# Fixers that break.


class Raises(Toy):
    id = "raises"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        raise LookupError("two\nlines")


class RaisesLate(Toy):
    """Its first finding is good, and must not count: what a broken fixer says is not trusted."""

    id = "raises-late"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for start, end in places(source, self.word):
            yield Finding(start, end, "good", Fix((Edit(start, end, "cure"),)))
        raise LookupError("late")


class Exits(Toy):
    id = "exits"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        sys.exit(7)


class ExitsHard(Toy):
    id = "exits-hard"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        os._exit(7)


class Killed(Toy):
    id = "killed"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Crashes(Toy):
    id = "crashes"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        faulthandler.disable()  # the test runner's, which would print
        ctypes.string_at(0)
        raise AssertionError


class Recurses(Toy):
    id = "recurses"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return self.outcome(start, end, source, project)


class Loops(Toy):
    id = "loops"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        while True:
            pass


class SaysNonsense(Toy):
    id = "says-nonsense"

    def fix(self, source: Source, project: Project) -> Iterable[Any]:
        return ["not a finding"]


class SaysNothingToDo(Toy):
    id = "no-outcome"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Any:
        return None


class SaysWhatCannotBeSent(Toy):
    id = "cannot-be-sent"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        class Local(str):
            __slots__ = ()

        return [Finding(0, 0, Local("message"), Refusal("reason"))]


class FindsOutside(Toy):
    id = "finds-outside"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        return [Finding(0, len(source.text) + 1, "too far", Refusal("reason"))]


class EditsOutside(Toy):
    id = "edits-outside"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(start, len(source.text) + 1, "far"),))


class EditsInsideCharacter(Toy):
    id = "edits-inside-character"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        at = source.text.index("é".encode()) + 1
        return Fix((Edit(at, at, "x"),))


class EditsOverlap(Toy):
    id = "edits-overlap"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(start, end, "one"), Edit(start + 1, end, "two")))


class EditsNotEdits(Toy):
    id = "edits-not-edits"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Any:
        return Fix(((start, end, "text"),))  # type: ignore[arg-type]


class EditsLoneSurrogate(Toy):
    id = "edits-lone-surrogate"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(start, end, "\ud800"),))


class OverlapElsewhere(Toy):
    id = "overlap-elsewhere"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix(elsewhere={"other.cfg": (Edit(0, 2, "one"), Edit(1, 3, "two"))})


class WritesOut(Toy):
    """Wants to leave the project."""

    id = "writes-out"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix(files=(CreateFile("../outside.cfg", b"x"),))


class WritesHook(Toy):
    id = "writes-hook"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix(files=(CreateFile(".git/hooks/pre-commit", b"x", executable=True),))


BROKEN: tuple[tuple[type[Toy], str], ...] = (
    (Raises, "LookupError: two lines (toy_fixers.py:"),
    (RaisesLate, "LookupError: late"),
    (Exits, "SystemExit: 7"),
    (ExitsHard, "exit code 7"),
    (Killed, "killed by signal 9"),
    (Crashes, "killed by signal 11"),
    (Recurses, "RecursionError"),
    (SaysNonsense, "'not a finding' is no finding"),
    (SaysNothingToDo, "None is neither a fix nor a refusal"),
    (SaysWhatCannotBeSent, "Local"),
    (FindsOutside, "a finding at 0-"),
    (EditsOutside, "that does not fit the text"),
    (EditsInsideCharacter, "that does not fit the text"),
    (EditsOverlap, "overlap"),
    (EditsNotEdits, "tuple"),
    (EditsLoneSurrogate, "surrogates not allowed"),
    (OverlapElsewhere, "overlap"),
    (WritesOut, "../outside.cfg"),
    (WritesHook, ".git/hooks/pre-commit"),
)
"""Each with a part of the reason that names it."""


class NeedlesRaise(Toy):
    id = "needles-raise"

    @property
    def needles(self) -> Any:
        raise LookupError("no needles")


class NeedlesAreText(Toy):
    id = "needles-are-text"

    @property
    def needles(self) -> Any:
        return (("old",),)


class WantsRaises(Replace):
    id = "wants-raises"

    def wants(self, path: str) -> bool:
        raise LookupError("no wish")


class PrepareRaises(Replace):
    id = "prepare-raises"

    def prepare(self) -> None:
        raise ImportError("no library")


class CannotBeMade(Replace):
    id = "cannot-be-made"

    def __init__(self, options: NoOptions) -> None:
        raise LookupError("no instance")


@dataclass(frozen=True)
class NeedsAnOption:
    """Has no default."""

    wish: str


class WithoutDefaults(Replace):
    id = "without-defaults"
    Options = NeedsAnOption


UNUSABLE: tuple[tuple[type[Toy], str], ...] = (
    (NeedlesRaise, "LookupError: no needles"),
    (NeedlesAreText, "the needle 'old' is no bytes literal"),
    (WantsRaises, "LookupError: no wish"),
    (PrepareRaises, "ImportError: no library"),
    (CannotBeMade, "LookupError: no instance"),
    (WithoutDefaults, "wish"),
)
"""They fail before any file is looked at."""


class Breaks(Replace):
    """Its result does not parse as YAML."""

    id = "breaks"
    word, new = "break-me", "]["


class BreaksSometimes(Toy):
    """`yes` becomes `no`, but where `!` follows the result does not parse as YAML."""

    id = "breaks-sometimes"
    word = "yes"

    def outcome(self, start: int, end: int, source: Source, project: Project) -> Fix | Refusal:
        return Fix((Edit(start, end, "][" if source.text[end : end + 1] == b"!" else "no"),))


class BreaksTogether(Toy):
    """`one` and `two` become `same`: not both of them may be arguments of a function."""

    id = "breaks-together"
    word = "def"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for match in re.finditer(rb"one|two", source.text):
            yield Finding(*match.span(), "another name", Fix((Edit(*match.span(), "same"),)))


# Fixers whose edits meet.


class Long(Replace):
    """Changes two words that `Short` wants one of."""

    id = "long"
    word, new = "alpha beta", "one beta"


class Short(Replace):
    id = "short"
    word, new = "beta", "two"


class Appends(Toy):
    """A line at the end for each `line n`, unless it stands there."""

    id = "appends"
    word = "line"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for match in re.finditer(rb"line (\d+)", source.text):
            added = f"added {match[1].decode()};\n"
            if added.encode() not in source.text:
                yield Finding(*match.span(), "has no line", Fix((Edit(len(source.text), len(source.text), added),)))


# Fixers of several files.


class Both(Toy):
    """`value=old` in this file and in the file named by `also=`."""

    id = "both"
    word = "also="

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        line = next(line for line in source.text.decode().splitlines() if self.word in line)
        path = line.partition(self.word)[2].strip()
        other = project.source(path)
        if other is None or b"value: old" not in source.text + other.text:
            return
        edits = [Edit(start + 7, end, "new") for start, end in places(source, "value: old")]
        there = [Edit(start + 7, end, self.elsewhere) for start, end in places(other, "value: old")]
        yield Finding(0, 0, f"the same in {path}", Fix(edits, elsewhere={path: there}))

    elsewhere: ClassVar[str] = "new"


class BothBroken(Both):
    """The other file does not parse after it."""

    id = "both-broken"
    elsewhere = "]["


class Same(Toy):
    """`keep` becomes `keep`, here and in b.cfg, where `old` becomes `new` if it stands here."""

    id = "same"
    word = "keep"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        edits = [Edit(start, end, "new") for start, end in places(source, "old")]
        for start, end in places(source, "keep"):
            same = (Edit(start, end, "keep"),)
            yield Finding(start, end, "the same", Fix((*same, *edits), elsewhere={"b.cfg": same, "c.cfg": ()}))


class Files(Toy):
    """Carries out the operations that a file asks for: `create a`, `delete b`, `rename c d`."""

    id = "files"
    word = "operations"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        lines = source.text.decode().splitlines()
        files = [done for line in lines if (done := self.operation(line.split(), project)) is not None]
        if files:
            yield Finding(0, 10, "operations are asked for", Fix(files=files))

    @staticmethod
    def operation(words: Sequence[str], project: Project) -> FileOperation | None:
        match words:
            case ["create", path] if not project.exists(path):
                return CreateFile(path, b"created\n", executable=path.endswith(".sh"))
            case ["delete", path] if project.exists(path):
                return DeleteFile(path)
            case ["rename", path, new] if project.exists(path):
                return RenameFile(path, new)
        return None


class Includes(Toy):
    """`include(path)` becomes the content of that file, in brackets."""

    id = "includes"
    word = "include("

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for match in re.finditer(rb"include\(([^)]*)\)(\[[^]]*\])?", source.text):
            path = match[1].decode()
            other = project.source(path)
            wanted = f"include({path})[{other.text.decode().strip() if other else ''}]"
            if wanted.encode() != match[0]:
                yield Finding(*match.span(), f"{path} says something else", Fix((Edit(*match.span(), wanted),)))


# Fixers of the whole program.


def definitions(source: Source) -> frozenset[str]:
    """The names that a file defines."""
    return frozenset(name.decode() for name in re.findall(rb"define (\w+)", source.text))


class Uses(ProgramFixer[NoOptions, frozenset[str]]):
    """`use x` becomes `used x` where some file says `define x`."""

    id = "uses"
    title = "A toy"
    group = "toys"
    languages = LANGUAGES
    summarizers = (Summarizer("definitions", 1, LANGUAGES, definitions, (b"define ",)),)

    def link(self, project: Project) -> frozenset[str]:
        return frozenset().union(*project.summaries(self.summarizers[0]).values())

    def fix(self, source: Source, project: Project, facts: frozenset[str]) -> Iterable[Finding]:
        for match in re.finditer(rb"use (\w+)", source.text):
            if match[1].decode() in facts:
                yield Finding(*match.span(), "is defined", Fix((Edit(match.start(), match.start() + 3, "used"),)))


Words = Mapping[str, tuple[str, ...]]


class Wholes(ProgramFixer[NoOptions, Words]):
    """`whole` becomes `WHOLE` in all files of a folder, unless one of them says `stuck`."""

    id = "wholes"
    title = "A toy"
    group = "toys"
    languages = LANGUAGES
    applicability = Applicability.UNSAFE

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        return ((b"whole", b"stuck"),)

    def link(self, project: Project) -> Words:
        texts = {path: project.read(path) or b"" for path in sorted(project.paths) if path.endswith(".cfg")}
        found: dict[str, tuple[str, ...]] = {}
        for path, text in texts.items():
            if b"whole" in text or b"stuck" in text:
                folder = path.rpartition("/")[0]
                found[folder] = (*found.get(folder, ()), path)
        stuck = {path for path, text in texts.items() if b"stuck" in text}
        return {folder: (*paths, *(f"!{path}" for path in paths if path in stuck)) for folder, paths in found.items()}

    def parts(self, facts: Words) -> Sequence[Part]:
        found = []
        for paths in facts.values():
            blockers = [Place(path[1:], 1, "it is stuck", "pull", 2) for path in paths if path.startswith("!")]
            files = [path for path in paths if not path.startswith("!")]
            bridged = [Place(files[0], 1, "there is no other way")]
            found.append(Part(tuple(files), {"words": len(files)}, tuple(bridged), tuple(blockers)))
        return sorted(found, key=lambda part: bool(part.blockers))

    def fix(self, source: Source, project: Project, facts: Words) -> Iterable[Finding]:
        for paths in facts.values():
            if f"!{source.path}" in paths:
                yield Finding(0, 0, "stays", Refusal("it is stuck", "pull"))
            elif source.path == paths[0] and not any(path.startswith("!") for path in paths):
                edits = {path: [Edit(0, 5, "WHOLE")] for path in paths[1:]}
                yield Finding(0, 5, "is whole", Fix([Edit(0, 5, "WHOLE")], Applicability.UNSAFE, "shout", edits))


class Defines(Replace):
    id = "defines"
    word, new = "DEFINE", "define"


class Targets(Uses):
    """Names the files to visit instead of having needles."""

    id = "targets"

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        return ((b"define ",),)

    def targets(self, facts: frozenset[str]) -> Collection[str] | None:
        return {f"{name}.cfg" for name in facts}


class LinkRaises(Uses):
    id = "link-raises"

    def link(self, project: Project) -> frozenset[str]:
        raise LookupError("no facts")


class LinkKilled(Uses):
    id = "link-killed"

    def link(self, project: Project) -> frozenset[str]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def _explode(source: Source) -> object:
    if b"poison" in source.text:
        raise LookupError("no summary")
    return definitions(source)


class SummaryRaises(Uses):
    id = "summary-raises"
    summarizers = (Summarizer("explode", 1, LANGUAGES, _explode),)  # type: ignore[assignment]


# Options.


@dataclass(frozen=True)
class GreetingOptions:
    """What may be configured."""

    greeting: str = "hello"
    times: int = 1
    names: Mapping[str, str] | None = None


class Greets(Fixer[GreetingOptions]):
    """`greet` becomes the configured greeting."""

    id = "greets"
    title = "A toy with options"
    group = "toys"
    languages = LANGUAGES
    Options = GreetingOptions

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        for start, end in places(source, "greet!"):
            yield Finding(start, end, "greet", Fix((Edit(start, end, self.options.greeting * self.options.times),)))


class Parses(Toy):
    """Parses, visits and prints the whole file with libcst, as deep as it is nested."""

    id = "parses"
    word = "x"

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        import libcst

        module = libcst.parse_module(source.text)
        same = module.visit(libcst.CSTTransformer()).bytes == source.text
        yield Finding(0, 0, "came back" if same else "is lost", Refusal("parsed"))
