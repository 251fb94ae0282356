"""Texts as bytes: sources, edits, merging, diffs."""
