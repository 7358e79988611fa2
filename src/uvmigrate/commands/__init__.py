"""The commands that install and start: read, and said in uv."""

from uvmigrate.commands.options import Argument, Grammar
from uvmigrate.commands.pip import (
    HARMLESS_VARIABLES,
    INSTALLERS,
    MANAGERS,
    MEANINGLESS,
    PipCommand,
    dropped_options,
    install_variables,
    read_pip,
    requirement_name,
    unmappable,
    uv_pip_edits,
)
from uvmigrate.commands.uv import UvCommand, find_uv, read_uv

__all__ = [
    "HARMLESS_VARIABLES",
    "INSTALLERS",
    "MANAGERS",
    "MEANINGLESS",
    "Argument",
    "Grammar",
    "PipCommand",
    "UvCommand",
    "dropped_options",
    "find_uv",
    "install_variables",
    "read_pip",
    "read_uv",
    "requirement_name",
    "unmappable",
    "uv_pip_edits",
]
