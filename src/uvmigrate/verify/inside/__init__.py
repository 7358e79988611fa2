"""Programs that run inside of images, with whatever Python from 3.5 on is there, and nothing but that.

Each prints one JSON document on one line. They are never imported: `read` gives the text that is handed over.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read(name: str) -> str:
    """The source of the program *name*."""
    return files("uvmigrate.verify.inside").joinpath(f"{name}.py").read_text("utf-8")
