"""YAML: `nodes` and `parse` say what stands where, `edits` changes places, `compare` proves that nothing else changed.

ruamel.yaml is used for scanning alone and imported at the first parse; no text is ever printed from data.
"""

from autofix.languages.yaml.compare import Missing, check, differences, load, reads_as_string, regressed, same_except
from autofix.languages.yaml.edits import (
    CannotEdit,
    append_item,
    insert_key,
    needs_quotes,
    quoted,
    remove_item,
    rendered,
    replace_part,
    replace_scalar,
)
from autofix.languages.yaml.nodes import (
    AliasNode,
    Entry,
    MappingNode,
    Node,
    Path,
    ScalarNode,
    SequenceNode,
    YamlError,
    duplicate_keys,
    entry,
    key_text,
    mapping_get,
    scalar_range,
    target,
    walk,
)
from autofix.languages.yaml.parse import comments, compose, documents

__all__ = [
    "AliasNode",
    "CannotEdit",
    "Entry",
    "MappingNode",
    "Missing",
    "Node",
    "Path",
    "ScalarNode",
    "SequenceNode",
    "YamlError",
    "append_item",
    "check",
    "comments",
    "compose",
    "differences",
    "documents",
    "duplicate_keys",
    "entry",
    "insert_key",
    "key_text",
    "load",
    "mapping_get",
    "needs_quotes",
    "quoted",
    "reads_as_string",
    "regressed",
    "remove_item",
    "rendered",
    "replace_part",
    "replace_scalar",
    "same_except",
    "scalar_range",
    "target",
    "walk",
]
