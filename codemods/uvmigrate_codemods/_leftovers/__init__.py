"""The parts of ``old-tool-leftovers``: which commands are left over, and who still uses what they install."""
