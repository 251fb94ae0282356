"""TOML: `parse` says what stands where, `edits` changes it in place and proves that nothing else changed.

The standard library reads the values; it has no places, which a scanner of our own adds to text that it has accepted.
"""

from autofix.languages.toml.edits import CannotEdit, append_item, insert_key, insert_table, remove, rendered, replace_value
from autofix.languages.toml.parse import Document, Key, Path, Table, TomlError, Value, check, comments, load, parse, regressed

__all__ = [
    "CannotEdit",
    "Document",
    "Key",
    "Path",
    "Table",
    "TomlError",
    "Value",
    "append_item",
    "check",
    "comments",
    "insert_key",
    "insert_table",
    "load",
    "parse",
    "regressed",
    "remove",
    "rendered",
    "replace_value",
]
