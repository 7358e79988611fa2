"""The parts of ``no-sync``: where ``uv run`` finds its environment, and what would be missing from it."""
