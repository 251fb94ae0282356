"""The synchronous world of a program that moves to asyncio: what is called by those who cannot await, and what it uses."""
