"""The pipeline from paths to merged, verified edits."""
