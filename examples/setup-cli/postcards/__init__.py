"""A service that writes postcards."""
