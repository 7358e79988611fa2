"""The commands that install and start: read, and said in uv."""

from uvmigrate.commands.options import Argument, Grammar
from uvmigrate.commands.pip import (
    INSTALLERS,
    MANAGERS,
    MEANINGLESS,
    PipCommand,
    dropped_options,
    read_pip,
    requirement_name,
    unmappable,
    uv_pip_edits,
    install_variables,
)
from uvmigrate.commands.uv import UvCommand, read_uv

__all__ = [
    "INSTALLERS",
    "MANAGERS",
    "MEANINGLESS",
    "Argument",
    "Grammar",
    "PipCommand",
    "UvCommand",
    "dropped_options",
    "read_pip",
    "read_uv",
    "requirement_name",
    "unmappable",
    "uv_pip_edits",
    "install_variables",
]
