"""The migration to asyncio: everything that inference and colours say, turned into edits of files."""
