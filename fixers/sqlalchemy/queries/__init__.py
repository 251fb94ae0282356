"""The algebra of queries: what each method of a query makes of it, and how it is written in 2.0 style."""
