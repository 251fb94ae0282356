"""Put the last run back."""

from __future__ import annotations

import os
from pathlib import Path

from autofix.apply import journal
from autofix.apply.changes import Change, Outcome, Refused, Undone
from autofix.apply.files import digest, read, remove_empty, sync_folders
from autofix.apply.journal import Entry, Kind, Run
from autofix.apply.lock import lock
from autofix.apply.places import Places
from autofix.apply.plan import Plan
from autofix.apply.recover import recover, root_of
from autofix.apply.write import execute


def undo(root: Path, state: Path) -> Undone:
    """Put the files of the last run back that is not undone yet; what was edited since is left, with a reason.

    An interrupted run counts as the last one. When every file is refused the run stays the last one.

    Raises:
        Locked: another run is at work.
        ApplyError: the journal cannot be read or kept. In both cases nothing was changed.
    """
    if journal.undoable(state) is None and not journal.interrupted(state):
        return Undone()
    with lock(state):
        recovered = recover(root, state)
        run = journal.undoable(state)
        if run is None or (recovered is not None and not recovered.again):
            return Undone(recovered=recovered)
        return Undone(run.number, run.time, _undo(run, root_of(run, root), state), recovered)


def _undo(run: Run, root: str, state: Path) -> list[Outcome]:
    outcomes: dict[str, Outcome] = {}
    changes: dict[str, Change] = {}
    for entry in run.entries:
        name = entry.names[0]
        try:
            change = _inverse(root, run, entry)
        except Refused as refused:
            outcomes[name] = Outcome(name, str(refused))
            continue
        outcomes[name] = Outcome(name)
        if change is not None:
            changes[name] = change
    plan = Plan(Places(Path(root), state), changes.values())
    nothing = all(not outcome.done for outcome in outcomes.values()) or (changes and not plan.pending)
    if not nothing or not run.entries:
        execute(plan, state, run.base, undoes=run.number)
        folders = [os.path.join(root, folder) for folder in run.folders]
        remove_empty(folders)
        sync_folders(map(os.path.dirname, folders))
    for name, result in zip(changes, plan.outcomes, strict=True):
        outcomes[name] = Outcome(name, result.reason)
    return list(outcomes.values())


def _inverse(root: str, run: Run, entry: Entry) -> Change | None:
    """The change that takes a file back; None where it is already as it was.

    Raises:
        Refused: it was edited since.
    """
    name, moved = entry.names[0], entry.new_name or entry.names[0]
    present = digest(os.path.join(root, moved))
    original = digest(os.path.join(root, name)) if entry.new_name else present
    if original == entry.old and (not entry.new_name or present == ""):
        return None
    if present != entry.new or (entry.new_name and original != ""):
        raise Refused(_since(entry, present))
    data = read(os.path.join(root, moved))[0] if entry.new else None
    old = run.old_bytes(entry) if entry.kind is not Kind.CREATE else None
    owner = entry.owner if entry.kind is Kind.DELETE else None
    mode = entry.mode if entry.kind is Kind.DELETE else None
    return Change(moved, data, old, new_path=name if entry.new_name else None, mode=mode, owner=owner)


def _since(entry: Entry, present: str | None) -> str:
    if entry.kind is Kind.DELETE:
        return "stands there again since the run"
    if present == "":
        return "is gone since the run"
    return "was edited since the run"
