"""A service that tells when the tide is high."""
