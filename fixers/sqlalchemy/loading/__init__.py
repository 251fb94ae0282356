"""Lazy loading: which relationships are read of objects, and where these come from."""
