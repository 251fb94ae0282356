"""Test suites: what has to wait for the application or the database in a test, and where its event loop comes from."""
