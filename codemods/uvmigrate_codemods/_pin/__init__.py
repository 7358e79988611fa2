"""The parts of ``uv-pin``: the images that uv comes from, what installs uv by other ways, and the lock."""
