"""The parts of ``smoke-test``: what an image must be able to import, and where it is asked to."""
