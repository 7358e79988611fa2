"""A service that makes slugs."""
