"""The parts of ``uv-switch``: one module for each thing of a Dockerfile that follows the switch."""
