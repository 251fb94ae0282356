"""What happens to one file in a worker: read its text, ask the fixers, summarize, verify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from autofix.fixer import AnyFixer, Finding, Fixer, Part, ProgramFixer
from autofix.languages import Language, language_of
from autofix.languages.verify import SLOW_TO_PARSE, regressed, syntax_error
from autofix.project.cache import Key
from autofix.project.project import Project
from autofix.project.summaries import Summarizer
from autofix.project.suppression import Suppressions, suppressions
from autofix.run.describe import describe
from autofix.run.prefilter import Needles, holds
from autofix.run.proposals import Proposal, made_together
from autofix.run.vetting import vet
from autofix.text.edit import apply_edits
from autofix.text.source import Source, Undecodable


class FixTask(NamedTuple):
    """One file for some fixers, named by their index in the run; `present` are all that would look at a file of its name.

    `ahead`: whether to see as well what comes of the fixes, and what is said of the file then.
    """

    path: str
    data: bytes
    fixers: tuple[int, ...]
    present: tuple[int, ...] = ()
    ahead: bool = False


class Verdict(NamedTuple):
    """What becomes of a file with the edits that its own findings ask for, and why it must not stay, if it must not."""

    data: bytes
    broken: str


@dataclass
class FixOutcome:
    """What the fixers said of a file, or why it was not shown to them."""

    task: FixTask
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    failure: str = ""
    reads: frozenset[str] = frozenset()
    notices: list[tuple[int, str]] = field(default_factory=list)
    verdict: Verdict | None = None
    following: FixOutcome | None = None
    """What is said of the file as the verdict has it, if no other file changes."""

    def proposals(self) -> list[Proposal]:
        """The findings, each with the fixer that it is of."""
        return [Proposal(self.task.path, index, finding) for index, finding in self.findings]


class FixWork(NamedTuple):
    """Ask fixers about files, and see at once whether what they ask for can stay and what they say then.

    Most often no other fix changes the file and it is done with that: it need not be shown to anybody again.
    """

    project: Project
    fixers: Sequence[AnyFixer]
    facts: Mapping[int, object]
    known_ids: Mapping[str, str]
    needles: Sequence[Needles] = ()
    unsafe: bool = False

    def __call__(self, task: FixTask) -> FixOutcome:
        """Everything that is to be said about one file."""
        outcome = self._answer(task)
        if task.ahead:
            outcome.verdict = self._verdict(outcome)
            if outcome.verdict is not None and not outcome.verdict.broken:
                outcome.following = self._following(task, outcome.verdict.data)
        return outcome

    def _following(self, task: FixTask, data: bytes) -> FixOutcome | None:
        """What the fixers say that the needles choose now: where facts choose others, nobody will want to know."""
        hits = tuple(index for index in task.present if holds(self.needles[index], data.__contains__))
        if not hits:
            return None
        overlay = self.project.overlay
        self.project.overlay = {**overlay, task.path: data}
        try:
            return self._answer(FixTask(task.path, data, hits, task.present))
        finally:
            self.project.overlay = overlay

    def _answer(self, task: FixTask) -> FixOutcome:
        outcome = FixOutcome(task)
        try:
            source = Source.decode(task.path, task.data)
        except Undecodable as error:
            outcome.failure = str(error)
            return outcome
        language = language_of(task.path)
        if task.fixers and language not in SLOW_TO_PARSE and self._is_broken(source, language, outcome):
            return outcome
        self.project.reads.clear()
        silenced = suppressions(source, language)
        for index in task.fixers:
            self._ask(index, source, silenced, outcome)
        said_something = bool(outcome.findings or outcome.errors)
        if said_something and language in SLOW_TO_PARSE and self._is_broken(source, language, outcome):
            return outcome
        ran = {self.fixers[index].id for index in task.present}
        outcome.notices += [(notice.line, notice.message) for notice in silenced.notices(ran, self.known_ids)]
        outcome.reads = frozenset(self.project.reads - {task.path})
        return outcome

    def _verdict(self, outcome: FixOutcome) -> Verdict | None:
        """Verify the file as it will be if nobody else changes it."""
        path, language = outcome.task.path, language_of(outcome.task.path)
        proposals = [one for one in outcome.proposals() if one.makes(self.unsafe) and one.touched() == {path}]
        edits = made_together(sorted(proposals, key=Proposal.order)).edits.get(path)
        if not edits or language is None:
            return None
        try:
            source = Source.decode(path, outcome.task.data)
            data = source.encode(apply_edits(source.text, edits))
            return Verdict(data, regressed(source, Source.decode(path, data), language) or "")
        except (Undecodable, ValueError):
            return None  # it will be said where the fixes are made

    def _is_broken(self, source: Source, language: Language | None, outcome: FixOutcome) -> bool:
        """Whether the file does not parse: then nothing that was said of it counts."""
        problem = syntax_error(source, language) if language is not None else None
        if problem is not None:
            outcome.failure, outcome.findings, outcome.errors = problem, [], []
        return problem is not None

    def _ask(self, index: int, source: Source, silenced: Suppressions, outcome: FixOutcome) -> None:
        fixer = self.fixers[index]
        try:
            for finding in self._findings(index, fixer, source):
                vet(finding, source)
                if not silenced.covers(fixer.id, fixer.group, finding.start, finding.end):
                    outcome.findings.append((index, finding))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome.findings = [(other, finding) for other, finding in outcome.findings if other != index]
            outcome.errors.append((index, describe(error)))

    def _findings(self, index: int, fixer: AnyFixer, source: Source) -> Iterable[Finding]:
        if isinstance(fixer, Fixer):
            return fixer.fix(source, self.project)
        return fixer.fix(source, self.project, self.facts[index])


class InspectTask(NamedTuple):
    """A file to summarize by the summarizers `missing`, and to verify where `before` is what it was.

    `keys` are what its summaries are kept under, by the summarizer's name, those that are known already included.
    """

    path: str
    data: bytes
    missing: tuple[str, ...] = ()
    before: bytes | None = None
    keys: Mapping[str, Key] = {}


@dataclass
class InspectOutcome:
    """Why the new text must not stay, and the summaries by name."""

    task: InspectTask
    broken: str = ""
    summaries: dict[str, object] = field(default_factory=dict)
    failure: str = ""


class InspectWork(NamedTuple):
    """Summarize and verify files."""

    summarizers: Mapping[str, Summarizer[object]]

    def __call__(self, task: InspectTask) -> InspectOutcome:
        """Look at one file."""
        outcome = InspectOutcome(task)
        language = language_of(task.path)
        try:
            source = Source.decode(task.path, task.data)
            if task.before is not None and language is not None:
                outcome.broken = regressed(Source.decode(task.path, task.before), source, language) or ""
        except Undecodable as error:
            outcome.broken = outcome.failure = str(error)
            return outcome
        for name in task.missing:
            try:
                outcome.summaries[name] = self.summarizers[name].summarize(source)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                outcome.failure = f"cannot be summarized: {describe(error)}"
        return outcome


class LinkTask(NamedTuple):
    """One whole-program fixer, by its index, with the paths whose summaries it may see."""

    fixer: int
    paths: frozenset[str]


@dataclass
class LinkOutcome:
    """The facts, or what went wrong."""

    task: LinkTask
    facts: object = None
    error: str = ""
    reads: frozenset[str] = frozenset()
    targets: frozenset[str] | None = None
    parts: tuple[Part, ...] = ()


class LinkWork(NamedTuple):
    """Join summaries to facts."""

    project: Project
    fixers: Sequence[AnyFixer]

    def __call__(self, task: LinkTask) -> LinkOutcome:
        """Link for one fixer."""
        outcome = LinkOutcome(task)
        fixer = self.fixers[task.fixer]
        self.project.reads.clear()
        if not isinstance(fixer, ProgramFixer):
            return outcome
        try:
            outcome.facts = fixer.link(self.project.restricted_to(task.paths))
            targets = fixer.targets(outcome.facts)
            outcome.targets = None if targets is None else frozenset(targets)
            outcome.parts = tuple(fixer.parts(outcome.facts))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome.error = describe(error)
        outcome.reads = frozenset(self.project.reads)
        return outcome


def one_fixer_each(tasks: Iterable[FixTask]) -> Iterator[FixTask]:
    """One task for each fixer of each file: finds out which of them a worker died of."""
    for task in tasks:
        for index in task.fixers:
            yield FixTask(task.path, task.data, (index,), (index,))
