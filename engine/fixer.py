"""What a fixer is, and what it says: findings, each with a fix or a refusal."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from autofix.languages import Language
from autofix.project.project import Project
from autofix.project.summaries import Summarizer
from autofix.text.edit import Edit
from autofix.text.source import Source

__all__ = [
    "Applicability",
    "CreateFile",
    "DeleteFile",
    "Edit",
    "Example",
    "FileOperation",
    "Finding",
    "Fix",
    "Fixer",
    "FixerClass",
    "Language",
    "NoOptions",
    "Part",
    "Place",
    "ProgramFixer",
    "Project",
    "Refusal",
    "RenameFile",
    "Source",
    "Summarizer",
]


class Applicability(enum.Enum):
    """Who decides that a fix is made."""

    SAFE = "safe"
    """Meaning and comments are kept: made by default."""
    UNSAFE = "unsafe"
    """Most likely wanted, but the meaning may change: made with `--unsafe`."""
    SUGGESTION = "suggestion"
    """Shown, never made."""


@dataclass(frozen=True, slots=True)
class CreateFile:
    """A new file; refused when something stands at `path` already."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """A file that goes away."""

    path: str


@dataclass(frozen=True, slots=True)
class RenameFile:
    """A file that moves, its content and mode kept."""

    path: str
    new_path: str


FileOperation = CreateFile | DeleteFile | RenameFile


@dataclass(frozen=True)
class Fix:
    """A change that is made whole or not at all.

    `edits` change the file of the finding, `elsewhere` other files (by path), `files` create, delete or rename some.
    Paths are relative to the project's root, with `/`.
    """

    edits: Sequence[Edit] = ()
    applicability: Applicability = Applicability.SAFE
    title: str = ""
    elsewhere: Mapping[str, Sequence[Edit]] = field(default_factory=dict)
    files: Sequence[FileOperation] = ()


@dataclass(frozen=True)
class Refusal:
    """Why the tool leaves something to a person, and what that person could do."""

    reason: str
    hint: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that a fixer saw: where, what and why, and its fix or refusal.

    `start` and `end` are byte offsets into the text of the file. `message` is one line that names the evidence;
    `evidence` lists the places it rests on, as `path:line: what stands there`.
    """

    start: int
    end: int
    message: str
    outcome: Fix | Refusal
    evidence: Sequence[str] = ()


@dataclass(frozen=True)
class Place:
    """A line, counted from 1, and what there is to say about it. `waiting`: how many functions stay as they are for it."""

    path: str
    line: int
    reason: str
    hint: str = ""
    waiting: int = 0


@dataclass(frozen=True)
class Part:
    """A part of the program that changes whole or not at all, for the account that a whole-program fixer gives of its plan.

    `counts` say by a plural noun what it is made of, besides its `files`. `bridged` are the places that go on as they were
    behind a bridge; `blockers` keep the part from changing and stand in the order in which to solve them.
    """

    files: Sequence[str]
    counts: Mapping[str, int] = field(default_factory=dict)
    bridged: Sequence[Place] = ()
    blockers: Sequence[Place] = ()


@dataclass(frozen=True)
class NoOptions:
    """For fixers that cannot be configured."""


@dataclass(frozen=True)
class Example:
    """A little repository before and after, by path: shown in the documentation and run as a test, on the branch `main`."""

    before: Mapping[str, str]
    after: Mapping[str, str]


OptionsT = TypeVar("OptionsT")
FactsT = TypeVar("FactsT")


class _Declaration(ABC, Generic[OptionsT]):
    """What every fixer says about itself."""

    id: ClassVar[str]
    """Kebab case, unique, never changed: configurations and branches of users depend on it."""
    title: ClassVar[str]
    """One line, as a user would search for it."""
    group: ClassVar[str]
    """The domain, which is also the name of the folder: `--select docker` runs the whole group."""
    languages: ClassVar[frozenset[Language]]
    applicability: ClassVar[Applicability] = Applicability.SAFE
    """The class of its usual fix; a single fix may say otherwise."""
    default: ClassVar[bool] = True
    """Part of the default selection; otherwise it runs only when selected by id, group or recipe."""
    Options: ClassVar[type] = NoOptions
    """A frozen dataclass with a default for each field: the table `[fixers.<id>]` of the configuration."""
    examples: ClassVar[Sequence[Example]] = ()
    is_selected: bool = False
    """Whether the user asked for it, by id, group or recipe, rather than getting it by default. The engine sets it before
    anything else is asked: a fixer that repairs what is broken by default may do more for those who ask.
    """

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    @property
    def needles(self) -> Sequence[Sequence[bytes]] | None:
        """Literals that a file must hold to be looked at: of each inner sequence at least one.

        None looks at every file of the languages: only right where such files are few. An empty sequence looks at none.
        """
        return None

    def prepare(self) -> None:
        """Import what was not worth importing before a file of interest was found. Called once, before workers are forked."""

    def wants(self, path: str) -> bool:
        """Whether a file of these languages is of interest, by its path alone."""
        return True


class Fixer(_Declaration[OptionsT]):
    """A fixer that can judge each file by itself (it may read others through the project)."""

    @abstractmethod
    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        """What there is to say about one file. Must not depend on anything but its arguments and options."""


class ProgramFixer(_Declaration[OptionsT], Generic[OptionsT, FactsT]):
    """A fixer that needs the whole program: summaries of all files are linked to facts before files are fixed."""

    summarizers: ClassVar[Sequence[Summarizer[object]]] = ()

    @abstractmethod
    def link(self, project: Project) -> FactsT:
        """Join `project.summaries(...)` to what `fix` needs to know. Runs once a round; the result must be picklable and
        comparable: files are visited again when it changes.
        """

    def targets(self, facts: FactsT) -> Collection[str] | None:
        """The files to visit, where the facts tell; None leaves it to the needles."""
        return None

    def parts(self, facts: FactsT) -> Sequence[Part]:
        """The parts of the program as facts of the unchanged files have them, in the order in which to go about them."""
        return ()

    @abstractmethod
    def fix(self, source: Source, project: Project, facts: FactsT) -> Iterable[Finding]:
        """What there is to say about one file, given the facts."""


AnyFixer = Fixer[object] | ProgramFixer[object, object]
FixerClass = type[Fixer[object]] | type[ProgramFixer[object, object]]
