"""Write a run: all files staged, a journal that can undo each step, then every file exchanged in one step.

The order is what makes it safe against a kill or a power cut at any moment:

1. journal: the old bytes of all files and the names of all temporary files, on the disk before anything else;
2. stage: the new bytes under temporary names, each file on the disk before it can take its place. Otherwise a power cut
   could leave a name that is new with bytes that never arrived. Many files wait for the disk together, in threads;
3. exchange: one rename a file, right after a last look whether it still holds what was read;
4. each folder is flushed once, for all names in it together: until then a power cut may bring back any of the old names,
   which is allowed, because the journal still says "started" and puts the others back as well;
5. the journal says "finished".
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from autofix.apply import journal
from autofix.apply.changes import Applied, Change, Outcome, Refused, shown
from autofix.apply.errors import ApplyError
from autofix.apply.files import (
    link_or_copy,
    make_folders,
    place_new,
    read,
    remove,
    remove_empty,
    said,
    stage,
    sync_folders,
)
from autofix.apply.journal import Entry, Kind, Run
from autofix.apply.lock import lock
from autofix.apply.places import Places
from autofix.apply.plan import Plan, Step
from autofix.apply.recover import base_of, put_back, recover

# Waiting for the disk, not computing: more threads than processors let one flush serve several files.
THREADS = 8


def apply_changes(root: Path, changes: Sequence[Change], *, state: Path) -> Applied:
    """Make the changes; what cannot be made is refused with a reason, and the rest is done.

    An interrupted run is put back first. If that changed any file, nothing else is done: what was read before may rest on
    files that were half of one state and half of another.

    Raises:
        Locked: another run is at work.
        ApplyError: no journal can be kept. In both cases nothing was changed.
    """
    with lock(state):
        recovered = recover(root, state)
        if recovered is not None and recovered.restored:
            return Applied([Outcome(change.path, _STALE) for change in changes], recovered=recovered)
        plan = Plan(Places(root, state), changes)
        run = execute(plan, state, base_of(root))
        return Applied(plan.outcomes, run.number if run is not None else None, recovered)


_STALE = "was read before an interrupted run was put back: run again"


def execute(plan: Plan, state: Path, base: str, *, undoes: int | None = None) -> Run | None:
    """Do the steps of a plan, under the lock; the journal of the run, None where nothing was written.

    Raises:
        ApplyError: no journal can be kept; nothing was changed.
    """
    plan.refuse_groups()
    if not plan.pending and undoes is None:
        return None
    run = _start(plan, state, base, undoes)
    root = plan.places.root
    try:
        _stage_all(plan, run)
        plan.refuse_groups()
        for group in plan.groups():
            _exchange(root, run, group)
        plan.refuse_groups()
        _clear(plan, run)
        entries = _entries(plan)
        if run.entries and not entries:
            run.discard()
            return None
        run.finish(entries)
    except BaseException as error:
        if not put_back(root, run, run.entries).again:
            run.roll_back()
        if isinstance(error, OSError):
            raise ApplyError(f"the journal cannot be finished ({said(error)}): all files were put back") from None
        raise
    journal.prune(state)
    return run


def _start(plan: Plan, state: Path, base: str, undoes: int | None) -> Run:
    pending = plan.pending
    old = [step.change.old or b"" for step in pending]
    for step, offset in zip(pending, accumulate(map(len, old), initial=0), strict=False):
        if step.entry is not None:
            step.entry = replace(step.entry, offset=offset)
    folder = journal.next_folder(state)
    run = Run(folder, _entries(plan), base, tuple(plan.new_folders), undoes, journal.now())
    journal.start(state, run, old)
    return run


def _entries(plan: Plan) -> tuple[Entry, ...]:
    return tuple(step.entry for step in plan.steps if step.entry is not None and (step.stuck or not step.refused))


def _stage_all(plan: Plan, run: Run) -> None:
    root, pending = plan.places.root, plan.pending
    for folder in run.folders:
        with contextlib.suppress(Refused):  # staging in it says so for each file
            make_folders(os.path.join(root, folder))
    if len(pending) < THREADS:
        for step in pending:
            _stage(root, step)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda step: _stage(root, step), pending):
            pass


def _stage(root: str, step: Step) -> None:
    entry, change = step.entry, step.change
    if entry is None or change.new is None:
        return
    first, *others = (os.path.join(root, name) for name in entry.temporaries)
    like = os.path.join(root, entry.names[0]) if entry.kind is not Kind.CREATE else None
    try:
        stage(first, change.new, like=like, mode=change.mode, owner=change.owner, executable=change.executable)
        for other in others:
            os.link(first, other)
    except Refused as refused:
        step.refused = str(refused)
    except OSError as error:
        step.refused = f"its hard links cannot be kept: {said(error)}"


def _exchange(root: str, run: Run, group: list[Step]) -> None:
    """Put the new files of a group in place: all of them, or none."""
    keep = len(group) > 1 or any(step.entry is not None and len(step.entry.names) > 1 for step in group)
    done: list[Step] = []
    step = group[0]
    try:
        for step in group:
            _verify(root, step, linked=True)
        if keep:
            for step in group:
                _keep(root, step)
        for step in group:
            if keep:
                _verify(root, step, linked=False)
            done.append(step)
            _place(root, step)
    except Refused as refused:
        # Raised before the step touched anything.
        _fail(root, run, step, str(refused), done[:-1] if done and done[-1] is step else done)
    except OSError as error:
        _fail(root, run, step, f"cannot be replaced: {said(error)}", done)
    else:
        if keep:
            for step in group:
                _forget(root, step)


def _fail(root: str, run: Run, step: Step, reason: str, done: list[Step]) -> None:
    step.refused = reason
    for other in reversed(done):
        if other.entry is not None and (left := put_back(root, run, [other.entry]).left):
            other.stuck = True
            step.refused += f"; {shown(other.change.path)} was written before that and {left[0].reason}"


def _verify(root: str, step: Step, *, linked: bool) -> None:
    """Raise Refused unless the file is still the one that was planned for, byte for byte."""
    entry, status = step.entry, step.status
    if entry is None or status is None:
        return
    for name in entry.names:
        data, present = read(os.path.join(root, name))
        if data != step.change.old or _identity(present) != _identity(status):
            raise Refused("has changed since it was read")
        if linked and present.st_nlink != status.st_nlink:
            raise Refused("has got another hard link since it was read")


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid


def _keep(root: str, step: Step) -> None:
    """Hold on to the old file, so that it can be put back without a byte being written."""
    entry, old = step.entry, step.change.old
    if entry is None or old is None:
        return
    for name, back in zip(entry.names, entry.backs, strict=True):
        link_or_copy(os.path.join(root, name), os.path.join(root, back), old)


def _forget(root: str, step: Step) -> None:
    if step.entry is not None:
        for back in step.entry.backs:
            remove(os.path.join(root, back))


def _place(root: str, step: Step) -> None:
    entry = step.entry
    if entry is None:
        return
    name = os.path.join(root, entry.names[0])
    match entry.kind:
        case Kind.WRITE:
            for temporary, other in zip(entry.temporaries, entry.names, strict=True):
                os.replace(os.path.join(root, temporary), os.path.join(root, other))
        case Kind.CREATE:
            place_new(os.path.join(root, entry.temporaries[0]), name)
        case Kind.DELETE:
            os.unlink(name)
        case Kind.RENAME:
            place_new(os.path.join(root, entry.temporaries[0]), os.path.join(root, entry.new_name))
            os.unlink(name)


def _clear(plan: Plan, run: Run) -> None:
    """Remove what refused files have left, and see all names safely on the disk."""
    root = plan.places.root
    for step in plan.steps:
        if step.refused and step.entry is not None and not step.stuck:
            for name in (*step.entry.temporaries, *step.entry.backs):
                remove(os.path.join(root, name))
    remove_empty(os.path.join(root, folder) for folder in run.folders)
    paths = [os.path.join(root, name) for entry in _entries(plan) for name in (*entry.names, entry.new_name) if name]
    folders = {os.path.dirname(path) for path in paths}
    created = {os.path.dirname(os.path.join(root, folder)) for folder in run.folders}
    sync_folders(folders | created)
