"""Fixers for YAML frontmatter."""
