"""The contract, and all that the catalogue may import."""

from uvmigrate.codemod.contract import LEVELS, Change, Codemod, Context, Level, LockRequest, Refusal
from uvmigrate.codemod.settings import UV_VERSION, VENV, Settings, SettingsError, read_settings
from uvmigrate.codemod.target import Project, Target

__all__ = [
    "LEVELS",
    "UV_VERSION",
    "VENV",
    "Change",
    "Codemod",
    "Context",
    "Level",
    "LockRequest",
    "Project",
    "Refusal",
    "Settings",
    "SettingsError",
    "Target",
    "read_settings",
]
