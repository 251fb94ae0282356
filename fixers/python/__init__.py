"""Fixers for Python programs."""
