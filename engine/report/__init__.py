"""How a run is shown: one format, one file."""
