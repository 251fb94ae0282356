"""The edits that fixers of Python share. Each function returns edits of byte ranges and touches nothing else."""

from __future__ import annotations

from autofix.languages.python.arguments import add_keyword_argument, await_expression, wrap_expression
from autofix.languages.python.blocks import indent_block, wrap_statements
from autofix.languages.python.import_insertion import add_import
from autofix.languages.python.import_removal import remove_import_name, remove_import_names
from autofix.languages.python.lines import CannotEdit
from autofix.languages.python.renaming import rename

__all__ = [
    "CannotEdit",
    "add_import",
    "add_keyword_argument",
    "await_expression",
    "indent_block",
    "remove_import_name",
    "remove_import_names",
    "rename",
    "wrap_expression",
    "wrap_statements",
]
