"""Proves a migration: builds and starts images as they are and as they would be, and compares them."""

from uvmigrate.verify.engine import Engine, EngineProblem, choose
from uvmigrate.verify.options import Options
from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Status, Timing, Verdict, Written
from uvmigrate.verify.verifying import verify

__all__ = [
    "Engine",
    "EngineProblem",
    "ImageVerdict",
    "Options",
    "Row",
    "Sizes",
    "Status",
    "Timing",
    "Verdict",
    "Written",
    "choose",
    "verify",
]
