"""The parts of ``layer-split`` and ``cache-mounts``."""
