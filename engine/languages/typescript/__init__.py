"""TypeScript, TSX, JavaScript and JSX: tree-sitter finds, the resolver knows names, edits splice bytes."""
