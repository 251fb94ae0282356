"""Look at every file before any is written: what can be done, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autofix.apply.changes import Change, Outcome, Refused, shown
from autofix.apply.files import read, require_regular, said, sha256, temporary_name
from autofix.apply.journal import Entry, Kind
from autofix.apply.places import Places, require_writable_file


@dataclass
class Step:
    """A change on its way: `entry` is None where there is nothing to write, `refused` is empty as long as all is well.

    `twin` is the step that does the same to the same file, which a link gives another name. A step is `stuck` when its group
    failed and it could not be put back.
    """

    change: Change
    entry: Entry | None = None
    status: os.stat_result | None = None
    refused: str = ""
    group: int | None = None
    twin: Step | None = None
    stuck: bool = False

    @property
    def pending(self) -> bool:
        """Whether there is something to write, and nothing against it so far."""
        return self.entry is not None and not self.refused


class Plan:
    """The steps for a list of changes, and the folders that have to be created for them."""

    def __init__(self, places: Places, changes: Iterable[Change]) -> None:
        self.places = places
        self.steps: list[Step] = []
        self._by_file: dict[tuple[int, int] | str, Step] = {}
        for change in changes:
            step = Step(change, group=change.group)
            self.steps.append(step)
            try:
                self._examine(step)
            except Refused as refused:
                step.refused = str(refused)
            except OSError as error:
                step.refused = f"cannot be looked at: {said(error)}"
        for step in self.steps:
            if step.twin is not None:
                _join_groups(self.steps, step.twin, step)

    def _examine(self, step: Step) -> None:
        change = step.change
        if change.old is None:
            self._create(step)
        elif change.new is None:
            self._existing(step, Kind.DELETE)
        elif change.new_path is not None:
            self._existing(step, Kind.RENAME)
        elif change.new != change.old:
            self._existing(step, Kind.WRITE)

    def _create(self, step: Step) -> None:
        change = step.change
        if change.new is None or change.new_path is not None:
            raise Refused("asks for no change that can be made")
        target = self._vacant(change.path, step)
        beside = self._temporaries([target, target])
        step.entry = Entry(Kind.CREATE, self._relative([target]), beside[:1], beside[1:], old="", new=sha256(change.new))

    def _vacant(self, path: str, step: Step) -> str:
        """A path where nothing stands, and that no other change of this run claims."""
        target = self.places.file(path, follow=False)
        if os.path.lexists(target):
            raise Refused("exists already")
        self._claim(target, step)
        return target

    def _claim(self, key: tuple[int, int] | str, step: Step) -> None:
        other = self._by_file.setdefault(key, step)
        if other is not step:
            raise Refused(f"is the same file as {shown(other.change.path)}, which is changed otherwise")

    def _existing(self, step: Step, kind: Kind) -> None:
        change = step.change
        file = self.places.file(change.path, follow=kind is Kind.WRITE)
        if not os.path.lexists(file):
            raise Refused("is gone since it was read")
        require_regular(os.lstat(file))
        data, status = read(file)
        if self._is_twin(step, status):
            return
        require_writable_file(file, status)
        if data != change.old:
            raise Refused("has changed since it was read")
        names = self._names(file, status, kind)
        targets = names
        if kind is Kind.RENAME:
            try:
                targets = [self._vacant(change.new_path or "", step)]
            except Refused as refused:
                raise Refused(f"cannot move to {shown(change.new_path or '')}, which {refused}") from None
        step.status = status
        step.entry = Entry(
            kind,
            self._relative(names),
            self._temporaries(targets),
            self._temporaries(names),
            old=sha256(data),
            new=sha256(change.new) if change.new is not None else "",
            new_name=self._relative(targets)[0] if kind is Kind.RENAME else "",
            size=len(data),
            mode=status.st_mode & 0o7777,
            owner=(status.st_uid, status.st_gid),
        )

    def _is_twin(self, step: Step, status: os.stat_result) -> bool:
        """Whether another change does the same to this very file, which a link also gives another name."""
        other = self._by_file.get((status.st_dev, status.st_ino))
        if other is not None and _same(other.change, step.change):
            step.twin = other
            return True
        self._claim((status.st_dev, status.st_ino), step)
        return False

    def _names(self, file: str, status: os.stat_result, kind: Kind) -> list[str]:
        if kind is not Kind.WRITE:
            if status.st_nlink > 1:
                raise Refused(f"has {status.st_nlink} hard links, which would not survive")
            if hasattr(os, "geteuid") and os.geteuid() not in (0, status.st_uid):
                raise Refused(f"belongs to user {status.st_uid}, who could not be given it back")
        return self.places.names(file, status)

    def _relative(self, files: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.places.relative, files))

    def _temporaries(self, files: Iterable[str]) -> tuple[str, ...]:
        return self._relative(temporary_name(os.path.dirname(file)) for file in files)

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each change, in the order given."""
        return [Outcome(step.change.path, (step.twin or step).refused or step.refused) for step in self.steps]

    @property
    def pending(self) -> list[Step]:
        """The steps that are still to be done."""
        return [step for step in self.steps if step.pending]

    @property
    def new_folders(self) -> list[str]:
        """The folders that do not exist yet, relative, outer ones first."""
        missing = set()
        for step in self.pending:
            if step.entry is not None and step.entry.kind in (Kind.CREATE, Kind.RENAME):
                folder = os.path.dirname(step.entry.new_name or step.entry.names[0])
                while folder and not os.path.lexists(os.path.join(self.places.root, folder)):
                    missing.add(folder)
                    folder = os.path.dirname(folder)
        return sorted(missing, key=lambda folder: (folder.count("/"), folder))

    def refuse_groups(self) -> None:
        """Leave out every file whose group has lost a member."""
        broken: dict[int, Step] = {}
        for step in self.steps:
            if step.refused and step.group is not None:
                broken.setdefault(step.group, step)
        for step in self.steps:
            if not step.refused and step.group is not None and step.group in broken:
                first = broken[step.group]
                step.refused = f"belongs together with {shown(first.change.path)}, which {first.refused}"

    def groups(self) -> list[list[Step]]:
        """What is still to be done: files of a group together, others alone, in the order given."""
        found: dict[int, list[Step]] = {}
        order: list[list[Step]] = []
        for step in self.pending:
            if step.group is None:
                order.append([step])
            elif step.group in found:
                found[step.group].append(step)
            else:
                order.append(found.setdefault(step.group, [step]))
        return order


def _same(a: Change, b: Change) -> bool:
    return (a.old, a.new, a.new_path, b.new_path) == (b.old, b.new, None, None) and a.new is not None


def _join_groups(steps: Sequence[Step], kept: Step, joined: Step) -> None:
    """Two groups that meet in one file succeed or fail together."""
    group, other = kept.group, joined.group
    if group is None:
        kept.group = other
    elif other is None:
        joined.group = group
    else:
        for step in steps:
            step.group = group if step.group == other else step.group
