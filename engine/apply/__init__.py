"""Writing files: atomic, with a journal, reversible."""

from autofix.apply.changes import Applied, ApplyError, Change, Outcome, Recovered, Undone
from autofix.apply.lock import Locked, lock
from autofix.apply.recover import recover
from autofix.apply.state import state_folder
from autofix.apply.undo import undo
from autofix.apply.write import apply_changes

__all__ = [
    "Applied",
    "ApplyError",
    "Change",
    "Locked",
    "Outcome",
    "Recovered",
    "Undone",
    "apply_changes",
    "lock",
    "recover",
    "state_folder",
    "undo",
]
