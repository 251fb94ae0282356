"""Code and configuration that repairs itself."""
