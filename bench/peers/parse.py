"""Parse every Python file of the current folder with tree-sitter, and nothing else: the least that facts of a program cost."""

from __future__ import annotations

import gc
import subprocess
from pathlib import Path

import tree_sitter
import tree_sitter_python

gc.disable()
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
listed = subprocess.run(["git", "ls-files", "-z", "*.py"], capture_output=True, check=True).stdout
for name in listed.decode().split("\0")[:-1]:
    parser.parse(Path(name).read_bytes())
