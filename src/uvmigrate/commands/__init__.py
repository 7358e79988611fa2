"""The commands that install and start: read, and said in uv."""

from uvmigrate.commands.manager_installs import (
    ManagerInstall,
    copied_manager,
    is_harmless_plugin,
    manager_installs,
)
from uvmigrate.commands.managers import (
    ExportOptions,
    ManagerCommand,
    Setting,
    SyncOptions,
    Unsaid,
    program_index,
)
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
from uvmigrate.commands.pipenv import find_pipenv, pipenv_variable, read_pipenv
from uvmigrate.commands.pipenv_in_uv import pipenv_export_options, pipenv_sync_options
from uvmigrate.commands.poetry import find_poetry, read_poetry
from uvmigrate.commands.poetry_in_uv import poetry_export_options, poetry_sync_options
from uvmigrate.commands.poetry_settings import poetry_config, poetry_setting, poetry_variable
from uvmigrate.commands.uv import UvCommand, find_uv, read_uv

__all__ = [
    "HARMLESS_VARIABLES",
    "INSTALLERS",
    "MANAGERS",
    "MEANINGLESS",
    "Argument",
    "ExportOptions",
    "Grammar",
    "ManagerCommand",
    "ManagerInstall",
    "PipCommand",
    "Setting",
    "SyncOptions",
    "Unsaid",
    "UvCommand",
    "copied_manager",
    "dropped_options",
    "find_pipenv",
    "find_poetry",
    "find_uv",
    "install_variables",
    "is_harmless_plugin",
    "manager_installs",
    "pipenv_export_options",
    "pipenv_sync_options",
    "pipenv_variable",
    "poetry_config",
    "poetry_export_options",
    "poetry_setting",
    "poetry_sync_options",
    "poetry_variable",
    "program_index",
    "read_pip",
    "read_pipenv",
    "read_poetry",
    "read_uv",
    "requirement_name",
    "unmappable",
    "uv_pip_edits",
]
