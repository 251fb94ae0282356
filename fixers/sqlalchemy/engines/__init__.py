"""Engines and session makers of a program that moves to asyncio: pure functions from calls to edits.

Nothing here follows values through a program: whoever calls says that a call makes an engine, and what its arguments are.
"""
