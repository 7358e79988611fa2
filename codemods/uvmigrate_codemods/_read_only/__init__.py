"""The parts of ``read-only``: which services there are, what they write and where, and what they may do."""
