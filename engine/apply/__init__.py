"""Writing to disk: atomic, journaled, undoable."""
