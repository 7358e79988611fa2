"""CODES"""
CODES: dict[str, tuple[str, str]] = {}
