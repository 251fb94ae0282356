"""Fixers for GitHub Actions workflows and what names the same branches."""
