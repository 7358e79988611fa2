"""The parts of ``uv-settings``: which Python uv uses, what is set already, and what containers need."""
