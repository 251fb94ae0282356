"""The repository: discovery, configuration, git, suppression, summaries."""
