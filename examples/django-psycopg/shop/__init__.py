"""A price list."""
