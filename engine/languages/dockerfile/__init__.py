"""Dockerfiles: `lines` joins and splits as BuildKit does, `model` says what stands where, `edits` changes it.

dockerfile-parse gives a second opinion on the structure: where both disagree, a file is left alone.
"""

from autofix.languages.dockerfile.edits import (
    add_flag,
    insert_after,
    insert_before,
    move_block,
    remove_block,
    replace_arguments,
)
from autofix.languages.dockerfile.lines import Heredoc
from autofix.languages.dockerfile.model import (
    Dockerfile,
    Instruction,
    Pair,
    Stage,
    Word,
    check,
    comments,
    parse,
    regressed,
    unquoted,
)

__all__ = [
    "Dockerfile",
    "Heredoc",
    "Instruction",
    "Pair",
    "Stage",
    "Word",
    "add_flag",
    "check",
    "comments",
    "insert_after",
    "insert_before",
    "move_block",
    "parse",
    "regressed",
    "remove_block",
    "replace_arguments",
    "unquoted",
]
