"""The parts of ``uv-mount``: the instructions that bring uv into an image, and the RUNs that call it."""
