"""The fixers: one fixer, one file, in the folder of its domain."""
