"""Fixers for Dockerfiles."""
