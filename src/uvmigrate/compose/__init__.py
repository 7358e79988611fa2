"""Compose files: services, builds, commands and mounts, each with its place in the file, and edits of them.

`load` and `find` never raise on any bytes; `edit_services` says why it makes no edits, if it makes none.
"""

from typing import TYPE_CHECKING

from uvmigrate.compose.kept import asked_ids, is_kept, kept_spans
from uvmigrate.compose.model import (
    TEMPLATE,
    BuildSecret,
    BuildSection,
    ComposeFile,
    EnvFile,
    Mount,
    Problem,
    Service,
    Watch,
    Words,
    inside,
)
from uvmigrate.compose.users import find, services_of
from uvmigrate.compose.wishes import AddItems, AddVariables, ChangeItem, DropItem, DropKey, SetKey, Wish
from uvmigrate.source import later

if TYPE_CHECKING:
    from uvmigrate.compose.compare import stray
    from uvmigrate.compose.edit import drop_volume, edit_services
    from uvmigrate.compose.filling import (
        HostSecret,
        MissingVariable,
        filled_service,
        host_secrets,
        read_env_file,
    )
    from uvmigrate.compose.inline import inline_files
    from uvmigrate.compose.layers import extended_elsewhere, laid_over, overlaid
    from uvmigrate.compose.nodes import UnusableError
    from uvmigrate.compose.read import load
    from uvmigrate.compose.scalars import Placed, places_of
    from uvmigrate.compose.variables import filled

__getattr__ = later(
    __name__,
    {
        "HostSecret": "uvmigrate.compose.filling",
        "MissingVariable": "uvmigrate.compose.filling",
        "Placed": "uvmigrate.compose.scalars",
        "UnusableError": "uvmigrate.compose.nodes",
        "drop_volume": "uvmigrate.compose.edit",
        "edit_services": "uvmigrate.compose.edit",
        "extended_elsewhere": "uvmigrate.compose.layers",
        "filled": "uvmigrate.compose.variables",
        "filled_service": "uvmigrate.compose.filling",
        "host_secrets": "uvmigrate.compose.filling",
        "inline_files": "uvmigrate.compose.inline",
        "laid_over": "uvmigrate.compose.layers",
        "load": "uvmigrate.compose.read",
        "overlaid": "uvmigrate.compose.layers",
        "places_of": "uvmigrate.compose.scalars",
        "read_env_file": "uvmigrate.compose.filling",
        "stray": "uvmigrate.compose.compare",
    },
)

__all__ = [
    "TEMPLATE",
    "AddItems",
    "AddVariables",
    "BuildSecret",
    "BuildSection",
    "ChangeItem",
    "ComposeFile",
    "DropItem",
    "DropKey",
    "EnvFile",
    "HostSecret",
    "MissingVariable",
    "Mount",
    "Placed",
    "Problem",
    "Service",
    "SetKey",
    "UnusableError",
    "Watch",
    "Wish",
    "Words",
    "asked_ids",
    "drop_volume",
    "edit_services",
    "extended_elsewhere",
    "filled",
    "filled_service",
    "find",
    "host_secrets",
    "inline_files",
    "inside",
    "is_kept",
    "kept_spans",
    "laid_over",
    "load",
    "overlaid",
    "places_of",
    "read_env_file",
    "services_of",
    "stray",
]
