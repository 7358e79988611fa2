"""Compose files: services, builds, commands and mounts, each with its place in the file, and edits of them.

`load` and `find` never raise on any bytes; `edit_services` says why it makes no edits, if it makes none.
"""

from uvmigrate.compose.compare import stray
from uvmigrate.compose.edit import (
    AddItems,
    AddVariables,
    ChangeItem,
    DropItem,
    DropKey,
    SetKey,
    Wish,
    drop_volume,
    edit_services,
)
from uvmigrate.compose.inline import inline_files
from uvmigrate.compose.kept import asked_ids, is_kept, kept_spans
from uvmigrate.compose.layers import extended_elsewhere, overlaid
from uvmigrate.compose.model import (
    BuildSection,
    ComposeFile,
    Mount,
    Problem,
    Service,
    Watch,
    Words,
    inside,
)
from uvmigrate.compose.read import load
from uvmigrate.compose.scalars import Placed, places_of
from uvmigrate.compose.users import find, services_of

__all__ = [
    "AddItems",
    "AddVariables",
    "BuildSection",
    "ChangeItem",
    "ComposeFile",
    "DropItem",
    "DropKey",
    "Mount",
    "Placed",
    "Problem",
    "Service",
    "SetKey",
    "Watch",
    "Wish",
    "Words",
    "asked_ids",
    "drop_volume",
    "edit_services",
    "extended_elsewhere",
    "find",
    "inline_files",
    "inside",
    "is_kept",
    "kept_spans",
    "load",
    "overlaid",
    "places_of",
    "services_of",
    "stray",
]
