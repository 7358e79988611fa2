"""Compose files, read only: services, builds, commands and mounts, each with its place in the file.

`load` and `find` never raise on any bytes.
"""

from uvmigrate.compose.model import BuildSection, ComposeFile, Mount, Problem, Service, Watch, Words
from uvmigrate.compose.read import load
from uvmigrate.compose.scalars import Placed, places_of
from uvmigrate.compose.users import find, services_of

__all__ = [
    "BuildSection",
    "ComposeFile",
    "Mount",
    "Placed",
    "Problem",
    "Service",
    "Watch",
    "Words",
    "find",
    "load",
    "places_of",
    "services_of",
]
