"""SQLAlchemy: from legacy queries to 2.0 style, from sync to async."""
