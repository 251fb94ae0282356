"""Python: tree-sitter finds, the resolver knows names, libcst renders fragments."""
