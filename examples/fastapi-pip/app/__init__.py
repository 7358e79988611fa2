"""A word-counting service."""
