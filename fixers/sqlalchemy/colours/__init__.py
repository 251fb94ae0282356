"""Colours: which functions have to become async, because of what they do and whom they call."""
