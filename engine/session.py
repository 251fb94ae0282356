"""What the command line does, for any caller: run as a user asks, and write what came of it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from autofix.fixer import AnyFixer
from autofix.project import configuration
from autofix.project.changes import GitFailed, LineRanges, changed_lines, uncommitted
from autofix.project.configuration import Configuration, ConfigurationError, nearest
from autofix.project.discovery import EXCLUDED_FOLDERS, Discovery, Listing, is_vendored, matcher, project_root
from autofix.project.git import Git
from autofix.project.project import Project
from autofix.registry import Registry
from autofix.run import pipeline
from autofix.run.describe import describe
from autofix.run.pool import Limits
from autofix.run.result import Failure, FileChange, Result, Settings, Status, Tell
from autofix.run.scope import Scope

if TYPE_CHECKING:
    from autofix.apply.changes import Applied, Change, Undone


class Request(NamedTuple):
    """What the user asked for; None leaves it to the configuration."""

    paths: Sequence[Path] = ()
    select: Sequence[str] | None = None
    ignore: Sequence[str] = ()
    unsafe: bool | None = None
    since: str | None = None
    jobs: int | None = None
    cache: bool = True
    configuration: Path | None = None
    default_branch: str | None = None
    progress: Tell | None = None


@dataclass
class _Scope(Scope):
    fixers: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    excludes: Callable[[str], bool] | None = None
    ignores: Sequence[tuple[Callable[[str], bool], frozenset[str]]] = ()
    since: Mapping[str, LineRanges] | None = None
    configuration: str | None = None
    paths: frozenset[str] = frozenset()
    _hidden: dict[str, bool] = field(default_factory=dict)

    def ignored(self, path: str) -> Collection[str]:
        if path == self.configuration:
            return self.fixers
        return frozenset().union(*(fixers for matches, fixers in self.ignores if matches(path))) if self.ignores else ()

    def excluded(self, path: str) -> bool:
        if path in self.named:
            return False
        folder = path[: path.rfind("/") + 1]
        hidden = self._hidden.get(folder)
        if hidden is None:
            others = not EXCLUDED_FOLDERS.isdisjoint(folder.split("/")) or is_vendored(folder, self.paths)
            hidden = self._hidden[folder] = others
        return hidden or (self.excludes is not None and self.excludes(path))

    def covers(self, path: str, first_line: int, last_line: int) -> bool:
        if self.since is None:
            return True
        return any(first <= last_line and first_line <= last for first, last in self.since.get(path, ()))


def execute(request: Request, registry: Registry, listing: Listing | None = None) -> Result:
    """Run. Nothing is written. A `listing` that was started earlier saves the time that git takes.

    Raises:
        ConfigurationError, UnknownSelector, UnknownRevision, NotFound: the request cannot be carried out.
    """
    # A run makes few reference cycles and ends soon: the collector would only walk all summaries again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _execute(request, registry, (listing or Listing(roots(request.paths))).discovery())
    finally:
        if collecting:
            gc.enable()


def roots(paths: Sequence[Path]) -> list[Path]:
    """Where a run looks: the paths that were named, else the current folder."""
    return [path.absolute() for path in paths or (Path(),)]


def _execute(request: Request, registry: Registry, discovery: Discovery) -> Result:
    settings = configuration.load(discovery.root, request.configuration)
    _check_ids(settings, registry)
    excludes = matcher(settings.exclude) if settings.exclude else None
    since = changed_lines(discovery.root, request.since) if request.since is not None else None
    if since is not None:
        discovery = discovery._replace(targets=[path for path in discovery.targets if path in since])
    fixers, broken = _fixers(request, settings, registry)
    branch = request.default_branch or settings.default_branch
    project = Project(
        discovery.root, discovery.paths, Git(discovery.root, default_branch_override=branch) if discovery.has_git else None
    )
    scope = _Scope(
        fixers=frozenset(fixer.id for fixer in fixers),
        named=discovery.named,
        excludes=excludes,
        ignores=[(matcher([pattern]), frozenset(registry.matching(ids))) for pattern, ids in settings.per_file_ignores.items()],
        since=since,
        configuration=_relative(settings.path, discovery.root),
        paths=discovery.paths,
    )
    result = pipeline.run(discovery, project, fixers, scope, _settings(request, settings, registry))
    result.failures += [*broken, *(Failure("", problem) for problem in registry.problems)]
    return result


def _fixers(request: Request, settings: Configuration, registry: Registry) -> tuple[list[AnyFixer], list[Failure]]:
    select = settings.select if request.select is None else request.select
    chosen = registry.selected(select, (*settings.ignore, *request.ignore))
    made: list[AnyFixer] = []
    broken: list[Failure] = []
    for name, declared in chosen.items():
        try:
            fixer = declared(settings.options(name, declared.Options))
            fixer.is_selected = select is not None
            made.append(fixer)
        except ConfigurationError:
            raise
        except Exception as error:
            broken.append(Failure("", describe(error), name))
    return made, broken


def _settings(request: Request, settings: Configuration, registry: Registry) -> Settings:
    return Settings(
        unsafe=settings.unsafe if request.unsafe is None else request.unsafe,
        limits=Limits(request.jobs or available_cores()),
        cache=request.cache,
        known_ids=registry.group_of,
        progress=request.progress,
    )


def available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_ids(settings: Configuration, registry: Registry) -> None:
    for name in settings.fixers:
        if name not in registry.fixers:
            raise ConfigurationError(
                f"{settings.path}: [fixers.{name}]: there is no such fixer{nearest(name, list(registry.fixers))}"
            )


def _relative(path: Path | None, root: Path) -> str | None:
    if path is None or not path.resolve().is_relative_to(root):
        return None
    return path.resolve().relative_to(root).as_posix()


def write(result: Result, *, allow_dirty: bool, verify: str | None = None, tell: Tell | None = None) -> tuple[Result, Applied]:
    """Write the changes of a run to disk, journaled. Returns the result as it really became.

    Files with uncommitted changes are refused unless `allow_dirty`, together with all that belongs to the same fix. With a
    command to `verify` the rest is written as it was verified, as a whole, or not at all.

    Raises:
        ApplyError: nothing was written: no journal can be kept, another run is at work, or git cannot tell what is uncommitted.
        OSError: nothing was written, because the command could not be run.
    """
    from autofix.apply.state import state_folder
    from autofix.apply.write import apply_changes

    result = _held_back(result, allow_dirty)
    if verify is not None:
        result = verified(result, verify, tell)
    changes = [_change(change) for change in result.changes]
    if verify is not None:
        changes = [replace(change, group=0) for change in changes]
    applied = apply_changes(result.root, changes, state=state_folder(result.root))
    return _without(result, {outcome.path: outcome.reason for outcome in applied.refused}), applied


def _held_back(result: Result, allow_dirty: bool) -> Result:
    """The result without changes to files that have uncommitted ones."""
    from autofix.apply.errors import ApplyError

    try:
        dirty = frozenset() if allow_dirty or not result.changes else uncommitted(result.root)
    except GitFailed as error:
        raise ApplyError(f"git cannot tell what is uncommitted ({error}): mend that, or say --allow-dirty") from None
    groups = {change.group for change in result.changes if change.path in dirty or change.old_path in dirty}
    return _without(result, {change.path: _DIRTY for change in result.changes if change.group in groups})


def verified(result: Result, command: str, tell: Tell | None = None) -> Result:
    """The result as a shell command judges it: without any change if something that passed before fails after them.

    Raises:
        OSError: the command could not be run.
    """
    if not result.changes:
        return result
    from autofix.verification.verify import verify

    here = Path.cwd().resolve()
    folder = here.relative_to(result.root) if here.is_relative_to(result.root) else Path()
    found = verify(result.root, command, lambda root: _made_in(root, result), folder=folder, tell=tell)
    if found.problem:
        reasons = {change.path: "the fixes did not pass --verify" for change in result.changes}
        failures = [*result.failures, Failure("", f"{found.problem}; nothing was changed")]
        result = replace(_given_up(result, reasons), failures=failures)
    return replace(result, verification=found)


def _made_in(root: Path, result: Result) -> str:
    """Make the changes in the copy of the project at `root`; returns why they could not be made, if so."""
    from autofix.apply.write import apply_changes

    applied = apply_changes(root, [_change(change) for change in result.changes], state=root.parent.with_name("journal"))
    return "; ".join(f"{outcome.path} {outcome.reason}" for outcome in applied.refused)


_DIRTY = "has uncommitted changes, or belongs to a fix with a file that has: commit them, or say --allow-dirty"


def _change(change: FileChange) -> Change:
    from autofix.apply.changes import Change

    new_path = change.path if change.old_path != change.path else None
    return Change(change.old_path, change.old, change.new, new_path, change.executable, change.group)


def _without(result: Result, reasons: Mapping[str, str]) -> Result:
    """The result without the changes of some paths, each of which counts as a failure."""
    failures = [Failure(change.path, reason) for change in result.changes if (reason := _reason(change, reasons))]
    return replace(_given_up(result, reasons), failures=[*result.failures, *failures])


def _reason(change: FileChange, reasons: Mapping[str, str]) -> str:
    return reasons.get(change.path) or reasons.get(change.old_path, "")


def _given_up(result: Result, reasons: Mapping[str, str]) -> Result:
    """The result without the changes of some paths; their findings say why."""
    lost: dict[str, str] = {}
    for change in result.changes:
        if reason := _reason(change, reasons):
            lost |= {change.path: reason, change.old_path: reason}
    findings = []
    for item in result.findings:
        why = next((lost[path] for path in item.touched if path in lost), None)
        given_up = item.status is Status.FIXED and why is not None
        findings.append(item._replace(status=Status.DROPPED, reason=f"not written: {why}") if given_up else item)
    return replace(result, changes=[each for each in result.changes if not _reason(each, reasons)], findings=findings)


def take_back(path: Path) -> Undone:
    """Undo the last run of the project that `path` lies in.

    Raises:
        ApplyError: another run is at work.
    """
    from autofix.apply.state import state_folder
    from autofix.apply.undo import undo

    root, _ = project_root([path.absolute()])
    return undo(root, state_folder(root))


def recover_interrupted(root: Path, *, dry: bool) -> str | None:
    """Put back what a run that was killed has left, with `dry` only look; returns a line about it, if there is anything.

    Belongs before files are read: a run must not judge what is about to be put back.

    Raises:
        ApplyError: that run is still at work, or its journal cannot be read.
    """
    from autofix.apply.errors import ApplyError
    from autofix.apply.state import state_folder

    try:
        state = state_folder(root)
    except ApplyError:
        return None  # where no journal can be kept there is none; what wants to write will say so
    if not state.exists():
        return None
    from autofix.apply.recover import recover

    found = recover(root, state, dry=dry)
    return found.message if found is not None else None
