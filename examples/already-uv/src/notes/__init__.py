"""A service that shows notes."""
