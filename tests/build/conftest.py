"""Real builds judge what is read of a Dockerfile."""

from __future__ import annotations

from engine.conftest import engine

__all__ = ["engine"]
