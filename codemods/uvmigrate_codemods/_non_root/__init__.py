"""The parts of ``non-root``: who an image starts as, its new user, what that user must own and cannot do."""
