"""The commands that install and start: read, and said in uv.

What only projects of poetry and pipenv need is imported when it is asked for (PEP 562).
"""

from typing import TYPE_CHECKING

from uvmigrate.commands.options import Argument, Grammar
from uvmigrate.commands.pip import (
    HARMLESS_VARIABLES,
    INSTALLERS,
    MANAGERS,
    MEANINGLESS,
    PipCommand,
    dropped_options,
    install_variables,
    is_setup,
    python_option,
    read_pip,
    requirement_name,
    unmappable,
    upgrades_all,
    uv_pip_edits,
)
from uvmigrate.commands.pip_settings import (
    Said,
    config_option,
    distrusted,
    is_harmless,
    pip_option,
    said_in_uv,
    setting_values,
)
from uvmigrate.commands.uv import UvCommand, find_uv, read_uv
from uvmigrate.source import later

if TYPE_CHECKING:
    from uvmigrate.commands.managers import (
        ExportOptions,
        ManagerCommand,
        Setting,
        SyncOptions,
        Unsaid,
        program_index,
    )
    from uvmigrate.commands.pipenv import find_pipenv, pipenv_variable, read_pipenv
    from uvmigrate.commands.pipenv_in_uv import pipenv_export_options, pipenv_sync_options
    from uvmigrate.commands.poetry import find_poetry, read_poetry
    from uvmigrate.commands.poetry_in_uv import poetry_export_options, poetry_sync_options
    from uvmigrate.commands.poetry_settings import poetry_config, poetry_setting, poetry_variable

__getattr__ = later(
    __name__,
    {
        "ExportOptions": "uvmigrate.commands.managers",
        "ManagerCommand": "uvmigrate.commands.managers",
        "Setting": "uvmigrate.commands.managers",
        "SyncOptions": "uvmigrate.commands.managers",
        "Unsaid": "uvmigrate.commands.managers",
        "program_index": "uvmigrate.commands.managers",
        "find_pipenv": "uvmigrate.commands.pipenv",
        "pipenv_variable": "uvmigrate.commands.pipenv",
        "read_pipenv": "uvmigrate.commands.pipenv",
        "pipenv_export_options": "uvmigrate.commands.pipenv_in_uv",
        "pipenv_sync_options": "uvmigrate.commands.pipenv_in_uv",
        "find_poetry": "uvmigrate.commands.poetry",
        "read_poetry": "uvmigrate.commands.poetry",
        "poetry_export_options": "uvmigrate.commands.poetry_in_uv",
        "poetry_sync_options": "uvmigrate.commands.poetry_in_uv",
        "poetry_config": "uvmigrate.commands.poetry_settings",
        "poetry_setting": "uvmigrate.commands.poetry_settings",
        "poetry_variable": "uvmigrate.commands.poetry_settings",
    },
)

__all__ = [
    "HARMLESS_VARIABLES",
    "INSTALLERS",
    "MANAGERS",
    "MEANINGLESS",
    "Argument",
    "ExportOptions",
    "Grammar",
    "ManagerCommand",
    "PipCommand",
    "Said",
    "Setting",
    "SyncOptions",
    "Unsaid",
    "UvCommand",
    "config_option",
    "distrusted",
    "dropped_options",
    "find_pipenv",
    "find_poetry",
    "find_uv",
    "install_variables",
    "is_harmless",
    "is_setup",
    "pip_option",
    "pipenv_export_options",
    "pipenv_sync_options",
    "pipenv_variable",
    "poetry_config",
    "poetry_export_options",
    "poetry_setting",
    "poetry_sync_options",
    "poetry_variable",
    "program_index",
    "python_option",
    "read_pip",
    "read_pipenv",
    "read_poetry",
    "read_uv",
    "requirement_name",
    "said_in_uv",
    "setting_values",
    "unmappable",
    "upgrades_all",
    "uv_pip_edits",
]
