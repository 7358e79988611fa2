"""The board above the counter."""
